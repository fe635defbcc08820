"""Drains the inbox: in order per chat, many chats at once, poison set aside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bukuhutang.base.clock import Clock, monotonic
from bukuhutang.base.errors import InvariantBroken, TransientFault
from bukuhutang.entrypoints.chat.handle import apologise, handle
from bukuhutang.entrypoints.chat.measure import HANDLED, HANDLING_SECONDS, QUARANTINED
from bukuhutang.store import inbox
from bukuhutang.store.inbox import ATTEMPTS_MAX, LEASE_SECONDS, Inbound
from bukuhutang.store.scope import Database

AT_ONCE = 10
"""Messages worked at the same time; each holds one connection."""

READY_MAX = 32
"""Leased messages that wait for a worker."""

BREATH_SECONDS = 0.002
POLL_SECONDS = 1.0
"""The safety net under the wake-up call."""

RETRY_SECONDS = (0.2, 1.0, 5.0, 20.0)
"""How long a failed message rests before its next attempt."""

assert LEASE_SECONDS > 4 * max(RETRY_SECONDS[:2])
assert len(RETRY_SECONDS) == ATTEMPTS_MAX - 1

log = structlog.get_logger("chat")

Handle = Callable[[Database, Inbound, datetime], Awaitable[str]]


class InboxLoop:
    """One drain loop; any number may run, in one process or many."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        after: Callable[[], None],
        handler: Handle = handle,
    ) -> None:
        self._database = database
        self._clock = clock
        self._after = after  # wakes whoever empties the outbox
        self._handle = handler
        self._wake = asyncio.Event()
        self._ready: asyncio.Queue[Inbound] = asyncio.Queue(maxsize=READY_MAX + AT_ONCE)
        self._busy = 0

    def wake(self) -> None:
        """Something arrived: look now."""
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is leased here."""
        return self._busy == 0 and self._ready.empty()

    async def run(self) -> None:
        """Work until cancelled; what was leased and not done is taken up after its lease."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fill())
            for _ in range(AT_ONCE):
                tasks.create_task(self._work())

    async def _fill(self) -> None:
        while True:
            self._wake.clear()
            waiting = self._ready.qsize()
            if waiting <= READY_MAX // 2:
                for message in await self._lease(READY_MAX - waiting):
                    self._ready.put_nowait(message)
            try:
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            except TimeoutError:
                continue
            # A breath between two leases, so that a busy hour leases many at once.
            await asyncio.sleep(BREATH_SECONDS)

    async def _lease(self, limit: int) -> list[Inbound]:
        now = self._clock.machine_now()
        try:
            async with self._database.courier() as db:
                return await inbox.lease(
                    db, now=now, until=now + timedelta(seconds=LEASE_SECONDS), limit=limit
                )
        except TransientFault as fault:
            log.warning("inbox_unreachable", reason=str(fault))
            await asyncio.sleep(POLL_SECONDS)
            return []

    async def _work(self) -> None:
        while True:
            message = await self._ready.get()
            self._busy += 1
            try:
                await self._one(message)
            finally:
                self._busy -= 1
            self._wake.set()  # the next message of this chat may be taken now
            self._after()

    async def _one(self, message: Inbound) -> None:
        started = monotonic()
        try:
            if message.attempts > ATTEMPTS_MAX:
                # Counted before the work: it never came back, so it may have ended the process.
                await self._set_aside(message, "did not come back from its attempts")
                return
            outcome = await self._handle(self._database, message, self._clock.now())
        except TransientFault as fault:
            await self._give_back(message, f"transient: {fault}")
        except InvariantBroken as broken:
            log.exception("invariant_broken", tenant_id=message.tenant_id, message=message.id)
            await self._set_aside(message, f"invariant: {broken}")
        except Exception as problem:
            log.exception("message_failed", tenant_id=message.tenant_id, message=message.id)
            await self._give_back(message, f"{type(problem).__name__}: {problem}")
        else:
            HANDLED.labels(outcome=outcome.split(":")[0]).inc()
            HANDLING_SECONDS.observe(monotonic() - started)

    async def _give_back(self, message: Inbound, reason: str) -> None:
        if message.attempts >= ATTEMPTS_MAX:
            await self._set_aside(message, reason)
            return
        rest = timedelta(seconds=RETRY_SECONDS[message.attempts - 1])
        try:
            async with self._database.courier() as db:
                at = self._clock.machine_now() + rest
                await inbox.give_back(db, message, not_before=at, reason=reason[:500])
        except TransientFault:
            return  # the lease ends by itself

        asyncio.get_running_loop().call_later(rest.total_seconds(), self._wake.set)

    async def _set_aside(self, message: Inbound, reason: str) -> None:
        now = self._clock.now()
        try:
            async with self._database.courier() as db:
                await inbox.quarantine(db, message, now=now, reason=reason[:500])
            QUARANTINED.inc()
            await apologise(self._database, message, now)
        except TransientFault:
            return  # still pending or already set aside; the lease ends by itself
