"""Cookies that prove who one is, and what keeps other sites from using them (CSRF).

A cookie is `__Host-…`: over TLS only, for this host alone, unreadable to scripts. A request that
changes something and is known by its cookie must come from a page of this service (Origin or
Sec-Fetch-Site) and carry X-CSRF-Token, which only such a page can have read.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.deps import WebDeps

MEMBER_COOKIE = "__Host-bukuhutang"
OPERATOR_COOKIE = "__Host-bukuhutang-operator"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
SET_COOKIE = "bukuhutang.set_cookie"


@dataclass(eq=False)
class CsrfRefused(Refusal):
    code: ClassVar[str] = "csrf_refused"


def cookie_of(scope: Scope, name: str) -> str | None:
    """The cookie as it was sent, or None."""
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(name) or None


def set_cookie(scope: Scope, name: str, value: str, seconds: int) -> None:
    """The answer to this request sets the cookie; with no seconds left it ends it."""
    scope[SET_COOKIE] = (
        f"{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict"
    )


def end_cookie(scope: Scope, name: str) -> None:
    """The browser is to forget the cookie."""
    set_cookie(scope, name, "", 0)


def csrf_token(deps: WebDeps, kind: str, *about: object) -> str:
    """What requests of this very login carry: not to be guessed, the same while it lives."""
    words = ":".join(map(str, ("csrf", kind, *about)))
    return hmac.digest(deps.secret, words.encode(), "sha256").hex()


def check_csrf(deps: WebDeps, scope: Scope, expected: str) -> None:
    """Raises CsrfRefused when a change known by its cookie may come from another site."""
    if scope["method"] in SAFE_METHODS:
        return
    check_origin(deps, scope)
    offered = Headers(scope=scope).get(CSRF_HEADER, "")
    if not hmac.compare_digest(offered.encode("latin-1", "replace"), expected.encode()):
        raise CsrfRefused


def check_origin(deps: WebDeps, scope: Scope, *, is_browser: bool = True) -> None:
    """Raises CsrfRefused unless the request comes from a page of this service.

    With `is_browser` False a caller that tells nothing of a page, such as a program, may pass.
    """
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is None and origin is None and is_browser:
        raise CsrfRefused
    if site is not None and site != "same-origin":
        raise CsrfRefused
    if origin is not None and urlsplit(origin).netloc not in _hosts(deps, headers):
        raise CsrfRefused


def _hosts(deps: WebDeps, headers: Headers) -> set[str]:
    own = {headers.get("host", "")}
    if deps.public_url is not None:
        own.add(urlsplit(deps.public_url).netloc)
    return own - {""}


class CookieMiddleware:
    """Sets the cookie that was changed while a request was worked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and SET_COOKIE in scope:
                MutableHeaders(scope=message).append("Set-Cookie", scope[SET_COOKIE])
            await send(message)

        await self._app(scope, receive, with_cookie if scope["type"] == "http" else send)
