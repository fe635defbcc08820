"""Messages on their way: from phones to linked devices, from linked devices to phones."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace

from google.protobuf.message import DecodeError
from pyaileys.signal.repository import SignalError

from tests.fakewa import contents
from tests.fakewa.devices import RETRIES_MAX, Device, Letter, PublishedKeys
from tests.fakewa.nodes import LID_SERVER, Jid, Node
from tests.fakewa.phones import Phone
from tests.fakewa.shapes import Act, Addressing, Content, Mode, Receipts, Shown
from tests.fakewa.signal_peer import Sealed
from tests.fakewa.whatsapp import Unknown, WhatsApp

_EDIT_ATTRIBUTES = {"edit": "1", "deletion": "7"}
_NOT_A_CONTACT = "404"


@dataclass(frozen=True)
class Errand:
    """Who writes what to whom; `at` is in seconds since 1970, and may be wrong on purpose."""

    sender: Phone
    receiver: Phone
    content: Content
    message_id: str
    at: int
    addressing: Addressing = Addressing.PN
    group: str = ""  # the JID of a group in which both are


def new_message_id() -> str:
    """An id as phones make them."""
    return secrets.token_hex(16).upper()


# --- from a phone ---------------------------------------------------------------------------------


async def write(service: WhatsApp, errand: Errand) -> None:
    """Put the message on both phones and into the post for every device linked to them."""
    sender, receiver = errand.sender, errand.receiver
    if not errand.group and errand.content.kind not in ("malformed", "history"):
        for phone, chat in ((sender, receiver), (receiver, sender)):
            phone.show(_shown(phone, chat, errand, from_me=phone is sender))
    devices = list(receiver.devices.values())
    if sender is not receiver:
        for device in devices:
            device.letters[errand.message_id] = _letter(errand)
        devices += sender.devices.values()
    for device in sender.devices.values():
        if not errand.group:
            device.letters[errand.message_id] = _own_letter(errand)
    service.bell.ring()
    for device in devices:
        await flush(service, device)


def _shown(phone: Phone, chat: Phone, errand: Errand, *, from_me: bool) -> Shown:
    content = errand.content
    return Shown(
        number=len(phone.shown) + 1,
        id=errand.message_id,
        chat=chat.number,
        from_me=from_me,
        kind=content.kind,
        text=content.text,
        quotes=content.quotes,
        target=content.target,
        file_name=content.file_name,
        mime=content.mime,
    )


def _letter(errand: Errand) -> Letter:
    """To the devices of the person who is written to."""
    sender = errand.sender
    if errand.group:
        where = {"from": errand.group, "participant": str(sender.jid)}
    elif errand.addressing is Addressing.PN:
        where = {"from": str(sender.jid)} | (
            {"sender_lid": str(sender.lid_jid)} if sender.lid else {}
        )
    else:
        where = {"from": str(sender.lid_jid), "addressing_mode": "lid"}
        if errand.addressing is Addressing.LID:
            where["sender_pn"] = str(sender.jid)
    return Letter(errand.message_id, sender.number, where | _common(errand), errand.content)


def _own_letter(errand: Errand) -> Letter:
    """To the writer's own devices: what the own phone sent, and where."""
    sender, receiver = errand.sender, errand.receiver
    if errand.addressing is Addressing.PN:
        chat = str(receiver.jid)
        where = {"from": str(sender.jid), "recipient": chat}
        if receiver.lid:
            where["peer_recipient_lid"] = str(receiver.lid_jid)
    else:
        chat = str(receiver.lid_jid)
        where = {"from": str(sender.lid_jid), "recipient": chat}
        if errand.addressing is Addressing.LID:
            where["peer_recipient_pn"] = str(receiver.jid)
    if errand.content.kind == "history":
        where["category"] = "peer"
    return Letter(
        errand.message_id, sender.number, where | _common(errand), errand.content, self_copy=chat
    )


def _common(errand: Errand) -> dict[str, str]:
    kind = errand.content.kind
    attrs = {
        "id": errand.message_id,
        "t": str(errand.at),
        "type": contents.STANZA_TYPES.get(kind, "text"),
        "notify": errand.sender.name,
    }
    return attrs | ({"edit": _EDIT_ATTRIBUTES[kind]} if kind in _EDIT_ATTRIBUTES else {})


async def flush(service: WhatsApp, device: Device, *, offline: bool = False) -> int:
    """Send the device what it has not yet had in this login; how many messages that were."""
    sent = 0
    async with device.sending:
        if not device.listening or device.connection is None:
            return 0
        while device.notices:
            await device.connection.send(device.notices.pop(0))
        for letter in list(device.unacked()):
            if letter.sent_in_login != device.logins:
                await _send(service, device, letter, offline=str(sent) if offline else "")
                sent += 1
    return sent


