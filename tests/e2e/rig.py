"""The driver alone on the fake: linked tenants, and everything that was told of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bukuhutang.base.clock import SystemClock
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.main.drivers import LOGINS_FOLDER, open_driver
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers.neonize import NeonizeDriver
from tests.e2e.phones import on_the_fake, running_fake
from tests.fakewa.client import FakeWhatsApp

WAIT_SECONDS = 60.0
SEND_SECONDS = 2.0
AnEvent = TypeVar("AnEvent", bound=wa.Event)


@dataclass
class Lender:
    """One tenant, its phone, and what was told of its login."""

    rig: Rig
    tenant: TenantId
    number: PhoneNumber
    friend: PhoneNumber
    heard: list[wa.Event] = field(default_factory=list)
    act: Callable[[wa.Event], Awaitable[None]] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def folder(self) -> Path:
        """The login's files."""
        return self.rig.folder / LOGINS_FOLDER / str(self.tenant)

    def add(self, event: wa.Event) -> None:
        """The driver told this."""
        self.heard.append(event)
        self._changed.set()

    async def until(self, kind: type[AnEvent], count: int = 1) -> AnEvent:
        """The last event of this kind, once so many were told."""

        def found() -> list[AnEvent]:
            return [one for one in self.heard if isinstance(one, kind)]

        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while len(found()) < count:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(
                f"{len(found())} of {count} {kind.__name__}: {self.heard}"
            ) from None
        return found()[-1]

    def messages(self) -> list[wa.MessageReceived]:
        """All messages told."""
        return [one for one in self.heard if isinstance(one, wa.MessageReceived)]

    async def link(self) -> None:
        """Scan the code, and be connected by a worker."""
        await self.rig.driver.start_pairing(self.tenant, "qr")
        shown = await self.until(wa.QrShown)
        await self.rig.fake.scan(shown.code, self.number)
        await self.until(wa.Connected)

    async def send(self, text: str, ref: str, *, to: str = "") -> wa.Outcome:
        """Send a text, to the friend by default."""
        chat = ChatId(to or self.friend)
        return await self.rig.driver.send_text(self.tenant, chat, text, client_ref=ref)

    def worker_pid(self) -> int:
        """The process this login is in."""
        [worker] = [one for one in self.rig.driver.workers if self.tenant in one.tenants]
        return worker.process.pid


@dataclass
class Rig:
    """A fake WhatsApp and the driver on it."""

    folder: Path
    fake: FakeWhatsApp
    driver: NeonizeDriver
    lenders: dict[TenantId, Lender] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def on_event(self, tenant: TenantId, event: wa.Event) -> None:
        """The driver reports here."""
        lender = self.lenders[tenant]
        lender.add(event)
        if lender.act is not None:
            await lender.act(event)

    async def lender(self, *, linked: bool = True) -> Lender:
        """A new tenant with a phone of its own and a friend."""
        number = next(self.numbers)
        made = Lender(
            self,
            TenantId(number),
            PhoneNumber(f"62811000{number:04}"),
            PhoneNumber(f"62822000{number:04}"),
        )
        self.lenders[made.tenant] = made
        await self.fake.phone(made.number)
        await self.fake.phone(made.friend)
        await self.driver.create_session(made.tenant, made.number)
        if linked:
            await made.link()
        return made

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that no event tells."""
        async with asyncio.timeout(WAIT_SECONDS):
            # A file or a process of somebody else's has no event.
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


def driver_on(fake: FakeWhatsApp, folder: Path, store_url: str | None = None) -> NeonizeDriver:
    """A driver whose files are in `folder`."""
    request = on_the_fake(fake, send_seconds=SEND_SECONDS, store_url=store_url)
    driver = open_driver(request, folder, SystemClock())
    assert isinstance(driver, NeonizeDriver)
    return driver


@asynccontextmanager
async def running_rig(folder: Path, *, store_url: str | None = None) -> AsyncIterator[Rig]:
    """Until the end of the block."""
    async with running_fake(folder / "fake") as fake:
        driver = driver_on(fake, folder, store_url)
        rig = Rig(folder, fake, driver)
        await driver.open(rig.on_event)
        try:
            yield rig
        finally:
            await driver.aclose()
        assert not driver.workers


@asynccontextmanager
async def second_driver(rig: Rig, folder: Path, *, store_url: str) -> AsyncIterator[None]:
    """Another host beside the first; the rig's driver is this one meanwhile."""
    first, rig.driver = rig.driver, driver_on(rig.fake, folder, store_url)
    await rig.driver.open(rig.on_event)
    try:
        yield
    finally:
        await rig.driver.aclose()
        rig.driver = first
