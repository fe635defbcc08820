"""Linked numbers, their outbox and a clock that a test turns by hand."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.sessions.outbox_loop import OutboxLoop
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.entrypoints.sessions.pace import AT_ONCE, UNHURRIED, Draw, Pace
from bukuhutang.entrypoints.sessions.paced import PacedNumbers, Tempo
from bukuhutang.entrypoints.sessions.ports import DatabasePorts
from bukuhutang.entrypoints.sessions.sending import Sender
from bukuhutang.entrypoints.sessions.telling import words
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.usecases.tenants import When
from bukuhutang.usecases.undelivered import tell_undelivered
from tests.store.ground import NOON, Ground
from tests.support.strict_driver import StrictDriver

PATIENCE_SECONDS = 10
RENEWED_SECONDS = 3.0
REFS = itertools.count(1)
PHONES = itertools.count(11_111_111)


@dataclass
class VirtualClock:
    """Both clocks of the service; they move only when told, and wake who sleeps."""

    at: datetime = NOON
    sleepers: list[tuple[datetime, asyncio.Event]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def machine_now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Until the clock was turned so far."""
        over = asyncio.Event()
        self.sleepers.append((self.at + timedelta(seconds=seconds), over))
        await over.wait()

    def turn(self, to: datetime) -> None:
        """Move on and wake all whose time has come."""
        assert to >= self.at
        self.at = to
        due = [one for one in self.sleepers if one[0] <= to]
        self.sleepers = [one for one in self.sleepers if one[0] > to]
        for _, over in due:
            over.set()


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that other tasks bring about."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():  # noqa: ASYNC110  other tasks work
            await asyncio.sleep(0.001)


@dataclass
class Numbers:
    """The linked numbers of one process and what it sends."""

    ground: Ground
    clock: VirtualClock
    driver: StrictDriver
    outcomes: Outcomes
    running: SessionManager
    paced: PacedNumbers
    nudged: list[TenantId]
    lines: list[TenantId] = field(default_factory=list)
    taken_over: bool = False
    work: set[asyncio.Task[None]] = field(default_factory=set)

    async def take_over(self, line: Line) -> None:
        """The number of a process that is gone, connected here."""
        self.lines.append(line.tenant_id)
        self.running.wake()
        await until(lambda: self.running.may_send(line.tenant_id))
        line.numbers = self

    async def linked(self, *, days_ago: float = 100, zone: str = "Asia/Jakarta") -> Line:
        """A further lender whose number was linked so long ago and is connected."""
        phone = f"62811{next(PHONES):08}"
        tenant_id = await self.ground.tenant(f"+{phone}")
        self.lines.append(tenant_id)
        async with self.ground.superuser() as db:
            await db.execute(
                "update wa_sessions set linked_at = $2 where tenant_id = $1",
                tenant_id,
                self.clock.at - timedelta(days=days_ago),
            )
            await db.execute(
                "update tenant_settings set timezone = $2 where tenant_id = $1", tenant_id, zone
            )
        self.running.wake()
        await until(lambda: self.running.may_send(tenant_id))
        await self._written(tenant_id)
        return Line(self, tenant_id, phone)

    async def _written(self, tenant_id: TenantId) -> None:
        """The database, which claims ask, hears of a connection a moment after the process."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.ground.superuser() as db:
            asked = "select state from wa_sessions where tenant_id = $1"
            while await db.fetchval(asked, tenant_id) != "connected":
                pass

    async def let_go(self) -> None:
        """Leave no login to whoever comes next on this database, unless it is to be taken over."""
        async with self.ground.superuser() as db:
            await db.execute(
                "update wa_sessions set linked_at = null where tenant_id = any($1)",
                [] if self.taken_over else list(self.lines),
            )

    async def pass_time(self, seconds: float) -> None:
        """What the outbox loop would do meanwhile, the leases renewed all along."""
        end = self.clock.at + timedelta(seconds=seconds)
        while await self._settle() or self.clock.at < end:
            wakings = [at for at, _ in self.clock.sleepers]
            renewal = self.clock.at + timedelta(seconds=RENEWED_SECONDS)
            self.clock.turn(max(self.clock.at, min([*wakings, renewal, end])))
            self.running.wake()
            await until(lambda: self.running.is_settled)

    async def _settle(self) -> bool:
        """Begin what may begin now, until everything under way sleeps; whether time must pass."""
        while heads := await self.paced.next_heads():
            self.work |= {asyncio.create_task(self.paced.work(one)) for one in heads}
            await self._asleep()
        await self._asleep()
        return False

    async def _asleep(self) -> None:
        def quiet() -> bool:
            done = {one for one in self.work if one.done()}
            for one in done:
                one.result()
            self.work -= done
            return len(self.work) <= len(self.clock.sleepers)

        await until(quiet)


@dataclass
class Line:
    """One lender's number."""

    numbers: Numbers
    tenant_id: TenantId
    phone: str

    async def queue(
        self, *chats: str, purpose: str = "reminder", body: str = "Halo", file_id: Any = None
    ) -> list[str]:
        """Messages in this order; to the lender's own chat when the chat is `own`."""
        refs = [f"ref-{next(REFS)}" for _ in chats]
        async with self.numbers.ground.database.tenant_tx(self.tenant_id) as tx:
            for ref, chat in zip(refs, chats, strict=True):
                await tx.db.execute(
                    "insert into outbound_messages (tenant_id, client_ref, chat_id, body, purpose,"
                    " queued_at, file_id) values ($1, $2, $3, $4, $5, $6, $7)",
                    self.tenant_id,
                    ref,
                    self.phone if chat == "own" else chat,
                    body,
                    purpose,
                    self.numbers.clock.at,
                    file_id,
                )
        return refs

    async def wrote(self, *chats: str) -> None:
        """These people have written to the lender."""
        await self.numbers.ground.arrive(
            self.tenant_id, *((chat, f"in-{next(REFS)}") for chat in chats)
        )

    async def fates(self) -> list[tuple[str, str | None]]:
        """Status and reason of everything to others, in order."""
        rows = await self.rows(
            "select status, reason from outbound_messages o where chat_id <> (select phone_number"
            " from tenants t where t.id = o.tenant_id) order by id"
        )
        return [(row[0], row[1]) for row in rows]

    async def rows(self, statement: str) -> list[Any]:
        """What this tenant holds."""
        async with self.numbers.ground.database.tenant_tx(self.tenant_id) as tx:
            return [tuple(row) for row in await tx.db.fetch(statement)]

    async def tell(self) -> list[str]:
        """Tell what is to be told now; the texts queued for the lender by it."""
        before = await self.told()
        at = self.numbers.clock.at
        database = self.numbers.ground.database
        while await tell_undelivered(database, self.tenant_id, When(at, at), words):
            pass
        return (await self.told())[len(before) :]

    async def told(self) -> list[str]:
        """Every notice to the lender so far."""
        rows = await self.rows(
            "select body from outbound_messages o where chat_id = (select phone_number"
            " from tenants t where t.id = o.tenant_id) and purpose = 'notice' order by id"
        )
        return [row[0] for row in rows]

    def sent(self) -> list[str]:
        """The chats this number has written to, in order."""
        return [one.chat for one in self.numbers.driver.sent if one.tenant_id == self.tenant_id]


