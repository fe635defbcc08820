"""How large and how slow a request may be: counted as it arrives, whatever Content-Length says."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bukuhutang.base.clock import monotonic
from bukuhutang.entrypoints.web.patience import Patience

BODY_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX_BY_PREFIX = {
    "/verify/": 17 * 1024 * 1024,  # a document of 16 MiB in a form
    "/simulator/": 24 * 1024 * 1024,  # a document of 16 MiB in base64
    "/webhooks/": 4 * 1024 * 1024,  # the Cloud API posts at most 3 MB
}

CLOSE = {"Connection": "close"}
"""The rest of the body is not read, so nothing else can come on this connection."""


def body_bytes_max(path: str) -> int:
    """The limit for a request to `path`."""
    for prefix, limit in BODY_BYTES_MAX_BY_PREFIX.items():
        if path.startswith(prefix):
            return limit
    return BODY_BYTES_MAX


class BodyLimitMiddleware:
    """Refuses with 413 as soon as the limit is passed, with 408 what comes too slowly."""

    def __init__(self, app: ASGIApp, patience: Patience) -> None:
        self._app = app
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = body_bytes_max(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
            raise HTTPException(413, headers=CLOSE)
        taken = 0
        complete = False
        began = monotonic()

        async def counted() -> Message:
            nonlocal taken, complete
            if complete:
                return await receive()  # waits for the client to go, as long as an answer takes
            left = began + self._patience.body_deadline(taken) - monotonic()
            try:
                async with asyncio.timeout(max(0.0, left)):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers=CLOSE) from None
            complete = not message.get("more_body", False)
            taken += len(message.get("body", b""))
            if taken > limit:
                # The framework turns any other class into a 400 while it reads a body.
                raise HTTPException(413, headers=CLOSE)
            return message

        await self._app(scope, counted, send)
