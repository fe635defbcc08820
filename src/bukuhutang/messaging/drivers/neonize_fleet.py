"""The worker processes: who sits where, when a new one is needed, when an old one has to go."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from bukuhutang.base.clock import monotonic
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.drivers.neonize_frames import Frame
from bukuhutang.messaging.drivers.neonize_process import (
    SILENT_SECONDS,
    WorkerProcess,
    WorkerSetup,
)
from bukuhutang.messaging.drivers.neonize_seat import Seat

SESSIONS_PER_WORKER = 25
LOOK_SECONDS = 5.0
EMPTY_SECONDS = 60.0
RECYCLE_SECONDS = 12 * 3600.0
DESCRIPTORS_MAX = 800
"""About one leaks with each reconnect; 1,024 is what a process usually may have."""

MEMORY_MAX = 1 << 30

log = structlog.get_logger("whatsapp")


@dataclass(frozen=True)
class FleetSetup:
    """How workers are started, filled and recycled."""

    folder: Path  # of the logins
    command: tuple[str, ...]
    store_url: str | None = None
    proxy_url: str | None = None
    sessions_per_worker: int = SESSIONS_PER_WORKER
    send_seconds: float = 75.0
    recycle_seconds: float = RECYCLE_SECONDS
    descriptors_max: int = DESCRIPTORS_MAX
    look_seconds: float = LOOK_SECONDS
    silent_seconds: float = SILENT_SECONDS

    def worker(self) -> WorkerSetup:
        """What one process is started with and told."""
        return WorkerSetup(
            self.command,
            {
                "folder": str(self.folder.absolute()),
                "url": self.store_url,
                "proxy": self.proxy_url,
                "send_seconds": self.send_seconds,
                "sessions": self.sessions_per_worker,
            },
        )


class Fleet:
    """All worker processes of this service."""

    def __init__(
        self,
        setup: FleetSetup,
        lot: Callable[[], float],
        *,
        on_event: Callable[[WorkerProcess, Frame], Awaitable[bool]],
        on_death: Callable[[WorkerProcess], None],
    ) -> None:
        self._setup = setup
        self._lot = lot
        self._on_event = on_event
        self._on_death = on_death
        self._numbers = itertools.count(1)
        self._choosing = asyncio.Lock()
        self.workers: list[WorkerProcess] = []

    async def room_for(self, seat: Seat, seats: Mapping[TenantId, Seat]) -> WorkerProcess:
        """A worker with a place for this login, which is taken with it.

        Raises WorkerGone, WorkerFault, TimeoutError when none can be started.
        """
        async with self._choosing:
            own_max = seat.record.company_max(self._setup.sessions_per_worker)
            for worker in self.workers:
                if worker.retiring or worker.ending or worker.gone or not worker.shared:
                    continue
                limit = min(
                    [own_max]
                    + [
                        seats[one].record.company_max(self._setup.sessions_per_worker)
                        for one in worker.tenants
                        if one in seats
                    ]
                )
                if len(worker.tenants) < limit:
                    break
            else:
                worker = await self.alone(f"worker-{next(self._numbers)}")
                worker.shared = True
            worker.tenants.add(seat.tenant)
            return worker

    async def alone(self, name: str) -> WorkerProcess:
        """A new worker. Raises WorkerGone, WorkerFault, TimeoutError."""
        worker = await WorkerProcess.spawn(
            name, self._setup.worker(), on_event=self._on_event, on_death=self._died
        )
        worker.spread = self._lot()
        self.workers.append(worker)
        return worker

    def leave(self, worker: WorkerProcess, tenant: TenantId) -> None:
        """A login no longer sits there."""
        worker.tenants.discard(tenant)
        if not worker.tenants:
            worker.empty_since = monotonic()

    def _died(self, worker: WorkerProcess) -> None:
        if worker in self.workers:
            self.workers.remove(worker)
        self._on_death(worker)

    async def look(self, now: float) -> list[WorkerProcess]:
        """End what is not needed or hangs; returns the workers whose logins should move out."""
        moving = []
        for worker in list(self.workers):
            if now - worker.last_heard > self._setup.silent_seconds:
                log.error("worker_hangs", worker=worker.name)
                worker.hung = True
                await worker.kill()
            elif not worker.shared:
                continue
            elif not worker.tenants and (
                worker.retiring or now - worker.empty_since > EMPTY_SECONDS
            ):
                await worker.end()
            elif not worker.retiring and self._is_spent(worker, now):
                log.info("worker_recycled", worker=worker.name, descriptors=worker.use.descriptors)
                worker.retiring = True
                moving.append(worker)
        return moving

    def _is_spent(self, worker: WorkerProcess, now: float) -> bool:
        age_max = self._setup.recycle_seconds * (0.75 + worker.spread / 2)
        return (
            now - worker.started > age_max
            or worker.use.descriptors > self._setup.descriptors_max
            or worker.use.memory > MEMORY_MAX
        )

    async def end(self) -> None:
        """Every process is gone when this returns."""
        await asyncio.gather(*(worker.end() for worker in list(self.workers)))
