"""Tells the service what happened: events of one session one after the other, sessions apart."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import structlog

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.driver import (
    Banned,
    Connected,
    Disconnected,
    Event,
    LoggedOut,
    MessageReceived,
    OnEvent,
    Paired,
    ReceiptReceived,
    Restricted,
    Unrestricted,
)
from bukuhutang.messaging.drivers.simulator_documents import DocumentFolder
from bukuhutang.messaging.drivers.simulator_network import SimulatedNetwork
from bukuhutang.messaging.drivers.simulator_phones import Link
from bukuhutang.messaging.simulated import PhoneState

RETRY_SECONDS = 0.5
"""Pause before an event that the service failed to take is reported again."""

RECEIPTS_AT_ONCE_MAX = 100
"""Message ids in one receipt event."""

EVENTS_MAX = 1000
"""Events about one connection that may wait. Each is caused by a person or a code that expired, so
more mean that the service has stopped listening."""

logger = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class WaSession:
    """The service's side of one linked device."""

    tenant: TenantId
    phone_number: PhoneNumber
    started: bool = False  # the service wants it to be connected
    restricted: bool = False  # the service was told so
    events: deque[Event] = field(default_factory=deque)  # of the connection; first before mail
    reporting: asyncio.Task[None] | None = None
    retry: asyncio.TimerHandle | None = None
    # Who waits until the mailbox is confirmed up to a position, and until `events` is empty.
    mail_waiters: deque[tuple[int, asyncio.Future[None]]] = field(default_factory=deque)
    event_waiters: list[asyncio.Future[None]] = field(default_factory=list)


