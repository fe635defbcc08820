"""The whole service in this process, without the web: its doors, a simulated WhatsApp, a clock."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bukuhutang.base.clock import MovableClock
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.main.drivers import DriverRequest
from bukuhutang.main.serve import Serve, Service
from bukuhutang.store.scope import Database
from bukuhutang.usecases.tenants import When, qr_of, register_tenant
from tests.support.phones import TEXT_ONLY, Heard, More, Phones, SimulatedPhones

IDLE_SECONDS = 20
QR_SECONDS = 30
SIMULATED = DriverRequest("simulator")


@dataclass(frozen=True)
class Operator:
    """Who acts as operator by chat, and in which tenant."""

    tenant_id: TenantId | None = None
    numbers: frozenset[PhoneNumber] = frozenset()


NOBODY = Operator()


@dataclass
class World:
    """Phones, tenants and time, as a test moves them."""

    service: Service
    database: Database
    clock: MovableClock
    phones: Phones

    def when(self) -> When:
        """Both clocks now."""
        return When(self.clock.now(), self.clock.machine_now())

    async def register(self, phone: str, name: str) -> TenantId:
        """A lender that waits for its scan."""
        made = await register_tenant(
            self.database, phone_number=phone, name=name, email=None, when=self.when()
        )
        return made.id

    async def qr(self, tenant_id: TenantId) -> str:
        """The code on the screen, as soon as there is one."""
        async with asyncio.timeout(QR_SECONDS):
            while (shown := await qr_of(self.database, tenant_id, self.when())) is None:
                await self.service.wake_sessions()
                await asyncio.sleep(0.01)
        return shown.code

    async def lender(self, phone: str, name: str) -> TenantId:
        """A lender whose phone is linked and connected."""
        tenant_id = await self.register(phone, name)
        await self.phones.link(phone, await self.qr(tenant_id))
        await self.rest()
        return tenant_id

    async def say(
        self,
        phone: str,
        text: str,
        *,
        to: str | None = None,
        id: str | None = None,
        more: More = TEXT_ONLY,
    ) -> None:
        """Write a message (to oneself when `to` is None) and wait until the service is at rest."""
        await self.phones.write(phone, to or phone, text, id=id, more=more)
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing is left to do."""
        async with asyncio.timeout(IDLE_SECONDS):
            while True:
                # What was told before the service is looked at is in the service.
                told = await self.phones.at_rest()
                assert await self.service.wait_idle(IDLE_SECONDS), "the service came not to rest"
                if told and await self.phones.at_rest():
                    return
                await asyncio.sleep(0.01)

    async def heard(self, phone: str) -> list[Heard]:
        """What the bot wrote into this phone's own chats since the last look."""
        return await self.phones.heard(phone)

    async def answer(self, phone: str, text: str) -> str:
        """Type to oneself and return the one answer."""
        await self.say(phone, text)
        answers = await self.heard(phone)
        assert len(answers) == 1, [one.text for one in answers]
        return answers[0].text

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.phones.move_clock(by)


def clock_at(instant: datetime) -> MovableClock:
    """A clock that shows `instant` now and goes on from there."""
    return MovableClock(instant - datetime.now(UTC))


@asynccontextmanager
async def running_world(
    database: Database,
    dsn: str,
    *,
    at: datetime,
    folder: Path | None = None,
    driver: DriverRequest = SIMULATED,
    phones: Callable[[Service, MovableClock], Phones] | None = None,
    operator: Operator = NOBODY,
) -> AsyncIterator[World]:
    """Start the doors and end them afterwards; `folder` keeps the simulated WhatsApp."""
    async with AsyncExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        request = Serve(
            data_folder=folder,
            host="127.0.0.1",
            port=0,
            roles=frozenset({"chat", "sessions", "clock"}),
            driver=driver,
            dsn=dsn,
            database_alive=lambda: True,
            database_ours_alone=False,
            admin_keys=("not-used-without-the-web-door",),
            show_key=False,
            operator_tenant=operator.tenant_id,
            operator_numbers=operator.numbers,
        )
        clock = clock_at(at)
        service = await Service.wired(request, database, stack, clock)
        stop = asyncio.Event()
        running = asyncio.create_task(service.run(None, stop))
        try:
            held = SimulatedPhones(service.whatsapp) if phones is None else phones(service, clock)
            yield World(service, database, clock, held)
        finally:
            stop.set()
            await running
