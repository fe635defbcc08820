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
from collections import deque
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
"""Nothing is held longer: a line on which nothing leaves for ten seconds is taken for dead."""

STORED_SECONDS = 1.0
"""Whatever caused a write so long ago is on the disk, or what stores it has failed."""

UNREADABLE_SECONDS = 0.5
"""In which the library writes that it needs another copy of what it cannot read. That it has the
first one it says at once, but it makes a key for the other before it asks for it."""

PARTS_MAX = 64
"""Writes of the library that are held at once; then it waits."""

HEAD_BYTES_MAX = 8 * 1024
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 20.0
LINGER_SECONDS = 0.4
CHUNK_BYTES = 64 * 1024
HELD_HOST = "web.whatsapp.com"

log = structlog.get_logger("whatsapp")


class Gate:
    """Whether one login is storing something. All but `passed` may come from any thread."""

    def __init__(
        self, quiet_seconds: float = QUIET_SECONDS, hold_seconds: float = HOLD_SECONDS_MAX
    ) -> None:
        self._quiet = quiet_seconds
        self._hold = hold_seconds
        self._inside = 0
        self._last = float("-inf")
        self._not_before = float("-inf")

    def unreadable(self) -> None:
        """A message could not be read: the library has not yet written all that it will of it."""
        self._not_before = monotonic() + UNREADABLE_SECONDS

    def enter(self) -> None:
        """An event is being stored."""
        self._inside += 1
        self._last = monotonic()

    def leave(self) -> None:
        """It is on the disk."""
        self._inside -= 1
        self._last = monotonic()

    async def passed(self, since: float) -> float:
        """Returns when nothing has come in for a while after `since`, or when that takes too long.

        The answer is not before `since`: what was written up to then may leave. All in monotonic
        seconds.
        """
        last, looked = self._last, deque[float](maxlen=QUIET_LOOKS)
        while (now := monotonic()) < since + self._hold:
            if self._inside or self._last != last or now < self._not_before:
                last = self._last
                looked.clear()
            elif len(looked) == QUIET_LOOKS and now >= self._quiet + max(since, last):
                return max(since, min(looked[0], now - self._quiet))
            looked.append(now)
            await asyncio.sleep(self._quiet / QUIET_LOOKS)
        log.warning("gate_opened_late", seconds=self._hold)
        return max(since, monotonic() - STORED_SECONDS)


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
        out = _hold(reader, back, gate) if host == HELD_HOST else _pump(reader, back)
        pumps = [
            asyncio.create_task(out),
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


class _Held:
    """What the library wrote and has not left, in order, with when it came; b"" is the end."""

    def __init__(self) -> None:
        self._parts: deque[tuple[float, bytes]] = deque()
        self._changed = asyncio.Condition()

    async def collect(self, reader: asyncio.StreamReader) -> None:
        """Read until the end, which a broken line is, too."""
        chunk = b"not the end"
        while chunk:
            try:
                chunk = await reader.read(CHUNK_BYTES)
            except OSError:
                chunk = b""
            came_at = monotonic()
            async with self._changed:
                await self._changed.wait_for(lambda: len(self._parts) < PARTS_MAX)
                self._parts.append((came_at, chunk))
                self._changed.notify_all()

    async def oldest(self) -> tuple[float, bytes]:
        """The first part and when it came, as soon as there is one; monotonic seconds."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._parts)
            return self._parts[0]

    async def take(self, until: float) -> list[bytes]:
        """All parts that came up to then, but the end."""
        taken = []
        async with self._changed:
            while self._parts and self._parts[0][0] <= until and self._parts[0][1]:
                taken.append(self._parts.popleft()[1])
            self._changed.notify_all()
        return taken


async def _hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: Gate) -> None:
    """Pass on what the library writes when the gate lets it, all that may leave in one write.

    Of a message that it cannot read the library says that it has it, and in a second frame that it
    needs another copy. If only the first left before this process is killed, WhatsApp would keep
    nothing, and nobody would send it again.
    """
    held = _Held()
    collecting = asyncio.create_task(held.collect(reader))
    try:
        with suppress(OSError):
            while (first := await held.oldest())[1]:
                writer.write(b"".join(await held.take(await gate.passed(first[0]))))
                await writer.drain()
    finally:
        collecting.cancel()
