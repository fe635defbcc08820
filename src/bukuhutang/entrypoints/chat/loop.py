"""Drains the inbox: in order per chat, many chats at once, poison set aside."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bukuhutang.base.clock import Clock, monotonic
from bukuhutang.base.errors import InvariantBroken, TransientFault
from bukuhutang.base.faults import described
from bukuhutang.base.ids import ChatId, TenantId
from bukuhutang.base.spelling import storable
from bukuhutang.entrypoints.chat.handle import apologise, handle
from bukuhutang.entrypoints.chat.measure import HANDLED, HANDLING_SECONDS, QUARANTINED
from bukuhutang.store import inbox
from bukuhutang.store.inbox import ATTEMPTS_MAX, LEASE_SECONDS, Inbound
from bukuhutang.store.scope import Database

AT_ONCE = 10
"""Messages worked at the same time; each holds one connection."""

LEASED_MAX = 128
"""Leased messages in memory, the ones being worked included."""

CHAT_LEASED_MAX = 8
"""So many of one chat, so that a flood in one leaves room for the others."""

FLOOD_PAUSE_SECONDS = 0.015
"""Between two messages of a chat of which half as many wait: it leaves the database to the others.
Whoever types does not notice."""

POLL_SECONDS = 1.0
"""The safety net under the wake-up call."""

BREATH_SECONDS = 0.003
"""Between two leases, so that a busy hour leases many at once."""

RETRY_SECONDS = (0.2, 1.0, 5.0, 10.0)
"""How long a failed message rests before its next attempt; its chat waits."""

REASON_MAX = 500

assert LEASE_SECONDS > 4 * max(RETRY_SECONDS)
assert len(RETRY_SECONDS) == ATTEMPTS_MAX - 1

log = structlog.get_logger("chat")

Handle = Callable[[Database, Inbound, datetime], Awaitable[str]]
Chat = tuple[TenantId, ChatId]


@dataclass(frozen=True)
class Failed:
    """An attempt that came to nothing, and why."""

    reason: str


class InboxLoop:
    """One drain loop; any number may run, in one process or many.

    All messages of a chat that are under way are with one loop, which works them one by one.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        name: str,
        *,
        after: Callable[[], None],
        handler: Handle = handle,
    ) -> None:
        self._database = database
        self._clock = clock
        self._name = name  # of this loop alone: leases carry it
        self._after = after  # wakes whoever empties the outbox
        self._handle = handler
        self._wake = asyncio.Event()
        self._chats: dict[Chat, deque[Inbound]] = {}
        self._ready: asyncio.Queue[Chat] = asyncio.Queue()  # bounded by LEASED_MAX
        self._leased = 0

    def wake(self) -> None:
        """Something arrived: look now."""
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is leased here."""
        return self._leased == 0

    async def run(self) -> None:
        """Work until cancelled; what was leased and not done is taken up after its lease."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fill())
            for _ in range(AT_ONCE):
                tasks.create_task(self._work())

    async def _fill(self) -> None:
        while True:
            self._wake.clear()
            if self._leased <= LEASED_MAX // 2:
                for message in await self._lease(LEASED_MAX - self._leased):
                    self._take(message)
            try:
                # Not wait_for, which before Python 3.12 may swallow the end of this task.
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(BREATH_SECONDS)

    def _take(self, message: Inbound) -> None:
        self._leased += 1
        chat = (message.tenant_id, message.chat_id)
        waiting = self._chats.get(chat)
        if waiting is None:
            self._chats[chat] = deque([message])
            self._ready.put_nowait(chat)
        else:
            waiting.append(message)

    async def _lease(self, limit: int) -> list[Inbound]:
        now = self._clock.machine_now()
        try:
            async with self._database.courier() as db:
                return await inbox.lease(
                    db,
                    self._name,
                    now=now,
                    until=now + timedelta(seconds=LEASE_SECONDS),
                    business_now=self._clock.now(),
                    chat_max=CHAT_LEASED_MAX,
                    limit=limit,
                )
        except TransientFault as fault:
            log.warning("inbox_unreachable", reason=str(fault))
            await asyncio.sleep(POLL_SECONDS)
            return []

    async def _work(self) -> None:
        while True:
            chat = await self._ready.get()
            waiting = self._chats[chat]
            ours = await self._to_its_end(waiting[0])
            waiting.popleft()
            self._leased -= 1
            behind = [] if ours else list(waiting)
            self._leased -= len(behind)
            if ours and waiting:
                # Behind the others: chats take turns.
                pause = FLOOD_PAUSE_SECONDS if len(waiting) >= CHAT_LEASED_MAX // 2 else 0.0
                asyncio.get_running_loop().call_later(pause, self._ready.put_nowait, chat)
            else:
                del self._chats[chat]
            if behind:
                # It must not be overtaken: what stands behind it is leased anew, by whom it may.
                await self._give_back(behind)
            if self._leased <= LEASED_MAX // 2:
                self._wake.set()
            self._after()

    async def _give_back(self, messages: list[Inbound]) -> None:
        try:
            async with self._database.courier() as db:
                await inbox.give_back(db, messages, loop=self._name)
        except TransientFault as fault:
            log.warning("inbox_unreachable", reason=str(fault))  # their leases end by themselves

    async def _to_its_end(self, message: Inbound) -> bool:
        """Work one message until it is over; False when it is not ours any more.

        One that has to wait for its minute is nobody's until then.
        """
        attempts = max(1, message.attempts)
        while attempts <= ATTEMPTS_MAX:
            outcome = await self._attempt(message)
            if not isinstance(outcome, Failed):
                return not outcome.startswith("waits")
            reason = storable(outcome.reason)[:REASON_MAX]
            if attempts == ATTEMPTS_MAX:
                return await self._set_aside(message, reason)
            await asyncio.sleep(RETRY_SECONDS[attempts - 1])
            attempts = await self._count_another(message, reason)
            if attempts == 0:
                return False
        # Counted before the work: it never came back, so it may have ended the process.
        return await self._set_aside(message, "did not come back from its attempts")

    async def _attempt(self, message: Inbound) -> str | Failed:
        """Work a message once; what became of it."""
        started = monotonic()
        try:
            outcome = await self._handle(self._database, message, self._clock.now())
        except TransientFault as fault:
            return Failed(f"transient: {fault}")
        except InvariantBroken as broken:
            log.exception("invariant_broken", tenant_id=message.tenant_id, message=message.id)
            await self._set_aside(message, storable(f"invariant: {broken}")[:REASON_MAX])
            return "quarantined"
        except Exception as problem:  # boundary: the inbox loop
            log.exception("message_failed", tenant_id=message.tenant_id, message=message.id)
            return Failed(described(problem))
        HANDLED.labels(outcome=outcome.split(":")[0]).inc()
        HANDLING_SECONDS.observe(monotonic() - started)
        return outcome

    async def _count_another(self, message: Inbound, reason: str) -> int:
        until = self._clock.machine_now() + timedelta(seconds=LEASE_SECONDS)
        try:
            async with self._database.courier() as db:
                return await inbox.try_again(
                    db, message, loop=self._name, until=until, reason=reason
                )
        except TransientFault:
            return 0  # the lease ends by itself, then somebody tries again

    async def _set_aside(self, message: Inbound, reason: str) -> bool:
        """Quarantine, then one apology; False when the database does not let us now."""
        now = self._clock.now()
        try:
            async with self._database.courier() as db:
                await inbox.quarantine(db, message, now=now, reason=reason)
        except TransientFault:
            return False  # still pending: the lease ends by itself
        QUARANTINED.inc()
        try:
            await apologise(self._database, message, now)
        except Exception:  # boundary: what could not be worked may not be answerable either
            log.exception("apology_failed", tenant_id=message.tenant_id, message=message.id)
        return True
