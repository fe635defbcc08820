"""In a worker: one linked device, from connecting to its end."""

from __future__ import annotations

import asyncio
import ctypes
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from google.protobuf.message import DecodeError
from neonize.aioze.client import NewAClient
from neonize.events import INT_TO_EVENT
from neonize.exc import NeonizeError
from neonize.proto import Neonize_pb2 as neonize_proto
from neonize.utils.jid import build_jid

from bukuhutang.base.clock import monotonic
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging.drivers import neonize_translate as translate
from bukuhutang.messaging.drivers import neonize_wire as wire
from bukuhutang.messaging.drivers.neonize_gate import Gate
from bukuhutang.messaging.drivers.neonize_identity import Own, with_number
from bukuhutang.messaging.drivers.neonize_report import (
    MESSAGE,
    RECEIPT,
    UNREADABLE,
    Intake,
    Reporter,
    Tell,
)
from bukuhutang.messaging.drivers.neonize_rows import LoginRows
from bukuhutang.messaging.drivers.neonize_store import Device, LoginStore, StoreBroken
from bukuhutang.messaging.drivers.neonize_wire import Reported

SUBSCRIBED = (
    *(2, 3, 4, 6, 7, 8, 9, 10, 11, 12),  # pairing and connection
    *(MESSAGE, RECEIPT, UNREADABLE),
)
SETTLE_SECONDS = 5.0
"""So long another login waits for this one to connect: two at once can abort the process."""

STOP_SECONDS = 5.0
LATE_SECONDS = 10.0
"""So long after the end the library's threads may still bring what came before it."""

LOOKUP_SECONDS = 5.0
BAN_CODES_FROM = 100

log = structlog.get_logger("whatsapp")


@dataclass(frozen=True)
class ClientParts:
    """What a client is made of, so that pairing and login make it alike."""

    name: str
    jid: Any = None
    props: Any = None
    uuid: str | None = None
    new_device: bool = False


def make_client(parts: ClientParts, take: Callable[[int, bytes], None]) -> Any:
    """A client whose events all go through `take`, on the library's threads."""
    client = NewAClient(
        parts.name,
        jid=parts.jid,
        props=parts.props,
        uuid=parts.uuid,
        new_device=parts.new_device,
    )

    def execute(_: int, address: int, size: int, code: int) -> None:
        take(code, ctypes.string_at(address, size) if size else b"")

    async def never(_: Any, __: Any) -> None:
        raise AssertionError("events do not come this way")

    for code in SUBSCRIBED:
        client.event.list_func[code] = never
    client.event.execute = execute
    return client


