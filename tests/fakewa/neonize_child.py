"""A bare neonize client for this folder's own tests: commands in on stdin, events out on stdout.

Both are JSON, one object a line. Run it through `rig`: one linked device, its store in a file.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import ctypes
import importlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google.protobuf.json_format import MessageToDict

neonize: Any = importlib.import_module("neonize.aioze.client")
binder: Any = importlib.import_module("neonize._binder")
events: Any = importlib.import_module("neonize.proto.Neonize_pb2")
jids: Any = importlib.import_module("neonize.utils.jid")

HEARD = (
    "PairStatus",
    "Connected",
    "Disconnected",
    "LoggedOut",
    "StreamReplaced",
    "ConnectFailure",
    "StreamError",
    "ClientOutdated",
    "TemporaryBan",
    "OfflineSyncPreview",
    "OfflineSyncCompleted",
    "Message",
    "Receipt",
    "UndecryptableMessage",
    "HistorySync",
)
COMMAND_BYTES_MAX = 64 * 1024 * 1024


def say(**event: Any) -> None:
    """One event out."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class Child:
    """The client, and what may be asked of it."""

    def __init__(self, store: str, proxy: str) -> None:
        self._proxy = binder.ProxySettings(proxy)
        self._client = neonize.NewAClient(store, uuid="child")
        # The library calls this with the outcome of a pairing, and leaves it empty.
        self._client._NewAClient__onLoginStatus = self._on_login_status
        self._messages: dict[str, Any] = {}
        self._client.qr(self._on_qr)
        for name in HEARD:
            self._client.event(getattr(events, name))(self._listener(name))

    async def _on_qr(self, _client: Any, code: bytes) -> None:
        say(event="QR", code=code.decode())

    def _on_login_status(self, _uuid: int, status: int) -> None:
        """Called in one of Go's threads; `status` is the address of a C string."""
        say(event="LoginStatus", status=ctypes.string_at(status).decode())

    def _listener(self, name: str) -> Any:
        async def hear(_client: Any, event: Any) -> None:
            if name == "Message":
                self._messages[event.Info.ID] = event.Message
            say(event=name, body=MessageToDict(event) if name != "HistorySync" else {})

        return hear

    async def connect(self) -> None:
        """Connect; pairs when the store has no device."""
        self._line = await self._client.connect(self._proxy)

    async def stop(self) -> None:
        """Disconnect and wait until the library's thread is free."""
        await self._client.stop()
        await asyncio.wait([self._line], timeout=5)

    async def logout(self) -> None:
        """Leave the phone's list of linked devices."""
        await self._client.logout()

    async def pair_code(self, number: str) -> str:
        """Ask for a code to be typed on the phone."""
        return str(await self._client.PairPhone(number, True))

    async def send_text(self, to: str, text: str) -> str:
        """The message's id."""
        return str((await self._client.send_message(self._address(to), text)).ID)

    async def send_document(self, to: str, body: str, name: str, caption: str) -> str:
        """The message's id; `body` in Base64."""
        sent = await self._client.send_document(
            self._address(to),
            base64.b64decode(body),
            caption=caption,
            filename=name,
            mimetype="application/pdf",
        )
        return str(sent.ID)

    async def download(self, message_id: str) -> str:
        """The file of a received message, in Base64."""
        found = await self._client.download_any(self._messages[message_id])
        return base64.b64encode(found).decode()

    async def exists(self, *numbers: str) -> list[list[Any]]:
        """For each number: the number as asked, and whether it is on WhatsApp."""
        found = await self._client.is_on_whatsapp(*numbers)
        return [[one.Query, one.IsIn, str(one.JID.User), str(one.JID.Server)] for one in found]

    async def number_of(self, lid: str) -> str:
        """The number behind a LID, as the library has learned it."""
        return str((await self._client.get_pn_from_lid(jids.build_jid(lid, "lid"))).User)

    async def mark_read(self, chat: str, message_id: str) -> None:
        """Blue ticks."""
        at = self._address(chat)
        receipt = importlib.import_module("neonize.utils.enum").ReceiptType.READ
        await self._client.mark_read(message_id, chat=at, sender=at, receipt=receipt)

    async def type_in(self, chat: str) -> None:
        """Show that somebody types."""
        enum: Any = importlib.import_module("neonize.utils.enum")
        await self._client.send_chat_presence(
            self._address(chat),
            enum.ChatPresence.CHAT_PRESENCE_COMPOSING,
            enum.ChatPresenceMedia.CHAT_PRESENCE_MEDIA_TEXT,
        )

    def _address(self, text: str) -> Any:
        user_part, _, server = text.partition("@")
        return jids.build_jid(user_part, server or "s.whatsapp.net")


async def serve(store: str, proxy: str) -> None:
    """Obey until stdin ends."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(16))
    reader = asyncio.StreamReader(limit=COMMAND_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    child = Child(store, proxy)
    running: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        task = asyncio.create_task(_obey(child, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)


async def _obey(child: Child, command: dict[str, Any]) -> None:
    reference = command.pop("ref")
    try:
        told = await getattr(child, command.pop("do"))(*command.pop("arguments"))
    # The library raises whatever it likes; the test reads it.
    except Exception as error:  # noqa: BLE001
        say(event="failed", ref=reference, error=f"{type(error).__name__}: {error}")
    else:
        say(event="done", ref=reference, told=told)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("proxy")
    chosen = parser.parse_args()
    asyncio.run(serve(chosen.store, chosen.proxy))
    # Go's threads never end by themselves.
    os._exit(0)
