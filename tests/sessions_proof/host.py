"""The real service in a process of its own, without the web, on the fake WhatsApp.

`python -m tests.sessions_proof.host JSON`: what `bukuhutang serve --driver neonize` wires, but the
workers are started through the fake's rig, which no setting of the product can ask for.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bukuhutang.main import logs
from bukuhutang.main.drivers import NEONIZE, DriverRequest
from bukuhutang.main.serve import Serve, serve
from tests.e2e.phones import WORKER_COMMAND

STOP_SECONDS_MAX = 30


@dataclass(frozen=True)
class HostPlan:
    """What one host is told."""

    dsn: str
    folder: str
    proxy_url: str
    send_seconds: float
    store_url: str | None = None
    roles: tuple[str, ...] = ("chat", "sessions", "clock")


@asynccontextmanager
async def running_host(plan: HostPlan, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Until the end of the block, in the environment of `tests.e2e.phones.running_fake`."""
    await asyncio.to_thread(log.parent.mkdir, parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.sessions_proof.host", json.dumps(asdict(plan))),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=errors,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS_MAX)
            except TimeoutError:
                process.kill()
                await process.wait()


def main() -> None:
    """Serve until SIGTERM."""
    told = json.loads(sys.argv[1])
    plan = HostPlan(**{**told, "roles": tuple(told["roles"])})
    logs.configure("json")
    request = Serve(
        data_folder=Path(plan.folder),
        host="127.0.0.1",
        port=0,
        roles=frozenset(plan.roles),
        driver=DriverRequest(
            NEONIZE,
            store_url=plan.store_url,
            proxy_url=plan.proxy_url,
            worker_command=WORKER_COMMAND,
            send_seconds=plan.send_seconds,
        ),
        dsn=plan.dsn,
        database_alive=lambda: True,
        database_ours_alone=False,
        admin_keys=("not-used-without-the-web-door",),
        show_key=False,
    )
    asyncio.run(serve(request, None))


if __name__ == "__main__":
    main()
