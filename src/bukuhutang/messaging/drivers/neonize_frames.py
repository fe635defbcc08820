"""Frames between the service and its worker processes: a JSON header and raw bytes.

    4 bytes length of the header, 4 bytes length of the body, header, body

Both sides are ours and start together, so there is no version; what does not fit is a defect of
the other side, and the connection ends.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import Any

HEADER_BYTES_MAX = 1 << 20
BODY_BYTES_MAX = 128 << 20
LENGTHS = struct.Struct(">II")


class FrameBroken(Exception):
    """What arrived is not a frame of ours."""


@dataclass(frozen=True)
class Frame:
    """One message between the two processes."""

    header: dict[str, Any]
    body: bytes = b""


def packed(frame: Frame) -> bytes:
    """The frame as it goes over the wire. Raises FrameBroken when it is too large."""
    header = json.dumps(frame.header, separators=(",", ":")).encode()
    if len(header) > HEADER_BYTES_MAX or len(frame.body) > BODY_BYTES_MAX:
        raise FrameBroken("a frame is too large")
    return LENGTHS.pack(len(header), len(frame.body)) + header + frame.body


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None when the other side is gone. Raises FrameBroken."""
    try:
        header_bytes, body_bytes = LENGTHS.unpack(await reader.readexactly(LENGTHS.size))
        if header_bytes > HEADER_BYTES_MAX or body_bytes > BODY_BYTES_MAX:
            raise FrameBroken(f"a frame of {header_bytes} and {body_bytes} bytes")
        header = await reader.readexactly(header_bytes)
        body = await reader.readexactly(body_bytes)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    try:
        read = json.loads(header)
    except ValueError as problem:
        raise FrameBroken("a header that is not JSON") from problem
    if not isinstance(read, dict):
        raise FrameBroken("a header that is no object")
    return Frame(read, body)


class Channel:
    """Frames both ways over one stream; writes of several tasks do not mix."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._writing = asyncio.Lock()

    async def read(self) -> Frame | None:
        """The next frame; None when the other side is gone. Raises FrameBroken."""
        return await read_frame(self._reader)

    async def write(self, header: dict[str, Any], body: bytes = b"") -> bool:
        """Write one frame and wait until there is room for more; False when nobody reads."""
        wire = packed(Frame(header, body))
        async with self._writing:
            if self._writer.is_closing():
                return False
            try:
                self._writer.write(wire)
                await self._writer.drain()
            except (ConnectionError, RuntimeError):
                return False
        return True

    def close(self) -> None:
        """The other side sees the end."""
        self._writer.close()
