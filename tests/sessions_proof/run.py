"""One run: link, look at the idle processes, storm, kill under traffic, verify."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter

from bukuhutang.store.scope import Database, connect
from tests.e2e.phones import running_fake
from tests.fakewa.client import FakeWhatsApp
from tests.sessions_proof.host import HostPlan, running_host
from tests.sessions_proof.measures import Snapshot
from tests.sessions_proof.people import Lender, first_debts, link_all, traffic
from tests.sessions_proof.trouble import UP_SECONDS_MAX, Storm, kill_workers, storm
from tests.sessions_proof.verify import Findings, rest, verify
from tests.support.database import Server
from tests.support.neonize import store_folder


@dataclass(frozen=True)
class Plan:
    """What is asked of a run; the same seed writes and kills alike, though never to the instant."""

    logins: int
    seconds: float  # of kills under traffic
    seed: int
    rate: float = 4.0  # messages a second in all
    between: tuple[float, float] = (5.0, 25.0)  # seconds between two kills
    idle_seconds: float = 30.0
    away_seconds: float = 35.0
    rest_seconds: float = 240.0
    send_seconds: float = 75.0
    log: Path | None = None  # where the service's log is kept


@dataclass(frozen=True)
class Report:
    """What a run did and found."""

    plan: Plan
    link_seconds: float
    idle: Snapshot
    storm: Storm
    kills: int
    after: Snapshot
    up_seconds: float  # after the last kill, until every login was up
    rest_seconds: float
    found: Findings

    def lines(self) -> Iterator[tuple[str, str]]:
        """The table."""
        yield "logins", str(self.plan.logins)
        yield "linking, s a login", f"{self.link_seconds / self.plan.logins:.2f}"
        yield from self.idle.lines("idle")
        yield "storm: away, s", f"{self.storm.away_seconds:.0f}"
        yield "storm: connections refused", str(self.storm.refused)
        yield "storm: first back, s", f"{self.storm.first_up_seconds:.1f}"
        yield "storm: all back, s", f"{self.storm.all_up_seconds:.1f}"
        yield "kills", f"{self.kills} in {self.plan.seconds:.0f} s"
        yield "all up after the kills, s", f"{self.up_seconds:.1f}"
        yield "at rest after the kills, s", f"{self.rest_seconds:.1f}"
        yield from self.after.lines("after")
        kinds = ("acknowledged and lost", "stored twice", "answered twice", "unanswered")
        for name, times in self.found.counts.items():
            if name not in kinds:
                yield name, str(times)
        for name in (*kinds, "differences"):
            yield name, str(self.found.counts[name])


async def run(plan: Plan, server: Server, say: Callable[[str], None]) -> Report:
    """Everything; `say` hears how far it is. Raises AssertionError when a login stays away."""
    name = server.fresh()
    dsn = server.service_dsn(name)
    database = await connect(dsn)
    try:
        with store_folder() as folder:
            async with running_fake(folder / "fake") as fake:
                host_plan = HostPlan(dsn, str(folder / "data"), fake.proxy_url, plan.send_seconds)
                log = folder / "log"
                try:
                    async with running_host(host_plan, log) as host:
                        return await _acts(plan, database, fake, host.pid, say)
                finally:
                    if plan.log is not None:
                        with suppress(FileNotFoundError):
                            await asyncio.to_thread(shutil.copy, log, plan.log)
    finally:
        await database.close()
        server.drop(name)


async def _acts(
    plan: Plan, database: Database, fake: FakeWhatsApp, host: int, say: Callable[[str], None]
) -> Report:
    lenders, link_seconds = await link_all(database, fake, plan.logins, plan.seed)
    say(f"{plan.logins} linked in {link_seconds:.0f} s")
    await asyncio.sleep(plan.idle_seconds)
    idle = Snapshot.of(host, plan.logins)
    stormed = await storm(fake, plan.logins, plan.away_seconds)
    say(f"all back {stormed.all_up_seconds:.1f} s after the storm")
    await first_debts(fake, lenders)
    killed = await _kills(plan, fake, lenders, host)
    say(f"{len(killed)} kills")
    began = perf_counter()
    await fake.counts(online=plan.logins, seconds=UP_SECONDS_MAX)
    up_seconds = perf_counter() - began
    rest_seconds = await rest(database, fake, lenders, plan.rest_seconds)
    say(f"at rest after {rest_seconds:.0f} s")
    after = Snapshot.of(host, plan.logins)
    found = await verify(database, fake, lenders)
    return Report(
        plan,
        link_seconds,
        idle,
        stormed,
        len(killed),
        after,
        up_seconds,
        rest_seconds,
        found,
    )


async def _kills(plan: Plan, fake: FakeWhatsApp, lenders: list[Lender], host: int) -> list[float]:
    dice = Random(f"{plan.seed}:traffic")  # noqa: S311  a run can be had again
    lot = Random(f"{plan.seed}:kills")  # noqa: S311
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(traffic(fake, lenders, plan.rate, dice, stop))
        killed = await kill_workers(host, lot, plan.seconds, plan.between)
        stop.set()
    return killed
