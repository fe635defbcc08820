"""Two hosts with linked phones, keys in PostgreSQL; one is killed, the other takes over.

`python -m tests.sessions_proof.takeover --logins 20`: prints the seconds of each round.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from time import perf_counter

from bukuhutang.store.scope import Connection, Database, connect
from tests.e2e.phones import running_fake
from tests.sessions_proof.host import HostPlan, running_host
from tests.sessions_proof.people import link_all
from tests.support.database import Server, running_server
from tests.support.neonize import store_folder

UP_SECONDS_MAX = 120.0
LOOK_SECONDS = 0.05
HEIR_SECONDS = 8.0
"""The heir has started, looked, and found nothing to take."""


async def takeover(server: Server, logins: int) -> float:
    """Seconds from `kill -9` of the owner until every login is connected at the heir."""
    dsn = server.service_dsn(server.fresh())
    keys = server.superuser_dsn(server.fresh())
    database = await connect(dsn)
    try:
        with store_folder() as folder:
            async with running_fake(folder / "fake") as fake:
                first, second = (
                    HostPlan(dsn, str(folder / one), fake.proxy_url, 10.0, keys, ("sessions",))
                    for one in ("one", "two")
                )
                async with running_host(first, folder / "log-one") as owner:
                    await link_all(database, fake, logins, 1)
                    await _until_all_at(database, owner.pid, logins)
                    async with running_host(second, folder / "log-two") as heir:
                        await asyncio.sleep(HEIR_SECONDS)
                        owner.kill()
                        killed = perf_counter()
                        await _until_all_at(database, heir.pid, logins)
                        return perf_counter() - killed
    finally:
        await database.close()


async def _until_all_at(database: Database, pid: int, logins: int) -> None:
    mine = f"{socket.gethostname()}:{pid}:%"
    async with asyncio.timeout(UP_SECONDS_MAX), database.courier() as db:
        # Another process writes it.
        while await _connected_at(db, mine) != logins:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)


async def _connected_at(db: Connection, owner: str) -> int:
    found: int = await db.fetchval(
        "select count(*) from wa_sessions where state = 'connected' and owner like $1", owner
    )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.sessions_proof.takeover")
    parser.add_argument("--logins", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    with running_server() as server:
        for _ in range(asked.rounds):
            took = asyncio.run(takeover(server, asked.logins))
            print(f"{asked.logins} logins: {took:.1f} s", flush=True)  # noqa: T201  its output


if __name__ == "__main__":
    main()
