"""The test's end of `neonize_child`: a real linked device in a process that can be killed."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakewa import rig
from tests.fakewa.client import ROOT, FakeWhatsApp

WAIT_SECONDS = 20.0
FREEZE_SECONDS = 5.0
# A 16 MiB document in Base64 fits.
LINE_BYTES_MAX = 64 * 1024 * 1024
Event = dict[str, Any]


class ChildError(Exception):
    """The library raised, with this text."""


@dataclass
class LinkedChild:
    """Commands go in, events are kept until a test asks for them."""

    process: asyncio.subprocess.Process
    heard: list[Event] = field(default_factory=list)
    _asked: dict[int, asyncio.Future[Event]] = field(default_factory=dict)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @classmethod
    @asynccontextmanager
    async def start(cls, fake: FakeWhatsApp, store: Path) -> AsyncIterator[LinkedChild]:
        """Run neonize with this store until the end of the block; then it is killed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.fakewa.rig", "tests.fakewa.neonize_child", str(store), fake.proxy_url),
            env=rig.environment(fake),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LINE_BYTES_MAX,
        )
        child = cls(process)
        listening = asyncio.create_task(child._listen())
        try:
            yield child
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await listening

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if not line.startswith(b"{"):
                continue  # the library prints, too
            event = json.loads(line)
            if event["event"] in ("done", "failed"):
                self._asked.pop(event["ref"]).set_result(event)
                continue
            async with self._news:
                self.heard.append(event)
                self._news.notify_all()

    async def ask(self, do: str, *arguments: Any, seconds: float = WAIT_SECONDS) -> Any:
        """What the command answers. Raises ChildError, TimeoutError."""
        assert self.process.stdin is not None
        answer: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        reference = id(answer)
        self._asked[reference] = answer
        command = {"ref": reference, "do": do, "arguments": arguments}
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(seconds):
            # The answer may still come: it must find its place.
            event = await asyncio.shield(answer)
        if event["event"] == "failed":
            raise ChildError(event["error"])
        return event["told"]

    async def expect(
        self,
        name: str,
        where: Callable[[Event], bool] = lambda _: True,
        *,
        seconds: float = WAIT_SECONDS,
    ) -> Event:
        """Take the first event of this name that fits. Raises TimeoutError."""
        async with asyncio.timeout(seconds), self._news:
            while True:
                for event in self.heard:
                    if event["event"] == name and where(event):
                        self.heard.remove(event)
                        body: Event = event.get("body", event)
                        return body
                await self._news.wait()

    async def message(self, message_id: str) -> Event:
        """The message with this id, as the library hands it to the product."""
        return await self.expect("Message", lambda one: one["body"]["Info"]["ID"] == message_id)

    async def link(self, fake: FakeWhatsApp, number: str) -> None:
        """Connect and be scanned by this number's phone."""
        await self.ask("connect")
        code = (await self.expect("QR"))["code"]
        await fake.scan(code, number)
        await self.expect("Connected")

    def freeze(self) -> None:
        """Stop the process without ending it: its connection stays, nothing is read.

        Returns when every thread stands still: on a busy machine one may run on for a moment.
        """
        self.process.send_signal(signal.SIGSTOP)
        gives_up = time.monotonic() + FREEZE_SECONDS
        while not self._stands_still():
            assert time.monotonic() < gives_up, "the process does not stop"
            time.sleep(0.01)

    def _stands_still(self) -> bool:
        states = [
            path.read_text().rpartition(")")[2].split()[0]
            for path in Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        ]
        return set(states) == {"T"}
