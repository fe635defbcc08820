"""What WhatsApp told us may not be lost to a restart of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bukuhutang.base.errors import TransientFault

RETRY_SECONDS = 0.5

log = structlog.get_logger("sessions")


async def insist(act: Callable[[], Awaitable[None]]) -> None:
    """Do it as soon as the database lets us; anything but its absence is raised."""
    while True:
        try:
            await act()
        except TransientFault as fault:
            log.warning("database_away", reason=str(fault))
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
