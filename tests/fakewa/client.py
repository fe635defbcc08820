"""`FakeWhatsApp`: starts the fake in a process of its own and gives a test its people's thumbs."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakewa.shapes import (
    Act,
    Addressing,
    Content,
    Counts,
    Delivery,
    LinkedDevice,
    Receipts,
    Refusing,
    Shown,
)

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 60
WAIT_SECONDS = 20.0
# Above the longest answer: a few hundred messages.
LINE_BYTES_MAX = 16 * 1024 * 1024


class FakeWhatsAppError(Exception):
    """The fake could not do what the test asked."""


@dataclass(frozen=True)
class FakeWhatsApp:
    """A running fake. Everything that waits gives up after `seconds` and says what there is."""

    folder: Path
    proxy_port: int
    control_port: int
    ca_path: str
    noise_root: str

    @classmethod
    @asynccontextmanager
    async def start(cls, folder: Path) -> AsyncIterator[FakeWhatsApp]:
        """Run a fake with its files in `folder` until the end of the block."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.fakewa", "--folder", str(folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_SECONDS_MAX):
                ready = json.loads(await process.stdout.readline())
            yield cls(folder=folder, **ready)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    @property
    def proxy_url(self) -> str:
        """The proxy through which a client reaches this WhatsApp."""
        return f"http://127.0.0.1:{self.proxy_port}"

    async def _ask(self, do: str, **arguments: Any) -> Any:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.control_port, limit=LINE_BYTES_MAX
        )
        try:
            writer.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            answer = json.loads(await reader.readline())
        finally:
            writer.close()
            await writer.wait_closed()
        if "failed" in answer:
            raise FakeWhatsAppError(answer["failed"])
        return answer["told"]

    # --- people -----------------------------------------------------------------------------------

    async def phone(
        self,
        number: str,
        *,
        name: str | None = None,
        lid: str | None = None,
        on_whatsapp: bool = True,
    ) -> None:
        """Give the number a phone, or change it. Its LID is `9` and the number unless given.

        What was never named here, and never wrote, is not on WhatsApp; `""` is no LID.
        """
        await self._ask("phone", number=number, name=name, lid=lid, on_whatsapp=on_whatsapp)

    async def write(
        self,
        sender: str,
        receiver: str,
        content: Content | str,
        *,
        message_id: str | None = None,
        at: int | None = None,
        addressing: Addressing = Addressing.PN,
        group: str = "",
    ) -> str:
        """Write from one phone to another, or to itself; the message's id.

        `at` (seconds since 1970) replaces the time. With `group` (a `…@g.us` JID) it is a message
        in a group, which only the receiver's linked devices get.
        """
        words = Content(text=content) if isinstance(content, str) else content
        told: str = await self._ask(
            "write",
            sender=sender,
            receiver=receiver,
            content=words.as_json(),
            message_id=message_id,
            at=at,
            addressing=addressing,
            group=group,
        )
        return told

    async def again(self, message_id: str, *, fresh: bool = False) -> None:
        """Send the stanza once more to the devices that got it, byte for byte or sealed anew."""
        await self._ask("again", message_id=message_id, fresh=fresh)

    async def receipt(self, message_id: str, kind: Receipts = Receipts.DELIVERED) -> None:
        """The reader's phone reports a linked device's message as delivered or read."""
        await self._ask("receipt", message_id=message_id, kind=kind)

    async def messages(
        self,
        number: str,
        *,
        chat: str | None = None,
        after: int = 0,
        count: int = 1,
        seconds: float = WAIT_SECONDS,
    ) -> list[Shown]:
        """What the phone shows after its message `after`, once there are `count` of them."""
        told = await self._ask(
            "messages", number=number, chat=chat, after=after, count=count, seconds=seconds
        )
        return [Shown.of(one) for one in told]

    async def last(self, number: str) -> int:
        """The number of the phone's newest message, 0 when there is none: `after` for later."""
        shown = await self.messages(number, count=0)
        return shown[-1].number if shown else 0

    async def file(self, number: str, message_id: str) -> bytes:
        """The bytes of a document, picture or voice note that the phone received."""
        path = Path(await self._ask("file", number=number, message_id=message_id))
        return await asyncio.to_thread(path.read_bytes)

    # --- linking ----------------------------------------------------------------------------------

    async def scan(self, code: str, number: str, *, passkey: bool = False) -> str:
        """Scan a QR code with the phone; the JID of the device that is now linked.

        With `passkey` the service asks the device for one instead: nothing is linked, and the
        answer is empty.
        """
        told: str = await self._ask("scan", code=code, number=number, passkey=passkey)
        return told

    async def enter_pair_code(self, number: str, code: str) -> str:
        """Type the eight characters on the phone; the JID of the device that is now linked."""
        told: str = await self._ask("enter_pair_code", number=number, code=code)
        return told

    async def unlink(self, number: str) -> None:
        """Take all devices off the phone's list "Linked devices"."""
        await self._ask("unlink", number=number)

    async def linked(self, number: str) -> list[LinkedDevice]:
        """The phone's list "Linked devices"."""
        return [LinkedDevice.of(one) for one in await self._ask("linked", number=number)]

    async def online(
        self,
        number: str,
        online: bool = True,
        *,
        logins: int = 0,
        seconds: float = WAIT_SECONDS,
    ) -> bool:
        """Whether a linked device came online (in at least its `logins`th login), or went off."""
        told: bool = await self._ask(
            "online", number=number, online=online, logins=logins, seconds=seconds
        )
        return told

    # --- what linked devices did ------------------------------------------------------------------

    async def deliveries(
        self,
        message_id: str,
        *,
        acked: bool = True,
        receipt: str | None = None,
        seconds: float = WAIT_SECONDS,
    ) -> list[Delivery]:
        """What became of a phone's message at each device, once all acknowledged it."""
        told = await self._ask(
            "deliveries", message_id=message_id, acked=acked, receipt=receipt, seconds=seconds
        )
        return [Delivery.of(one) for one in told]

    async def acked(self, message_id: str, *, seconds: float = WAIT_SECONDS) -> bool:
        """Whether every device that was to get the message acknowledged it in time."""
        found = await self.deliveries(message_id, seconds=seconds)
        return bool(found) and all(one.acked for one in found)

    async def acts(
        self,
        number: str,
        kind: str | None = None,
        *,
        count: int = 0,
        seconds: float = WAIT_SECONDS,
    ) -> list[Act]:
        """What the number's linked devices let others see: `typing`, `presence`, `read`."""
        told = await self._ask("acts", number=number, kind=kind, count=count, seconds=seconds)
        return [Act.of(one) for one in told]

    async def counts(self, *, seconds: float = WAIT_SECONDS, **at_least: int) -> Counts:
        """Sums, once they are `at_least` so much, and the problems so far (rightly none)."""
        return Counts.of(await self._ask("counts", at_least=at_least, seconds=seconds))

    # --- trouble ----------------------------------------------------------------------------------

    async def mode(self, number: str = "", **changes: Any) -> None:
        """Change fields of `Mode` for one number's linked devices, or for everybody's."""
        await self._ask("mode", number=number, changes=changes)

    async def refuse(self, how: Refusing) -> None:
        """Turn new connections away, or stop doing so."""
        await self._ask("refuse", how=how)

    async def drop(self, number: str | None = None) -> None:
        """Break the lines of one number's linked devices, or all."""
        await self._ask("drop", number=number)

    async def stream_error(self, number: str, code: str = "", *, conflict: str = "") -> None:
        """End a number's connections with this code, or with a conflict such as `replaced`."""
        await self._ask("stream_error", number=number, code=code, conflict=conflict)
