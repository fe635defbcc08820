"""A member's login in a cookie: the tenant's number, which opens its scope, and a random token."""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from starlette.types import Scope

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.cookies import (
    MEMBER_COOKIE,
    check_csrf,
    cookie_of,
    csrf_token,
    set_cookie,
)
from bukuhutang.entrypoints.web.deps import WebDeps
from bukuhutang.usecases import sign_ins
from bukuhutang.usecases.sign_ins import Signed, SignedOut
from bukuhutang.usecases.tenants import When

TOKEN_BYTES = 32
_FORM = re.compile(r"([1-9][0-9]{0,17})\.([A-Za-z0-9_-]{43})")


def member_token(deps: WebDeps, signed: Signed) -> str:
    """What pages of this login send as X-CSRF-Token."""
    return csrf_token(deps, "member", signed.tenant_id, signed.sign_in)


async def signed_in(deps: WebDeps, scope: Scope, when: When, *, is_counted: bool = False) -> Signed:
    """Who the cookie says; it is changed when it is old. Raises SignedOut, CsrfRefused."""
    found = _FORM.fullmatch(cookie_of(scope, MEMBER_COOKIE) or "")
    if found is None:
        raise SignedOut
    tenant_id = TenantId(int(found[1]))
    new = secrets.token_urlsafe(TOKEN_BYTES)
    signed = await sign_ins.signed_by(
        deps.database,
        tenant_id,
        found[2],
        new,
        when,
        admit=lambda one: check_csrf(deps, scope, member_token(deps, one)),
        is_counted=is_counted,
    )
    if signed.token is not None:
        give(scope, signed, signed.token, when.now)
    return signed


def give(scope: Scope, signed: Signed, token: str, now: datetime) -> None:
    """Set the cookie for this login."""
    left = int((signed.expires_at - now).total_seconds())
    set_cookie(scope, MEMBER_COOKIE, f"{signed.tenant_id}.{token}", left)
