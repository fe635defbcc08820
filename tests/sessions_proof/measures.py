"""What the processes use, read from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import mean

import psutil

WORKER = "bukuhutang.messaging.drivers.neonize_worker"
MEGABYTE = 1024 * 1024


def workers(host: int) -> list[psutil.Process]:
    """The worker processes alive now, the oldest first."""
    found = []
    for one in psutil.Process(host).children():
        with suppress(psutil.NoSuchProcess):
            if WORKER in one.cmdline():
                found.append(one)
    return sorted(found, key=lambda one: one.create_time())


@dataclass(frozen=True)
class Use:
    """One process at one moment; memory in MB."""

    resident: float
    own: float  # what would be free if it ended
    threads: int
    descriptors: int

    @classmethod
    def of(cls, process: psutil.Process) -> Use:
        """Look now."""
        memory = process.memory_full_info()
        return cls(
            memory.rss / MEGABYTE,
            memory.uss / MEGABYTE,
            process.num_threads(),
            process.num_fds(),
        )


@dataclass(frozen=True)
class Snapshot:
    """The service and its workers at one moment."""

    logins: int
    host: Use
    workers: list[Use] = field(default_factory=list)

    @classmethod
    def of(cls, host: int, logins: int) -> Snapshot:
        """Look now."""
        return cls(logins, Use.of(psutil.Process(host)), [Use.of(one) for one in workers(host)])

    @property
    def per_login(self) -> float:
        """Resident MB of all processes for one login; shared pages count in each process."""
        return (self.host.resident + sum(one.resident for one in self.workers)) / self.logins

    def lines(self, when: str) -> Iterator[tuple[str, str]]:
        """For the table."""
        yield f"{when}: service, MB resident", f"{self.host.resident:.0f}"
        yield f"{when}: workers", str(len(self.workers))
        if not self.workers:
            return
        residents = [one.resident for one in self.workers]
        yield (
            f"{when}: a worker, MB resident (max)",
            f"{mean(residents):.0f} ({max(residents):.0f})",
        )
        yield f"{when}: a worker, MB of its own", f"{mean(one.own for one in self.workers):.0f}"
        yield f"{when}: MB a login, service included", f"{self.per_login:.1f}"
        for what in ("threads", "descriptors"):
            counts = [getattr(one, what) for one in self.workers]
            yield f"{when}: {what} a worker (max)", f"{mean(counts):.0f} ({max(counts)})"
