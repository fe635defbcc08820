"""In a worker: what WhatsApp said is kept first, then told to the service, in order, until it
has said that it is dealt with."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from google.protobuf.message import DecodeError

from bukuhutang.base.clock import monotonic
from bukuhutang.messaging.drivers.neonize_gate import Gate
from bukuhutang.messaging.drivers.neonize_process import STORAGE_FAILED_EXIT
from bukuhutang.messaging.drivers.neonize_rows import LoginRows
from bukuhutang.messaging.drivers.neonize_wire import Reported

MESSAGE = 17
RECEIPT = 18
UNREADABLE = 44
KEPT_CODES = frozenset({MESSAGE, RECEIPT})
"""Events that are stored before WhatsApp is told that we have them; numbers of neonize."""

PAGE = 50
STATES_MAX = 256
ATTEMPTS_MAX = 20
RETRY_FIRST_SECONDS = 0.2
RETRY_LONGEST_SECONDS = 30.0
SPOOL_RETRY_SECONDS = 2.0

Tell = Callable[[Reported], Awaitable[bool]]
"""Gives one event to the service; True when it is durably dealt with there."""

Translate = Callable[[int, bytes], Awaitable[Reported | None]]
"""Reads a raw event; None when it is nothing for us. Raises DecodeError."""

log = structlog.get_logger("whatsapp")


@dataclass
class HookMeasure:
    """How long WhatsApp's own threads were held up; seconds."""

    calls: int = 0
    total: float = 0.0
    longest: float = 0.0

    def note(self, seconds: float) -> None:
        """One call more."""
        self.calls += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)


class Intake:
    """What is called on WhatsApp's own threads, before the acknowledgement leaves."""

    def __init__(
        self,
        rows: LoginRows,
        loop: asyncio.AbstractEventLoop,
        *,
        gate: Gate,
        on_kept: Callable[[], None],
        on_state: Callable[[int, bytes], None],
    ) -> None:
        self._gate = gate
        self._rows = rows
        self._loop = loop
        self._on_kept = on_kept
        self._on_state = on_state
        self.measure = HookMeasure()
        self.closed = False

    def take(self, code: int, raw: bytes) -> None:
        """Returns when a message or receipt is on the disk; other events go straight on.

        What cannot be stored must not be acknowledged, and only the end of this process prevents
        that: WhatsApp then delivers it again.
        """
        if code == UNREADABLE:
            self._gate.unreadable()
        if code not in KEPT_CODES:
            self._loop.call_soon_threadsafe(self._on_state, code, raw)
            return
        if self.closed:
            # The connection it came through has ended, and its acknowledgement was held back.
            log.error("event_after_the_end", code=code)
            return
        began = monotonic()
        self._gate.enter()
        try:
            self._rows.keep(code, raw)
        except BaseException as problem:  # noqa: BLE001  nothing may pass: see above
            log.error("event_not_stored", reason=type(problem).__name__, exit=STORAGE_FAILED_EXIT)
            sys.stderr.flush()
            os._exit(STORAGE_FAILED_EXIT)
        self._gate.leave()
        self.measure.note(monotonic() - began)
        self._loop.call_soon_threadsafe(self._on_kept)


class Reporter:
    """Tells the service of one login's events, one after the other."""

    def __init__(self, rows: LoginRows, translate: Translate, tell: Tell) -> None:
        self._rows = rows
        self._translate = translate
        self._tell = tell
        self._states: deque[Reported] = deque(maxlen=STATES_MAX)
        self._wake = asyncio.Event()
        self._wake.set()  # rows of an earlier process may wait
        self._idle = asyncio.Event()
        self.dropped = 0
        self.apart = 0

    def wake(self) -> None:
        """Something was kept."""
        self._idle.clear()
        self._wake.set()

    def state(self, reported: Reported) -> None:
        """Tell this after everything that is kept now."""
        if len(self._states) == STATES_MAX:
            self.dropped += 1
            log.error("states_dropped", total=self.dropped)
        self._states.append(reported)
        self.wake()

    async def drained(self) -> None:
        """Returns when everything known so far was told."""
        await self._idle.wait()

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            if not self._wake.is_set():
                self._idle.set()
            await self._wake.wait()
            self._wake.clear()
            try:
                while await self._page():
                    pass
            except OSError as problem:
                # The disk or the database is away; what waits is told when it is back.
                log.warning("spool_unreadable", reason=str(problem))
                await asyncio.sleep(SPOOL_RETRY_SECONDS)
                self._wake.set()
                continue
            while self._states:
                await self._insist(self._states[0])
                self._states.popleft()

    async def _page(self) -> bool:
        page = self._rows.waiting(PAGE)
        for number, code, raw, attempts in page:
            await self._one(number, code, raw, attempts)
        return bool(page)

    async def _one(self, number: int, code: int, raw: bytes, attempts: int) -> None:
        try:
            reported = await self._translate(code, raw)
        except (DecodeError, ValueError, KeyError, TypeError, AttributeError) as problem:
            # A defect of ours in reading one message must not stop those behind it.
            self._set_apart(number, f"unreadable: {type(problem).__name__}")
            return
        if reported is not None:
            while not await self._tell(reported):
                attempts += 1
                self._rows.attempted(number)
                if attempts >= ATTEMPTS_MAX:
                    self._set_apart(number, "the service could not deal with it")
                    return
                await asyncio.sleep(retry_seconds(attempts))
        self._rows.done(number)

    async def _insist(self, reported: Reported) -> None:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            if await self._tell(reported):
                return
            await asyncio.sleep(retry_seconds(attempt))
        self.dropped += 1
        log.error("state_not_told", state=reported.fields["kind"], total=self.dropped)

    def _set_apart(self, number: int, reason: str) -> None:
        self.apart += 1
        log.error("event_set_apart", reason=reason, total=self.apart)
        self._rows.set_apart(number, reason)


def retry_seconds(attempts: int) -> float:
    """How long to wait after this many failures in a row."""
    return float(min(RETRY_LONGEST_SECONDS, RETRY_FIRST_SECONDS * 2 ** min(attempts, 20)))
