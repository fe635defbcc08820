"""How large a request may be: counted while it arrives, whatever Content-Length says."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX_BY_PREFIX = {
    "/verify/": 17 * 1024 * 1024,  # a document of 16 MiB in a form
    "/simulator/": 24 * 1024 * 1024,  # a document of 16 MiB in base64
    "/webhooks/": 4 * 1024 * 1024,  # the Cloud API posts at most 3 MB
}


def body_bytes_max(path: str) -> int:
    """The limit for a request to `path`."""
    for prefix, limit in BODY_BYTES_MAX_BY_PREFIX.items():
        if path.startswith(prefix):
            return limit
    return BODY_BYTES_MAX


class BodyLimitMiddleware:
    """Refuses with 413 as soon as the limit is passed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = body_bytes_max(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
            raise HTTPException(413)
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                # The framework turns any other class into a 400 while it reads a body.
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
