"""The way in: an HTTP proxy that takes every CONNECT, and behind it TLS, WebSocket and media."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag

from tests.fakewa import noise
from tests.fakewa.connection import Connection
from tests.fakewa.keys import MEDIA_HOST
from tests.fakewa.media import UPLOAD_BYTES_MAX
from tests.fakewa.shapes import Refusing
from tests.fakewa.websocket import WebSocket, WebSocketClosed, accept_header
from tests.fakewa.whatsapp import WhatsApp

HEAD_BYTES_MAX = 64 * 1024
HOSTS = ("web.whatsapp.com:443", f"{MEDIA_HOST}:443")
_HUNG_UP = (
    asyncio.IncompleteReadError,
    ConnectionError,
    InvalidTag,
    WebSocketClosed,
    ssl.SSLError,
)


@dataclass(frozen=True)
class Request:
    """The head of an HTTP request."""

    method: str
    target: str
    headers: dict[str, str]


class FrontDoor:
    """Accepts clients on a loopback port until it is closed."""

    def __init__(self, service: WhatsApp, tls: ssl.SSLContext) -> None:
        self._service, self._tls = service, tls

    async def open(self) -> asyncio.Server:
        """Listen on a free port."""
        return await asyncio.start_server(
            self._accept, "127.0.0.1", 0, limit=HEAD_BYTES_MAX, backlog=512
        )

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._service.count("connections")
        if self._service.refusing is Refusing.CUT:
            self._service.count("refused")
            writer.transport.abort()
            return
        try:
            asked = await _read_head(reader)
            if asked.method != "CONNECT" or asked.target not in HOSTS:
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                self._service.complain(f"{asked.method} {asked.target}: nothing to see there")
                return
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            await writer.start_tls(self._tls)
            await self._serve(reader, writer)
        except _HUNG_UP:
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Media requests one after the other, or one WebSocket until its end."""
        while True:
            asked = await _read_head(reader)
            if "sec-websocket-key" in asked.headers:
                await self._serve_websocket(asked, reader, writer)
                return
            length = int(asked.headers.get("content-length", 0))
            if length > UPLOAD_BYTES_MAX:
                writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
                return
            body = await reader.readexactly(length)
            told = self._service.media.answer(asked.method, asked.target, body)
            head = (
                f"HTTP/1.1 {told.status}\r\nContent-Type: {told.kind}\r\n"
                f"Content-Length: {len(told.body)}\r\n\r\n"
            )
            writer.write(head.encode() + told.body)
            await writer.drain()

    async def _serve_websocket(
        self, asked: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._service.refusing is Refusing.HTTP_503:
            self._service.count("refused")
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            return
        accepted = accept_header(asked.headers["sec-websocket-key"].encode())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
        )
        channel = await noise.accept(WebSocket(reader, writer), self._service.noise_keys)
        await Connection(self._service, channel).run()


async def _read_head(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    return Request(method, target, {name.lower(): value.strip() for name, _, value in pairs})
