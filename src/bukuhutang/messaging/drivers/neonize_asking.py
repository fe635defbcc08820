"""The part of the linked-device driver that asks workers about logins that are up: sends, marks,
look-ups, files."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from bukuhutang.base.clock import Clock
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers import neonize_wire as wire
from bukuhutang.messaging.drivers.neonize_fleet import FleetSetup
from bukuhutang.messaging.drivers.neonize_frames import Frame
from bukuhutang.messaging.drivers.neonize_process import WorkerFault, WorkerGone, WorkerProcess
from bukuhutang.messaging.drivers.neonize_store import LoginStore, StorePlace, fate_of_send

SEND_SECONDS_BESIDE = 10.0

log = structlog.get_logger("whatsapp")


class Asking:
    """Half of `NeonizeDriver`: everything that changes nothing about who sits where."""

    def __init__(self, setup: FleetSetup, clock: Clock) -> None:
        self._setup = setup
        self._clock = clock
        self._place = StorePlace(setup.folder, setup.store_url)

    def _up(self, tenant: TenantId) -> WorkerProcess | None:
        """The worker of a login that may be used."""
        raise NotImplementedError

    def _store(self, tenant: TenantId) -> LoginStore:
        return self._place.of(tenant)

    def _stamp(self) -> str:
        return self._clock.machine_now().strftime("%Y%m%dT%H%M%S")

    # --- sending ----------------------------------------------------------------------------------

    async def send_text(
        self, tenant: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> wa.Outcome:
        """Send a text; `client_ref` is its id for whoever asks us."""
        return await self._send(tenant, chat, client_ref, how="text", text=text)

    async def send_document(
        self,
        tenant: TenantId,
        chat: ChatId,
        document: wa.Document,
        caption: str,
        *,
        client_ref: str,
    ) -> wa.Outcome:
        """Upload a file and send it."""
        return await self._send(
            tenant, chat, client_ref, how="document", text=caption, document=document
        )

    async def send_image(
        self, tenant: TenantId, chat: ChatId, image: wa.Document, caption: str, *, client_ref: str
    ) -> wa.Outcome:
        """Upload a picture and send it with a preview."""
        return await self._send(tenant, chat, client_ref, how="image", text=caption, document=image)

    async def _send(
        self,
        tenant: TenantId,
        chat: ChatId,
        client_ref: str,
        *,
        how: str,
        text: str,
        document: wa.Document | None = None,
    ) -> wa.Outcome:
        worker = self._up(tenant)
        if worker is None:
            return wa.Rejected("not_connected", retry=True)
        fields: dict[str, Any] = {"chat": chat, "ref": client_ref, "how": how, "text": text}
        body = b""
        if document is not None:
            assert document.content is not None
            fields |= {"file_name": document.file_name, "mime_type": document.mime_type}
            body = document.content
        try:
            answer = await worker.request(
                "send",
                tenant=tenant,
                body=body,
                seconds=self._setup.send_seconds + SEND_SECONDS_BESIDE,
                **fields,
            )
        except (WorkerGone, WorkerFault, TimeoutError) as problem:
            log.warning("send_interrupted", tenant_id=tenant, reason=type(problem).__name__)
            return await asyncio.to_thread(self._fate, tenant, client_ref, type(problem))
        return wire.outcome_of(answer.header)

    def _fate(self, tenant: TenantId, client_ref: str, problem: type[Exception]) -> wa.Outcome:
        """What became of a message whose worker did not answer; looks into the store."""
        store = self._store(tenant)
        try:
            rows = store.rows(self._stamp())
            try:
                fate = fate_of_send(store, rows, client_ref)
                if fate is None and problem is WorkerGone:
                    rows.not_sent(client_ref)
                    return wa.Rejected("worker_died", retry=True)
            finally:
                rows.close()
        except OSError:
            fate = None
        return fate or wa.Unknown("the worker did not answer")

    async def _ask(self, tenant: TenantId, do: str, **fields: Any) -> Frame | None:
        """Ask a login's worker; None when there is none to answer."""
        worker = self._up(tenant)
        if worker is None:
            return None
        try:
            return await worker.request(do, tenant=tenant, **fields)
        except (WorkerGone, WorkerFault, TimeoutError):
            return None

    async def mark_read(self, tenant: TenantId, chat: ChatId, ids: tuple[str, ...]) -> None:
        """Blue ticks for the other side."""
        await self._ask(tenant, "mark_read", chat=chat, ids=list(ids))

    async def typing(self, tenant: TenantId, chat: ChatId, *, on: bool) -> None:
        """Shows that somebody writes."""
        await self._ask(tenant, "typing", chat=chat, on=on)

    async def check_number(self, tenant: TenantId, number: PhoneNumber) -> bool:
        """Whether the number has WhatsApp; true when nobody can say, the send will tell."""
        answer = await self._ask(tenant, "check_number", number=number)
        return answer is None or answer.header.get("exists") is not False

    async def resolve_identity(self, tenant: TenantId, lid: str) -> PhoneNumber | None:
        """The number behind a LID."""
        answer = await self._ask(tenant, "resolve", lid=lid)
        number = None if answer is None else answer.header.get("number")
        return number and PhoneNumber(number)

    async def download(
        self, tenant: TenantId, document: wa.Document, *, bytes_max: int
    ) -> bytes | None:
        """A received file; its claimed size is looked at first, the real one afterwards."""
        if document.handle is None or document.size > bytes_max:
            return None
        answer = await self._ask(
            tenant, "download", body=document.handle, bytes_max=bytes_max, seconds=150.0
        )
        return answer.body if answer is not None and answer.header.get("found") else None
