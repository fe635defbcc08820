"""The HTTP protocol with deadlines: uvicorn has none for a head that never ends.

Also cut off are who reads no answer, and who sends a body after it was answered.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from typing import Any

from prometheus_client import Counter
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bukuhutang.entrypoints.web.middleware import HEADERS, HeadersMiddleware
from bukuhutang.entrypoints.web.patience import Patience

CUT = Counter("bukuhutang_http_cut", "Connections ended for their slowness or number", ["reason"])
BUSY: Any = HeadersMiddleware(service_unavailable, by_https=False)  # type: ignore[arg-type]  # uvicorn names its own types
NO_HTTP = b"".join(
    (
        b"HTTP/1.1 400 Bad Request\r\nCache-Control: no-store\r\n",
        *(f"{name}: {value}\r\n".encode("ascii") for name, value in HEADERS.items()),
        b"Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n",
        b"Content-Length: %d\r\n\r\n%b",
    )
)
PROBES = frozenset((b"/health", b"/ready", b"/metrics"))


def protocol_with(limits: Patience) -> type[HttpToolsProtocol]:
    """The protocol class for uvicorn, with these limits."""

    class Patient(PatientProtocol):
        patience = limits

    return Patient


class PatientProtocol(HttpToolsProtocol):
    """One connection: at any time at most one deadline runs for reading and one for writing."""

    patience = Patience()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._whole_app = self.app
        self._head: TimerHandle | None = None
        self._unread: TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there; its head is awaited."""
        super().connection_made(transport)
        if len(self.connections) > self.patience.connections_refused:
            CUT.labels("connections").inc()
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; nothing runs for it any more."""
        self._end_head()
        self._end_unread()
        super().connection_lost(exc)

    # --- the head ---------------------------------------------------------------------------------

    def _await_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        if self._head is None:
            seconds = self.patience.head_seconds
            self._head = self.loop.call_later(seconds, self._cut, "head")

    def _end_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def data_received(self, received: bytes) -> None:
        """Some bytes; a head may have only so many."""
        if self._in_head:
            if self._head is None:
                self._await_head()  # the next request on this connection
            # A body may have come along with the head: what follows the head's end is not counted.
            end = received.find(b"\r\n\r\n")
            self._head_bytes += len(received) if end < 0 else end
            if self._head_bytes > self.patience.head_bytes_max:
                self._cut("head_size")
                return
        super().data_received(received)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP; none of our middleware has seen it."""
        content = msg.encode("ascii", "replace")
        self.transport.write(NO_HTTP % (len(content), content))
        self.transport.close()

    def on_headers_complete(self) -> None:
        """The head has come; beyond the bound only probes are answered."""
        self._end_head()
        self._in_head = False
        is_full = max(len(self.connections), len(self.tasks)) >= self.patience.connections_max
        self.app = BUSY if is_full and self.url not in PROBES else self._whole_app
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The answer is written; the next head may come, or the end."""
        super().on_response_complete()
        self._in_head = not self.pipeline and self.cycle.response_complete
        self._head_bytes = 0
        if self.transport.is_closing():
            self._await_reader()  # closing waits until all is read, or for this

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more came on this connection."""
        super().timeout_keep_alive_handler()
        self._await_reader()

    # --- the answer -------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """The client reads too slowly; it has so long to read some."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if not self.transport.is_closing():
            self._end_unread()

    def _await_reader(self) -> None:
        if self._unread is None:
            seconds = self.patience.answer_seconds
            self._unread = self.loop.call_later(seconds, self._cut, "unread")

    def _end_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _cut(self, reason: str) -> None:
        CUT.labels(reason).inc()
        self.transport.abort()
