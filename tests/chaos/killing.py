"""SIGKILL at random moments, and the start afterwards."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

import psutil

from bukuhutang.main.database import DATABASE
from bukuhutang.store import embedded
from bukuhutang.store.embedded_cluster import SUPERUSER
from tests.support.service import RunningService

AT_READY = 0.15
AT_READY_SECONDS_MAX = 0.05
TWICE = 0.15
STARTING_SECONDS_MAX = 0.8
REACHES = {"the parent alone": 45, "everything": 40, "everything, PostgreSQL first": 15}


@dataclass
class Killer:
    """Kills the service and starts it again, and remembers how."""

    service: RunningService
    rng: Random
    seconds_between: tuple[float, float]
    kinds: Counter[str] = field(default_factory=Counter)
    restarts: list[float] = field(default_factory=list)  # seconds from start to ready

    async def kill_and_restart(self, kills: int) -> None:
        """Kill exactly `kills` times; the service answers when this returns."""
        left = kills
        while left:
            await asyncio.sleep(self._delay())
            await self._kill("under load")
            left -= 1
            while left and self.rng.random() < TWICE:
                await self.service.spawn_again()
                await asyncio.sleep(self.rng.uniform(0, STARTING_SECONDS_MAX))
                await self._kill("while starting")
                left -= 1
            started = perf_counter()
            await self.service.start_again()
            self.restarts.append(perf_counter() - started)

    def _delay(self) -> float:
        if self.rng.random() < AT_READY:
            return self.rng.uniform(0, AT_READY_SECONDS_MAX)
        return self.rng.uniform(*self.seconds_between)

    async def _kill(self, when: str) -> None:
        reach = self.rng.choices(list(REACHES), list(REACHES.values()))[0]
        process = self.service.process
        assert process.returncode is None, f"the service ended by itself: {process.returncode}"
        parent = psutil.Process(process.pid)
        family = [] if reach == "the parent alone" else parent.children(recursive=True)
        victims = [*family, parent] if reach.endswith("first") else [parent, *family]
        for one in victims:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
        await process.wait()
        self.kinds[f"{when}: {reach}"] += 1


def superuser_dsn(service: RunningService) -> str:
    """The service's own database, past row level security."""
    address = embedded.running_address(service.folder / "data")
    assert address is not None, "the service does not run"
    return address.dsn(SUPERUSER, address.superuser_password, DATABASE)
