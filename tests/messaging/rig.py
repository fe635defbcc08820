"""A simulated WhatsApp and a service that writes down what it hears."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bukuhutang.base.clock import MovableClock
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging.driver import Event, MessageReceived, Outcome, QrShown
from bukuhutang.messaging.drivers.simulator import SimulatorDriver, open_simulator
from bukuhutang.messaging.drivers.simulator_hands import Hands
from bukuhutang.messaging.drivers.simulator_journal import JOURNAL_BYTES_MAX
from bukuhutang.messaging.simulated import PhoneState, ShownMessage

DANI = TenantId(1)
LENDER = PhoneNumber("6281230000001")
BORROWER = PhoneNumber("6281230000002")
STRANGER = PhoneNumber("6281230000003")
GROUP = "120363041234567890@g.us"

AnEvent = TypeVar("AnEvent")
Handler = Callable[[TenantId, Event], Awaitable[None]]


@dataclass
class Service:
    """What the SessionManager would be: it hears events, and may be told to act on one."""

    heard: list[tuple[TenantId, Event]] = field(default_factory=list)
    act: Handler | None = None

    async def on_event(self, tenant: TenantId, event: Event) -> None:
        """The driver reports here."""
        if self.act is not None:
            await self.act(tenant, event)
        self.heard.append((tenant, event))

    def events(self, kind: type[AnEvent], tenant: TenantId = DANI) -> list[AnEvent]:
        """The events of one kind that a tenant's session has reported."""
        return [event for one, event in self.heard if one == tenant and isinstance(event, kind)]

    def names(self) -> list[str]:
        """The kinds of all events, in order."""
        return [type(event).__name__ for _, event in self.heard]

    def texts(self) -> list[str]:
        """The texts of all messages, in order, resends and echoes included."""
        return [one.text for one in self.events(MessageReceived)]


class Rig:
    """One folder, and the service's lives on it: `crash` and `begin` again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tokens = itertools.count(1)
        self.begin()

    def begin(self, journal_bytes_max: int = JOURNAL_BYTES_MAX) -> None:
        """A new process: nothing in memory but what the folder remembers."""
        self.clock = MovableClock()
        self.service = Service()
        self.driver: SimulatorDriver = open_simulator(
            self.folder,
            self.clock,
            lambda: f"token-{next(self._tokens)}",
            retry_seconds=0,
            journal_bytes_max=journal_bytes_max,
        )
        self.phones: Hands = self.driver.whatsapp

    async def open(self) -> None:
        """The service listens and has the one login."""
        await self.driver.open(self.service.on_event)
        await self.driver.create_session(DANI, LENDER)

    async def crash(self) -> None:
        """As `kill -9`: the next life finds the files as they are now, before any farewell."""
        left_behind = self.folder.with_name(f"{self.folder.name}x")
        shutil.copytree(self.folder, left_behind)
        await self.driver.aclose()
        self.folder = left_behind

    async def restart(self) -> None:
        """Crash, begin again and connect."""
        await self.crash()
        self.begin()
        await self.open()
        await self.driver.start(DANI)
        await self.settle()

    async def settle(self) -> None:
        """Wait until everything was reported."""
        # At rest is no event: more may come with each step of the loop.
        while not self.phones.at_rest():  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def show_qr(self) -> str:
        """Start pairing; the code on show."""
        await self.driver.start_pairing(DANI)
        await self.settle()
        return self.service.events(QrShown)[-1].code

    async def link(self) -> None:
        """The lender's phone is linked and connected, and nothing else was heard."""
        await self.phones.scan(LENDER, await self.show_qr())
        await self.settle()
        self.service.heard.clear()

    async def write(self, number: str, to: str, *texts: str) -> None:
        """Type messages one after the other."""
        for text in texts:
            await self.phones.write(number, to, text)

    async def send(self, to: str, text: str, ref: str) -> Outcome:
        """The service sends; its echo and receipts are reported too."""
        outcome = await self.driver.send_text(DANI, ChatId(to), text, client_ref=ref)
        await self.settle()
        return outcome

    async def switch(self, number: str, state: PhoneState) -> None:
        """Turn a phone's switch and let everything be reported."""
        await self.phones.set_connection(number, state)
        await self.settle()

    async def shown(self, number: str) -> list[ShownMessage]:
        """All that a phone shows."""
        return (await self.phones.messages(number)).messages

    async def texts_on(self, number: str) -> list[str]:
        """The texts that a phone shows."""
        return [one.text for one in await self.shown(number)]
