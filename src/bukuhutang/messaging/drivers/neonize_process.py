"""One worker process as the service sees it: started, asked, watched, ended."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from bukuhutang.base.clock import monotonic
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.driver import WorkerMeasure
from bukuhutang.messaging.drivers.neonize_frames import Channel, Frame, FrameBroken

HELLO_SECONDS = 30.0
REQUEST_SECONDS = 60.0
EXIT_SECONDS = 4.0
SILENT_SECONDS = 40.0
"""A worker reports its use every five seconds; one that says nothing for so long hangs."""

STORAGE_FAILED_EXIT = 75
"""How a worker ends that cannot store what came: the disk is full, or its database away."""

log = structlog.get_logger("whatsapp")


class WorkerGone(Exception):
    """The process ended before it answered."""


class WorkerFault(Exception):
    """The worker could not do what was asked: a defect, which it has logged."""


@dataclass(frozen=True)
class WorkerSetup:
    """How workers are started and what each is told first."""

    command: tuple[str, ...]
    hello: dict[str, Any]


@dataclass
class Use:
    """What a worker last said of itself."""

    memory: int = 0
    threads: int = 0
    descriptors: int = 0
    hook_calls: int = 0
    hook_seconds: float = 0.0
    hook_longest: float = 0.0


@dataclass(eq=False)
class WorkerProcess:
    """A child process and the logins in it."""

    name: str
    process: asyncio.subprocess.Process
    channel: Channel
    on_event: Callable[[WorkerProcess, Frame], Awaitable[bool]]
    on_death: Callable[[WorkerProcess], None]
    started: float = field(default_factory=monotonic)
    last_heard: float = field(default_factory=monotonic)
    tenants: set[TenantId] = field(default_factory=set)
    use: Use = field(default_factory=Use)
    shared: bool = False  # holds logins; otherwise it links one phone
    retiring: bool = False  # takes no more logins
    ending: bool = False  # its end is ours
    spread: float = 0.5  # 0 to 1, so that workers of one age do not all go at once
    hung: bool = False
    gone: bool = False
    empty_since: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(
        cls,
        name: str,
        setup: WorkerSetup,
        *,
        on_event: Callable[[WorkerProcess, Frame], Awaitable[bool]],
        on_death: Callable[[WorkerProcess], None],
    ) -> WorkerProcess:
        """Start a fresh interpreter and wait until it answers. Raises WorkerGone."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            process = await asyncio.create_subprocess_exec(
                *setup.command,
                str(theirs.fileno()),
                str(os.getpid()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,  # the library prints there
                env={**os.environ, "NEONIZE_BOT_TAG": "off"},
            )
        except OSError as problem:
            ours.close()
            raise WorkerGone(str(problem)) from problem
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = cls(name, process, Channel(reader, writer), on_event, on_death)
        worker._reading = asyncio.create_task(worker._read())
        try:
            await worker.request("hello", seconds=HELLO_SECONDS, **setup.hello)
        except (TimeoutError, WorkerFault, asyncio.CancelledError):
            worker.ending = True
            await worker.kill()
            raise
        return worker

    # --- asking -----------------------------------------------------------------------------------

    async def request(
        self, do: str, *, body: bytes = b"", seconds: float = REQUEST_SECONDS, **fields: Any
    ) -> Frame:
        """Ask and wait. Raises WorkerGone, WorkerFault, TimeoutError."""
        if self.gone:
            raise WorkerGone(self.name)
        number = next(self._numbers)
        waiting: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            async with asyncio.timeout(seconds):
                await self.channel.write({"id": number, "do": do, **fields}, body)
                answer = await waiting
        finally:
            self._waiting.pop(number, None)
        if "fault" in answer.header:
            raise WorkerFault(answer.header["fault"])
        return answer

    # --- listening --------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while (frame := await self.channel.read()) is not None:
                self.last_heard = monotonic()
                self._heard(frame)
        except (FrameBroken, KeyError, TypeError, ValueError) as problem:
            log.error("worker_speaks_nonsense", worker=self.name, reason=str(problem)[:80])
            self.hung = True
        self._end_process()
        self.channel.close()
        code = await self.process.wait()
        self.gone = True
        if not self.ending:
            log.error("worker_died", worker=self.name, exit=code, sessions=len(self.tenants))
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(WorkerGone(self.name))
        self.on_death(self)

    def _heard(self, frame: Frame) -> None:
        header = frame.header
        if "re" in header:
            waiting = self._waiting.get(header["re"])
            if waiting is not None and not waiting.done():
                waiting.set_result(frame)
        elif "event" in header:
            task = asyncio.create_task(self._event(frame))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif "measure" in header:
            names = Use.__dataclass_fields__
            self.use = Use(**{name: header[name] for name in names})
        else:
            raise FrameBroken("a frame that says nothing")

    async def _event(self, frame: Frame) -> None:
        ok = await self.on_event(self, frame)
        await self.channel.write({"ack": frame.header["event"], "ok": ok})

    # --- ending -----------------------------------------------------------------------------------

    @property
    def guilty(self) -> bool:
        """Whether something in it ended it: neither we, nor somebody with a kill from outside."""
        outside = self.process.returncode in (
            -signal.SIGKILL,
            -signal.SIGTERM,
            STORAGE_FAILED_EXIT,
        )
        return not self.ending and (self.hung or not outside)

    async def end(self) -> None:
        """Let it disconnect its logins and leave; it is killed when it does not."""
        self.ending = True
        with suppress(WorkerGone, WorkerFault, TimeoutError):
            await self.request("exit", seconds=EXIT_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """The process is gone when this returns."""
        self._end_process()
        await self.process.wait()
        if self._reading is not None:
            await asyncio.wait([self._reading])

    def _end_process(self) -> None:
        # Not `process.kill()`: it first collects a process that has ended already, and its exit
        # status, which tells a crash from a kill, would be lost to `wait`.
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)

    def measured(self) -> WorkerMeasure:
        """What it uses, as last reported."""
        return WorkerMeasure(
            self.name,
            len(self.tenants),
            self.use.memory,
            self.use.threads,
            self.use.descriptors,
        )
