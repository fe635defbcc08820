"""A webhook of the Cloud API, split: one event per message and status, and whose number it is for.

Pure, and tolerant: pywa reads only the first of two messages and drops a sender without `user_id`.
What cannot be read is named, and takes nothing else along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from bukuhutang.base.ids import ChatId, PhoneNumber
from bukuhutang.base.spelling import storable
from bukuhutang.messaging.cloud_errors import meaning_of
from bukuhutang.messaging.driver import (
    ContactCard,
    Document,
    MessageKind,
    MessageReceived,
    ReceiptReceived,
    ReceiptState,
)
from bukuhutang.tenancy.phone import read_phone

DIGITS = re.compile(r"[1-9][0-9]{6,14}", re.ASCII)
WHOLE_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
MESSAGES = "messages"
"""The one field we subscribe to; what else Meta may send is not for us."""

STATES = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.READ,
    "failed": ReceiptState.FAILED,
}
MEDIA = {
    "document": MessageKind.DOCUMENT,
    "image": MessageKind.IMAGE,
    "audio": MessageKind.VOICE,
    "video": MessageKind.OTHER,
    "sticker": MessageKind.OTHER,
}
CONTENT_MAX = 1_000_000
"""No text on WhatsApp is nearly as long."""

Json: TypeAlias = dict[str, Any]


class Unreadable(Exception):
    """A part of a webhook is not what the API documents; the text says which."""


@dataclass(frozen=True)
class Split:
    """One event for the number `phone_id`."""

    phone_id: str
    event: MessageReceived | ReceiptReceived


@dataclass(frozen=True)
class Parts:
    """All that could be read, in order, and what could not."""

    events: tuple[Split, ...]
    problems: tuple[str, ...]


def split(body: bytes) -> Parts:
    """Split a raw body. Raises Unreadable when it is no webhook at all."""
    try:
        posted = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Unreadable("not JSON") from problem
    entries = _dict(posted, "body").get("entry")
    events: list[Split] = []
    problems: list[str] = []
    for where, change in _changes(_list(entries, "entry"), problems):
        _read_change(change, where, events, problems)
    return Parts(tuple(events), tuple(problems))


def _changes(entries: list[Any], problems: list[str]) -> Iterator[tuple[str, Json]]:
    for at, entry in enumerate(entries):
        try:
            changes = _list(_dict(entry, f"entry {at}").get("changes"), f"entry {at}: changes")
        except Unreadable as problem:
            problems.append(str(problem))
            continue
        for number, change in enumerate(changes):
            where = f"entry {at} change {number}"
            try:
                if _dict(change, where).get("field") == MESSAGES:
                    yield where, _dict(change.get("value"), f"{where}: value")
            except Unreadable as problem:
                problems.append(str(problem))


def _read_change(value: Json, where: str, events: list[Split], problems: list[str]) -> None:
    for name, read in (("messages", read_message), ("statuses", read_status)):
        try:
            phone_id = _text(_dict(value.get("metadata"), "metadata"), "phone_number_id")
            found = _list(value.get(name, []), name)
        except Unreadable as problem:
            problems.append(f"{where}: {problem}")
            continue
        for number, one in enumerate(found):
            try:
                event = read(_dict(one, name))
            except Unreadable as problem:
                problems.append(f"{where} {name} {number}: {problem}")
            else:
                if event is not None:
                    events.append(Split(phone_id, event))


# --- messages -----------------------------------------------------------------------------------


def read_message(message: Json) -> MessageReceived:
    """One message as an event. Raises Unreadable."""
    number = message.get("from")
    sender = PhoneNumber(number) if isinstance(number, str) and DIGITS.fullmatch(number) else None
    alias = _optional(message, "from_user_id")
    if sender is None and alias is None:
        raise Unreadable("nobody sent it")
    kind, text, refers_to = _content(message)
    typ = _text(message, "type")
    file = _file(message[typ], typ) if typ in MEDIA and isinstance(message.get(typ), dict) else None
    group = _optional(message, "group_id")
    return MessageReceived(
        id=_text(message, "id"),
        chat=ChatId(group or sender or str(alias)),
        chat_lid=alias,
        sender=sender,
        from_me=False,
        self_chat=False,
        group=group is not None,
        at=_instant(message),
        text=text,
        document=file if kind in (MessageKind.DOCUMENT, MessageKind.IMAGE) else None,
        kind=kind,
        refers_to=refers_to,
        contacts=_cards(message) if kind is MessageKind.CONTACT else (),
        sender_lid=alias,
    )


def _content(message: Json) -> tuple[MessageKind, str, str | None]:
    """Kind, text, and the message it refers to."""
    quoted = _optional(_part(message, "context"), "id")
    typ = _text(message, "type")
    match typ:
        case "text":
            return MessageKind.TEXT, _text(_dict(message.get("text"), "text"), "body"), quoted
        case "button":  # the quick reply of a template
            return MessageKind.TEXT, _text(_dict(message.get("button"), "button"), "text"), quoted
        case "interactive":
            return _interactive(_dict(message.get("interactive"), "interactive"), quoted)
        case "reaction":
            reaction = _dict(message.get("reaction"), "reaction")
            emoji = _optional(reaction, "emoji") or ""
            return MessageKind.REACTION, emoji, _text(reaction, "message_id")
        case "edit":
            edit = _dict(message.get("edit"), "edit")
            _, text, _ = _content(_dict(edit.get("message"), "edit: message"))
            return MessageKind.EDIT, text, _text(edit, "original_message_id")
        case "revoke":
            revoke = _dict(message.get("revoke"), "revoke")
            return MessageKind.DELETION, "", _text(revoke, "original_message_id")
        case "contacts":
            return MessageKind.CONTACT, "", quoted
        case _ if typ in MEDIA:
            return MEDIA[typ], _optional(_dict(message.get(typ), typ), "caption") or "", quoted
    return MessageKind.OTHER, "", quoted


def _interactive(part: Json, quoted: str | None) -> tuple[MessageKind, str, str | None]:
    for name in ("button_reply", "list_reply"):
        if name in part:
            return MessageKind.TEXT, _text(_dict(part[name], name), "title"), quoted
    return MessageKind.OTHER, "", quoted


def _file(part: Json, typ: str) -> Document:
    return Document(
        file_name=_optional(part, "filename") or typ,
        mime_type=_optional(part, "mime_type") or "application/octet-stream",
        size=0,  # a webhook does not tell; the content will
        handle=_text(part, "id").encode(),
    )


def _cards(message: Json) -> tuple[ContactCard, ...]:
    return tuple(
        _card(_dict(one, "contacts")) for one in _list(message.get("contacts"), "contacts")
    )


def _card(contact: Json) -> ContactCard:
    name = _optional(_part(contact, "name"), "formatted_name") or ""
    phones = contact.get("phones")
    for phone in phones if isinstance(phones, list) else ():
        if isinstance(phone, dict):
            known = read_phone(f"+{phone.get('wa_id')}") or read_phone(str(phone.get("phone")))
            if known is not None:
                return ContactCard(name, known)
    return ContactCard(name, None)


# --- statuses -----------------------------------------------------------------------------------


def read_status(status: Json) -> ReceiptReceived | None:
    """One status as an event; None for one that moves nothing. Raises Unreadable."""
    state = STATES.get(_text(status, "status"))
    if state is None:
        return None  # `deleted`, `played`, `warning` and what may follow
    reason = None
    if state is ReceiptState.FAILED:
        errors = status.get("errors")
        first = errors[0] if isinstance(errors, list) and errors else None
        code = first.get("code") if isinstance(first, dict) else None
        reason = meaning_of(code).reason if isinstance(code, int) else "no_reason_given"
    return ReceiptReceived(
        (_text(status, "id"),), state, _optional(status, "biz_opaque_callback_data"), reason
    )


# --- shapes -------------------------------------------------------------------------------------


def _dict(value: object, where: str) -> Json:
    if not isinstance(value, dict):
        raise Unreadable(f"{where} is no object")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable(f"{where} is no list")
    return value


def _part(holder: Json, name: str) -> Json:
    part = holder.get(name)
    return part if isinstance(part, dict) else {}


def _text(holder: Json, name: str) -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value or len(value) > CONTENT_MAX:
        raise Unreadable(f"{name} is no text")
    return storable(value)


def _optional(holder: Json, name: str) -> str | None:
    value = holder.get(name)
    return storable(value) if isinstance(value, str) and value else None


def _instant(message: Json) -> datetime:
    """Seconds since 1970, as text."""
    spelled = str(message.get("timestamp"))
    if not WHOLE_NUMBER.fullmatch(spelled):
        raise Unreadable("timestamp is no time")
    try:
        return datetime.fromtimestamp(int(spelled), UTC)
    except (ValueError, OverflowError, OSError) as problem:
        raise Unreadable("timestamp is no time") from problem
