"""In a worker: what is asked of a login that is up: sending, marking, looking up, fetching."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from neonize.exc import NeonizeError
from neonize.proto.waE2E import WAWebProtobufsE2E_pb2 as e2e
from neonize.utils.enum import ChatPresence, ChatPresenceMedia, MediaType, ReceiptType

from bukuhutang.base.ids import ChatId, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers import neonize_sending as sending
from bukuhutang.messaging.drivers import neonize_translate as translate
from bukuhutang.messaging.drivers import neonize_wire as wire
from bukuhutang.messaging.drivers.neonize_login import Login, jid_of, new_secret
from bukuhutang.messaging.drivers.neonize_logs import without_numbers
from bukuhutang.messaging.drivers.neonize_store import StoreBroken, fate_of_send
from bukuhutang.messaging.drivers.neonize_wire import Reported

SENDS_AT_ONCE = 12
"""Of the threads beside the connected logins; the others are for look-ups and stops."""

TURN_SECONDS = 20.0
UPLOAD_SECONDS = 60.0
DOWNLOAD_SECONDS = 120.0
LOOKUP_SECONDS = 15.0
LOGOUT_SECONDS = 15.0

Answer = tuple[dict[str, Any], bytes]

log = structlog.get_logger("whatsapp")


class Acts:
    """Carries out requests on the logins of this process."""

    def __init__(
        self,
        login_of: Callable[[TenantId], Login | None],
        tell: Callable[[TenantId, Reported], Awaitable[bool]],
    ) -> None:
        self._login_of = login_of
        self._tell = tell
        self._turns = asyncio.Semaphore(SENDS_AT_ONCE)
        self._late: set[asyncio.Task[None]] = set()
        self.send_seconds = 75.0

    async def do(self, tenant: TenantId, fields: dict[str, Any], body: bytes) -> Answer:
        """Answer one request. Raises KeyError, TypeError, ValueError for what is none."""
        login = self._login_of(tenant)
        what = fields["do"]
        if what == "send":
            outcome = await self._send(login, fields, body)
            return wire.outcome_fields(outcome), b""
        if login is None or not login.is_up:
            return {"up": False}, b""
        match what:
            case "mark_read":
                await self._mark_read(login, ChatId(fields["chat"]), fields["ids"])
            case "typing":
                await self._typing(login, ChatId(fields["chat"]), fields["on"])
            case "check_number":
                return {"exists": await self._exists(login, fields["number"])}, b""
            case "resolve":
                return {"number": await login.number_behind(fields["lid"])}, b""
            case "download":
                content = await self._download(login, body, fields["bytes_max"])
                return {"found": content is not None}, content or b""
            case _:
                raise ValueError(f"no request is called {what!r}")
        return {}, b""

    # --- sending ----------------------------------------------------------------------------------

    async def _send(self, login: Login | None, fields: dict[str, Any], body: bytes) -> wa.Outcome:
        if login is None or not login.is_up:
            return wa.Rejected("not_connected", retry=True)
        try:
            jid = jid_of(ChatId(fields["chat"]))
        except ValueError:
            return wa.Rejected("no_such_chat")
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            return wa.Rejected("too_busy", retry=True)
        sent: asyncio.Task[Any] | None = None
        try:
            secret = new_secret()
            earlier = self._begin(login, fields["ref"], secret)
            if earlier is not None:
                return earlier
            message = await self._built(login, fields, body, secret)
            if message is None:
                login.rows.not_sent(fields["ref"])
                return wa.Rejected("upload_failed", retry=True)
            sent = asyncio.create_task(login.client.send_message(jid, message))
            return await self._outcome(login, fields["ref"], secret, sent)
        finally:
            if sent is None or sent.done():
                self._turns.release()
            else:
                sent.add_done_callback(lambda _: self._turns.release())

    def _begin(self, login: Login, ref: str, secret: bytes) -> wa.Outcome | None:
        """Note the message; an outcome when an earlier try of it has left or may have."""
        if login.rows.begin_send(ref, secret):
            return None
        outcome = fate_of_send(login.store, login.rows, ref)
        if outcome is None:
            login.rows.not_sent(ref)
            login.rows.begin_send(ref, secret)
        return outcome

    async def _built(
        self, login: Login, fields: dict[str, Any], body: bytes, secret: bytes
    ) -> Any | None:
        if fields["how"] == "text":
            return sending.text_message(fields["text"], secret)
        document = wa.Document(fields["file_name"], fields["mime_type"], len(body), body)
        is_image = fields["how"] == "image"
        kind = MediaType.MediaImage if is_image else MediaType.MediaDocument
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                uploaded = await login.client.upload(body, kind)
        except (NeonizeError, TimeoutError) as problem:
            log.warning("upload_failed", tenant_id=login.tenant, reason=type(problem).__name__)
            return None
        make = sending.image_message if is_image else sending.document_message
        return make(document, fields["text"], uploaded, secret)

    async def _outcome(
        self, login: Login, ref: str, secret: bytes, sent: asyncio.Task[Any]
    ) -> wa.Outcome:
        try:
            response = await asyncio.wait_for(asyncio.shield(sent), self.send_seconds)
        except TimeoutError:
            self._watch(login, ref, sent)
            return wa.Unknown("no acknowledgement")
        except NeonizeError as problem:
            handed_over = self._id_by_mark(login, secret) is not None
            outcome = sending.outcome_of_error(str(problem), handed_over=handed_over)
            # What the library says names people and never quotes texts.
            said = without_numbers(str(problem))[:120]
            log.warning("send_failed", tenant_id=login.tenant, outcome=str(outcome), said=said)
        else:
            login.rows.sent(ref, response.ID)
            return wa.Accepted(ref)
        if isinstance(outcome, wa.Rejected):
            login.rows.not_sent(ref)
            if outcome.reason == "restricted_463":
                login.reporter.state(wire.state("restricted"))
        return outcome

    def _watch(self, login: Login, ref: str, sent: asyncio.Task[Any]) -> None:
        """The answer may still come; then the id is known for receipts and replies."""

        async def late() -> None:
            with suppress(NeonizeError, OSError):
                login.rows.sent(ref, (await sent).ID)

        task = asyncio.create_task(late())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _id_by_mark(self, login: Login, secret: bytes) -> str | None:
        try:
            return login.store.message_id_by_secret(secret)
        except (StoreBroken, OSError):
            return "unknown"  # then it may have left

    # --- the rest ---------------------------------------------------------------------------------

    async def unlink(self, login: Login) -> None:
        """Tell WhatsApp that this device is no more; it is forgotten here in any case."""
        with suppress(NeonizeError, TimeoutError):
            async with asyncio.timeout(LOGOUT_SECONDS):
                await login.client.logout()

    async def _mark_read(self, login: Login, chat: ChatId, ids: list[str]) -> None:
        jid = jid_of(chat)
        with suppress(NeonizeError, TimeoutError):
            async with asyncio.timeout(LOOKUP_SECONDS):
                await login.client.mark_read(*ids, chat=jid, sender=jid, receipt=ReceiptType.READ)

    async def _typing(self, login: Login, chat: ChatId, on: bool) -> None:
        state = ChatPresence.CHAT_PRESENCE_COMPOSING if on else ChatPresence.CHAT_PRESENCE_PAUSED
        with suppress(NeonizeError, TimeoutError):
            async with asyncio.timeout(LOOKUP_SECONDS):
                await login.client.send_chat_presence(
                    jid_of(chat), state, ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT
                )

    async def _exists(self, login: Login, number: str) -> bool | None:
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                found = await login.client.is_on_whatsapp(f"+{number}")
        except (NeonizeError, TimeoutError):
            return None
        return any(one.IsIn for one in found)

    async def _download(self, login: Login, handle: bytes, bytes_max: int) -> bytes | None:
        declared = translate.declared_size(handle)
        if declared is None or declared > bytes_max:
            return None
        try:
            async with asyncio.timeout(DOWNLOAD_SECONDS):
                content: bytes = await login.client.download_any(e2e.Message.FromString(handle))
        except (NeonizeError, TimeoutError) as problem:
            log.warning("download_failed", tenant_id=login.tenant, reason=type(problem).__name__)
            return None
        return content if len(content) <= bytes_max else None