class Reporter:
    """Owns one short task per session that has something to report."""

    def __init__(
        self, network: SimulatedNetwork, documents: DocumentFolder, retry_seconds: float
    ) -> None:
        self._network = network
        self._documents = documents
        self._retry_seconds = retry_seconds
        self._on_event: OnEvent | None = None
        self._busy: set[WaSession] = set()
        self.sessions: dict[TenantId, WaSession] = {}

    def open(self, on_event: OnEvent) -> None:
        """Report to `on_event` from now on."""
        self._on_event = on_event
        self._network.world.on_mail = self._mail_came

    async def aclose(self) -> None:
        """Report nothing more; what was not confirmed is reported after the next start."""
        self._network.world.on_mail = lambda link: None
        for wa in self.sessions.values():
            self.stop(wa)
        tasks = [wa.reporting for wa in self._busy if wa.reporting is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._busy.clear()
        self._on_event = None

    def at_rest(self) -> bool:
        """Whether nothing is being reported or waits for another attempt."""
        return not self._busy

    def link_of(self, wa: WaSession) -> Link | None:
        """The device linked for this session; for a moment it may be on a wrong phone."""
        return self._network.world.links.get(wa.tenant)

    def connected_link(self, wa: WaSession) -> Link | None:
        """The session's link while it is connected, else None."""
        link = self.link_of(wa) if wa.started else None
        if link is None or not self._network.world.phone(link.number).reachable:
            return None
        return link

    def report(self, wa: WaSession, event: Event) -> None:
        """Put an event about the connection behind those that wait."""
        assert len(wa.events) < EVENTS_MAX, "the service does not take events any more"
        wa.events.append(event)
        self.kick(wa)

    def connect(self, wa: WaSession) -> None:
        """Connect the session and say how that went; said again when it is connected already."""
        link = self.link_of(wa)
        if link is None:
            self.report(wa, LoggedOut("not linked"))
        else:
            wa.started = True
            self.report_connection(wa, self._network.world.phone(link.number).state)

    def report_connection(self, wa: WaSession, state: PhoneState) -> None:
        """What a session that has just come up, or tries to, learns about its phone."""
        if state is PhoneState.BANNED:
            self.report(wa, Banned("number banned"))
        elif state is PhoneState.OFFLINE:
            self.report(wa, Disconnected())
        else:
            self.report(wa, Connected())
            self.report_restriction(wa, state)

    def report_restriction(self, wa: WaSession, state: PhoneState) -> None:
        """Restricted or Unrestricted, if that is news to the service."""
        restricted = state is PhoneState.RESTRICTED
        if restricted != wa.restricted:
            wa.restricted = restricted
            self.report(wa, Restricted() if restricted else Unrestricted())

    def _mail_came(self, link: Link) -> None:
        wa = self.sessions.get(link.tenant)
        if wa is not None and wa.reporting is None and wa.started:
            self.kick(wa)

    def kick(self, wa: WaSession) -> None:
        """Start reporting what waits, unless it is being done or an attempt is planned."""
        if wa.reporting is not None or wa.retry is not None or self._on_event is None:
            return
        self._busy.add(wa)
        wa.reporting = asyncio.get_running_loop().create_task(self._report_all(wa))

    def stop(self, wa: WaSession) -> None:
        """Disconnect, without waiting for the event being reported: its handler may call this."""
        wa.started = False
        wa.events.clear()
        if wa.retry is not None:
            wa.retry.cancel()
            wa.retry = None
            self._busy.discard(wa)
        _let_go(wa)

    async def mail_reported(self, wa: WaSession, link: Link, position: int) -> None:
        """Wait until the service has dealt with the mailbox up to `position`.

        Returns early when the session is not connected, stops, or fails to take an event: then the
        mail is kept and reported later.
        """
        if link.confirmed < position and wa.reporting is not None and not wa.retry:
            done = asyncio.get_running_loop().create_future()
            wa.mail_waiters.append((position, done))
            await done

    async def events_reported(self, wa: WaSession) -> None:
        """Wait until the service has heard every event about the connection, or fails to."""
        if wa.events and not wa.retry:
            done = asyncio.get_running_loop().create_future()
            wa.event_waiters.append(done)
            await done

    async def _report_all(self, wa: WaSession) -> None:
        try:
            while await self._report_next(wa):
                pass
        except Exception:
            logger.warning("event_not_taken", tenant_id=wa.tenant, exc_info=True)
            loop = asyncio.get_running_loop()
            wa.retry = loop.call_later(self._retry_seconds, self._again, wa)
        finally:
            wa.reporting = None
            _let_go(wa)  # nothing more is reported now, be it offline or failing
            if wa.retry is None:
                self._busy.discard(wa)

    def _again(self, wa: WaSession) -> None:
        wa.retry = None
        self._busy.discard(wa)
        self.kick(wa)

    async def _report_next(self, wa: WaSession) -> bool:
        """Report one event; False when nothing is left, with no await since that was seen."""
        if self._on_event is None:
            return False
        if wa.events:
            await self._report_event(wa, self._on_event)
            return True
        link = self.connected_link(wa)
        if link is None or not link.mailbox:
            return False
        position, event = self._next_mail(link)
        await self._on_event(wa.tenant, event)
        self._network.confirm(link, position)
        waiters = wa.mail_waiters
        while waiters and waiters[0][0] <= position:
            _set(waiters.popleft()[1])
        return True

    async def _report_event(self, wa: WaSession, on_event: OnEvent) -> None:
        event = wa.events[0]
        await on_event(wa.tenant, event)
        if wa.events and wa.events[0] is event:  # stop() may have emptied it
            wa.events.popleft()
        link = self.link_of(wa)
        if link is not None and isinstance(event, Paired) and not wa.started:
            self.connect(wa)  # the service kept the link: as real libraries do, by itself
        elif link is not None and isinstance(event, Connected):
            if link.number == wa.phone_number:
                link.decide(True)  # a wrong one is decided when it is unlinked
        if not wa.events:
            for done in wa.event_waiters:
                _set(done)
            wa.event_waiters.clear()

    def _next_mail(self, link: Link) -> tuple[int, MessageReceived | ReceiptReceived]:
        """The first item of the mailbox, receipts of one kind together, and its last position."""
        message, state = link.mailbox[0]
        position = link.confirmed + 1
        if state is None:
            stored = message.document
            document = None if stored is None else self._documents.received(stored)
            return position, message.seen_by(link.number, document)
        ids: list[str] = []
        for one, its_state in link.mailbox:
            if its_state is not state or len(ids) == RECEIPTS_AT_ONCE_MAX:
                break
            ids.append(one.id)
        return position + len(ids) - 1, ReceiptReceived(tuple(ids), state)


def _let_go(wa: WaSession) -> None:
    """Free everybody who waits for this session."""
    for _, done in wa.mail_waiters:
        _set(done)
    for done in wa.event_waiters:
        _set(done)
    wa.mail_waiters.clear()
    wa.event_waiters.clear()


def _set(done: asyncio.Future[None]) -> None:
    if not done.done():  # whoever waited may be gone
        done.set_result(None)
