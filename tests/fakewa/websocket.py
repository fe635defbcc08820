"""The server's side of a WebSocket, on an asyncio stream."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUES, _BINARY, _CLOSE, _PING, _PONG = 0, 2, 8, 9, 10


class WebSocketClosed(EOFError):
    """The other side said goodbye."""


def accept_header(key: bytes) -> bytes:
    """The answer that proves we understood the client's key."""
    # The protocol asks for SHA-1; it protects nothing here.
    digest = hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()
    return base64.b64encode(digest)


class WebSocket:
    """Whole binary messages in and out; pings are answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self) -> bytes:
        """The next message. Raises WebSocketClosed, IncompleteReadError."""
        message = b""
        while True:
            is_last, kind, part = await self._read_frame()
            if kind == _CLOSE:
                raise WebSocketClosed
            if kind == _PING:
                self._write(part, _PONG)
            elif kind in (_CONTINUES, _BINARY):
                message += part
                if is_last:
                    return message

    async def _read_frame(self) -> tuple[bool, int, bytes]:
        first, second = await self._reader.readexactly(2)
        length = second & 127
        if length == 126:
            (length,) = struct.unpack(">H", await self._reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", await self._reader.readexactly(8))
        mask = await self._reader.readexactly(4) if second & 128 else b""
        part = await self._reader.readexactly(length)
        return bool(first & 128), first & 15, _masked(part, mask) if mask else part

    def write(self, message: bytes) -> None:
        """Queue one binary message; wait with `drain`."""
        self._write(message, _BINARY)

    def _write(self, message: bytes, kind: int) -> None:
        length = len(message)
        if length < 126:
            size = bytes([length])
        elif length < 1 << 16:
            size = b"\x7e" + struct.pack(">H", length)
        else:
            size = b"\x7f" + struct.pack(">Q", length)
        self._writer.write(bytes([128 | kind]) + size + message)

    async def drain(self) -> None:
        """Wait until the other side takes what was written."""
        await self._writer.drain()

    def close(self) -> None:
        """Close after what was written has left."""
        self._writer.close()

    def abort(self) -> None:
        """Cut the line at once, as a dead network does."""
        self._writer.transport.abort()


def _masked(part: bytes, mask: bytes) -> bytes:
    length = len(part)
    repeated = (mask * (length // 4 + 1))[:length]
    mixed = int.from_bytes(part, "big") ^ int.from_bytes(repeated, "big")
    return mixed.to_bytes(length, "big")
