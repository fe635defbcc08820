"""The numbers of the Cloud API that are in use: each watched, its state told when it changes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx
import structlog

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.cloud_errors import GATEWAY_CODES, Trouble, meaning_of
from bukuhutang.messaging.driver import (
    Banned,
    Connected,
    Disconnected,
    Event,
    LoggedOut,
    OnEvent,
)
from bukuhutang.messaging.drivers.cloud_graph import AnswerUnreadable, Graph, GraphRefused
from bukuhutang.tenancy.phone import read_phone

RETRY_SECONDS = 5.0
RETRY_SECONDS_MAX = 300.0
CANCEL_SECONDS = 1.0

log = structlog.get_logger("cloud")


@dataclass
class Line:
    """One tenant's number and what is known of it."""

    number: PhoneNumber
    phone_id: str | None
    watch: asyncio.Task[None] | None = None
    told: Event | None = None  # what was reported last
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Lines:
    """Every tenant's number that this process uses."""

    def __init__(self, graph: Graph, recheck_seconds: float) -> None:
        self._graph = graph
        self._recheck_seconds = recheck_seconds
        self._lines: dict[TenantId, Line] = {}
        self.on_event: OnEvent | None = None

    def add(self, tenant: TenantId, line: Line) -> None:
        """Make a number known; `remove` the one before first."""
        assert tenant not in self._lines
        self._lines[tenant] = line

    def phone_id(self, tenant: TenantId) -> str | None:
        """The tenant's phone id, or None."""
        line = self._lines.get(tenant)
        return None if line is None else line.phone_id

    def up(self, tenant: TenantId) -> str | None:
        """The tenant's phone id while messages can be sent from it."""
        line = self._lines.get(tenant)
        is_up = line is not None and isinstance(line.told, Connected)
        return self.phone_id(tenant) if is_up else None

    async def watch(self, tenant: TenantId) -> None:
        """Check the token and the number now, and again from time to time. Returns at once."""
        line = self._lines[tenant]
        await _end(line)
        line.told = None
        line.watch = asyncio.create_task(self._watch(tenant, line))

    async def remove(self, tenant: TenantId) -> None:
        """Use the number no longer."""
        line = self._lines.pop(tenant, None)
        if line is not None:
            await _end(line)

    async def remove_all(self) -> None:
        """Use none any longer."""
        for tenant in list(self._lines):
            await self.remove(tenant)

    async def _watch(self, tenant: TenantId, line: Line) -> None:
        wait = RETRY_SECONDS
        while self._lines.get(tenant) is line:
            event = await self._looked_at(line)
            await self._report(tenant, line, event)
            if isinstance(event, Disconnected):
                await asyncio.sleep(wait)
                wait = min(wait * 2, RETRY_SECONDS_MAX)
            else:
                await asyncio.sleep(self._recheck_seconds)
                wait = RETRY_SECONDS

    async def _looked_at(self, line: Line) -> Event:
        """The state of a number, as an event."""
        if line.phone_id is None:
            return LoggedOut("phone_id_missing")
        try:
            shown = await self._graph.number(line.phone_id)
        except GraphRefused as no:
            return state_after(no.code)
        except (httpx.HTTPError, AnswerUnreadable) as fault:
            return Disconnected(type(fault).__name__)
        # A phone id that was typed wrong would speak for another lender.
        spelled = shown if shown.startswith("+") else f"+{shown}"
        return (
            Connected() if read_phone(spelled) == line.number else LoggedOut("phone_id_of_another")
        )

    async def cut_off(self, tenant: TenantId, code: int) -> None:
        """A send was refused for what concerns more than the one message: say so at once."""
        line = self._lines.get(tenant)
        if line is not None:
            await self._report(tenant, line, state_after(code))

    async def cut_off_all(self, code: int) -> None:
        """The one token of all numbers is refused."""
        for tenant in list(self._lines):
            if self.up(tenant) is not None:
                await self.cut_off(tenant, code)

    async def _report(self, tenant: TenantId, line: Line, event: Event) -> None:
        assert self.on_event is not None
        async with line.lock:
            if line.told != event:
                line.told = event
                await self.on_event(tenant, event)


async def _end(line: Line) -> None:
    if line.watch is None:
        return
    while not line.watch.done():
        # More than once: before Python 3.12 a library's wait_for may lose a cancellation.
        line.watch.cancel()
        await asyncio.wait([line.watch], timeout=CANCEL_SECONDS)
    if not line.watch.cancelled() and (fault := line.watch.exception()) is not None:
        log.error("watch_failed", problem=type(fault).__name__)
    line.watch = None


def state_after(code: int) -> Event:
    """What an error code says of the number itself."""
    meaning = meaning_of(code)
    if meaning.trouble is Trouble.BANNED:
        return Banned(meaning.reason)
    if meaning.trouble in (Trouble.TOKEN, Trouble.NUMBER):
        return LoggedOut(meaning.reason)
    if meaning.retry or code in GATEWAY_CODES:
        return Disconnected(meaning.reason)
    return LoggedOut("phone_id_unknown")  # 100: it does not exist, or is not this app's
