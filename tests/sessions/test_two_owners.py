"""Two managers on one database: one login has one owner, and a late one cannot send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.entrypoints.sessions.ports import DatabasePorts
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.ports import Holding
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.messaging.states import WaSessionState
from bukuhutang.store.scope import Database
from bukuhutang.usecases.tenants import When, register_tenant
from tests.messaging.scripted import ScriptedDriver

S = WaSessionState
WAIT_SECONDS = 20
CHAT = ChatId("6281230000002")


@dataclass
class AheadClock:
    """The machine's time, moved ahead by hand."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The instant."""
        return datetime.now(UTC) + self.ahead

    def machine_now(self) -> datetime:
        """The same."""
        return datetime.now(UTC) + self.ahead


@dataclass
class ReadyDriver(ScriptedDriver):
    """A scripted driver whose logins come up as soon as they are started."""

    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, tenant: TenantId) -> None:
        await super().start(tenant)
        assert self.on_event is not None

        async def come_up(on_event: wa.OnEvent) -> None:
            await on_event(tenant, wa.Connected())

        task = asyncio.create_task(come_up(self.on_event))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class CutPorts(DatabasePorts):
    """The database's part, with a switch that cuts the wire to it."""

    is_cut = False

    async def hold(self, owner: str, now: datetime, until: datetime) -> Holding:
        """As ever, while there is a wire."""
        if self.is_cut:
            raise TransientFault("cut")
        return await super().hold(owner, now, until)


@dataclass
class Owner:
    """One process that runs logins."""

    ports: CutPorts
    sessions: SessionManager
    driver: ReadyDriver
    clock: AheadClock
    running: asyncio.Task[None]


async def no_file(tenant_id: TenantId, document: wa.Document, bytes_max: int) -> wa.Fetched:
    """No phone sends files here."""
    return None


@asynccontextmanager
async def owner(database: Database, name: str, tenant_id: TenantId) -> AsyncIterator[Owner]:
    clock, driver = AheadClock(), ReadyDriver({tenant_id})
    ports = CutPorts(
        database,
        clock,
        Outcomes(database, own_message_ids=lambda _: False),
        after=lambda: None,
        fetch=no_file,
    )
    sessions = SessionManager(driver, ports, clock, name, draw=lambda: 0.0)
    running = asyncio.create_task(sessions.run())
    try:
        yield Owner(ports, sessions, driver, clock, running)
    finally:
        # Once more if need be: before Python 3.12 asyncpg may swallow a cancellation.
        while not running.done():
            running.cancel()
            await asyncio.wait([running], timeout=1)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not is_so():  # noqa: ASYNC110  two processes and a database are waited for
            await asyncio.sleep(0.01)


async def row(database: Database) -> tuple[str, int, str]:
    """Owner, fencing number and state of the one login."""
    async with database.courier() as db:
        found = await db.fetchrow("select owner, fencing, state from wa_sessions")
    assert found is not None
    return found["owner"], found["fencing"], found["state"]


