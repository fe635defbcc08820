"""How long to wait before the next try, and with whom a login may share a process."""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 60.0
CALM_SECONDS = 600.0
"""Who has lived this long is trusted again."""

DEATHS_MAX = 7
"""A login that was there so often when its process died is left alone for a while."""

GIVEN_UP_SECONDS = 3600.0

RECONNECT_FIRST_SECONDS = 2.0
RECONNECT_LONGEST_SECONDS = 900.0


def delay(tries: int, lot: float, *, first: float, longest: float) -> float:
    """Seconds before try number `tries`, doubled each time; `lot` (0 to 1) spreads them by half."""
    assert tries >= 1
    assert 0 <= lot <= 1
    return float(min(longest, first * 2 ** min(tries - 1, 30)) * (0.5 + lot))


@dataclass
class Record:
    """A login's history with processes that died under it."""

    deaths: int = 0
    last_death: float = field(default=float("-inf"))

    def died(self, now: float) -> None:
        """Its process died at `now` (monotonic seconds)."""
        if now - self.last_death > CALM_SECONDS:
            self.deaths = 0
        self.deaths += 1
        self.last_death = now

    def forgive(self, now: float) -> None:
        """Trust a login again that has been calm."""
        if now - self.last_death > CALM_SECONDS:
            self.deaths = 0

    @property
    def hopeless(self) -> bool:
        """Whether another start would only kill another process."""
        return self.deaths >= DEATHS_MAX

    def company_max(self, sessions_per_worker: int) -> int:
        """With how many it may share a process, itself included.

        Each death halves it: the logins of a process that died are spread over more and smaller
        ones, those in the healthy ones stop dying, and who kills them is soon alone.
        """
        return max(1, sessions_per_worker >> min(self.deaths, 30))
