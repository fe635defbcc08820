"""When logins are connected: not all at once after a restart, and ever more slowly what fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bukuhutang.base.ids import TenantId

AT_ONCE_MAX = 32
"""Logins that are connecting at the same time."""

PATIENCE = timedelta(seconds=15)
"""How long a login that says nothing keeps its place among them."""

SPREAD_SECONDS_EACH = 0.02
SPREAD_SECONDS_MAX = 5.0
"""The first goes at once; every other that waits widens the time over which they are spread."""

BACKOFF_SECONDS_MAX = 300.0


class Starts:
    """The logins that are to be connected, each with its time; `draw` gives numbers in [0, 1)."""

    def __init__(self, draw: Callable[[], float]) -> None:
        self._draw = draw
        self._due: dict[TenantId, datetime] = {}
        self._begun: dict[TenantId, datetime] = {}
        self._failures: dict[TenantId, int] = {}

    def ask(self, tenant_id: TenantId, now: datetime) -> None:
        """Connect this login soon; asked twice it keeps its first time."""
        width = min(len(self._due) * SPREAD_SECONDS_EACH, SPREAD_SECONDS_MAX)
        self._due.setdefault(tenant_id, now + timedelta(seconds=self._draw() * width))

    def failed(self, tenant_id: TenantId, now: datetime) -> None:
        """Starting it did not work: again later, and later each time, within a bound."""
        self._begun.pop(tenant_id, None)
        failures = self._failures[tenant_id] = self._failures.get(tenant_id, 0) + 1
        pause = min(2.0 ** min(failures, 20), BACKOFF_SECONDS_MAX) * (0.5 + self._draw() / 2)
        self._due[tenant_id] = now + timedelta(seconds=pause)

    def answered(self, tenant_id: TenantId) -> None:
        """WhatsApp has said yes or no: its place is free."""
        self._begun.pop(tenant_id, None)
        self._failures.pop(tenant_id, None)

    def forget(self, tenant_id: TenantId) -> None:
        """It is not to be connected after all."""
        self._due.pop(tenant_id, None)
        self.answered(tenant_id)

    def take(self, now: datetime) -> list[TenantId]:
        """The logins to connect now, as many as there are free places, longest due first."""
        self._begun = {one: at for one, at in self._begun.items() if now - at < PATIENCE}
        due = sorted((at, one) for one, at in self._due.items() if at <= now)
        taken = [one for _, one in due[: max(0, AT_ONCE_MAX - len(self._begun))]]
        for one in taken:
            del self._due[one]
            self._begun[one] = now
        return taken

    def next_at(self) -> datetime | None:
        """When to look again; None when nothing waits."""
        if not self._due:
            return None
        first = min(self._due.values())
        if len(self._begun) < AT_ONCE_MAX:
            return first
        return max(first, min(self._begun.values()) + PATIENCE)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits but what has failed before."""
        return not (self._due.keys() - self._failures.keys())

    @property
    def is_waiting(self) -> bool:
        """Whether WhatsApp has been asked for a login and has not answered yet."""
        return bool(self._begun)
