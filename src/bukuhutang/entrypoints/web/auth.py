"""Who may call: the operator's key in the header X-API-Key, and a limit on guessing it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import Request, Security
from fastapi.security import APIKeyHeader
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.attempts import FailedAttempts
from bukuhutang.entrypoints.web.client_address import address_of
from bukuhutang.entrypoints.web.deps import WebDeps
from bukuhutang.entrypoints.web.operator_cookie import login_of

GUARDED = "/admin"

API_KEY = APIKeyHeader(
    name="X-API-Key",
    scheme_name="superAdminKey",
    description="The operator's key: SUPER_ADMIN_API_KEY, or the one generated at the first start.",
    auto_error=False,
)


@dataclass(eq=False)
class KeyMissing(Refusal):
    code: ClassVar[str] = "key_missing"


@dataclass(eq=False)
class KeyWrong(Refusal):
    code: ClassVar[str] = "key_wrong"


@dataclass(eq=False)
class TooManyAttempts(Refusal):
    code: ClassVar[str] = "too_many_attempts"
    retry_after_seconds: int


def operator_guard(deps: WebDeps) -> Callable[..., Awaitable[None]]:
    """A dependency that lets only the operator pass.

    It raises KeyMissing, KeyWrong or TooManyAttempts. All guards of one `deps`, and of copies made
    with `dataclasses.replace`, count failures together.
    """

    async def require_operator(
        request: Request, key: Annotated[str | None, Security(API_KEY)]
    ) -> None:
        check_key(deps, request.scope, key)

    return require_operator


def admit(window: FailedAttempts, address: str) -> None:
    """Raises TooManyAttempts while the window of this address is full."""
    if blocked := window.seconds_blocked(address):
        raise TooManyAttempts(blocked)


def check_key(deps: WebDeps, scope: Scope, key: str | None) -> None:
    """Raises KeyMissing, KeyWrong, TooManyAttempts; returns when the key is the operator's.

    Without a key the operator's cookie opens too; raises CsrfRefused besides then.

    The right key is refused too while its address is blocked, so guessing on gains nothing.
    """
    address = address_of(scope)
    admit(deps.attempts, address)
    if not key:
        if login_of(deps, scope) is not None:
            return
        raise KeyMissing
    if not _is_valid(key, deps.admin_keys):
        deps.attempts.note(address)
        raise KeyWrong


def _is_valid(offered: str, valid: tuple[str, ...]) -> bool:
    # Headers arrive decoded as latin-1; the digests make all lengths equal.
    digest = hashlib.sha256(offered.encode("latin-1", "replace")).digest()
    found = False
    for one in valid:  # all of them, always: how long it takes must not tell which matched
        found |= hmac.compare_digest(digest, hashlib.sha256(one.encode()).digest())
    return found


class GuardMiddleware:
    """Asks for the key before anything of a request under /admin is read or matched.

    The framework parses a body before it looks at dependencies; a stranger's body is not worth it.
    """

    def __init__(self, app: ASGIApp, deps: WebDeps) -> None:
        self._app = app
        self._deps = deps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == GUARDED or path.startswith(f"{GUARDED}/")):
            check_key(self._deps, scope, Headers(scope=scope).get("x-api-key"))
        await self._app(scope, receive, send)
