"""A process that owns logins, with the service's own manager and a driver that only connects.

`python -m bench.takeover_worker DSN`: runs until it is killed. The simulator cannot be shared by
two processes, so this driver stands in for a WhatsApp that answers after a while.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import sys

import structlog

from bukuhutang.base.clock import SystemClock
from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.entrypoints.sessions.ports import DatabasePorts
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.store.scope import connect
from tests.messaging.scripted import ScriptedDriver

CONNECT_SECONDS = 1.0
"""A login at WhatsApp takes about that long."""


class SlowDriver(ScriptedDriver):
    """Every login is linked, and comes up a second after it was started."""

    async def is_linked(self, tenant: TenantId) -> bool:
        """They all are."""
        return True

    async def start(self, tenant: TenantId) -> None:
        """Returns at once; the event follows."""
        asyncio.get_running_loop().call_later(CONNECT_SECONDS, self._connected, tenant)

    def _connected(self, tenant: TenantId) -> None:
        if self.on_event is not None:
            self.task = asyncio.ensure_future(self._tell(self.on_event, tenant))

    async def _tell(self, on_event: wa.OnEvent, tenant: TenantId) -> None:
        await on_event(tenant, wa.Connected())


async def no_file(tenant_id: TenantId, document: wa.Document, bytes_max: int) -> wa.Fetched:
    """No phone sends files here."""
    return None


async def main(dsn: str) -> None:
    """Own what can be owned."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    database, clock = await connect(dsn), SystemClock()
    ports = DatabasePorts(
        database,
        clock,
        Outcomes(database, own_message_ids=lambda _: False),
        after=lambda: None,
        fetch=no_file,
    )
    sessions = SessionManager(SlowDriver(), ports, clock, f"pid:{os.getpid()}", random.random)
    await sessions.run()


asyncio.run(main(sys.argv[1]))
