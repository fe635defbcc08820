"""Who may call the tenant API, how often, and what a write must bring along.

All of it is looked at before a request's body is read or its path is matched. Each of WAYS_IN finds
its own credential in the request's headers, says whom it stands for and counts the request.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bukuhutang.base.ids import MemberId, TenantId
from bukuhutang.entrypoints.web.api.refusals import (
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    RateLimited,
    TenantInactive,
)
from bukuhutang.entrypoints.web.auth import KeyMissing, KeyWrong, admit
from bukuhutang.entrypoints.web.client_address import address_of
from bukuhutang.entrypoints.web.cookies import MEMBER_COOKIE, SAFE_METHODS, cookie_of
from bukuhutang.entrypoints.web.deps import WebDeps
from bukuhutang.entrypoints.web.member_cookie import signed_in
from bukuhutang.store import api_keys, sign_ins
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.roles import BY_ROLE, BY_SCOPE, Permission
from bukuhutang.tenancy.tenant import TenantStatus
from bukuhutang.usecases.api_keys import ApiRate, admit_key
from bukuhutang.usecases.refusals import NotPermitted
from bukuhutang.usecases.sign_ins import SignedOut
from bukuhutang.usecases.tenants import When

GUARDED = "/api/v1"
CALLER = "bukuhutang.api_caller"
WHEN = "bukuhutang.api_when"
RATE = "bukuhutang.api_rate"

WRITES = frozenset(Permission) - {Permission.READ, Permission.EXPORT}
IDEMPOTENCY_KEY_MAX = 200
WINDOW_SECONDS = 60

_VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Caller:
    """Whom a request stands for."""

    tenant_id: TenantId
    status: TenantStatus
    actor: str  # `key:3`, `member:1`
    member_id: MemberId | None
    permissions: frozenset[Permission]
    rate: ApiRate
    key_id: int | None = None
    sign_in: int | None = None


WayIn = Callable[[WebDeps, Scope, When], Awaitable[Caller | None]]
"""None when the request does not try this way; raises KeyWrong when it tries and may not pass."""


async def by_key(deps: WebDeps, scope: Scope, when: When) -> Caller | None:
    """`Authorization: Bearer bh_live_…`, or the same in X-API-Key.

    Raises KeyWrong, TooManyAttempts. A right key is refused too while its address is blocked.
    """
    offered = _offered(Headers(scope=scope))
    if offered is None:
        return None
    address = address_of(scope)
    admit(deps.api_attempts, address)
    admitted = await admit_key(deps.database, offered, when.now)
    if admitted is None:
        deps.api_attempts.note(address)
        raise KeyWrong
    return Caller(
        admitted.tenant_id,
        admitted.status,
        f"key:{admitted.key_id}",
        None,
        BY_SCOPE[admitted.scope],
        admitted.rate,
        key_id=admitted.key_id,
    )


def _offered(headers: Headers) -> str | None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return headers.get("x-api-key") or None


async def by_cookie(deps: WebDeps, scope: Scope, when: When) -> Caller | None:
    """A member who is signed in, with the role of this moment. Raises SignedOut, CsrfRefused."""
    if cookie_of(scope, MEMBER_COOKIE) is None:
        return None
    signed = await signed_in(deps, scope, when, is_counted=True)
    assert signed.rate is not None
    return Caller(
        signed.tenant_id,
        TenantStatus.ACTIVE,
        signed.actor,
        signed.member_id,
        BY_ROLE[signed.role],
        signed.rate,
        sign_in=signed.sign_in,
    )


WAYS_IN: tuple[WayIn, ...] = (by_key, by_cookie)


async def still_admitted(tx: TenantTx, caller: Caller, now: datetime) -> Caller:
    """The caller with what it may at this moment; between the door and here a body was awaited.

    Asked as at the door; the book must be locked. Raises KeyWrong, SignedOut, TenantInactive.
    """
    if caller.key_id is not None:
        key = next((one for one in await api_keys.living(tx, now) if one.id == caller.key_id), None)
        if key is None:
            raise KeyWrong
        if key.status is TenantStatus.INACTIVE:
            raise TenantInactive
        return caller
    assert caller.sign_in is not None, "every way in names what it was opened by"
    login = await sign_ins.living(tx, caller.sign_in, now)
    if login is None:
        raise SignedOut
    return replace(caller, permissions=BY_ROLE[login.role])


def mark_of(idempotency_key: str) -> str:
    """What is kept of it: whatever the caller names with it is none of the audit log's business."""
    return hashlib.sha256(idempotency_key.encode()).hexdigest()


class ApiGateMiddleware:
    """Lets a request under /api/v1 pass with its Caller in the scope, or raises why not.

    In this order: KeyMissing, KeyWrong, TooManyAttempts; RateLimited; for writes NotPermitted,
    TenantInactive, IdempotencyKeyMissing, IdempotencyKeyInvalid.
    """

    def __init__(self, app: ASGIApp, deps: WebDeps) -> None:
        self._app = app
        self._deps = deps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_guarded(scope):
            when = When(self._deps.clock.now(), self._deps.clock.machine_now())
            caller = await self._caller(scope, when)
            scope[CALLER], scope[WHEN], scope[RATE] = caller, when, caller.rate
            if caller.rate.exceeded:
                raise RateLimited(caller.rate.limit, caller.rate.reset_seconds)
            if scope["method"] not in SAFE_METHODS:
                _check_write(scope, caller)
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope, when: When) -> Caller:
        for way in WAYS_IN:
            caller = await way(self._deps, scope, when)
            if caller is not None:
                return caller
        raise KeyMissing


def is_guarded(scope: Scope) -> bool:
    """Whether a request is one to the tenant API."""
    path: str = scope.get("path", "")
    return scope["type"] == "http" and (path == GUARDED or path.startswith(f"{GUARDED}/"))


def _check_write(scope: Scope, caller: Caller) -> None:
    if not caller.permissions & WRITES:
        raise NotPermitted(Permission.RECORD)
    if caller.status is TenantStatus.INACTIVE:
        raise TenantInactive
    key = Headers(scope=scope).get("idempotency-key", "")
    if not key:
        raise IdempotencyKeyMissing
    if len(key) > IDEMPOTENCY_KEY_MAX or not _VISIBLE.fullmatch(key):
        raise IdempotencyKeyInvalid(IDEMPOTENCY_KEY_MAX)


class RateHeadersMiddleware:
    """RateLimit-* on every answer to a caller we know, also where it is a refusal."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_rate(message: Message) -> None:
            rate = scope.get(RATE)
            if message["type"] == "http.response.start" and isinstance(rate, ApiRate):
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Limit"] = str(rate.limit)
                headers["RateLimit-Remaining"] = str(max(0, rate.limit - rate.used))
                headers["RateLimit-Reset"] = str(rate.reset_seconds)
                headers["RateLimit-Policy"] = f"{rate.limit};w={WINDOW_SECONDS}"
            await send(message)

        await self._app(scope, receive, with_rate if is_guarded(scope) else send)
