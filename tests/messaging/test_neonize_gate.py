"""The gate of a linked device: nothing leaves before what came in is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bukuhutang.base.clock import monotonic
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.drivers.neonize_gate import (
    STORED_SECONDS,
    UNREADABLE_SECONDS,
    Gate,
    GatedProxy,
    Upstream,
)
from bukuhutang.messaging.drivers.neonize_report import UNREADABLE, Intake
from bukuhutang.messaging.drivers.neonize_store import StorePlace


async def test_the_gate_opens_when_nothing_is_being_stored() -> None:
    gate = Gate(quiet_seconds=0.03)
    began = monotonic()
    await gate.passed(began)
    assert monotonic() - began >= 0.03
    gate.enter()
    waiting = asyncio.create_task(gate.passed(monotonic()))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    gate.leave()
    left = monotonic()
    await waiting
    assert monotonic() - left >= 0.03


async def test_time_in_which_the_machine_stands_still_is_no_quiet_time() -> None:
    gate = Gate(quiet_seconds=0.03)
    waiting = asyncio.create_task(gate.passed(monotonic()))
    await asyncio.sleep(0)
    time.sleep(0.1)  # noqa: ASYNC251  nobody has a turn
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    await waiting


@dataclass
class HeldLine:
    """A login's way through the proxy, and what of it arrived at the other end."""

    gate: Gate
    way: Upstream
    arrived: asyncio.Queue[bytes]
    quiet: float
    hold: float

    async def open(self, host: str, password: str) -> tuple[bytes, asyncio.StreamWriter]:
        """The proxy's answer, and where the library writes."""
        reader, writer = await asyncio.open_connection(self.way.host, self.way.port)
        head = f"CONNECT {host}:443 HTTP/1.1\r\nProxy-Authorization: Basic {password}\r\n\r\n"
        writer.write(head.encode())
        return await reader.readuntil(b"\r\n\r\n"), writer

    async def logged_in(self) -> asyncio.StreamWriter:
        """Where the library writes to WhatsApp."""
        assert self.way.authorization is not None
        answer, writer = await self.open("web.whatsapp.com", self.way.authorization)
        assert b"200" in answer
        return writer


@pytest.fixture
async def line() -> AsyncIterator[HeldLine]:
    """Behind the proxy is another, as operators have them, which says what it was sent."""
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    async def whatsapp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"Proxy-Authorization: Basic b3A6c2VjcmV0" in await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhello")
        while chunk := await reader.read(100):
            arrived.put_nowait(chunk)
        writer.close()

    server = await asyncio.start_server(whatsapp, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = GatedProxy(f"http://op:secret@127.0.0.1:{port}")
    await proxy.start()
    quiet, hold = 0.05, 2.0
    gate = Gate(quiet, hold)
    yield HeldLine(gate, Upstream.of(proxy.url_for(gate)), arrived, quiet, hold)
    server.close()
    await proxy.aclose()


async def test_what_leaves_through_the_proxy_waits_for_what_came_in(line: HeldLine) -> None:
    answer, writer = await line.open("web.whatsapp.com", "bm9ib2R5")
    assert b"502" in answer, "nobody but our own library"
    writer.close()
    writer = await line.logged_in()
    line.gate.enter()
    writer.write(b"receipt")
    await asyncio.sleep(0.15)
    assert line.arrived.empty()
    line.gate.leave()
    assert await asyncio.wait_for(line.arrived.get(), 5) == b"receipt"
    writer.close()


async def test_what_belongs_together_leaves_at_once(line: HeldLine) -> None:
    """Killed between two writes, the library would have said half of what it meant."""
    writer = await line.logged_in()
    line.gate.unreadable()
    writer.write(b"ack ")
    await asyncio.sleep(0.1)
    writer.write(b"retry")
    assert await asyncio.wait_for(line.arrived.get(), 5) == b"ack retry"
    writer.write(b"end")
    writer.write_eof()
    assert await asyncio.wait_for(line.arrived.get(), 5) == b"end"
    writer.close()


async def test_a_steady_trickle_is_held_no_longer_than_each_part(line: HeldLine) -> None:
    writer = await line.logged_in()
    began = monotonic()
    for _ in range(40):
        writer.write(b"x")
        await asyncio.sleep(line.quiet * 0.8)
    first = await asyncio.wait_for(line.arrived.get(), 5)
    assert len(first) < 20, "the first did not wait for the last"
    left = 40 - len(first)
    while left:
        left -= len(await asyncio.wait_for(line.arrived.get(), 5))
    assert monotonic() - began < 5
    writer.close()


async def test_the_gate_opens_in_the_end_for_all_that_was_written_before(line: HeldLine) -> None:
    """A login that is always storing something: WhatsApp must not take its line for dead."""
    writer = await line.logged_in()
    line.gate.enter()
    began = monotonic()
    writer.write(b"one ")
    await asyncio.sleep(0.1)
    writer.write(b"two ")
    await asyncio.sleep(line.hold - 0.1 - STORED_SECONDS / 2)
    writer.write(b"three")
    assert await asyncio.wait_for(line.arrived.get(), 9) == b"one two "
    assert monotonic() - began >= line.hold
    line.gate.leave()
    assert await asyncio.wait_for(line.arrived.get(), 9) == b"three"
    writer.close()


async def test_a_line_that_the_library_breaks_gives_what_it_held(line: HeldLine) -> None:
    writer = await line.logged_in()
    line.gate.enter()
    writer.write(b"ack")
    await asyncio.sleep(0.1)
    writer.transport.abort()
    await asyncio.sleep(0.1)
    line.gate.leave()
    assert await asyncio.wait_for(line.arrived.get(), 5) == b"ack"


async def test_an_unreadable_message_holds_what_leaves(tmp_path: Path) -> None:
    gate = Gate(quiet_seconds=0.01)
    login = StorePlace(tmp_path).of(TenantId(7))
    login.prepare()
    rows = login.rows("20260101T000000")
    intake = Intake(
        rows,
        asyncio.get_running_loop(),
        gate=gate,
        on_kept=lambda: None,
        on_state=lambda code, raw: None,
    )
    began = monotonic()
    intake.take(UNREADABLE, b"")
    await gate.passed(began)
    assert monotonic() - began >= UNREADABLE_SECONDS
    rows.close()
