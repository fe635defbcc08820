"""Numbers that must not hurry: one message per lane, after the pauses of a person who types.

Per message: may this chat be begun today, has the number WhatsApp, is a reminder still so; then
typing is shown; only then the row is claimed and sent. Everything slow is before the claim.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Histogram

from bukuhutang.base.clock import Clock
from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.sessions.pace import (
    AT_ONCE,
    Draw,
    Lane,
    Number,
    Pace,
    check_wanted,
    new_chats_a_day,
    opens_at,
    plan,
)
from bukuhutang.entrypoints.sessions.sending import Sender, count_failed
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.store import paced, wa_chats
from bukuhutang.store.outbox import Outbound
from bukuhutang.store.paced import Head
from bukuhutang.store.scope import Database

DRIVER_SECONDS_MAX = 20.0
CHECK_AGAIN_SECONDS = 60.0
"""When WhatsApp could not be asked about a number; a cold message to nobody is not risked."""

PAUSE = Histogram(
    "bukuhutang_pacing_seconds",
    "From the choice of a message to its sending, by lane",
    ["lane"],
    buckets=(0.1, 0.5, 1, 2, 4, 8, 16, 32, 64),
)

log = structlog.get_logger("outbox")
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Tempo:
    """The pace and what it is made with; tests bring their own time and luck."""

    pace: Pace
    draw: Draw
    sleep: Sleep = asyncio.sleep


class PacedNumbers:
    """What the numbers of this process send next, and what of it is under way."""

    def __init__(
        self,
        database: Database,
        wa_sessions: SessionManager,
        clock: Clock,
        sender: Sender,
        *,
        tempo: Tempo,
        on_untold: Callable[[TenantId], None],
    ) -> None:
        self._database = database
        self._sessions = wa_sessions
        self._clock = clock
        self._sender = sender
        self._tempo = tempo
        self._on_untold = on_untold
        self._numbers: dict[TenantId, Number] = {}
        self._busy: set[tuple[TenantId, Lane]] = set()

    async def next_heads(self) -> list[Head]:
        """One message for each idle lane of each number, the lane taken. Raises TransientFault.

        Each is to be passed to `work`, which gives the lane back.
        """
        taken = frozenset(self._busy)
        async with self._database.courier() as db:
            found = await paced.heads(
                db, self._sessions.owner, now=self._clock.machine_now(), busy=_named(taken)
            )
        self._busy |= {(one.tenant_id, Lane(one.lane)) for one in found}
        return found

    async def work(self, head: Head) -> None:
        """Send it, or decide that it waits or will not go. Raises TransientFault."""
        lane = Lane(head.lane)
        try:
            if head.new_chat and not await self._may_begin(head):
                return
            reason = await self._sender.outdated(head)
            if reason is not None:
                await self._give_up(head, "skipped", reason)
                return
            await self._send(head, lane)
        finally:
            self._busy.discard((head.tenant_id, lane))

    def _pace(self, tenant_id: TenantId) -> Pace:
        return self._tempo.pace if self._sessions.is_paced(tenant_id) else AT_ONCE

    # --- whether ----------------------------------------------------------------------------------

    async def _may_begin(self, head: Head) -> bool:
        if not self._sessions.is_paced(head.tenant_id):
            return True
        if head.restricted:
            async with self._database.courier() as db:
                await paced.bar_new_chats(db, head.tenant_id)
            self._on_untold(head.tenant_id)
            return False
        now, zone = self._clock.machine_now(), ZoneInfo(head.timezone)
        if head.begun_today >= new_chats_a_day(self._tempo.pace, head.linked_at, now, zone):
            async with self._database.courier() as db:
                await paced.hold_new_chats(db, head.tenant_id, now=now, until=opens_at(now, zone))
            self._on_untold(head.tenant_id)
            return False
        return await self._exists(head, now)

    async def _exists(self, head: Head, now: datetime) -> bool:
        """Whether the number has WhatsApp: as remembered, or asked now."""
        has_whatsapp = head.has_whatsapp
        if check_wanted(self._tempo.pace, has_whatsapp, head.checked_at, now):
            has_whatsapp = await self._sender.guarded(
                self._sessions.check_number(head.tenant_id, head.number), DRIVER_SECONDS_MAX
            )
            async with self._database.courier() as db:
                if has_whatsapp is None:
                    later = now + timedelta(seconds=CHECK_AGAIN_SECONDS)
                    await paced.put_off(db, head, "number_unchecked", later)
                    return False
                await wa_chats.note_checked(
                    db, head.tenant_id, head.chat_id, has_whatsapp=has_whatsapp, now=now
                )
        if not has_whatsapp:
            await self._give_up(head, "failed", "not_on_whatsapp")
        return bool(has_whatsapp)

    async def _give_up(self, head: Head, status: str, reason: str) -> None:
        async with self._database.courier() as db:
            await paced.give_up(db, head, status, reason)
        if status == "failed":
            count_failed(reason)
        self._on_untold(head.tenant_id)

    # --- when -------------------------------------------------------------------------------------

    async def _send(self, head: Head, lane: Lane) -> None:
        number = self._numbers.setdefault(head.tenant_id, Number())
        chosen_at = self._seconds()
        slot = plan(
            self._pace(head.tenant_id),
            number,
            lane,
            characters=head.characters,
            now=chosen_at,
            draw=self._tempo.draw,
        )
        if lane is not Lane.OWN:
            number.planned[lane] = slot.send_at
        if slot.typing_at is not None:
            await self._until(slot.typing_at)
            await self._typing(head, on=True)
        try:
            await self._until(slot.send_at)
            message = await self._claim(head)
            if message is not None:
                PAUSE.labels(lane=lane).observe(self._seconds() - chosen_at)
                await self._deliver(head, message)
                number.sent(lane, self._seconds())
        finally:
            number.planned.pop(lane, None)
            if slot.typing_at is not None:
                await self._typing(head, on=False)

    async def _claim(self, head: Head) -> Outbound | None:
        async with self._database.courier() as db:
            return await paced.claim_one(db, self._sessions.owner, head, self._clock.machine_now())

    async def _deliver(self, head: Head, message: Outbound) -> None:
        mark = await self._sender.deliver(message)
        if head.new_chat and mark.status in ("failed", "queued", "skipped"):
            async with self._database.courier() as db:
                await wa_chats.forget_begun(db, head.tenant_id, head.chat_id)

    async def _typing(self, head: Head, *, on: bool) -> None:
        await self._sender.guarded(
            self._sessions.typing(head.tenant_id, head.chat_id, on=on), DRIVER_SECONDS_MAX
        )

    async def _until(self, at: float) -> None:
        left = at - self._seconds()
        if left > 0:
            await self._tempo.sleep(left)

    def _seconds(self) -> float:
        return self._clock.machine_now().timestamp()


def _named(busy: Collection[tuple[TenantId, Lane]]) -> list[str]:
    return [f"{tenant_id}:{lane}" for tenant_id, lane in busy]
