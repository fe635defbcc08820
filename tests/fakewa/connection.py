"""One client on the line, from handshake to end: a linked device, or one that wants to be."""

from __future__ import annotations

import asyncio
import time

from tests.fakewa import pairing, post, queries
from tests.fakewa.devices import Device
from tests.fakewa.nodes import SERVER_JID, Node, decode, encode
from tests.fakewa.noise import NoiseChannel
from tests.fakewa.pairing import Registration
from tests.fakewa.shapes import Act, Mode
from tests.fakewa.whatsapp import EVERYBODY, WhatsApp

GOODBYE_SECONDS = 0.5
_TEMPORARY_BAN = 402
_LOGGED_OUT = 401


class Connection:
    """Reads nodes one after the other and answers them."""

    def __init__(self, service: WhatsApp, channel: NoiseChannel) -> None:
        self._service, self._channel = service, channel
        self.device: Device | None = None
        self.registration: Registration | None = None

    async def send(self, node: Node) -> None:
        """Send one node; frames leave in the order of the calls."""
        self._channel.write(encode(node))
        try:
            await self._channel.socket.drain()
        except ConnectionError:
            self._leave()

    async def end(self, last: Node) -> None:
        """Say the last thing, then hang up."""
        await self.send(last)
        self._leave()
        # Hanging up at once would overtake the last word: the client would see a broken line.
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, self._channel.socket.close)

    def cut(self) -> None:
        """Break the line without a word."""
        self._leave()
        self._channel.socket.abort()

    async def run(self) -> None:
        """Serve the client until it or we hang up."""
        self._service.connections.add(self)
        try:
            if await self._greet():
                while True:
                    await self._hear(decode(await self._channel.read()))
        finally:
            self._leave()

    def _leave(self) -> None:
        self._service.connections.discard(self)
        if self.device is not None and self.device.connection is self:
            self.device.connection, self.device.listening = None, False
            self._service.count("online", -1)
        self._service.bell.ring()

    # --- coming in --------------------------------------------------------------------------------

    async def _greet(self) -> bool:
        """Whether the client may stay."""
        payload = self._channel.client_payload
        if payload.username:
            return await self._log_in(str(payload.username), int(payload.device))
        mode = self._service.mode(EVERYBODY)
        if mode.login_failure:
            await self.end(_failure(mode, mode.login_failure))
            return False
        self.registration = Registration(
            self, self._channel.client_key, bytes(payload.devicePairingData.eIdent)
        )
        await pairing.offer_qr(self.registration, mode.qr_codes)
        self._service.bell.ring()
        return True

    async def _log_in(self, number: str, index: int) -> bool:
        mode, phone = self._service.mode(number), self._service.phones.get(number)
        device = phone.devices.get(index) if phone is not None else None
        if mode.login_failure:
            await self.end(_failure(mode, mode.login_failure))
            return False
        if device is None or device.noise_key != self._channel.client_key:
            await self.end(_failure(mode, _LOGGED_OUT))
            return False
        if device.connection is not None:
            replaced = Node("conflict", {"type": "replaced"})
            await device.connection.end(Node("stream:error", {}, (replaced,)))
        self.device = device
        device.begin_login(self)
        self._service.count("logins")
        self._service.count("online")
        welcome = {"t": str(int(time.time())), "props": "1"}
        if device.lid_jid is not None:
            welcome["lid"] = str(device.lid_jid)
        await self.send(Node("success", welcome))
        return True

    # --- staying ----------------------------------------------------------------------------------

    async def _hear(self, node: Node) -> None:
        device = self.device
        if node.tag == "iq":
            await self._hear_query(node)
        elif device is None:
            return
        elif node.tag == "message":
            await post.receive(self._service, device, node)
        elif node.tag == "receipt":
            await post.hear_receipt(self._service, device, node)
        elif node.tag == "ack":
            device.hear_ack(node)
            self._service.bell.ring()
        elif node.tag == "chatstate":
            state = node.children[0].tag if node.children else ""
            post.act(self._service, device, Act("typing", node.attrs.get("to", ""), state))
        elif node.tag == "presence":
            post.act(self._service, device, Act("presence", "", node.attrs.get("type", "")))

    async def _hear_query(self, query: Node) -> None:
        if query.attrs.get("type") in ("result", "error"):
            if self.registration is not None and query.attrs.get("id") == pairing.PAIRING_ID:
                answer = self.registration.answer
                if answer is not None and not answer.done():
                    answer.set_result(query)
            return
        told: tuple[Node, ...] = ()
        link_code = query.find("link_code_companion_reg")
        if self.registration is not None and link_code is not None:
            told = self._hear_link_code(self.registration, link_code)
        elif self.device is not None:
            told = queries.answer(self._service, self.device, query)
        attrs = {"from": SERVER_JID, "type": "result", "id": query.attrs.get("id", "")}
        await self.send(Node("iq", attrs, told or None))
        if self.device is not None and query.find("active") is not None:
            await self._listen(self.device)
        if self.device is not None and query.find("remove-companion-device") is not None:
            await self._unlink(self.device)

    def _hear_link_code(self, registration: Registration, link_code: Node) -> tuple[Node, ...]:
        if link_code.attrs.get("stage") == "companion_hello":
            told = (pairing.hear_hello(registration, link_code),)
            self._service.bell.ring()
            return told
        pairing.hear_finish(registration, link_code)
        return ()

    async def _listen(self, device: Device) -> None:
        """The device is ready: first what waited for it, then what comes."""
        if device.listening:
            return
        device.listening = True
        self._service.bell.ring()
        if waiting := len(list(device.unacked())):
            await self.send(_offline_preview(waiting))
        sent = await post.flush(self._service, device, offline=True)
        await self.send(_offline_done(sent))

    async def _unlink(self, device: Device) -> None:
        """The device asks not to be one any more."""
        self._service.phone(device.jid.user_part).devices.pop(device.jid.device, None)
        await self.end(removed())


def removed() -> Node:
    """What a device hears when its phone has taken it off the list."""
    conflict = Node("conflict", {"type": "device_removed"})
    return Node("stream:error", {"code": str(_LOGGED_OUT)}, (conflict,))


def _failure(mode: Mode, reason: int) -> Node:
    attrs = {"reason": str(reason), "location": "fake"}
    if reason == _TEMPORARY_BAN:
        attrs |= {"code": str(mode.ban_code), "expire": str(mode.ban_seconds)}
    return Node("failure", attrs)


def _offline_preview(messages: int) -> Node:
    counts = dict.fromkeys(("appdata", "notification", "receipt"), "0")
    attrs = counts | {"count": str(messages), "message": str(messages)}
    return Node("ib", {"from": SERVER_JID}, (Node("offline_preview", attrs),))


def _offline_done(count: int) -> Node:
    done = Node("offline", {"count": str(count)})
    return Node("ib", {"from": SERVER_JID}, (done,))


def cut_all(service: WhatsApp) -> None:
    """Break every line at once, as a restart of the service does."""
    for connection in list(service.connections):
        connection.cut()
