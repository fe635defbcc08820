"""One run: a service, its writers, the kills, and what is found afterwards."""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from random import Random
from time import perf_counter

import httpx

from tests.chaos.book import Command
from tests.chaos.killing import Killer, superuser_dsn
from tests.chaos.load import Tenant, set_up
from tests.chaos.verify import Findings, check_status, verify
from tests.support.service import RunningService, running_service

PORTS = range(20_000, 30_000)
"""Below the system's own: whoever knocks at a port of those while nobody listens may be connected
to himself, and then the port is taken when the service comes back."""
IDLE_SECONDS_MAX = 110
SECONDS_PER_KILL_MAX = 10


@dataclass(frozen=True)
class Plan:
    """What is asked of a run; the same seed kills and writes alike, though never to the instant."""

    kills: int
    seed: int
    tenants: int = 5
    seconds_between: tuple[float, float] = (0.2, 1.8)


@dataclass(frozen=True)
class Report:
    """What a run did and found."""

    plan: Plan
    killer: Killer
    found: Findings
    audit_status: int
    audit_words: str
    seconds: float

    @property
    def violations(self) -> list[str]:
        """Everything that must not be; empty is right."""
        audit = [] if self.audit_status == 0 else [f"audit: {self.audit_words}"]
        return [*self.found.violations, *audit]

    def lines(self) -> Iterator[str]:
        """The table at the end."""
        counts = self.found.counts
        yield f"{'kills':<34}{self.plan.kills:>8}"
        for kind, times in sorted(self.killer.kinds.items()):
            yield f"  {kind:<32}{times:>8}"
        names = ("messages typed", "messages accepted", "retried after a failed call")
        more = ("given up after a failed call", "  of which arrived all the same")
        rest = ("resent on purpose", "debts", "payments", "replies", "unknown sends")
        for name in chain(names, more, rest):
            yield f"{name:<34}{counts[name]:>8}"
        for name in ("doubled sends", "doubled effects", "lost", "differences"):
            yield f"{name:<34}{counts[name]:>8}"
        yield f"{'audit':<34}{self.audit_words.splitlines()[-1]:>8}"
        restarts = self.killer.restarts
        yield f"{'restart p50, s':<34}{statistics.median(restarts):>8.2f}"
        yield f"{'restart max, s':<34}{max(restarts):>8.2f}"
        yield f"{'the run, s':<34}{self.seconds:>8.0f}"


async def run(plan: Plan) -> Report:
    """Kill, restart, wait for rest, verify. Raises TimeoutError when it takes far too long."""
    started = perf_counter()
    rng = Random(plan.seed)  # noqa: S311  a run can be had again
    async with (
        asyncio.timeout(120 + IDLE_SECONDS_MAX + plan.kills * SECONDS_PER_KILL_MAX),
        running_service(_free_port(rng)) as service,
        service.http() as http,
    ):
        tenants = [await set_up(http, index, plan.seed) for index in range(1, plan.tenants + 1)]
        killer = Killer(service, rng, plan.seconds_between)
        await _under_load(tenants, killer, plan.kills)
        await _rest(http)
        found = await _last_words(http, tenants, service)
        status, words = await _audit(service)
        return Report(plan, killer, found, status, words, perf_counter() - started)


async def _under_load(tenants: list[Tenant], killer: Killer, kills: int) -> None:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for tenant in tenants:
            tasks.create_task(tenant.lend_and_collect(stop))
            tasks.create_task(tenant.ask(stop))
        await killer.kill_and_restart(kills)
        stop.set()


async def _rest(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/simulator/idle", params={"timeout": IDLE_SECONDS_MAX}, timeout=IDLE_SECONDS_MAX + 10
    )
    # Not at rest: what is left is named by the checks.
    assert answer.status_code in (httpx.codes.OK, httpx.codes.REQUEST_TIMEOUT), answer.text


async def _last_words(
    http: httpx.AsyncClient, tenants: list[Tenant], service: RunningService
) -> Findings:
    """Ask every book for its totals, then verify everything."""
    asked = [await one.lender.type(Command("LOOK", "STATUS"), patient=True) for one in tenants]
    await _rest(http)
    dsn = superuser_dsn(service)
    found = await verify(http, tenants, dsn)
    for tenant, one in zip(tenants, asked, strict=True):
        check_status(found, tenant, one, dsn)
    return found


async def _audit(service: RunningService) -> tuple[int, str]:
    """`bukuhutang audit` beside the running service."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bukuhutang.main", "audit"),
        *("--data", str(service.folder / "data")),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    status = await process.wait()
    return status, said.decode().strip() or "it said nothing"


def _free_port(rng: Random) -> int:
    """A port nobody listens on, away from other runs on this machine."""
    start = (os.getpid() * 7 + rng.randrange(1000)) % len(PORTS)
    for port in chain(PORTS[start:], PORTS[:start]):
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
