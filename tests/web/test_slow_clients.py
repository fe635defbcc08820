"""Slow and greedy clients on real sockets: they are cut, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from bukuhutang.base.clock import monotonic
from bukuhutang.entrypoints.web.body_limit import BodyLimitMiddleware
from bukuhutang.entrypoints.web.middleware import HEADERS, WitnessMiddleware
from bukuhutang.entrypoints.web.patience import Patience
from bukuhutang.entrypoints.web.problems import Problems
from bukuhutang.main.slow_clients import protocol_with

SHORT = 0.15
LONG_POLL_SECONDS = 4 * SHORT
QUICK = Patience(
    head_seconds=SHORT,
    head_bytes_max=2_048,
    body_seconds=SHORT,
    answer_seconds=SHORT,
    connections_max=4,
    connections_refused=8,
)
SOON = 5.0
HUGE = 20_000_000


async def small_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body; then answers at once, late, or with more than a socket holds."""
    if scope["type"] != "http":
        return
    taken = 0
    while True:
        message = await receive()
        taken += len(message.get("body", b""))
        if not message.get("more_body", False):
            break
    if scope["path"] == "/poll":
        await asyncio.sleep(LONG_POLL_SECONDS)
    body = b"x" * HUGE if scope["path"] == "/huge" else str(taken).encode()
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": body[:100_000], "more_body": True})
    await send({"type": "http.response.body", "body": body[100_000:]})


@dataclass
class Door:
    port: int

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, path: str) -> bytes:
        """The first line of the answer to a proper request."""
        return (await self.head(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).partition(b"\r\n")[0]

    async def head(self, sent: str) -> bytes:
        """The head of the answer."""
        reader, writer = await self.open()
        writer.write(sent.encode())
        try:
            return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SOON)
        finally:
            writer.close()


@asynccontextmanager
async def served(app: ASGIApp, patience: Patience = QUICK) -> AsyncIterator[Door]:
    wrapped = WitnessMiddleware(BodyLimitMiddleware(app, patience), Problems({}))
    config = uvicorn.Config(
        wrapped, lifespan="off", http=protocol_with(patience), ws="none", log_config=None
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
            await asyncio.sleep(0.005)
        try:
            yield Door(listening.getsockname()[1])
        finally:
            server.should_exit = True
            server.force_exit = True
            await task


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with served(small_app) as opened:
        yield opened


async def dripping(door: Door, start: bytes) -> float:
    """Send a byte now and then until the connection is cut; seconds it took."""
    reader, writer = await door.open()
    began = monotonic()
    writer.write(start)
    try:
        async with asyncio.timeout(SOON):
            while not reader.at_eof():
                writer.write(b"a")
                try:
                    async with asyncio.timeout(SHORT / 5):
                        await reader.read(4_096)
                except TimeoutError:
                    continue
    except ConnectionError:
        pass
    finally:
        writer.close()
    return monotonic() - began


@pytest.mark.parametrize(
    "start",
    [
        b"GET /",
        b"\r\n\r\nGET /",
        b"GET / HTTP/1.1\r\nX-",
        b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\n",
    ],
)
async def test_a_head_or_body_that_comes_byte_by_byte_is_cut(door: Door, start: bytes) -> None:
    assert SHORT / 2 < await dripping(door, start) < SOON / 2


async def test_a_slow_body_is_told_why(door: Door) -> None:
    reader, writer = await door.open()
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc")
    line = await asyncio.wait_for(reader.readline(), SOON)
    assert line.startswith(b"HTTP/1.1 408")
    writer.close()


async def test_who_connects_and_says_nothing_is_cut(door: Door) -> None:
    reader, writer = await door.open()
    assert await asyncio.wait_for(reader.read(), SOON) == b""
    writer.close()


async def the_rest(reader: asyncio.StreamReader) -> int:
    """How many bytes came until the connection ended or was broken off."""
    got = 0
    try:
        while chunk := await asyncio.wait_for(reader.read(1_000_000), SOON):
            got += len(chunk)
    except ConnectionError:
        pass
    return got


async def test_an_endless_head_is_cut_at_its_size(door: Door) -> None:
    reader, writer = await door.open()
    writer.write(b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 1_000)
    assert await the_rest(reader) == 0
    writer.close()


async def test_a_head_too_large_is_cut_though_it_ends(door: Door) -> None:
    reader, writer = await door.open()
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"b" * 3_000 + b"\r\n\r\n")
    assert await the_rest(reader) == 0
    writer.close()


async def test_who_reads_no_answer_is_cut(door: Door) -> None:
    reader, writer = await door.open()
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(b"GET /huge HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(3 * SHORT)
    writer.transport.resume_reading()  # type: ignore[attr-defined]
    assert await the_rest(reader) < HUGE
    writer.close()


async def test_a_long_poll_goes_on(door: Door) -> None:
    assert (await door.ask("/poll")).startswith(b"HTTP/1.1 200")


async def test_a_body_that_keeps_its_pace_is_taken(door: Door) -> None:
    """Longer than the grace, and faster than the slowest pace."""
    reader, writer = await door.open()
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 12000\r\n\r\n")
    for _ in range(6):
        writer.write(b"z" * 2_000)
        await asyncio.sleep(SHORT / 3)
    line = await asyncio.wait_for(reader.readline(), SOON)
    assert line.startswith(b"HTTP/1.1 200")
    writer.close()


async def test_beyond_the_bound_only_the_probes_are_answered(door: Door) -> None:
    held = [await door.open() for _ in range(QUICK.connections_max)]
    assert (await door.ask("/")).startswith(b"HTTP/1.1 503")
    assert (await door.ask("/health")).startswith(b"HTTP/1.1 200")
    for _, writer in held:
        writer.close()


async def test_requests_on_one_connection_are_each_given_their_time(door: Door) -> None:
    reader, writer = await door.open()
    for _ in range(4):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SOON)
        assert head.startswith(b"HTTP/1.1 200")
        await reader.readexactly(1)
        await asyncio.sleep(SHORT / 2)
    writer.close()


async def test_what_the_server_answers_by_itself_has_the_headers_of_all_answers(door: Door) -> None:
    answers = [await door.head("NONSENSE\r\n\r\n")]
    held = [await door.open() for _ in range(QUICK.connections_max)]
    answers.append(await door.head("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
    assert [one[9:12] for one in answers] == [b"400", b"503"]
    for answer in answers:
        for name, value in HEADERS.items():
            assert f"{name}: {value}\r\n".lower().encode() in answer.lower(), name
    for _, writer in held:
        writer.close()