async def no_file(tenant_id: TenantId, document: wa.Document, bytes_max: int) -> bytes | None:
    """No phone sends files here."""
    return None


@asynccontextmanager
async def running(
    ground: Ground,
    *,
    pace: Pace = UNHURRIED,
    at: datetime = NOON,
    owner: str = "a",
    draw: Draw = lambda: 0.5,
    driver: StrictDriver | None = None,
) -> AsyncIterator[Numbers]:
    """A process that holds logins; its sending is stepped by `pass_time`."""
    clock = VirtualClock(at)
    driver = driver or StrictDriver(clock)
    driver.clock = clock
    outcomes = Outcomes(ground.database, own_message_ids=lambda _: False)
    ports = DatabasePorts(ground.database, clock, outcomes, after=lambda: None, fetch=no_file)
    wa_sessions = SessionManager(driver, ports, clock, owner)
    nudged: list[TenantId] = []
    sender = Sender(ground.database, wa_sessions, clock, outcomes)
    paced = PacedNumbers(
        ground.database,
        wa_sessions,
        clock,
        sender,
        tempo=Tempo(pace, draw, clock.sleep),
        on_untold=nudged.append,
    )
    tasks = [asyncio.create_task(one.run()) for one in (outcomes, ports, wa_sessions)]
    numbers = Numbers(ground, clock, driver, outcomes, wa_sessions, paced, nudged)
    try:
        yield numbers
    finally:
        await _end([*numbers.work, *tasks])
        await numbers.let_go()


@asynccontextmanager
async def loop_beside(numbers: Numbers, *, look_seconds: float = 0.05) -> AsyncIterator[OutboxLoop]:
    """The real outbox loop on these numbers, hurrying."""
    loop = OutboxLoop(
        numbers.ground.database,
        numbers.running,
        numbers.clock,
        numbers.outcomes,
        pace=AT_ONCE,
        look_seconds=look_seconds,
    )
    task = asyncio.create_task(loop.run())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(_end, [task])
        yield loop


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
