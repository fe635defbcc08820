"""WhatsApp's official API: one app, a number (phone id) for each tenant, nothing to pair.

Messages and statuses come by webhook (`entrypoints.web.webhooks`, then
`entrypoints.sessions.webhook_loop`), not through this driver: it sends, fetches files, and watches
whether each number can be used.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

import httpx
import structlog

from bukuhutang.base.clock import Clock, monotonic
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging.cloud_errors import (
    Trouble,
    broken,
    meaning_of,
    refused,
)
from bukuhutang.messaging.driver import (
    Accepted,
    Capabilities,
    Document,
    Fetched,
    OnEvent,
    Outcome,
    PairingFailed,
    Rejected,
    TooLarge,
    Unknown,
    WorkerMeasure,
)
from bukuhutang.messaging.drivers.cloud_download import fetch
from bukuhutang.messaging.drivers.cloud_graph import (
    AnswerUnreadable,
    CloudConfig,
    Graph,
    GraphRefused,
    Json,
)
from bukuhutang.messaging.drivers.cloud_lines import Line, Lines

TEXT_MAX = 4_096
CAPTION_MAX = 1_024
TEMPLATE_TEXT_MAX = 1_024
WINDOW = timedelta(hours=24) - timedelta(minutes=1)
"""A minute less than Meta's, for the way and for clocks that differ."""

PAUSE_SECONDS_MAX = 20.0
UPLOAD_SECONDS_MAX = 40.0
"""Together with one request less than the outbox waits for a send (90): it must not doubt what
certainly did not leave."""

NUMBER = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
NOT_CONNECTED = Rejected("not_connected", retry=True)
"""It waits for its login, as on any other driver."""

log = structlog.get_logger("cloud")


class CloudPorts(Protocol):
    """What the driver needs of the database; bound in `main`. Each raises TransientFault."""

    async def phone_id(self, tenant_id: TenantId) -> str | None:
        """The tenant's number in the API, or None."""
        ...

    async def last_heard(self, tenant_id: TenantId, chat_id: ChatId) -> datetime | None:
        """When the chat wrote last to the tenant, or None."""
        ...


@dataclass
class Pause:
    """Nothing is sent before `until` (monotonic); each further "too fast" doubles it."""

    seconds: float
    until: float