async def send_again(service: WhatsApp, message_id: str, *, fresh: bool) -> None:
    """The same stanza once more; `fresh` seals it anew, so that Signal does not see a replay."""
    devices = [one for one in service.devices() if message_id in one.letters]
    if not devices:
        raise Unknown(f"nobody wrote {message_id}")
    for device in devices:
        letter = device.letters[message_id]
        async with device.sending:
            if fresh:
                letter.sealed = None
            letter.acked = False
            await _send(service, device, letter)


async def _send(
    service: WhatsApp, device: Device, letter: Letter, *, offline: str = "", retry: int = 0
) -> None:
    if device.connection is None:
        return
    if letter.sealed is None:
        letter.sealed = await _seal(service, device, letter)
    enc = letter.sealed.as_node(letter.media_type)
    if retry:
        enc = replace(enc, attrs={**enc.attrs, "count": str(retry)})
    attrs = letter.attrs | ({"offline": offline} if offline else {})
    letter.delivered += 1
    letter.sent_in_login = device.logins
    await device.connection.send(Node("message", attrs, (enc, *letter.extra)))
    service.bell.ring()


async def _seal(service: WhatsApp, device: Device, letter: Letter) -> Sealed:
    writer, content = service.phone(letter.writer), letter.content
    assert content is not None, "a stanza of another device comes sealed"
    if not await writer.peer.knows(device.jid):
        assert device.keys is not None, f"{device.jid} listens but never uploaded keys"
        await writer.peer.start(device.jid, device.keys.take_bundle())
    payload = contents.build(content, _scene(service, writer, letter, content), service.media)
    if letter.self_copy:
        payload = contents.build_device_sent(payload, letter.self_copy)
    letter.media_type = contents.stanza_media_type(content)
    sealed = await writer.peer.seal(device.jid, payload)
    return sealed.spoiled() if content.kind == "unreadable" and not letter.retries else sealed


def _scene(service: WhatsApp, writer: Phone, letter: Letter, content: Content) -> contents.Scene:
    """Targets and quotes, seen from the person who writes."""
    mine = next((one for one in writer.shown if one.id == letter.id), None)
    chat_jid = letter.self_copy or (str(Jid(mine.chat)) if mine else letter.attrs["from"])
    target = writer.find(content.target)
    quoted = writer.find(content.quotes)
    author = writer.number if quoted is None or quoted.from_me else quoted.chat
    return contents.Scene(
        chat_jid,
        target_from_me=target is None or target.from_me,
        quoted_author_jid=str(service.phone(author).jid),
    )


# --- from a linked device -------------------------------------------------------------------------


async def receive(service: WhatsApp, device: Device, stanza: Node) -> None:
    """Carry a message of a linked device to phones and other devices; acknowledge as told."""
    chat = Jid.parse(stanza.attrs["to"])
    writer, reader = service.phone(device.jid.user_part), service.phone_at(chat)
    mode = service.mode(writer.number)
    error = _NOT_A_CONTACT if reader is None else _error_for(mode, writer, reader)
    if reader is None or error:
        await _acknowledge(device, stanza, error=error)
        return
    service.senders[stanza.attrs["id"]] = (device, stanza.attrs["to"])
    participants = stanza.find("participants")
    copies = participants.children if participants else (replace(stanza, attrs={"jid": str(chat)}),)
    for copy in copies:
        address, enc = Jid.parse(copy.attrs["jid"]), copy.need("enc")
        owner = service.phone_at(address)
        sealed = Sealed(enc.attrs["type"], enc.payload)
        if owner is None:
            service.complain(f"{device.jid} wrote to {address}, which is nobody")
        elif address.device:
            await _forward(service, device, owner.devices.get(address.device), stanza, sealed)
        else:
            await _open(service, device, (owner, reader), stanza, sealed)
    if mode.acknowledge:
        await _acknowledge(device, stanza)
        if reader is not writer and mode.receipts != Receipts.NONE:
            await send_receipt(service, stanza.attrs["id"], Receipts.DELIVERED)
            if mode.receipts == Receipts.READ:
                await send_receipt(service, stanza.attrs["id"], Receipts.READ)


def _error_for(mode: Mode, writer: Phone, reader: Phone) -> str:
    spared = mode.send_error_to_new_chats_only and reader.talked_with(writer.number)
    is_barred = mode.send_error and reader is not writer and not spared
    return str(mode.send_error) if is_barred else ""


async def _acknowledge(device: Device, stanza: Node, *, error: str = "") -> None:
    attrs = {
        "class": "message",
        "id": stanza.attrs["id"],
        "from": stanza.attrs["to"],
        "t": str(int(time.time())),
    }
    if device.connection is not None:
        await device.connection.send(Node("ack", attrs | ({"error": error} if error else {})))