class Login:
    """One tenant's linked device in this process."""

    def __init__(
        self,
        tenant: TenantId,
        phone_number: PhoneNumber,
        store: LoginStore,
        rows: LoginRows,
        tell: Tell,
    ) -> None:
        self.tenant = tenant
        self.phone_number = phone_number
        self.store = store
        self.rows = rows
        self.is_up = False
        self.is_over = False  # nothing will connect it again by itself
        self.client: Any = None
        self._device: Device | None = None
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self.reporter = Reporter(rows, self._translate, tell)
        self.gate = Gate()
        self.intake = Intake(
            rows,
            asyncio.get_running_loop(),
            gate=self.gate,
            on_kept=self.reporter.wake,
            on_state=self._on_state,
        )
        self._reporting = asyncio.create_task(self.reporter.run())

    @property
    def own(self) -> Own:
        """The phone's two names."""
        lid = None if self._device is None or self._device.lid is None else self._device.lid
        return Own(self.phone_number, lid and f"{lid.partition('@')[0].partition(':')[0]}@lid")

    # --- connecting and ending --------------------------------------------------------------------

    async def connect(
        self, device: Device, proxy: Any, kept: Callable[[Device], Any | None]
    ) -> None:
        """Start to connect; the caller lets only one login of the process do so at a time.

        `kept` is an earlier client of this process for the same device, which must be used again:
        when it is forgotten, the library ends the newer one.
        """
        self._device = device
        self.client = kept(device)
        if self.client is None:
            named, _, server = device.jid.partition("@")
            number, _, index = named.partition(":")
            jid = build_jid(number, server)
            jid.Device = int(index or 0)
            self.client = make_client(ClientParts(self.store.device_name, jid), self.intake.take)
        else:
            intake = self.intake

            def execute(_: int, address: int, size: int, code: int) -> None:
                intake.take(code, ctypes.string_at(address, size) if size else b"")

            self.client.event.execute = execute
        self._task = await self.client.connect(proxy)
        assert self._task is not None
        self._task.add_done_callback(self._ended)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), SETTLE_SECONDS)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._settled.set()
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            log.warning("connect_failed", tenant_id=self.tenant, reason=type(problem).__name__)
        if not self._stopping and not self.is_over:
            self._over(wire.state("disconnected", reason="connection_ended", ended=True))

    async def stop(self) -> None:
        """End the connection; nothing is sent or received afterwards."""
        self._stopping = True
        self.is_up = False
        if self.client is not None:
            await self.client.stop()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS)
        await self.gate.passed(monotonic())
        self.rows.note_ended()

    async def close(self) -> None:
        """After `stop`: tell what can still be told, and free the rows."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.reporter.drained(), STOP_SECONDS)
        self._reporting.cancel()
        with suppress(asyncio.CancelledError):
            await self._reporting
        asyncio.get_running_loop().call_later(LATE_SECONDS, self._close_rows)

    def _close_rows(self) -> None:
        self.intake.closed = True
        self.rows.close()

    # --- what WhatsApp says -----------------------------------------------------------------------

    def _over(self, reported: Reported) -> None:
        self.is_over = True
        self.is_up = False
        self.reporter.state(reported)

    def _on_state(self, code: int, raw: bytes) -> None:
        if self._stopping:
            return
        kind = INT_TO_EVENT.get(code)
        name = "" if kind is None else kind.DESCRIPTOR.name
        event: Any = None
        try:
            event = None if kind is None else kind.FromString(raw)
        except DecodeError:
            # An enum this library does not know: that it happened is told all the same.
            log.warning("state_unreadable", tenant_id=self.tenant, state=name)
        if name == "Connected":
            self.is_up = True
            self._settled.set()
            self.reporter.state(wire.state("connected"))
        elif name == "Disconnected" and not self.is_over:
            self.is_up = False
            self.reporter.state(wire.state("disconnected", reason="connection_lost", ended=False))
        elif name == "UndecryptableMessage" and event is not None:
            self.reporter.state(wire.state("undecryptable", id=event.Info.ID))
        elif (ending := ending_of(name, event)) is not None:
            self._settled.set()
            self._over(ending)

    async def _translate(self, code: int, raw: bytes) -> Reported | None:
        if code == RECEIPT:
            return self._receipt(raw)
        heard = translate.heard_message(raw, self.own)
        if heard is None:
            return None
        peer = heard.ends.peer
        if peer.phone_number is None and peer.lid is not None:
            number = await self.number_behind(peer.lid)
            if number is not None:
                ends = with_number(heard.ends, number)
                heard = translate.Heard(heard.id, ends, heard.body, heard.sent_seconds)
        event = heard.event()
        refers_to = event.refers_to and (self._reference(event.refers_to) or event.refers_to)
        reported = wire.message(event, heard.sent_seconds)
        return Reported({**reported.fields, "refers_to": refers_to}, reported.body)

    def _receipt(self, raw: bytes) -> Reported | None:
        read = translate.receipt(raw, self.own)
        if read is None:
            return None
        # Receipts for what the phone's owner wrote come here too; they are nobody's business.
        ours = tuple(ref for one in read.ids if (ref := self._reference(one)) is not None)
        return wire.receipt(ours, read.state) if ours else None

    def _reference(self, message_id: str) -> str | None:
        """Our reference of a message we sent; also of one whose acknowledgement never came."""
        known = self.rows.reference_of(message_id)
        if known is not None:
            return known
        try:
            secret = self.store.secret_by_message_id(message_id)
        except StoreBroken:
            return None
        found = secret and self.rows.reference_by_secret(secret)
        if found:
            self.rows.sent(found, message_id)
        return found or None

    async def number_behind(self, lid: str) -> PhoneNumber | None:
        """The phone number behind a LID, when WhatsApp tells it."""
        if not self.is_up:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), LOOKUP_SECONDS)
        if not self.is_up:
            return None  # asking without a connection would end the process
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                jid = await self.client.get_pn_from_lid(build_jid(lid.partition("@")[0], "lid"))
        except (NeonizeError, TimeoutError):
            return None
        return PhoneNumber(jid.User) if jid.User.isdigit() else None


def ending_of(name: str, event: Any) -> Reported | None:
    """How a login ends with this event; None when it does not."""
    match name:
        case "LoggedOut":
            reason = "logged_out"
            if event is not None and event.OnConnect:
                code = neonize_proto.ConnectFailureReason.Name(event.Reason)
                reason = code.lower()
            return wire.state("logged_out", reason=reason)
        case "StreamReplaced":
            return wire.state("replaced")
        case "TemporaryBan":
            code = 0 if event is None else event.Code + BAN_CODES_FROM
            seconds = None if event is None or event.Expire <= 0 else event.Expire
            return wire.state("temporarily_banned", code=code, seconds=seconds)
        case "ClientOutdated":
            return wire.state("outdated")
        case "ConnectFailure":
            reason = "connect_failure"
            if event is not None:
                reason += f"_{neonize_proto.ConnectFailureReason.Name(event.Reason).lower()}"
            return wire.state("disconnected", reason=reason, ended=True)
    return None


def new_secret() -> bytes:
    """A mark that nobody can guess."""
    return os.urandom(32)


def jid_of(chat: ChatId) -> Any:
    """Where to send; raises ValueError for what is no chat of two people."""
    named, _, server = chat.partition("@")
    if not named.isdigit() or server not in ("", "lid", "s.whatsapp.net"):
        raise ValueError("no chat of two people")
    return build_jid(named, server or "s.whatsapp.net")
