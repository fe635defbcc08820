"""What a person can do with the simulated phones: `SimulatedWhatsApp` for the web door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from bukuhutang.base.clock import MovableClock
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.driver import Document, LoggedOut, Paired
from bukuhutang.messaging.drivers.simulator_documents import DocumentFolder
from bukuhutang.messaging.drivers.simulator_network import SimulatedNetwork
from bukuhutang.messaging.drivers.simulator_pairing import Pairings
from bukuhutang.messaging.drivers.simulator_phones import Message, Phone
from bukuhutang.messaging.drivers.simulator_reporting import Reporter
from bukuhutang.messaging.simulated import (
    CLOCK_AHEAD_MAX,
    PAGE_MAX,
    TEXT_MAX,
    AcceptedSends,
    Changes,
    ClockBackwards,
    ClockTooFar,
    MessagePage,
    PairCodeExpired,
    PairCodeUnknown,
    PhoneAlreadyLinked,
    PhoneBanned,
    PhoneOffline,
    PhoneState,
    PhoneView,
    QrExpired,
    QrUnknown,
    StoredDocument,
    Ticks,
    Written,
    WrongNumber,
)
from bukuhutang.messaging.simulated_acts import PLAIN, Extras

SERVICE_WAIT_SECONDS = 10.0
"""How long a phone's act waits for the service to have stored it. Afterwards it is answered all
the same: WhatsApp has it, and reports it until the service takes it."""

SCAN_WAIT_SECONDS = 5.0
"""How long a scan waits for the service to keep or decline the link."""


class Hands:
    """The phones' side of the simulator, the business clock included."""

    def __init__(
        self,
        network: SimulatedNetwork,
        documents: DocumentFolder,
        reporter: Reporter,
        *,
        clock: MovableClock,
        pairings: Pairings,
    ) -> None:
        self._network = network
        self._world = network.world
        self._documents = documents
        self._clock = clock
        self._reporter = reporter
        self._pairings = pairings
        self._waits_ended = False

    async def scan(self, number: str, qr: str) -> TenantId:
        """Link the phone; answers when the service has connected, or unlinked it again."""
        return await self._linked(self._phone(number), self._pairings.tenant_of(qr))

    async def pair(self, number: str, code: str) -> TenantId:
        """The same with the eight characters; only the phone they were made for can use them."""
        phone = self._phone(number)
        try:
            tenant = self._pairings.tenant_of(code.replace("-", "").replace(" ", "").upper())
        except QrExpired:
            raise PairCodeExpired from None
        except QrUnknown:
            raise PairCodeUnknown from None
        if self._reporter.sessions[tenant].phone_number != phone.number:
            raise PairCodeUnknown
        return await self._linked(phone, tenant)

    async def _linked(self, phone: Phone, tenant: TenantId) -> TenantId:
        if phone.state is PhoneState.OFFLINE:
            raise PhoneOffline(phone.number)
        if phone.state is PhoneState.BANNED:
            raise PhoneBanned(phone.number)
        if phone.link is not None and phone.link.tenant != tenant:
            raise PhoneAlreadyLinked(phone.number, phone.link.tenant)
        self._pairings.end(tenant)  # the code is used up
        link = self._network.link(phone.number, tenant)
        link.outcome = asyncio.get_running_loop().create_future()
        self._reporter.report(self._reporter.sessions[tenant], Paired(phone.number, lid=None))
        with suppress(TimeoutError):  # undecided: the phone shows the device as linked
            async with asyncio.timeout(SCAN_WAIT_SECONDS):
                if not await link.outcome:
                    raise WrongNumber(phone.number)
        return tenant

    async def write(
        self,
        number: str,
        to: str,
        text: str,
        *,
        document: Document | None = None,
        message_id: str | None = None,
        extras: Extras = PLAIN,
    ) -> Written:
        """Type a message or do something to one; answers when the sessions concerned have it."""
        assert len(text) <= TEXT_MAX, "the door refuses longer texts"
        sender = self._network.read_number(number)
        chat = self._network.read_chat(to)
        stored = None if document is None else await self._documents.save(document)
        message, resent = self._network.write(
            sender, chat, text, document=stored, asked_id=message_id, extras=extras
        )
        await self._taken(message)
        return Written(message.id, message.sender_seq, resent)

    async def receipt(
        self, number: str, message_id: str, state: Literal["delivered", "read"]
    ) -> Ticks:
        """The phone confirms a message it received; the ticks afterwards."""
        message = self._network.receipt(self._network.read_number(number), message_id, Ticks(state))
        await self._taken(message)
        return message.ticks

    async def _taken(self, message: Message) -> None:
        """Wait until the linked and connected devices in this chat have nothing older to report."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SERVICE_WAIT_SECONDS):
                for phone in (self._world.phone(message.sender), *self._world.others(message)):
                    link = phone.link
                    if link is None:
                        continue
                    if (wa := self._reporter.sessions.get(link.tenant)) is not None:
                        await self._reporter.mail_reported(wa, link, link.last_position)

    async def set_connection(self, number: str, state: PhoneState) -> None:
        """Turn the phone's switch; answers when a linked session has heard of it."""
        phone = self._phone(number)
        link, before = phone.link, phone.state
        wa = None if link is None else self._reporter.sessions.get(link.tenant)
        was_connected = wa is not None and self._reporter.connected_link(wa) is not None
        if state is not before:
            self._network.set_state(phone.number, state)
        if wa is None or not wa.started or state is before:
            return
        if state is PhoneState.LOGGED_OUT:
            self._reporter.stop(wa)
            wa.restricted = False
            self._reporter.report(wa, LoggedOut("removed on the phone"))
        elif was_connected and state in (PhoneState.ONLINE, PhoneState.RESTRICTED):
            self._reporter.report_restriction(wa, state)
        elif was_connected or state is not PhoneState.OFFLINE:
            self._reporter.report_connection(wa, state)
        with suppress(TimeoutError):
            async with asyncio.timeout(SERVICE_WAIT_SECONDS):
                await self._reporter.events_reported(wa)

    async def messages(
        self, number: str, *, after: int = 0, wait_seconds: float = 0
    ) -> MessagePage:
        """What the phone shows behind `after`, oldest first."""
        phone = self._phone(number)
        await self._wait_for(phone, lambda: len(phone.shown) > after, wait_seconds)
        end = min(len(phone.shown), after + PAGE_MAX)
        return MessagePage(phone.page(after, end), more=end < len(phone.shown))

    async def changes(self, number: str, *, after: int = 0, wait_seconds: float = 0) -> Changes:
        """What is new or changed since the revision `after`; one from the future starts over."""
        phone = self._phone(number)
        state, link = phone.state, phone.link
        await self._wait_for(
            phone,
            lambda: (len(phone.changes), phone.state, phone.link) != (after, state, link),
            wait_seconds,
        )
        start = after if after <= len(phone.changes) else 0
        rev = min(len(phone.changes), start + PAGE_MAX)
        seqs = sorted(set(phone.changes[start:rev]))
        shown = [phone.view(seq) for seq in seqs]
        return Changes(rev, shown, phone.state, more=rev < len(phone.changes))

    async def _wait_for(self, phone: Phone, ready: Callable[[], bool], wait_seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_seconds):
                while not ready() and not self._waits_ended:
                    await self._world.bell(phone.number).wait()

    def _phone(self, number: str) -> Phone:
        return self._world.phone(self._network.read_number(number))

    def phone(self, number: str) -> PhoneView:
        """The phone's state and what is linked to it."""
        phone = self._phone(number)
        return PhoneView(
            number=phone.number,
            state=phone.state,
            tenant=None if phone.link is None else phone.link.tenant,
            last_seq=len(phone.shown),
            rev=len(phone.changes),
        )

    def document(self, token: str) -> tuple[StoredDocument, Path]:
        """A document and the file with its bytes."""
        return self._documents.find(token)

    def accepted_sends(self) -> AcceptedSends:
        """How many sends of the service were accepted, and which of them more than once."""
        doubled = {ref: times for (_, ref), times in self._world.doubled.items()}
        return AcceptedSends(self._world.sends, doubled)

    def times_accepted(self, client_ref: str) -> int:
        """How often a send with this reference was accepted."""
        return self._world.times_accepted(client_ref)

    def now(self) -> datetime:
        """The business instant."""
        return self._clock.now()

    def move_clock(self, by: timedelta) -> datetime:
        """Move business time forward; codes on show expire in order."""
        if by < timedelta(0):
            raise ClockBackwards(self._clock.now().isoformat())
        if by > CLOCK_AHEAD_MAX - self._clock.ahead:
            raise ClockTooFar
        self._network.move_clock(by)
        self._pairings.clock_moved()
        return self._clock.now()

    def at_rest(self) -> bool:
        """Whether no session has anything left to report."""
        return self._reporter.at_rest()

    def end_waits(self) -> None:
        """Answer every waiting reader now, and never wait again."""
        self._waits_ended = True
        self._world.ring_all()
