"""Empties the outbox: in order per chat, many chats at once, every outcome noted.

Numbers that nobody bans for being quick are emptied in batches; the others take the slow way of
`paced`, each number for itself.
"""

from __future__ import annotations

import asyncio
import random

import structlog

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.entrypoints.sessions.pace import UNHURRIED, Pace
from bukuhutang.entrypoints.sessions.paced import PacedNumbers, Tempo
from bukuhutang.entrypoints.sessions.sending import Sender
from bukuhutang.entrypoints.sessions.telling import LOOK_SECONDS, Teller
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.store import outbox
from bukuhutang.store.outbox import Outbound
from bukuhutang.store.paced import Head
from bukuhutang.store.scope import Database

AT_ONCE = 64
"""Messages under way at the same time, one per chat."""

POLL_SECONDS = 1.0
BREATH_SECONDS = 0.003

log = structlog.get_logger("outbox")


class OutboxLoop:
    """Sends what is queued for the logins this process holds."""

    def __init__(
        self,
        database: Database,
        wa_sessions: SessionManager,
        clock: Clock,
        outcomes: Outcomes,
        *,
        pace: Pace = UNHURRIED,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._database = database
        self._sessions = wa_sessions
        self._clock = clock
        self._wake = asyncio.Event()
        self._under_way = 0
        self._teller = Teller(database, clock, after=self.wake, look_seconds=look_seconds)
        self._sender = Sender(database, wa_sessions, clock, outcomes)
        self._sender.on_retry = self.wake
        self._sender.on_untold = lambda message: self._teller.nudge(message.tenant_id)
        self._paced = PacedNumbers(
            database,
            wa_sessions,
            clock,
            self._sender,
            tempo=Tempo(pace, random.Random().random),  # noqa: S311  no secret
            on_untold=self._teller.nudge,
        )

    def wake(self) -> None:
        """Something was queued or a login came up: look now."""
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being sent, marked or told."""
        return self._under_way == 0 and self._teller.is_idle

    async def run(self) -> None:
        """Send until cancelled. What was under way then is found in doubt by the next owner."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._teller.run())
            while True:
                self._wake.clear()
                await self._begin(tasks)
                try:
                    # Not wait_for, which before Python 3.12 may swallow the end of this task.
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    continue
                # A breath, so that a busy hour claims and marks many at once.
                await asyncio.sleep(BREATH_SECONDS)

    async def _begin(self, tasks: asyncio.TaskGroup) -> None:
        try:
            if self._sessions.paces:
                for head in await self._paced.next_heads():
                    self._under_way += 1
                    tasks.create_task(self._slowly(head))
            elif self._under_way <= AT_ONCE // 2:
                for message in await self._claim(AT_ONCE - self._under_way):
                    self._under_way += 1
                    tasks.create_task(self._one(message))
        except TransientFault as fault:
            log.warning("outbox_unreachable", reason=str(fault))
            await asyncio.sleep(POLL_SECONDS)

    async def _claim(self, limit: int) -> list[Outbound]:
        async with self._database.courier() as db:
            return await outbox.claim(
                db, self._sessions.owner, now=self._clock.machine_now(), limit=limit
            )

    async def _one(self, message: Outbound) -> None:
        try:
            await self._sender.deliver(message)
        finally:
            self._under_way -= 1
            self._wake.set()  # the next message of this chat may go now

    async def _slowly(self, head: Head) -> None:
        try:
            await self._paced.work(head)
        except TransientFault as fault:
            log.warning("outbox_unreachable", reason=str(fault))
            await asyncio.sleep(POLL_SECONDS)
        finally:
            self._under_way -= 1
            self._wake.set()  # the lane is free
