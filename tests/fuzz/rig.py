"""The web door on a port, in a thread of its own, with two tenants behind it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from limits import RateLimitItemPerMinute

from bukuhutang.base.clock import SystemClock
from bukuhutang.entrypoints.web.app import WebDeps, build_app
from bukuhutang.entrypoints.web.attempts import FailedAttempts
from tests.isolation.two import THEIRS, Pair, leaks, open_pair
from tests.store.ground import fresh_ground
from tests.support.database import Server
from tests.web.rig import KEY

STARTED_SECONDS_MAX = 60
API = "/api/"


@dataclass
class Target:
    """Where requests go, what is declared of them, and what proves who calls."""

    address: str
    document: dict[str, Any]
    tenant_key: str
    theirs: str  # everything of the other tenant at the beginning
    pair: Pair

    def headers_for(self, path: str) -> dict[str, str]:
        """The operator's key, under the tenant API one of the tenant's."""
        if path.startswith(API):
            return {"Authorization": f"Bearer {self.tenant_key}"}
        return {"X-API-Key": KEY}

    def leaked(self, path: str, said: str, given: str) -> list[str]:
        """What a program of one tenant was told of the other."""
        own = f"{given} {THEIRS.debtor}"
        return leaks(said, given=own) if path.startswith(API) else []

    def rows_of_theirs(self) -> str:
        """Every row of the other tenant's book, as text."""
        tables = ("debts", "payments", "borrowers", "loan_agreements", "api_keys", "reminders")
        rows = self.pair.rows(self.pair.theirs)
        return str({table: rows[table] for table in tables})


@contextmanager
def running_target(server: Server) -> Iterator[Target]:
    """Serve until the end of the block."""
    ready: list[Target] = []
    is_ready, is_over = threading.Event(), threading.Event()

    async def live() -> None:
        async with fresh_ground(server) as ground:
            pair = await open_pair(ground)
            await ground.tamper("update tenants set plan = 'enterprise'")

            async def wake() -> None:
                """Nobody sleeps here."""

            deps = WebDeps(
                ground.database,
                SystemClock(),
                (KEY,),
                wake,
                attempts=FailedAttempts(RateLimitItemPerMinute(1_000_000)),
                link_attempts=FailedAttempts(RateLimitItemPerMinute(1_000_000)),
                qr_wait_seconds=0.0,
            )
            app = build_app(deps)
            with socket.create_server(("127.0.0.1", 0)) as listening:
                config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
                web = uvicorn.Server(config)
                serving = asyncio.create_task(web.serve(sockets=[listening]))
                address = f"http://127.0.0.1:{listening.getsockname()[1]}"
                target = Target(address, app.openapi(), pair.mine.key, "", pair)
                target.theirs = target.rows_of_theirs()
                ready.append(target)
                is_ready.set()
                await asyncio.to_thread(is_over.wait)
                web.should_exit = True
                await serving
            pair.db.close()

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        assert is_ready.wait(STARTED_SECONDS_MAX), "the web door did not start"
        yield ready[0]
    finally:
        is_over.set()
        thread.join()
