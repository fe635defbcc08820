"""From what WhatsApp sends (protobuf, as neonize hands it on) to what the driver reports.

Pure: bytes in, values out. Wrappers are taken off, devices are forgotten, and what is no message
for us (groups, history, keys, pins, votes) becomes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import DecodeError
from neonize.proto import Neonize_pb2 as neonize_proto
from neonize.proto.waE2E import WAWebProtobufsE2E_pb2 as e2e

from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers.neonize_identity import Ends, Own, ends_of
from bukuhutang.messaging.drivers.neonize_vcard import read_card

WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
)
WRAPPERS_MAX = 8
CARDS_MAX = 10
NOTHING_SAID = frozenset(
    {
        "messageContextInfo",
        "senderKeyDistributionMessage",
        "fastRatchetKeySenderKeyDistributionMessage",
        "pinInChatMessage",
        "keepInChatMessage",
        "pollUpdateMessage",
        "encReactionMessage",
        "encCommentMessage",
        "call",
        "callLogMesssage",
        "bcallMessage",
        "placeholderMessage",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "stickerSyncRmrMessage",
        "secretEncryptedMessage",
    }
)
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}
DELIVERED = {"DELIVERED", "INACTIVE"}
READ = {"READ", "PLAYED"}


@dataclass(frozen=True)
class Body:
    """What one message says, whoever wrote it."""

    kind: wa.MessageKind
    text: str = ""
    document: wa.Document | None = None
    refers_to: str | None = None
    contacts: tuple[wa.ContactCard, ...] = ()


@dataclass(frozen=True)
class Heard:
    """A message of a chat of two, before it is known who a bare LID is."""

    id: str
    ends: Ends
    body: Body
    sent_seconds: float

    def event(self) -> wa.MessageReceived:
        """The driver's event; its `at` is the raw stamp and is set anew by the service."""
        return wa.MessageReceived(
            id=self.id,
            chat=self.ends.peer.chat,
            chat_lid=self.ends.peer.lid,
            sender=self.ends.writer.phone_number,
            sender_lid=self.ends.writer.lid,
            from_me=self.ends.from_me,
            self_chat=self.ends.self_chat,
            group=False,
            at=datetime.fromtimestamp(0, UTC),
            text=self.body.text,
            document=self.body.document,
            kind=self.body.kind,
            refers_to=self.body.refers_to,
            contacts=self.body.contacts,
        )


def heard_message(raw: bytes, own: Own) -> Heard | None:
    """Read a `Message` event; None when it is nothing for us. Raises DecodeError."""
    event = neonize_proto.Message.FromString(raw)
    ends = ends_of(event.Info.MessageSource, own)
    if ends is None or not event.Info.ID:
        return None
    body = body_of(event.Message, event.Info.ID)
    if body is None:
        return None
    return Heard(event.Info.ID, ends, body, event.Info.Timestamp / 1000)


def receipt(raw: bytes, own: Own) -> wa.ReceiptReceived | None:
    """Read a `Receipt` event; None when it says nothing of our messages. Raises DecodeError."""
    event = neonize_proto.Receipt.FromString(raw)
    ends = ends_of(event.MessageSource, own)
    if ends is None or not event.MessageIDs:
        return None
    name = neonize_proto.Receipt.ReceiptType.Name(event.Type)
    if name in DELIVERED and not ends.from_me:
        reached = wa.ReceiptState.DELIVERED
    elif name in READ and not ends.from_me:
        reached = wa.ReceiptState.READ
    elif ends.self_chat and name in {"SENDER", *DELIVERED}:
        # In the chat with oneself it is the own phone that receives and reads.
        reached = wa.ReceiptState.DELIVERED
    elif ends.self_chat and name in {"READ_SELF", "PLAYED_SELF", *READ}:
        reached = wa.ReceiptState.READ
    else:
        return None
    return wa.ReceiptReceived(tuple(event.MessageIDs), reached)


def unwrapped(message: Any) -> Any:
    """The message inside its wrappers."""
    for _ in range(WRAPPERS_MAX):
        if message.HasField("deviceSentMessage"):
            message = message.deviceSentMessage.message
            continue
        inside = next((one for one in WRAPPERS if message.HasField(one)), None)
        if inside is None:
            return message
        message = getattr(message, inside).message
    return message