async def _open(
    service: WhatsApp, device: Device, between: tuple[Phone, Phone], stanza: Node, sealed: Sealed
) -> None:
    owner, reader = between
    try:
        said = contents.read(await owner.peer.open(device.jid, sealed))
    except (SignalError, DecodeError) as error:
        service.complain(f"{owner.number} cannot open {stanza.attrs['id']}: {error}")
        return
    if said.kind == "protocol":
        return
    from_me = owner.number == device.jid.user_part
    if from_me and not said.sent_to:
        service.complain(f"{stanza.attrs['id']} reached the own phone without its destination")
    if said.media is not None:
        owner.files[stanza.attrs["id"]] = said.media
    owner.show(
        Shown(
            number=len(owner.shown) + 1,
            id=stanza.attrs["id"],
            chat=reader.number if from_me else device.jid.user_part,
            from_me=from_me,
            kind=said.kind,
            text=said.text,
            quotes=said.quotes,
            target=said.target,
            file_name=said.file_name,
            mime=said.mime,
            declared_bytes=said.declared_bytes,
            addressed_by=_addressing(Jid.parse(stanza.attrs["to"])),
        )
    )
    service.bell.ring()


def _addressing(chat: Jid) -> Addressing:
    return Addressing.LID if chat.server == LID_SERVER else Addressing.PN


async def _forward(
    service: WhatsApp, sender: Device, receiver: Device | None, stanza: Node, sealed: Sealed
) -> None:
    """From one linked device to another, which may be of the same person."""
    if receiver is None:
        service.complain(f"{sender.jid} wrote to a device that is not linked")
        return
    attrs = {"from": str(sender.jid), "id": stanza.attrs["id"], "t": str(int(time.time()))}
    attrs["type"] = stanza.attrs.get("type", "text")
    if sender.jid.user_part == receiver.jid.user_part:
        attrs["recipient"] = stanza.attrs["to"]
    elif sender.lid_jid is not None:
        attrs["sender_lid"] = str(sender.lid_jid)
    receiver.letters[stanza.attrs["id"]] = Letter(
        stanza.attrs["id"],
        sender.jid.user_part,
        attrs,
        content=None,
        extra=tuple(stanza.named("device-identity")),
        sealed=sealed,
    )
    await flush(service, receiver)


# --- receipts -------------------------------------------------------------------------------------


async def send_receipt(service: WhatsApp, message_id: str, kind: Receipts) -> None:
    """Tell the linked device that its message was delivered or read, now or at its next login."""
    if message_id not in service.senders:
        raise Unknown(f"no linked device sent {message_id}")
    device, chat = service.senders[message_id]
    attrs = {"id": message_id, "from": chat, "t": str(int(time.time()))}
    if kind is Receipts.READ:
        attrs["type"] = "read"
    device.notices.append(Node("receipt", attrs))
    await flush(service, device)


async def hear_receipt(service: WhatsApp, device: Device, node: Node) -> None:
    """A linked device has, has read, or cannot open what a phone wrote."""
    listed = node.find("list")
    more = [one.attrs["id"] for one in listed.children] if listed is not None else []
    kind = node.attrs.get("type", "")
    for message_id in (node.attrs["id"], *more):
        letter = device.letters.get(message_id)
        if letter is not None:
            letter.receipts.append(kind)
            # Asking for another copy is not having it.
            letter.acked = letter.acked or kind != "retry"
        if kind == "read":
            act(service, device, Act("read", node.attrs.get("to", ""), message_id))
        if kind == "retry" and letter is not None:
            await _retry(service, device, letter, node)
    service.bell.ring()


async def _retry(service: WhatsApp, device: Device, letter: Letter, node: Node) -> None:
    if letter.retries >= RETRIES_MAX or letter.content is None:
        return
    offered = node.find("keys")
    keys = PublishedKeys.read(offered) if offered is not None else device.keys
    if keys is None:
        return
    registration = node.find("registration")
    if registration is not None:
        keys.registration_id = int.from_bytes(registration.payload)
    async with device.sending:
        letter.begin_anew()
        await service.phone(letter.writer).peer.start(device.jid, keys.take_bundle())
        await _send(service, device, letter, retry=letter.retries)


def act(service: WhatsApp, device: Device, done: Act) -> None:
    """Note what the linked device let others see; the chat is named by number."""
    chat = service.phone_at(Jid.parse(done.chat)) if done.chat else None
    named = replace(done, chat=chat.number if chat is not None else done.chat)
    service.phone(device.jid.user_part).acts.append(named)
    service.bell.ring()
