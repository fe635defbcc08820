"""Works what the Cloud API posted: split, told apart by phone id, reported as events, forgotten."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from prometheus_client import Counter

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.cloud_webhook import Parts, Unreadable, split
from bukuhutang.store import cloud_webhooks, wa_sessions
from bukuhutang.store.cloud_webhooks import ATTEMPTS_MAX, LEASE_SECONDS, Heard, Webhook
from bukuhutang.store.scope import Connection, Database

AT_ONCE = 64
POLL_SECONDS = 1.0
RETRY_SECONDS = 2.0

WORKED = Counter("bukuhutang_cloud_webhooks", "Webhooks by what became of them", ["outcome"])
log = structlog.get_logger("webhooks")


@dataclass
class _Work:
    """One leased webhook: what it says, and what stood in the way."""

    webhook: Webhook
    parts: Parts = field(default_factory=lambda: Parts((), ()))
    problems: list[str] = field(default_factory=list)  # for good: set aside
    fault: str | None = None  # perhaps not for good: another attempt


@dataclass
class _Told:
    """One event on its way, and whose webhook it came in."""

    tenant_id: TenantId
    event: wa.MessageReceived | wa.ReceiptReceived
    work: _Work


class WebhookLoop:
    """Turns stored webhooks into events; `on_event` returns when one is durably dealt with."""

    def __init__(self, database: Database, clock: Clock, on_event: wa.OnEvent) -> None:
        self._database = database
        self._clock = clock
        self._on_event = on_event
        self._wake = asyncio.Event()
        self._busy = False

    def wake(self) -> None:
        """A webhook was stored: look now."""
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being worked here."""
        return not self._busy

    async def run(self) -> None:
        """Work until cancelled; what was leased then is taken up again when its lease ends."""
        while True:
            self._wake.clear()
            try:
                while await self._round():
                    pass
            except TransientFault as fault:
                log.warning("webhooks_unreachable", reason=str(fault))
            finally:
                self._busy = False
            # Not wait_for: before Python 3.12 it loses a cancellation that comes with the call.
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def _round(self) -> bool:
        """Work what waits, at most AT_ONCE; whether there was any."""
        now = self._clock.machine_now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        self._busy = True
        async with self._database.courier() as db:
            leased = await cloud_webhooks.lease(db, now=now, until=until, limit=AT_ONCE)
            works = [_read(one) for one in leased]
            told = await self._addressed(db, works)
            await self._open_windows(db, told)
        await self._tell(told)
        await self._settle(works)
        return bool(leased)

    async def _addressed(self, db: Connection, works: Sequence[_Work]) -> list[_Told]:
        """Each event with its tenant; a phone id nobody has is named."""
        known: dict[str, TenantId | None] = {}
        told: list[_Told] = []
        for work in works:
            for part in work.parts.events:
                if part.phone_id not in known:
                    known[part.phone_id] = await wa_sessions.tenant_by_phone_id(db, part.phone_id)
                tenant_id = known[part.phone_id]
                if tenant_id is None:
                    work.problems.append(f"phone id {part.phone_id[:32]} is no tenant's")
                else:
                    told.append(_Told(tenant_id, part.event, work))
        return told

    async def _open_windows(self, db: Connection, told: Sequence[_Told]) -> None:
        # Before the message is worked, so that its answer finds the window open. A date from the
        # future would hold it open for too long.
        now = self._clock.now()
        heard = [
            Heard(one.tenant_id, one.event.chat, min(one.event.at, now))
            for one in told
            if isinstance(one.event, wa.MessageReceived) and not one.event.group
        ]
        if heard:
            await cloud_webhooks.note_heard(db, heard)

    async def _tell(self, told: Sequence[_Told]) -> None:
        """Report in order within a chat; chats, and statuses, side by side."""
        lanes: dict[tuple[TenantId, str], list[_Told]] = defaultdict(list)
        for one in told:
            lane = one.event.chat if isinstance(one.event, wa.MessageReceived) else "statuses"
            lanes[one.tenant_id, lane].append(one)
        async with asyncio.TaskGroup() as tasks:
            for lane_events in lanes.values():
                tasks.create_task(self._tell_lane(lane_events))

    async def _tell_lane(self, told: Sequence[_Told]) -> None:
        for one in told:
            try:
                await self._on_event(one.tenant_id, one.event)
            except Exception as fault:
                log.exception("webhook_event_failed", tenant_id=one.tenant_id)
                one.work.fault = type(fault).__name__

    async def _settle(self, works: Sequence[_Work]) -> None:
        done = [one.webhook.id for one in works if one.fault is None and not one.problems]
        async with self._database.courier() as db:
            if done:
                await cloud_webhooks.done(db, done)
                WORKED.labels("done").inc(len(done))
            for work in works:
                if work.fault is not None and work.webhook.attempts < ATTEMPTS_MAX:
                    later = self._clock.machine_now() + timedelta(seconds=RETRY_SECONDS)
                    await cloud_webhooks.try_later(
                        db, work.webhook.id, until=later, reason=work.fault
                    )
                elif work.fault is not None or work.problems:
                    reason = "; ".join((*([work.fault] if work.fault else []), *work.problems))
                    await cloud_webhooks.quarantine(db, work.webhook.id, reason)
                    WORKED.labels("quarantined").inc()
                    log.error("webhook_quarantined", webhook=work.webhook.id, reason=reason)


def _read(webhook: Webhook) -> _Work:
    work = _Work(webhook)
    if webhook.attempts > ATTEMPTS_MAX:
        work.problems.append("the process ended at it")
        return work
    try:
        work.parts = split(webhook.body)
    except Unreadable as problem:
        work.problems.append(str(problem))
    else:
        work.problems.extend(work.parts.problems)
    return work
