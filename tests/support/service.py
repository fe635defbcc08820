"""The real service as a child process, for tests that come from outside."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

KEY = "only-for-tests-0123456789abcdef"
READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 15
LOG_CHARACTERS_SHOWN = 4000


@dataclass
class RunningService:
    """`bukuhutang serve` on a port of its own; `restart` keeps folder and port."""

    folder: Path
    address: str
    process: asyncio.subprocess.Process
    key: str = KEY

    def http(self) -> httpx.AsyncClient:
        """A client that carries the operator's key."""
        return httpx.AsyncClient(
            base_url=self.address, headers={"X-API-Key": self.key}, timeout=READY_SECONDS_MAX
        )

    async def stop(self) -> None:
        """SIGTERM, and wait; it must leave by itself."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS_MAX)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise AssertionError(f"the service did not stop:\n{_log_end(self.folder)}") from None

    async def start_again(self) -> None:
        """After `stop`: the same folder and port."""
        await self.spawn_again()
        await self.ready()

    async def spawn_again(self) -> None:
        """Only the first half of `start_again`: the process runs, `ready` is not awaited."""
        port = urlsplit(self.address).port
        assert port is not None
        self.process = await _spawned(self.folder, port)

    async def ready(self) -> None:
        """The second half: wait for `ready`."""
        self.address = await _ready(self.process, self.folder)


@asynccontextmanager
async def running_service(port: int = 0) -> AsyncIterator[RunningService]:
    """Start with an empty data folder, wait for `ready`, stop by SIGTERM at the end."""
    # Not pytest's folder: its long path does not fit into a socket's address.
    with tempfile.TemporaryDirectory(prefix="bh-serve-") as name:
        folder = Path(name)
        process = await _spawned(folder, port)
        address = await _ready(process, folder)
        service = RunningService(folder, address, process)
        try:
            yield service
        finally:
            await service.stop()


async def _spawned(folder: Path, port: int) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["SUPER_ADMIN_API_KEY"] = KEY
    data_folder = folder / "data"
    with (folder / "log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bukuhutang.main", "serve"),
            *("--data", str(data_folder), "--port", str(port)),
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )


async def _ready(process: asyncio.subprocess.Process, folder: Path) -> str:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_SECONDS_MAX)
    except TimeoutError:
        line = b""
    word, _, address = line.decode().strip().partition(" ")
    if word != "ready":
        if process.returncode is None:
            process.kill()
        await process.wait()
        raise AssertionError(f"the service did not start: {line!r}\n{_log_end(folder)}")
    return address


def _log_end(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-LOG_CHARACTERS_SHOWN:]
