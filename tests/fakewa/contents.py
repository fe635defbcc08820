"""From what somebody writes to WhatsApp's protobuf message, and back to what a phone shows."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyaileys.media import EncryptedMedia

from tests.fakewa.media import MediaHost
from tests.fakewa.proto import wa
from tests.fakewa.shapes import Content

# kind: the message's field, and what the encryption of media calls it
_MEDIA = {
    "image": ("imageMessage", "image"),
    "document": ("documentMessage", "document"),
    "voice": ("audioMessage", "ptt"),
}
STANZA_TYPES = {"reaction": "reaction", **dict.fromkeys(_MEDIA, "media")}
# `conversation` with a length that runs past the end.
MALFORMED = b"\x0a\xff\xff\x03 this is no message"


@dataclass(frozen=True)
class MediaReference:
    """Where a received file lies and how to open it."""

    direct_path: str
    media_key: bytes
    media_type: str


@dataclass(frozen=True)
class Scene:
    """Where something is written, for what it points at."""

    chat_jid: str
    target_from_me: bool = True
    quoted_author_jid: str = ""


def build(content: Content, scene: Scene, media: MediaHost) -> bytes:
    """The payload to encrypt. Raises ValueError for a kind that nobody can write."""
    if content.kind == "malformed":
        return MALFORMED
    message = wa.Message()
    if content.kind in _MEDIA:
        _fill_media(message, content, scene, media)
    elif content.kind == "history":
        _fill_history(message, content, scene, media)
    else:
        _fill_words(message, content, scene)
    return bytes(message.SerializeToString())


def build_device_sent(payload: bytes, destination_jid: str) -> bytes:
    """The copy for the writer's own linked devices."""
    if payload == MALFORMED:
        return MALFORMED
    copy = wa.Message()
    copy.deviceSentMessage.destinationJid = destination_jid
    copy.deviceSentMessage.message.ParseFromString(payload)
    return bytes(copy.SerializeToString())


def stanza_media_type(content: Content) -> str:
    """What the stanza says about a file inside."""
    return _MEDIA[content.kind][1] if content.kind in _MEDIA else ""


def _fill_words(message: Any, content: Content, scene: Scene) -> None:
    now_ms = int(time.time() * 1000)
    if content.kind == "unreadable":
        message.conversation = content.text
    elif content.kind == "text" and content.quotes:
        message.extendedTextMessage.text = content.text
        _quote(message.extendedTextMessage, content, scene)
    elif content.kind == "text":
        message.conversation = content.text
    elif content.kind == "contact":
        message.contactMessage.displayName = content.file_name
        message.contactMessage.vcard = _vcard(content.file_name, content.numbers)
        _quote_if_asked(message.contactMessage, content, scene)
    elif content.kind == "contacts":
        for name, number in content.cards:
            written = f"TEL;type=CELL:{number}"
            message.contactsArrayMessage.contacts.add(
                displayName=name, vcard=_card(name, [written])
            )
        _quote_if_asked(message.contactsArrayMessage, content, scene)
    elif content.kind == "reaction":
        message.reactionMessage.text = content.text
        message.reactionMessage.senderTimestampMs = now_ms
        _point_at(message.reactionMessage.key, content, scene)
    elif content.kind == "edit":
        message.protocolMessage.type = wa.Message.ProtocolMessage.MESSAGE_EDIT
        message.protocolMessage.editedMessage.conversation = content.text
        message.protocolMessage.timestampMs = now_ms
        _point_at(message.protocolMessage.key, content, scene)
    elif content.kind == "deletion":
        message.protocolMessage.type = wa.Message.ProtocolMessage.REVOKE
        _point_at(message.protocolMessage.key, content, scene)
    else:
        raise ValueError(f"nobody can write a {content.kind}")


def _point_at(key: Any, content: Content, scene: Scene) -> None:
    key.id = content.target
    key.fromMe = scene.target_from_me
    key.remoteJid = scene.chat_jid


def _quote(part: Any, content: Content, scene: Scene) -> None:
    part.contextInfo.stanzaId = content.quotes
    part.contextInfo.participant = scene.quoted_author_jid
    part.contextInfo.quotedMessage.conversation = ""


def _quote_if_asked(part: Any, content: Content, scene: Scene) -> None:
    if content.quotes:
        _quote(part, content, scene)


