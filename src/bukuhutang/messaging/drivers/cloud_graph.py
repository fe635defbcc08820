"""The Graph API through pywa: one client for every phone id, and errors as codes.

pywa's own error is a frozen dataclass, which a context manager cannot pass on; it is turned into
ours at once.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pywa_async.client import WhatsApp
from pywa_async.errors import WhatsAppError

from bukuhutang.base.errors import ConfigurationProblem

META = "https://graph.facebook.com"
API_VERSION = "23.0"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
VERSION = re.compile(r"v?([1-9][0-9]\.[0-9])", re.ASCII)
CONNECT_SECONDS = 10.0
WRITE_SECONDS = 60.0

Answer = TypeVar("Answer")
Json = dict[str, Any]


class GraphRefused(Exception):
    """Graph answered with an error; `code` as in `messaging.cloud_errors`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


class AnswerUnreadable(Exception):
    """Graph answered well, but not in the documented shape."""


@dataclass(frozen=True)
class CloudConfig:
    """How the app reaches Graph, and which approved templates may be sent when a window is closed.

    `base_url` is Meta's, or a proxy's or a fake's; plain http only to this machine, since the token
    travels in it. `pause_seconds` is the first pause after "too fast".
    """

    token: str = field(repr=False)
    api_version: str = API_VERSION
    base_url: str = META
    template_notice: str | None = None
    template_document: str | None = None
    template_language: str = "id"
    pause_seconds: float = 2.0
    recheck_seconds: float = 900.0
    answer_seconds: float = 20.0

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        safe = address.scheme == "https" or (
            address.scheme == "http" and address.hostname in LOOPBACK
        )
        if not safe or not address.hostname or address.query or address.fragment:
            raise ConfigurationProblem("WHATSAPP_CLOUD_BASE_URL must be https, or http to loopback")
        if not VERSION.fullmatch(self.api_version):
            raise ConfigurationProblem("WHATSAPP_CLOUD_API_VERSION is a version such as 23.0")


class Graph:
    """What we ask of Graph. Every method raises GraphRefused, AnswerUnreadable, httpx.HTTPError."""

    def __init__(self, config: CloudConfig) -> None:
        version = config.api_version.removeprefix("v")
        timeout = httpx.Timeout(CONNECT_SECONDS, read=config.answer_seconds, write=WRITE_SECONDS)
        self.http = httpx.AsyncClient(timeout=timeout, follow_redirects=False)
        # Its webhook part is not used: see decision 0011.
        self._api = WhatsApp(
            token=config.token, session=self.http, api_version=version, validate_updates=False
        ).api
        self.http.base_url = httpx.URL(f"{config.base_url.rstrip('/')}/v{version}")

    async def send(
        self, phone_id: str, to: str, kind: str, content: Json, *, client_ref: str
    ) -> str:
        """Send one message; returns its id. `client_ref` comes back with every status."""
        answer = await _asked(
            self._api.send_message(
                sender=phone_id,
                to=to,
                recipient=None,
                recipient_type="individual",
                typ=kind,
                msg=content,
                biz_opaque_callback_data=client_ref,
            )
        )
        try:
            sent = answer["messages"][0]["id"]
        except (KeyError, IndexError, TypeError) as problem:
            raise AnswerUnreadable("no id of the message") from problem
        if not isinstance(sent, str) or not sent:
            raise AnswerUnreadable("no id of the message")
        return sent

    async def upload(self, phone_id: str, content: bytes, mime_type: str, file_name: str) -> str:
        """Hand a file over; returns the id by which a message names it."""
        answer = await _asked(self._api.upload_media(phone_id, content, mime_type, file_name))
        media_id = answer.get("id")
        if not isinstance(media_id, str):
            raise AnswerUnreadable("no id of the file")
        return media_id

    async def media(self, media_id: str) -> Json:
        """Where a received file lies, and what is known of it."""
        return await _asked(self._api.get_media_url(media_id))

    async def number(self, phone_id: str) -> str:
        """The phone number behind a phone id, as Meta writes it."""
        fields = ("id", "display_phone_number")
        answer = await _asked(self._api.get_business_phone_number(phone_id, fields))
        return str(answer.get("display_phone_number", ""))

    async def mark_read(self, phone_id: str, message_id: str) -> None:
        """Blue ticks up to this message."""
        await _asked(self._api.mark_message_as_read(phone_id, message_id))

    async def aclose(self) -> None:
        """Close the connections."""
        await self.http.aclose()


async def _asked(call: Awaitable[Answer]) -> Answer:
    try:
        answer = await call
    except WhatsAppError as no:
        code = no.code
    except (KeyError, TypeError, ValueError) as problem:
        raise AnswerUnreadable(type(problem).__name__) from None
    else:
        if not isinstance(answer, dict):
            raise AnswerUnreadable("no object")
        return answer
    raise GraphRefused(code)
