"""What happens because time passed: for now, the nightly audit of all books."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta

import structlog
from prometheus_client import Gauge

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.store.scope import Database
from bukuhutang.usecases.audit import audit_books

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

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
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
            if now < self._due:
                return
            await self._audit()
            self._due = next_audit_after(now)

    async def _audit(self) -> None:
        count = 0
        async for one in audit_books(self._database):
            count += 1
            log.error("books_differ", tenant_id=one.tenant_id, what=one.what, number=one.number)
        DIFFERENCES.set(count)
        log.info("books_audited", differences=count)

    async def _guarded(self, act: Callable[[], Awaitable[None]]) -> None:
        try:
            await act()
        except TransientFault as fault:
            log.warning("database_away", reason=str(fault))
        except Exception:  # boundary: the clock loop; the next look tries again
            log.exception("sweep_failed")
