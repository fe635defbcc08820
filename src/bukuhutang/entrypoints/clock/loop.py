"""What happens because time passed: unanswered agreements, old answers to programs, the audit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from functools import partial

import structlog
from prometheus_client import Gauge

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.store.scope import Database
from bukuhutang.usecases import agreement_sweeps
from bukuhutang.usecases.api_keys import forget_answers
from bukuhutang.usecases.audit import audit_books
from bukuhutang.usecases.sign_ins import forget_codes

AUDIT_AT = time(19, 0, tzinfo=UTC)
"""02:00 in Jakarta, when the books are quiet."""

LOOK_SECONDS = 30.0

DIFFERENCES = Gauge(
    "bukuhutang_audit_differences", "Differences the last audit of the books has found"
)
log = structlog.get_logger("clock")


def next_audit_after(instant: datetime) -> datetime:
    """The first audit time after `instant`."""
    at = datetime.combine(instant.astimezone(UTC).date(), AUDIT_AT)
    return at if at > instant else at + timedelta(days=1)


class ClockLoop:
    """Looks at the clock; a sweep that fell due while nobody looked is done once, not per day."""

    def __init__(
        self, database: Database, clock: Clock, *, after: Callable[[], None] = lambda: None
    ) -> None:
        self._database = database
        self._clock = clock
        self._after = after  # wakes whoever empties the outbox
        self._due = next_audit_after(clock.now())
        self._busy = asyncio.Lock()

    @property
    def is_idle(self) -> bool:
        """Whether no sweep is running."""
        return not self._busy.locked()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._guarded(self.catch_up)

    async def catch_up(self) -> None:
        """Do what has fallen due by now. Raises TransientFault."""
        async with self._busy:
            now = self._clock.now()
            await self._sweep_agreements(now)
            await self._guarded(partial(forget_answers, self._database, now))
            await self._guarded(partial(forget_codes, self._database, now))
            if now < self._due:
                return
            await self._audit()
            self._due = next_audit_after(now)

    async def _sweep_agreements(self, now: datetime) -> None:
        """Reminders and expiries in the order of their time, as of it; one bad row stops no other.

        What failed stays due, and more than one sweep takes is taken at the next look.
        """
        due, more = await agreement_sweeps.due_by(self._database, now)
        failed = False
        for one in due:
            done = await self._guarded(partial(agreement_sweeps.carry_out, self._database, one))
            failed = failed or not done
        if due:
            self._after()
        if more and not failed:
            await self._sweep_agreements(now)

    async def _audit(self) -> None:
        count = 0
        async for one in audit_books(self._database):
            count += 1
            log.error("books_differ", tenant_id=one.tenant_id, what=one.what, number=one.number)
        DIFFERENCES.set(count)
        log.info("books_audited", differences=count)

    async def _guarded(self, act: Callable[[], Awaitable[None]]) -> bool:
        """Whether it was done; what went wrong is logged."""
        try:
            await act()
            return True
        except TransientFault as fault:
            log.warning("database_away", reason=str(fault))
        except Exception:  # boundary: the clock loop; the next look tries again
            log.exception("sweep_failed")
        return False
