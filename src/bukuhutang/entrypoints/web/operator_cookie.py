"""The operator's login: a signed cookie instead of the key in every request.

It is signed with the service's secret and the very key it was given for, so it ends with that key;
after an hour of use another one is given, after twelve hours none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.types import Scope

from bukuhutang.entrypoints.web.cookies import (
    OPERATOR_COOKIE,
    check_csrf,
    cookie_of,
    csrf_token,
    set_cookie,
)
from bukuhutang.entrypoints.web.deps import WebDeps

LIVES = timedelta(hours=12)
RENEWED_AFTER = timedelta(hours=1)
_FORM = re.compile(r"([0-9]{1,12})\.([0-9]{1,12})\.([A-Za-z0-9_-]{22})\.([0-9a-f]{64})")


@dataclass(frozen=True)
class OperatorLogin:
    """A living login of the operator."""

    id: str
    began_at: datetime
    key: str

    @property
    def expires_at(self) -> datetime:
        """When the key must be shown again."""
        return self.began_at + LIVES


def give(deps: WebDeps, scope: Scope, login: OperatorLogin, now: datetime) -> None:
    """Set the cookie for this login, made now."""
    began, made = int(login.began_at.timestamp()), int(now.timestamp())
    payload = f"{began}.{made}.{login.id}"
    left = int((login.expires_at - now).total_seconds())
    value = f"{payload}.{_signature(deps, login.key, payload)}"
    set_cookie(scope, OPERATOR_COOKIE, value, left)


def login_of(deps: WebDeps, scope: Scope) -> OperatorLogin | None:
    """The login of a request's cookie, renewed when it is old; None when there is none.

    Raises CsrfRefused when it would change something from another site.
    """
    found = _FORM.fullmatch(cookie_of(scope, OPERATOR_COOKIE) or "")
    if found is None:
        return None
    payload, now = f"{found[1]}.{found[2]}.{found[3]}", deps.clock.now()
    keys = [
        key
        for key in deps.admin_keys
        if hmac.compare_digest(_signature(deps, key, payload), found[4])
    ]
    if not keys:
        return None
    began, made = (datetime.fromtimestamp(int(found[n]), UTC) for n in (1, 2))
    login = OperatorLogin(found[3], began, keys[0])
    if now >= login.expires_at:
        return None
    check_csrf(deps, scope, token_for(deps, login))
    if now - made >= RENEWED_AFTER:
        give(deps, scope, login, now)
    return login


def token_for(deps: WebDeps, login: OperatorLogin) -> str:
    """What pages of this login send as X-CSRF-Token."""
    return csrf_token(deps, "operator", login.id)


def _signature(deps: WebDeps, key: str, payload: str) -> str:
    own = hmac.digest(deps.secret, b"operator:" + hashlib.sha256(key.encode()).digest(), "sha256")
    return hmac.digest(own, payload.encode(), "sha256").hex()
