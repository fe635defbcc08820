"""A worker process without WhatsApp: it speaks the same frames and does what its folder says.

`FOLDER/TENANT/does` says what happens when this login starts, sends or is linked.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from bukuhutang.messaging.drivers.neonize_frames import Channel

USE = {
    "measure": True,
    "memory": 1,
    "threads": 2,
    "descriptors": 3,
    "hook_calls": 0,
    "hook_seconds": 0.0,
    "hook_longest": 0.0,
}


class FakeWorker:
    """Answers requests; every login that starts is connected at once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._folder = Path(".")
        self._told = 0
        self._is_slow_to_leave = False

    async def run(self) -> None:
        """Until the parent is gone."""
        while (frame := await self._channel.read()) is not None:
            fields = frame.header
            if "ack" not in fields:
                await self._do(fields)

    async def _do(self, fields: dict[str, Any]) -> None:
        do, answer = fields["do"], {"re": fields["id"]}
        if do == "hello":
            self._folder = Path(fields["folder"])
            await self._channel.write(USE)
        elif do == "start":
            self._misbehave(fields["tenant"], "start")
            await self._tell(fields["tenant"], kind="connected")
        elif do == "send":
            self._misbehave(fields["tenant"], "send")
            answer |= {"outcome": "accepted", "provider_id": fields["ref"]}
        elif do == "stop" and self._does(fields["tenant"]) == "stop-never":
            return
        elif do == "pair":
            await self._pair(fields["tenant"])
        elif do == "exit" and self._is_slow_to_leave:
            await asyncio.sleep(0.3)
        await self._channel.write(answer)

    async def _pair(self, tenant: int) -> None:
        await self._tell(tenant, kind="qr", code="2@code", seconds=60)
        if self._does(tenant) == "fail pair":
            self._is_slow_to_leave = True
            await self._tell(tenant, kind="pairing_failed", reason="passkey")

    def _does(self, tenant: int) -> str:
        path = self._folder / str(tenant) / "does"
        return path.read_text() if path.exists() else ""

    def _misbehave(self, tenant: int, when: str) -> None:
        match self._does(tenant).split():
            case ["panic", moment] if moment == when:
                os._exit(134)
            case ["killed", moment] if moment == when:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["garbage", moment] if moment == when:
                os.write(int(sys.argv[1]), b"\xff" * 64)
            case ["hang", moment] if moment == when:
                time.sleep(3600)

    async def _tell(self, tenant: int, **fields: Any) -> None:
        self._told += 1
        await self._channel.write({"event": self._told, "tenant": tenant, **fields})


async def main() -> None:
    """Serve the parent at the other end of the socket."""
    sock = socket.socket(fileno=int(sys.argv[1]))
    sock.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=sock)
    await FakeWorker(Channel(reader, writer)).run()


if __name__ == "__main__":
    asyncio.run(main())