async def until_connected(database: Database) -> None:
    """Wait until the row knows it too; the manager knows before it has written it down."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (await row(database))[2] != "connected":  # noqa: ASYNC110  a row is waited for
            await asyncio.sleep(0.01)


async def end_lease(database: Database) -> None:
    """As if ten seconds had passed without a word of the owner."""
    async with database.courier() as db:
        await db.execute(
            "update wa_sessions set lease_until = clock_timestamp() - interval '1 millisecond'"
        )


@pytest.fixture
async def tenant_id(database: Database) -> TenantId:
    now = datetime.now(UTC)
    made = await register_tenant(
        database, phone_number="081234567890", name="Dani", email=None, when=When(now, now)
    )
    async with database.courier() as db:
        await db.execute("update wa_sessions set linked_at = now(), pairing_wanted_at = null")
    return made.id


async def send(one: Owner, tenant_id: TenantId) -> wa.Outcome:
    return await one.sessions.send_message(tenant_id, CHAT, "halo", client_ref="r")


async def test_a_login_has_one_owner(database: Database, tenant_id: TenantId) -> None:
    async with owner(database, "a", tenant_id):
        await until_connected(database)
        async with owner(database, "b", tenant_id) as second:
            second.sessions.wake()
            await until(lambda: second.sessions.is_settled)
            assert second.driver.calls == []
            assert not second.sessions.may_send(tenant_id)
        assert await row(database) == ("a", 1, "connected")


async def test_it_is_handed_over_at_once_when_its_owner_ends(
    database: Database, tenant_id: TenantId
) -> None:
    async with owner(database, "b", tenant_id) as second:
        await until(lambda: second.sessions.may_send(tenant_id))
    async with owner(database, "c", tenant_id) as third:
        await until(lambda: third.sessions.may_send(tenant_id))
    assert (await row(database))[1] == 2, "each change of owner raises the fencing number"


async def test_a_late_owner_cannot_send_and_stops(database: Database, tenant_id: TenantId) -> None:
    async with owner(database, "a", tenant_id) as late, owner(database, "b", tenant_id) as other:
        await until(lambda: late.sessions.may_send(tenant_id) or other.sessions.may_send(tenant_id))
        if other.sessions.may_send(tenant_id):
            late, other = other, late
        # The owner hears nothing more of the database; its own clock goes on.
        late.ports.is_cut = True
        late.clock.ahead = timedelta(seconds=9.2)
        assert not late.sessions.may_send(tenant_id), "before anybody else may take it over"
        assert await send(late, tenant_id) == wa.Rejected("not_connected", retry=True)
        await end_lease(database)
        other.sessions.wake()
        await until(lambda: other.sessions.may_send(tenant_id))
        assert isinstance(await send(other, tenant_id), wa.Accepted)
        late.sessions.wake()
        await until(lambda: late.sessions.all_sessions() == {})
        assert ("stop", tenant_id) in late.driver.calls
        assert await send(late, tenant_id) == wa.Rejected("not_connected", retry=True)
        assert late.driver.texts == []


async def test_a_late_owner_writes_no_state(database: Database, tenant_id: TenantId) -> None:
    async with owner(database, "a", tenant_id) as late:
        await until_connected(database)
        async with database.courier() as db:
            await db.execute("update wa_sessions set owner = 'b', fencing = fencing + 1")
        await late.sessions.on_event(tenant_id, wa.LoggedOut("late news"))
        assert await row(database) == ("b", 2, "connected")


async def test_clocks_that_differ_do_not_make_two_owners(
    database: Database, tenant_id: TenantId
) -> None:
    async with owner(database, "a", tenant_id) as first:
        await until(lambda: first.sessions.may_send(tenant_id))
        async with owner(database, "b", tenant_id) as second:
            second.clock.ahead = timedelta(minutes=5)
            second.sessions.wake()
            await until(lambda: second.sessions.is_settled)
            assert second.driver.calls == []
        assert (await row(database))[0] == "a"


async def test_a_wrong_number_reaches_the_row(database: Database, tenant_id: TenantId) -> None:
    async with database.courier() as db:
        await db.execute(
            "update wa_sessions set linked_at = null, pairing_wanted_at = clock_timestamp()"
        )
    async with owner(database, "a", tenant_id) as one:
        one.driver.linked.clear()
        await until(lambda: one.driver.count("pair_qr") == 1)
        await one.sessions.on_event(tenant_id, wa.Paired(PhoneNumber("6281239990002"), None))
        await one.sessions.on_event(tenant_id, wa.Connected())
        await until(lambda: one.driver.count("logout") == 1)
        await until(lambda: one.sessions.all_sessions() == {tenant_id: S.UNLINKED})
        [(chat, text)] = one.driver.texts
        assert chat == "6281239990002"
        assert "7890" in text