def _fill_media(message: Any, content: Content, scene: Scene, media: MediaHost) -> None:
    field_name, media_type = _MEDIA[content.kind]
    encrypted, direct_path = media.put(Path(content.path).read_bytes(), media_type)
    part = getattr(message, field_name)
    _fill_reference(part, encrypted, direct_path)
    part.mimetype = content.mime
    if content.declared_bytes is not None:
        part.fileLength = content.declared_bytes
    if content.kind == "document":
        part.fileName = content.file_name
    if content.kind == "voice":
        part.ptt = True
        part.seconds = 3
    elif content.text:
        part.caption = content.text
    if content.quotes:
        _quote(part, content, scene)


def _fill_reference(part: Any, encrypted: EncryptedMedia, direct_path: str) -> None:
    part.directPath = direct_path
    part.mediaKey = encrypted.media_key
    part.fileSha256 = encrypted.file_sha256
    part.fileEncSha256 = encrypted.file_enc_sha256
    part.fileLength = encrypted.file_length


def _fill_history(message: Any, content: Content, scene: Scene, media: MediaHost) -> None:
    # INITIAL_BOOTSTRAP is 0, which these classes would leave out and the library insists on.
    history = wa.HistorySync(syncType=wa.HistorySync.RECENT, chunkOrder=1, progress=100)
    old = history.conversations.add(id=scene.chat_jid).messages.add()
    old.message.key.remoteJid = scene.chat_jid
    old.message.key.fromMe = False
    old.message.key.id = "OLDMESSAGE1"
    old.message.messageTimestamp = int(time.time()) - 3600
    old.message.message.conversation = content.text
    packed = zlib.compress(history.SerializeToString())
    encrypted, direct_path = media.put(packed, "md-msg-hist")
    part = message.protocolMessage
    part.type = wa.Message.ProtocolMessage.HISTORY_SYNC_NOTIFICATION
    _fill_reference(part.historySyncNotification, encrypted, direct_path)
    part.historySyncNotification.syncType = wa.HistorySync.RECENT
    part.historySyncNotification.chunkOrder = 1


def _vcard(name: str, numbers: tuple[str, ...]) -> str:
    return _card(name, [f"TEL;type=CELL;waid={number}:+{number}" for number in numbers])


def _card(name: str, lines: list[str]) -> str:
    begin = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}"]
    return "\n".join([*begin, *lines, "END:VCARD"])


@dataclass(frozen=True)
class Read:
    """What a decrypted payload says; `sent_to` is set in the copy for the writer's own phone."""

    kind: str
    sent_to: str = ""
    text: str = ""
    quotes: str = ""
    target: str = ""
    file_name: str = ""
    mime: str = ""
    declared_bytes: int = 0
    media: MediaReference | None = None


def read(payload: bytes) -> Read:
    """Read what a linked device wrote. Raises google.protobuf.message.DecodeError."""
    message = wa.Message.FromString(payload)
    sent_to = ""
    if message.HasField("deviceSentMessage"):
        sent_to = message.deviceSentMessage.destinationJid
        message = message.deviceSentMessage.message
    for kind, (field_name, media_type) in _MEDIA.items():
        if message.HasField(field_name):
            return _read_media(kind, media_type, getattr(message, field_name), sent_to)
    if message.HasField("extendedTextMessage"):
        part = message.extendedTextMessage
        return Read("text", sent_to, part.text, quotes=part.contextInfo.stanzaId)
    if message.HasField("reactionMessage"):
        part = message.reactionMessage
        return Read("reaction", sent_to, part.text, target=part.key.id)
    if message.HasField("protocolMessage"):
        return _read_protocol(message.protocolMessage, sent_to)
    if message.HasField("contactMessage"):
        part = message.contactMessage
        return Read("contact", sent_to, part.vcard, file_name=part.displayName)
    return Read("text" if message.conversation else "unknown", sent_to, message.conversation)


def _read_media(kind: str, media_type: str, part: Any, sent_to: str) -> Read:
    return Read(
        kind,
        sent_to,
        text=getattr(part, "caption", ""),
        quotes=part.contextInfo.stanzaId,
        file_name=getattr(part, "fileName", ""),
        mime=part.mimetype,
        declared_bytes=part.fileLength,
        media=MediaReference(part.directPath, bytes(part.mediaKey), media_type),
    )


def _read_protocol(part: Any, sent_to: str) -> Read:
    kinds = wa.Message.ProtocolMessage
    if part.type == kinds.REVOKE:
        return Read("deletion", sent_to, target=part.key.id)
    if part.type == kinds.MESSAGE_EDIT:
        edited = part.editedMessage
        text = edited.conversation or edited.extendedTextMessage.text
        return Read("edit", sent_to, text, target=part.key.id)
    return Read("protocol", sent_to)
