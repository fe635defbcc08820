"""Time as an argument: the two clocks of the service.

Business time (`now`) decides due dates, expiries and what a message is dated; the simulator may
move it forward. Machine time (`monotonic`) decides leases, pacing and timeouts and never jumps.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where a door gets the time from."""

    def now(self) -> datetime:
        """The business instant, aware and in UTC."""
        ...

    def machine_now(self) -> datetime:
        """The machine's instant, aware and in UTC; for leases, which no time travel may end."""
        ...


class SystemClock:
    """The machine's own time, for both."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def machine_now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """Machine time plus an offset that only grows: the simulator's time travel.

    `ahead` is where the offset starts; negative in tests that begin on a fixed day.
    """

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def machine_now(self) -> datetime:
        return datetime.now(UTC)

    def advance(self, by: timedelta) -> None:
        """Move business time forward by `by`, which is not negative."""
        assert by >= timedelta(0), "time travel goes forward only"
        self._ahead += by

    @property
    def ahead(self) -> timedelta:
        """How far business time is in front of machine time."""
        return self._ahead


def monotonic() -> float:
    """Seconds that never go back; for measuring how long a thing took."""
    return time.monotonic()
