"""Sends the mail that waits: a few at a time, again and again later, not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.gateways.mail import Mail, MailGateway, NotSent, Sent
from bukuhutang.store import mail
from bukuhutang.store.mail import Queued
from bukuhutang.store.scope import Database

LOOK_SECONDS = 5.0
AT_ONCE = 5
ATTEMPTS_MAX = 10
"""With the pauses below they reach over some nine hours: an evening without the mail server."""

PAUSE_SECONDS_FIRST = 30.0
PAUSE_SECONDS_MAX = 2 * 3600.0
SEND_SECONDS_MAX = 60.0
AGAIN_AFTER = timedelta(minutes=5)
"""Somebody else takes up a mail whose sender has died."""

assert AGAIN_AFTER.total_seconds() > 2 * SEND_SECONDS_MAX

MAILS = Counter("bukuhutang_mails", "Mails by what became of them", ["outcome"])
log = structlog.get_logger("mail")


class MailLoop:
    """Empties `mail_messages`; any number may run. `draw` gives numbers in [0, 1)."""

    def __init__(
        self, database: Database, gateway: MailGateway, clock: Clock, draw: Callable[[], float]
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._clock = clock
        self._draw = draw

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            try:
                await self.send_due()
            except TransientFault as fault:
                log.warning("database_away", reason=str(fault))
            await asyncio.sleep(LOOK_SECONDS)

    async def send_due(self) -> None:
        """Send what is due now. Raises TransientFault."""
        now = self._clock.machine_now()
        async with self._database.courier() as db:
            due = await mail.claim(db, now=now, again_at=now + AGAIN_AFTER, limit=AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for one in due:
                tasks.create_task(self._one(one))

    async def _one(self, one: Queued) -> None:
        reference = f"{one.tenant_id}.{one.id}.{one.queued_at:%Y%m%d%H%M%S}"
        written = Mail(one.recipient, one.subject, one.body, reference, one.queued_at)
        try:
            async with asyncio.timeout(SEND_SECONDS_MAX):
                outcome = await self._gateway.send(written)
        except TimeoutError:
            outcome = NotSent("no answer in time", retry=True)
        async with self._database.courier() as db:
            match outcome:
                case Sent():
                    MAILS.labels("sent").inc()
                    await mail.mark(db, one, status="sent", reason=None, sent_at=self._clock.now())
                case NotSent(reason=reason, retry=True) if one.attempts < ATTEMPTS_MAX:
                    log.warning("mail_waits", tenant_id=one.tenant_id, reason=reason)
                    later = again_at(self._clock.machine_now(), one.attempts, self._draw())
                    await mail.mark(db, one, status="queued", reason=reason, not_before=later)
                case NotSent(reason=reason):
                    MAILS.labels("failed").inc()
                    log.error("mail_failed", tenant_id=one.tenant_id, reason=reason)
                    await mail.mark(db, one, status="failed", reason=reason)


def again_at(now: datetime, attempts: int, drawn: float) -> datetime:
    """When a mail that was tried `attempts` times goes again: twice as late each time, bounded."""
    assert 0 <= drawn < 1
    pause = min(PAUSE_SECONDS_FIRST * 2 ** (attempts - 1), PAUSE_SECONDS_MAX)
    return now + timedelta(seconds=pause * (0.75 + drawn / 2))