def body_of(message: Any, message_id: str) -> Body | None:
    """What a `waE2E.Message` says; None when it says nothing."""
    message = unwrapped(message)
    if message.HasField("protocolMessage"):
        return _protocol(message.protocolMessage, message_id)
    if message.HasField("reactionMessage"):
        reaction = message.reactionMessage
        return Body(wa.MessageKind.REACTION, reaction.text, refers_to=reaction.key.ID or None)
    body = _content(message, message_id)
    return body and replace(body, refers_to=_quoted(message))


def _content(message: Any, message_id: str) -> Body | None:
    if message.conversation:
        return Body(wa.MessageKind.TEXT, message.conversation)
    if message.HasField("extendedTextMessage"):
        return Body(wa.MessageKind.TEXT, message.extendedTextMessage.text)
    if message.HasField("documentMessage"):
        return _document(message.documentMessage)
    if message.HasField("imageMessage"):
        return _image(message.imageMessage, message_id)
    if message.HasField("contactMessage"):
        card = message.contactMessage
        return Body(wa.MessageKind.CONTACT, contacts=(read_card(card.displayName, card.vcard),))
    if message.HasField("contactsArrayMessage"):
        cards = message.contactsArrayMessage.contacts[:CARDS_MAX]
        return Body(
            wa.MessageKind.CONTACT,
            contacts=tuple(read_card(one.displayName, one.vcard) for one in cards),
        )
    if message.HasField("audioMessage"):
        voice = message.audioMessage.PTT
        return Body(wa.MessageKind.VOICE if voice else wa.MessageKind.OTHER)
    if message.HasField("videoMessage"):
        return Body(wa.MessageKind.OTHER, message.videoMessage.caption)
    says = {one.name for one, _ in message.ListFields()} - NOTHING_SAID
    return Body(wa.MessageKind.OTHER) if says else None


def _document(one: Any) -> Body:
    handle = e2e.Message()
    handle.documentMessage.CopyFrom(one)
    for heavy in ("contextInfo", "JPEGThumbnail", "caption"):
        handle.documentMessage.ClearField(heavy)
    name = one.fileName or one.title
    document = wa.Document(name, one.mimetype, one.fileLength, handle=handle.SerializeToString())
    return Body(wa.MessageKind.DOCUMENT, one.caption, document)


def _image(one: Any, message_id: str) -> Body:
    handle = e2e.Message()
    handle.imageMessage.CopyFrom(one)
    for heavy in ("contextInfo", "JPEGThumbnail", "caption"):
        handle.imageMessage.ClearField(heavy)
    # A picture has no name of its own.
    name = f"{message_id[:40]}.{EXTENSIONS.get(one.mimetype, 'img')}"
    document = wa.Document(name, one.mimetype, one.fileLength, handle=handle.SerializeToString())
    return Body(wa.MessageKind.IMAGE, one.caption, document)


def _protocol(one: Any, message_id: str) -> Body | None:
    if one.type == e2e.ProtocolMessage.REVOKE:
        return Body(wa.MessageKind.DELETION, refers_to=one.key.ID or None)
    if one.type == e2e.ProtocolMessage.MESSAGE_EDIT:
        new = _content(unwrapped(one.editedMessage), message_id)
        text = new.text if new is not None else ""
        return Body(wa.MessageKind.EDIT, text, refers_to=one.key.ID or None)
    return None  # history, keys, settings


def _quoted(message: Any) -> str | None:
    """The id of the message this one replies to."""
    for one, part in message.ListFields():
        if one.name.endswith("Message") and "contextInfo" in part.DESCRIPTOR.fields_by_name:
            return part.contextInfo.stanzaID or None
    return None


def declared_size(handle: bytes) -> int | None:
    """The size a file's sender claims; None when the handle is none of ours."""
    try:
        message = e2e.Message.FromString(handle)
    except DecodeError:
        return None
    for one in (message.documentMessage, message.imageMessage):
        if one.mediaKey:
            return int(one.fileLength)
    return None