class CloudDriver:
    """The `Driver`."""

    capabilities = Capabilities(
        needs_pairing=False,
        templates=True,
        free_text_window=True,
        own_message_id=False,
        phone_echo=False,
        self_chat=False,
        paced=False,
    )

    def __init__(self, config: CloudConfig, ports: CloudPorts, clock: Clock) -> None:
        self._config = config
        self._ports = ports
        self._clock = clock
        self._graph = Graph(config)
        self._lines = Lines(self._graph, config.recheck_seconds)
        self._pauses: dict[tuple[TenantId, ChatId | None], Pause] = {}

    # --- logins -----------------------------------------------------------------------------------

    async def open(self, on_event: OnEvent) -> None:
        """Report to `on_event`; nothing is connected yet."""
        self._lines.on_event = on_event

    async def aclose(self) -> None:
        """Stop watching every number and close the connections."""
        await self._lines.remove_all()
        await self._graph.aclose()

    async def create_session(self, tenant: TenantId, phone_number: PhoneNumber) -> None:
        """Learn the tenant's phone id. Raises TransientFault."""
        await self._lines.remove(tenant)
        self._lines.add(tenant, Line(phone_number, await self._ports.phone_id(tenant)))

    async def is_linked(self, tenant: TenantId) -> bool:
        """Whether the tenant has a phone id."""
        return self._lines.phone_id(tenant) is not None

    async def start_pairing(self, tenant: TenantId, how: Literal["qr", "code"] = "qr") -> None:
        """Fails: there is nothing to pair."""
        assert self._lines.on_event is not None
        await self._lines.on_event(tenant, PairingFailed("error"))

    async def start(self, tenant: TenantId) -> None:
        """Check the token and the number, and again every quarter of an hour."""
        await self._lines.watch(tenant)

    async def stop(self, tenant: TenantId) -> None:
        """Use the number no longer."""
        await self._lines.remove(tenant)

    async def logout(self, tenant: TenantId) -> None:
        """The same: a number of the API stays the app's until the operator removes it there."""
        await self._lines.remove(tenant)

    # --- sending ----------------------------------------------------------------------------------

    async def send_text(
        self, tenant: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> Outcome:
        """Send as free text while the chat's window is open, else inside the approved template."""
        if len(text) > TEXT_MAX:
            return Rejected("text_too_long")
        outcome: Outcome = Rejected("window_closed")
        is_open = await self._is_open(tenant, chat)
        if is_open is None:
            return Rejected("database_away", retry=True)
        if is_open:
            content = {"body": text, "preview_url": False}
            outcome = await self._deliver(tenant, chat, "text", content, client_ref=client_ref)
        if outcome == Rejected("window_closed") and self._config.template_notice is not None:
            folded = fold(text)
            if len(folded) > TEMPLATE_TEXT_MAX:
                return Rejected("template_too_long")
            content = self._template(self._config.template_notice, folded)
            return await self._deliver(tenant, chat, "template", content, client_ref=client_ref)
        return outcome

    async def send_document(
        self, tenant: TenantId, chat: ChatId, document: Document, caption: str, *, client_ref: str
    ) -> Outcome:
        """Hand the file over, then send it; inside its template while the window is closed."""
        return await self._send_file(
            tenant, chat, document, caption, kind="document", client_ref=client_ref
        )

    async def send_image(
        self, tenant: TenantId, chat: ChatId, image: Document, caption: str, *, client_ref: str
    ) -> Outcome:
        """Hand the picture over, then send it; only while the window is open."""
        return await self._send_file(
            tenant, chat, image, caption, kind="image", client_ref=client_ref
        )

    async def _send_file(
        self,
        tenant: TenantId,
        chat: ChatId,
        file: Document,
        caption: str,
        *,
        kind: Literal["document", "image"],
        client_ref: str,
    ) -> Outcome:
        assert file.content is not None
        if len(caption) > CAPTION_MAX:
            return Rejected("caption_too_long")
        is_open = await self._is_open(tenant, chat)
        if is_open is None:
            return Rejected("database_away", retry=True)
        template = self._config.template_document if kind == "document" else None
        if not is_open and template is None:
            return Rejected("window_closed")
        uploaded = await self._upload(tenant, file)
        if not isinstance(uploaded, str):
            return uploaded
        named = {"filename": file.file_name} if kind == "document" else {}
        if is_open:
            content = {"id": uploaded, **named, **({"caption": caption} if caption else {})}
            return await self._deliver(tenant, chat, kind, content, client_ref=client_ref)
        assert template is not None
        header = {"type": "document", "document": {"id": uploaded, **named}}
        content = self._template(
            template,
            fold(caption) or file.file_name,
            {"type": "header", "parameters": [header]},
        )
        return await self._deliver(tenant, chat, "template", content, client_ref=client_ref)

    async def _upload(self, tenant: TenantId, file: Document) -> str | Rejected:
        """The id of the file at Meta, or why the message did not go out."""
        phone_id = self._lines.up(tenant)
        if phone_id is None:
            return NOT_CONNECTED
        assert file.content is not None
        try:
            async with asyncio.timeout(UPLOAD_SECONDS_MAX):
                return await self._graph.upload(
                    phone_id, file.content, file.mime_type, file.file_name
                )
        except GraphRefused as no:
            outcome = await self._after_refusal(tenant, None, no.code)
            return outcome if isinstance(outcome, Rejected) else Rejected("upload", retry=True)
        except (httpx.HTTPError, AnswerUnreadable, TimeoutError):
            # Whatever became of the file, no message names it.
            return Rejected("upload", retry=True)

    async def _deliver(
        self, tenant: TenantId, chat: ChatId, kind: str, content: Json, *, client_ref: str
    ) -> Outcome:
        if not NUMBER.fullmatch(chat):
            return Rejected("no_number")
        await self._wait_out(tenant, chat)
        phone_id = self._lines.up(tenant)
        if phone_id is None:
            return NOT_CONNECTED
        try:
            sent = await self._graph.send(phone_id, chat, kind, content, client_ref=client_ref)
        except GraphRefused as no:
            return await self._after_refusal(tenant, chat, no.code)
        except AnswerUnreadable as fault:
            return Unknown(f"answer unreadable: {fault}")
        except httpx.HTTPError as fault:
            return broken(fault)
        self._pauses.pop((tenant, None), None)
        self._pauses.pop((tenant, chat), None)
        return Accepted(sent)

    async def _is_open(self, tenant: TenantId, chat: ChatId) -> bool | None:
        """Whether free text may be sent; None when the database does not say."""
        try:
            heard = await self._ports.last_heard(tenant, chat)
        except TransientFault:
            return None
        return heard is not None and self._clock.now() - heard < WINDOW

    def _template(self, name: str, text: str, *before: Json) -> Json:
        body = {"type": "body", "parameters": [{"type": "text", "text": text}]}
        language = {"code": self._config.template_language}
        return {"name": name, "language": language, "components": [*before, body]}

    # --- refusals ---------------------------------------------------------------------------------

    async def _after_refusal(self, tenant: TenantId, chat: ChatId | None, code: int) -> Outcome:
        """The outcome, after what the code says about more than this message was acted upon."""
        meaning = meaning_of(code)
        log.warning("cloud_refused", tenant_id=tenant, code=code, reason=meaning.reason)
        match meaning.trouble:
            case Trouble.TOKEN:
                await self._lines.cut_off_all(code)  # one token serves all numbers of the app
                return NOT_CONNECTED
            case Trouble.NUMBER | Trouble.BANNED:
                await self._lines.cut_off(tenant, code)
                return NOT_CONNECTED
            case Trouble.BUSY:
                self._pause(tenant, None)
            case Trouble.PAIR_BUSY:
                self._pause(tenant, chat)
        return refused(code)

    def _pause(self, tenant: TenantId, chat: ChatId | None) -> None:
        before = self._pauses.get((tenant, chat))
        seconds = self._config.pause_seconds if before is None else before.seconds * 2
        seconds = min(seconds, PAUSE_SECONDS_MAX)
        self._pauses[tenant, chat] = Pause(seconds, monotonic() + seconds)

    async def _wait_out(self, tenant: TenantId, chat: ChatId) -> None:
        found = (self._pauses.get(key) for key in ((tenant, None), (tenant, chat)))
        until = max((one.until for one in found if one is not None), default=0.0)
        if until > monotonic():
            await asyncio.sleep(until - monotonic())

    # --- the rest ---------------------------------------------------------------------------------

    async def mark_read(self, tenant: TenantId, chat: ChatId, ids: tuple[str, ...]) -> None:
        """Blue ticks up to the last of these; whether they arrive is nobody's loss."""
        phone_id = self._lines.up(tenant)
        if phone_id is None or not ids:
            return
        try:
            await self._graph.mark_read(phone_id, ids[-1])
        except (GraphRefused, AnswerUnreadable, httpx.HTTPError) as fault:
            log.info("not_marked_read", tenant_id=tenant, problem=type(fault).__name__)

    async def typing(self, tenant: TenantId, chat: ChatId, *, on: bool) -> None:
        """Does nothing: the API shows it only together with a read receipt for a message."""

    async def check_number(self, tenant: TenantId, number: PhoneNumber) -> bool:
        """Always True: the API does not tell before a message was sent (131026 then)."""
        return True

    async def resolve_identity(self, tenant: TenantId, lid: str) -> PhoneNumber | None:
        """The API never tells the number behind its own user ids."""
        return None

    async def download(self, tenant: TenantId, document: Document, *, bytes_max: int) -> Fetched:
        """The content of a received file, whose size is known only now."""
        media_id = (document.handle or b"").decode("ascii", "replace")
        if not MEDIA_ID.fullmatch(media_id):
            return None
        try:
            found = await self._graph.media(media_id)
        except (GraphRefused, AnswerUnreadable, httpx.HTTPError) as fault:
            log.warning("media_not_found", tenant_id=tenant, problem=type(fault).__name__)
            return None
        size = found.get("file_size")
        if isinstance(size, int) and size > bytes_max:
            return TooLarge(size)
        base = self._config.base_url
        url = str(found.get("url", ""))
        return await fetch(self._graph.http, url, base_url=base, bytes_max=bytes_max)

    def measures(self) -> Sequence[WorkerMeasure]:
        """No child processes."""
        return ()


def fold(text: str) -> str:
    """A text as one line: the API takes no line breaks, tabs or runs of spaces in a template."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return " · ".join(line for line in lines if line)
