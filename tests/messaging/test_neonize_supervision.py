"""Worker processes die, hang and talk nonsense; their logins go on elsewhere, the others at once.

The driver is the real one; the workers are `fake_worker`, which needs no WhatsApp.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bukuhutang.base.clock import SystemClock
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers.neonize import NeonizeDriver
from bukuhutang.messaging.drivers.neonize_backoff import DEATHS_MAX
from bukuhutang.messaging.drivers.neonize_fleet import FleetSetup

COMMAND = (sys.executable, "-m", "tests.messaging.fake_worker")
WAIT_SECONDS = 20
BUDI = ChatId("6281222222222")


@dataclass
class Rig:
    """A driver with fake workers, and everything it told."""

    folder: Path
    driver: NeonizeDriver
    heard: list[tuple[TenantId, wa.Event]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_event(self, tenant: TenantId, event: wa.Event) -> None:
        """The driver reports here."""
        self.heard.append((tenant, event))
        self.changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is true that an event or a process brings about."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not holds():
                self.changed.clear()
                # Processes come and go without an event.
                try:
                    await asyncio.wait_for(self.changed.wait(), 0.02)
                except TimeoutError:
                    continue

    def count(self, tenant: TenantId, kind: type[wa.Event]) -> int:
        """How often this was told of a login."""
        return sum(one == tenant and isinstance(event, kind) for one, event in self.heard)

    def does(self, tenant: TenantId, what: str) -> None:
        """How the worker misbehaves with this login from now on."""
        (self.folder / str(tenant)).mkdir(parents=True, exist_ok=True)
        (self.folder / str(tenant) / "does").write_text(what)

    async def start(self, *numbers: int) -> list[TenantId]:
        """Logins, connected one after the other."""
        tenants = [TenantId(one) for one in numbers]
        for tenant in tenants:
            await self.driver.create_session(tenant, PhoneNumber(f"62811000{tenant:04}"))
            await self.driver.start(tenant)
            await self.until(lambda one=tenant: self.count(one, wa.Connected) > 0)  # type: ignore[misc]
        return tenants

    def pids(self) -> list[int]:
        """The workers alive."""
        return [one.process.pid for one in self.driver.workers]


@pytest.fixture
def setup(tmp_path: Path) -> FleetSetup:
    """Three logins a worker, and a caretaker that looks often."""
    return FleetSetup(
        folder=tmp_path / "logins",
        command=COMMAND,
        sessions_per_worker=3,
        look_seconds=0.05,
        send_seconds=1.0,
    )


@pytest.fixture
async def rig(setup: FleetSetup) -> AsyncIterator[Rig]:
    """A driver that is open."""
    opened = Rig(setup.folder, NeonizeDriver(setup, SystemClock(), lambda: 0.0))
    await opened.driver.open(opened.on_event)
    try:
        yield opened
    finally:
        await opened.driver.aclose()
    assert opened.pids() == []


async def send(rig: Rig, tenant: TenantId) -> wa.Outcome:
    """Send one text."""
    return await rig.driver.send_text(tenant, BUDI, "halo", client_ref="r1")


async def test_logins_share_workers_and_one_that_dies_troubles_nobody_else(rig: Rig) -> None:
    first, *_, fourth = await rig.start(1, 2, 3, 4)
    assert [len(one.tenants) for one in rig.driver.workers] == [3, 1]
    os.kill(rig.pids()[0], signal.SIGKILL)
    await rig.until(lambda: all(rig.count(TenantId(one), wa.Connected) == 2 for one in (1, 2, 3)))
    assert rig.count(first, wa.Disconnected) == 1
    assert [event for one, event in rig.heard if one == fourth] == [wa.Connected()]
    assert await send(rig, first) == wa.Accepted("r1")


async def test_a_login_that_kills_its_process_is_soon_alone_and_finally_left_alone(
    rig: Rig,
) -> None:
    rig.does(TenantId(2), "panic start")
    for number in (1, 3):
        await rig.start(number)
    await rig.driver.create_session(TenantId(2), PhoneNumber("628110000002"))
    await rig.driver.start(TenantId(2))
    given_up = (TenantId(2), wa.Disconnected("worker_crashes"))
    await rig.until(lambda: given_up in rig.heard)
    assert rig.count(TenantId(2), wa.Connected) == 0
    assert rig.count(TenantId(2), wa.Disconnected) == DEATHS_MAX
    # The others met it once or twice, then no more.
    await rig.until(lambda: all(await_up(rig, TenantId(one)) for one in (1, 3)))
    for number in (1, 3):
        assert rig.count(TenantId(number), wa.Disconnected) <= 2
        assert await send(rig, TenantId(number)) == wa.Accepted("r1")


def await_up(rig: Rig, tenant: TenantId) -> bool:
    """Whether the last thing heard of a login is that it is connected."""
    return [event for one, event in rig.heard if one == tenant][-1] == wa.Connected()


@pytest.mark.parametrize("how", ["panic send", "killed send", "garbage send"])
async def test_a_message_under_way_in_a_process_that_dies_is_not_sent_blindly(
    rig: Rig, how: str
) -> None:
    [tenant] = await rig.start(1)
    rig.does(tenant, how)
    # The store holds no mark of it: it was never handed over.
    assert await send(rig, tenant) == wa.Rejected("worker_died", retry=True)
    rig.does(tenant, "")
    await rig.until(lambda: rig.count(tenant, wa.Connected) == 2)
    assert await send(rig, tenant) == wa.Accepted("r1")


async def test_a_worker_that_hangs_is_ended_and_its_logins_go_on(setup: FleetSetup) -> None:
    impatient = replace(setup, silent_seconds=1.0)
    rig = Rig(setup.folder, NeonizeDriver(impatient, SystemClock(), lambda: 0.0))
    await rig.driver.open(rig.on_event)
    [tenant] = await rig.start(1)
    rig.does(tenant, "hang send")
    asked = asyncio.create_task(send(rig, tenant))
    await rig.until(lambda: rig.count(tenant, wa.Disconnected) >= 1)
    assert await asked == wa.Rejected("worker_died", retry=True)
    rig.does(tenant, "")
    await rig.until(lambda: rig.count(tenant, wa.Connected) >= 2)
    await rig.driver.aclose()


async def test_stopping_is_certain_even_when_the_worker_does_not_answer(rig: Rig) -> None:
    [tenant, other] = await rig.start(1, 2)
    await rig.driver.stop(tenant)
    assert await send(rig, tenant) == wa.Rejected("not_connected", retry=True)
    assert await send(rig, other) == wa.Accepted("r1")
    assert await rig.driver.send_text(TenantId(99), BUDI, "halo", client_ref="r") == wa.Rejected(
        "not_connected", retry=True
    )


async def test_workers_are_recycled_by_moving_their_logins(setup: FleetSetup) -> None:
    old = replace(setup, descriptors_max=2)  # the fake reports three
    rig = Rig(setup.folder, NeonizeDriver(old, SystemClock(), lambda: 0.0))
    await rig.driver.open(rig.on_event)
    [tenant] = await rig.start(1)
    await rig.until(lambda: rig.count(tenant, wa.Connected) >= 2)
    assert rig.count(tenant, wa.Disconnected) == 0, "a move is no accident"
    await rig.driver.aclose()


async def test_a_login_that_dies_while_linking_is_told_as_a_failure(rig: Rig) -> None:
    tenant = TenantId(5)
    await rig.driver.create_session(tenant, PhoneNumber("6281100005"))
    await rig.driver.start_pairing(tenant, "qr")
    await rig.until(lambda: rig.count(tenant, wa.QrShown) == 1)
    os.kill(rig.pids()[0], signal.SIGKILL)
    await rig.until(lambda: rig.count(tenant, wa.PairingFailed) == 1)


async def test_a_code_asked_for_at_once_after_a_failure_is_shown(setup: FleetSetup) -> None:
    """The process of the failed attempt may take its time to leave."""
    # The lot makes every attempt wait before it starts a process.
    rig = Rig(setup.folder, NeonizeDriver(setup, SystemClock(), lambda: 1.0))
    await rig.driver.open(rig.on_event)
    tenant = TenantId(5)
    try:
        rig.does(tenant, "fail pair")
        await rig.driver.create_session(tenant, PhoneNumber("6281100005"))
        await rig.driver.start_pairing(tenant, "qr")
        await rig.until(lambda: rig.count(tenant, wa.PairingFailed) == 1)
        rig.does(tenant, "")
        await asyncio.sleep(0.1)  # that process was told to leave, and has not left
        await rig.driver.start_pairing(tenant, "qr")
        await rig.until(lambda: rig.count(tenant, wa.QrShown) == 2)
        assert rig.count(tenant, wa.PairingFailed) == 1
    finally:
        await rig.driver.aclose()


async def test_what_the_workers_use_is_told(rig: Rig) -> None:
    await rig.start(1, 2)
    await rig.until(lambda: rig.driver.measures()[0].memory_bytes == 1)
    [measure] = rig.driver.measures()
    assert (measure.sessions, measure.threads, measure.descriptors) == (2, 2, 3)


async def test_an_event_that_is_refused_is_told_again_by_its_worker(rig: Rig) -> None:
    refused: list[Any] = []

    async def refuse(tenant: TenantId, event: wa.Event) -> None:
        refused.append(event)
        raise RuntimeError("not now")

    await rig.driver.aclose()
    await rig.driver.open(refuse)
    await rig.driver.create_session(TenantId(1), PhoneNumber("6281100001"))
    await rig.driver.start(TenantId(1))
    await rig.until(lambda: len(refused) >= 1)
    # The fake does not repeat; what counts is that the driver lives on.
    assert await send(rig, TenantId(1)) == wa.Accepted("r1")


async def test_a_worker_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from bukuhutang.base.clock import SystemClock\n"
        "from bukuhutang.messaging.drivers.neonize import NeonizeDriver\n"
        "from bukuhutang.messaging.drivers.neonize_fleet import FleetSetup\n"
        "async def main():\n"
        "    setup = FleetSetup(folder=Path(sys.argv[1]), command=tuple(sys.argv[2:]))\n"
        "    driver = NeonizeDriver(setup, SystemClock(), lambda: 0.0)\n"
        "    async def on_event(tenant, event): print(driver.workers[0].process.pid, flush=True)\n"
        "    await driver.open(on_event)\n"
        "    await driver.create_session(1, '62811')\n"
        "    await driver.start(1)\n"
        "    await asyncio.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, str(tmp_path), *COMMAND),
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    worker = int(await asyncio.wait_for(parent.stdout.readline(), WAIT_SECONDS))
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(WAIT_SECONDS):
        # A process of somebody else's has no event.
        while _alive(worker):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        # A zombie has an empty command line.
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False
