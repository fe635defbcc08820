"""In a worker: nothing leaves towards WhatsApp before what came from there is on the disk.

The library acknowledges a message as soon as it has deciphered it, while it hands the message to
us on another thread. Killed between the two, a message would be gone: WhatsApp has its receipt,
we have nothing. So the library reaches WhatsApp through a proxy in this same process, which holds
back whatever the library writes until we have been quiet for a moment. When the process is
killed, what was held back is gone with it, and WhatsApp delivers again.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import structlog

from bukuhutang.base.clock import monotonic

QUIET_SECONDS = 0.05
"""So long must nothing have come in. Between deciphering and storing lie a few milliseconds."""

QUIET_LOOKS = 10
"""And so often in that time must this process have had its turn: while the machine stands still,
or others have its processors, time passes in which the library's threads could store nothing."""

HOLD_SECONDS_MAX = 5.0
"""A line on which nothing leaves for ten seconds is taken for dead."""

UNREADABLE_SECONDS = 0.3
"""In which the library has certainly written that it needs another copy of what it cannot read. It
says that it has the first one at once, and makes a key for the other before it asks for it."""

HEAD_BYTES_MAX = 8 * 1024
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 20.0
LINGER_SECONDS = 0.4
CHUNK_BYTES = 64 * 1024
HELD_HOST = "web.whatsapp.com"

log = structlog.get_logger("whatsapp")


class Gate:
    """Whether one login is storing something. All but `passed` may come from any thread."""

    def __init__(self, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._quiet = quiet_seconds
        self._inside = 0
        self._last = float("-inf")
        self._not_before = float("-inf")

    def hold(self, seconds: float) -> None:
        """Nothing leaves for so long: the library has not written all that belongs together."""
        self._not_before = max(self._not_before, monotonic() + seconds)

    def enter(self) -> None:
        """An event is being stored."""
        self._inside += 1
        self._last = monotonic()

    def leave(self) -> None:
        """It is on the disk."""
        self._inside -= 1
        self._last = monotonic()

    async def passed(self, since: float, give_up: float | None = None) -> None:
        """Returns when nothing has come in for a while after `since`, or at `give_up` in any case.

        Both in monotonic seconds.
        """
        give_up = since + HOLD_SECONDS_MAX if give_up is None else give_up
        last, looks = self._last, 0
        while (now := monotonic()) < give_up:
            if self._inside or self._last != last or now < self._not_before:
                last, looks = self._last, 0
            elif looks >= QUIET_LOOKS and now >= self._quiet + max(since, last):
                return
            await asyncio.sleep(self._quiet / QUIET_LOOKS)
            looks += 1
        log.warning("gate_opened_late", seconds=HOLD_SECONDS_MAX)


@dataclass(frozen=True)
class Upstream:
    """A proxy of the operator's, behind ours."""

    host: str
    port: int
    authorization: str | None

    @classmethod
    def of(cls, url: str) -> Upstream:
        """Read `http://[name:password@]host:port`."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        authorization = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = base64.b64encode(pair.encode()).decode()
        return cls(parts.hostname, parts.port or 80, authorization)


class GatedProxy:
    """An HTTP CONNECT proxy on loopback, for the library of this process alone."""

    def __init__(self, upstream_url: str | None) -> None:
        self._upstream = None if upstream_url is None else Upstream.of(upstream_url)
        self._gates: dict[str, Gate] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES_MAX)

    async def aclose(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def url_for(self, gate: Gate) -> str:
        """The proxy for one login; the password in it is what tells logins apart."""
        assert self._server is not None
        token = secrets.token_urlsafe(18)
        self._gates[token] = gate
        port = self._server.sockets[0].getsockname()[1]
        return f"http://login:{token}@127.0.0.1:{port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            gate, host, port = self._asked(head)
            async with asyncio.timeout(CONNECT_SECONDS):
                there, back = await self._reach(host, port)
        except (OSError, ValueError, TimeoutError, EOFError, asyncio.LimitOverrunError) as problem:
            log.warning("whatsapp_unreachable", reason=type(problem).__name__)
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        held = gate.passed if host == HELD_HOST else None
        pumps = [
            asyncio.create_task(_pump(reader, back) if held is None else _hold(reader, back, held)),
            asyncio.create_task(_pump(there, writer)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        if not reader.at_eof():
            # The library must hear WhatsApp's last words (why it hangs up) before the end.
            await asyncio.wait(pumps[1:], timeout=LINGER_SECONDS)
        for one in pumps:
            one.cancel()
        for end in (writer, back):
            end.close()

    def _asked(self, head: str) -> tuple[Gate, str, int]:
        """Who asks for which address. Raises ValueError for anybody but our own library."""
        request, *lines = head.split("\r\n")
        method, _, rest = request.partition(" ")
        host, _, port = rest.partition(" ")[0].rpartition(":")
        if method != "CONNECT":
            raise ValueError("not a request of the library")
        for line in lines:
            name, _, value = line.partition(":")
            if name.lower() == "proxy-authorization":
                token = _token(value.strip())
                if token in self._gates:
                    return self._gates[token], host, int(port)
        raise ValueError("no login asks this way")

    async def _reach(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._upstream is None:
            return await asyncio.open_connection(host, port)
        up = self._upstream
        reader, writer = await asyncio.open_connection(up.host, up.port)
        head = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n"
        if up.authorization is not None:
            head += f"Proxy-Authorization: Basic {up.authorization}\r\n"
        writer.write(f"{head}\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if answer.split(b" ", 2)[1] != b"200":
            writer.close()
            raise ValueError("the proxy refuses")
        return reader, writer


def _token(authorization: str) -> str:
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        return ""
    with suppress(binascii.Error, UnicodeDecodeError):
        return base64.b64decode(encoded).decode().partition(":")[2]
    return ""


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()


async def _hold(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    passed: Callable[[float, float], Awaitable[None]],
) -> None:
    """Pass on what the library writes when `passed` returns, all that it wrote until then at once.

    Of a message that it cannot read the library says that it has it, and in a second frame that it
    needs another copy. If only the first left before this process is killed, WhatsApp would keep
    nothing, and nobody would send it again.
    """
    reading = asyncio.create_task(reader.read(CHUNK_BYTES))
    try:
        with suppress(OSError):
            while chunk := await reading:
                reading = asyncio.create_task(reader.read(CHUNK_BYTES))
                leaves_by = monotonic() + HOLD_SECONDS_MAX
                await passed(monotonic(), leaves_by)
                while reading.done() and monotonic() < leaves_by and (more := await reading):
                    chunk += more
                    reading = asyncio.create_task(reader.read(CHUNK_BYTES))
                    await passed(monotonic(), leaves_by)
                writer.write(chunk)
                await writer.drain()
    finally:
        reading.cancel()
