"""Where the Cloud API posts: the signature checked, the body stored, 200; worked afterwards.

Own routes, because pywa's answers first and works later, in memory (decision 0011).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse

from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.deps import OperatorCall
from bukuhutang.store import cloud_webhooks

PATH = "/webhooks/whatsapp"
SIGNATURE = "X-Hub-Signature-256"
PREFIX = "sha256="
CHALLENGE_MAX = 200


@dataclass(eq=False)
class WebhookNotSigned(Refusal):
    """The signature is missing, or not that of this body."""

    code: ClassVar[str] = "webhook_not_signed"


@dataclass(eq=False)
class WebhookTokenWrong(Refusal):
    """Not a verification we asked for."""

    code: ClassVar[str] = "webhook_token_wrong"


WEBHOOK_STATUSES: dict[type[Refusal], int] = {WebhookNotSigned: 403, WebhookTokenWrong: 403}


def cloud_webhook_router(
    *, app_secret: str, verify_token: str, stored: Callable[[], None]
) -> APIRouter:
    """The two routes; `stored` is called after each body is durable. Open to all: Meta signs."""
    assert app_secret
    assert verify_token
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def verify(
        mode: Annotated[str, Query(alias="hub.mode")] = "",
        token: Annotated[str, Query(alias="hub.verify_token")] = "",
        challenge: Annotated[str, Query(alias="hub.challenge")] = "",
    ) -> Response:
        is_ours = hmac.compare_digest(token.encode("utf-8", "replace"), verify_token.encode())
        if not is_ours or mode != "subscribe" or not 0 < len(challenge) <= CHALLENGE_MAX:
            raise WebhookTokenWrong
        return PlainTextResponse(challenge)

    @router.post(PATH)
    async def receive(request: Request, call: OperatorCall) -> Response:
        body = await request.body()
        if not is_signed(body, request.headers.get(SIGNATURE), app_secret):
            raise WebhookNotSigned
        async with call.deps.database.courier() as db:
            await cloud_webhooks.receive(db, body, call.when.now)
        stored()
        return Response(status_code=200)

    return router


def is_signed(body: bytes, signature: str | None, app_secret: str) -> bool:
    """Whether the app's secret made this signature over exactly these bytes."""
    if signature is None or not signature.startswith(PREFIX):
        return False
    wanted = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    offered = signature.removeprefix(PREFIX).encode("latin-1", "replace")
    return hmac.compare_digest(offered, wanted.encode())
