"""Around every request: safe headers, one log line, its metrics, and the last exception handler.

Plain ASGI: nothing here buffers an answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bukuhutang.base.clock import monotonic
from bukuhutang.base.errors import InvariantBroken
from bukuhutang.entrypoints.web.api.gate import GUARDED, is_guarded
from bukuhutang.entrypoints.web.problems import PROBLEM_CODE, REQUEST_ID, Problems

REQUESTS = Counter(
    "bukuhutang_http_requests", "Requests answered, by route", ["method", "route", "status"]
)
REQUEST_SECONDS = Histogram(
    "bukuhutang_http_request_seconds",
    "From the first line of a request to the end of its answer",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET_ROUTES = frozenset({"/health", "/ready", "/metrics"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TWO_YEARS = 63_072_000
BY_HTTPS = {"Strict-Transport-Security": f"max-age={TWO_YEARS}; includeSubDomains"}
"""Only where people outside reach us by HTTPS: a browser then never goes back to plain HTTP."""

log = structlog.get_logger("web")


def is_https(public_url: str | None) -> bool:
    """Whether people outside reach this service by HTTPS."""
    return public_url is not None and public_url.startswith("https://")


class HeadersMiddleware:
    """Security headers on every answer; a route that sets one of them itself keeps its own."""

    def __init__(self, app: ASGIApp, *, by_https: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **BY_HTTPS} if by_https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # Files carry an ETag and may be asked about again; answers are nobody's to keep.
                fresh = "no-cache" if scope["path"].startswith("/static/") else "no-store"
                headers.setdefault("Cache-Control", fresh)
            await send(message)

        await self._app(scope, receive, with_headers)


class WitnessMiddleware:
    """One log line and one metric a request: the route's template, never its path, query or key.

    It is also the boundary at which an exception nobody expected becomes a problem with status 500.
    """

    def __init__(self, app: ASGIApp, problems: Problems) -> None:
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[REQUEST_ID] = secrets.token_hex(8)
        began = monotonic()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._guarded(scope, receive, noted, started=lambda: status != 0)
        finally:
            _note(scope, status, monotonic() - began)

    async def _guarded(
        self, scope: Scope, receive: Receive, send: Send, *, started: Callable[[], bool]
    ) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as fault:
            if started():
                log.exception("answer broken off", request=scope[REQUEST_ID])
                raise  # only the server can end an answer that has begun
            answer = self._answer(scope, fault)
            if answer.status_code == 500:
                log.exception("request failed", request=scope[REQUEST_ID])
            await answer(scope, receive, send)

    def _answer(self, scope: Scope, fault: Exception) -> Response:
        try:
            return self._problems.answer(scope, fault)
        except InvariantBroken as defect:
            # A refusal without words or status: our defect, and the caller's 500.
            return self._problems.answer(scope, defect)


def _note(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "other"
    route = _template(scope)
    REQUESTS.labels(method, route, str(status or "none")).inc()
    REQUEST_SECONDS.labels(method, route).observe(seconds)
    write = log.debug if route in QUIET_ROUTES and status < 400 else log.info
    write(
        "request",
        method=method,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        problem=scope.get(PROBLEM_CODE),
        request=scope[REQUEST_ID],
    )


def _template(scope: Scope) -> str:
    path = getattr(scope.get("route"), "path_format", None)
    if isinstance(path, str):
        # A route names itself as in its router, without the prefix that one is included under.
        inside = is_guarded(scope) and not path.startswith(GUARDED)
        return f"{GUARDED}{path}" if inside else path
    return "/static" if scope["path"].startswith("/static/") else "unmatched"
