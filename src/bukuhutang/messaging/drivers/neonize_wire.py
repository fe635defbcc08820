"""What a worker reports, as frames: made in the worker, read in the service.

Times travel as the worker knows them, seconds of the machine's clock or from now; the service
turns them into its own time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bukuhutang.base.clock import Clock
from bukuhutang.base.ids import ChatId, PhoneNumber
from bukuhutang.messaging import driver as wa

PAST_MAX = timedelta(days=45)
"""WhatsApp keeps what it cannot deliver for a month; what claims to be older has a wrong clock."""


@dataclass(frozen=True)
class Reported:
    """One event on its way: header fields and the raw handle of a file."""

    fields: dict[str, Any]
    body: bytes = b""


def state(kind: str, **fields: Any) -> Reported:
    """An event that is no message."""
    return Reported({"kind": kind, **fields})


def message(one: wa.MessageReceived, sent_seconds: float) -> Reported:
    """A message; `one.at` is not used, the stamp travels as WhatsApp gave it."""
    document = one.document
    return Reported(
        {
            "kind": "message",
            "id": one.id,
            "chat": one.chat,
            "chat_lid": one.chat_lid,
            "sender": one.sender,
            "sender_lid": one.sender_lid,
            "from_me": one.from_me,
            "self_chat": one.self_chat,
            "group": one.group,
            "sent": sent_seconds,
            "text": one.text,
            "message_kind": one.kind.value,
            "refers_to": one.refers_to,
            "contacts": [[card.name, card.phone] for card in one.contacts],
            "document": document and [document.file_name, document.mime_type, document.size],
        },
        document.handle or b"" if document else b"",
    )


def receipt(ids: tuple[str, ...], reached: wa.ReceiptState) -> Reported:
    """A receipt for messages we sent."""
    return Reported({"kind": "receipt", "ids": list(ids), "state": reached.value})


def business_time(sent_seconds: float, clock: Clock) -> datetime:
    """When a message was sent, by the service's own clock.

    A stamp from the future is a phone's wrong clock: then it is now. So is one that is older than
    anything WhatsApp still delivers.
    """
    machine_now = clock.machine_now()
    try:
        sent = datetime.fromtimestamp(sent_seconds, UTC)
    except (OverflowError, ValueError, OSError):
        sent = machine_now
    if not machine_now - PAST_MAX <= sent <= machine_now:
        sent = machine_now
    # Both clocks are asked one after the other: what lies between the two calls is no difference.
    ahead = timedelta(seconds=round((clock.now() - machine_now).total_seconds(), 2))
    return sent + ahead


def event_of(fields: dict[str, Any], body: bytes, clock: Clock) -> wa.Event:
    """The event a worker reported. Raises KeyError, TypeError, ValueError for what is none."""
    match fields["kind"]:
        case "message":
            return _message(fields, body, clock)
        case "receipt":
            return wa.ReceiptReceived(tuple(fields["ids"]), wa.ReceiptState(fields["state"]))
        case "qr":
            expires_at = clock.now() + timedelta(seconds=fields["seconds"])
            return wa.QrShown(fields["code"], expires_at)
        case "pair_code":
            return wa.PairCodeShown(fields["code"])
        case "pairing_failed":
            return wa.PairingFailed(fields["reason"])
        case "connected":
            return wa.Connected()
        case "disconnected":
            return wa.Disconnected(fields["reason"])
        case "logged_out":
            return wa.LoggedOut(fields["reason"])
        case "replaced":
            return wa.Replaced()
        case "temporarily_banned":
            seconds = fields["seconds"]
            until = None if seconds is None else clock.now() + timedelta(seconds=seconds)
            return wa.TemporarilyBanned(fields["code"], until)
        case "outdated":
            return wa.ClientOutdated()
        case "restricted":
            return wa.Restricted()
        case "undecryptable":
            return wa.Undecryptable(fields["id"])
    raise ValueError(f"no event is called {fields['kind']!r}")


def _message(fields: dict[str, Any], body: bytes, clock: Clock) -> wa.MessageReceived:
    document = None
    if fields["document"] is not None:
        name, mime_type, size = fields["document"]
        document = wa.Document(name, mime_type, size, handle=body or None)
    return wa.MessageReceived(
        id=fields["id"],
        chat=ChatId(fields["chat"]),
        chat_lid=fields["chat_lid"],
        sender=fields["sender"] and PhoneNumber(fields["sender"]),
        sender_lid=fields["sender_lid"],
        from_me=fields["from_me"],
        self_chat=fields["self_chat"],
        group=fields["group"],
        at=business_time(fields["sent"], clock),
        text=fields["text"],
        document=document,
        kind=wa.MessageKind(fields["message_kind"]),
        refers_to=fields["refers_to"],
        contacts=tuple(wa.ContactCard(name, phone) for name, phone in fields["contacts"]),
    )


def outcome_fields(outcome: wa.Outcome) -> dict[str, Any]:
    """What became of a send, as the worker answers it."""
    match outcome:
        case wa.Accepted(provider_id=provider_id):
            return {"outcome": "accepted", "provider_id": provider_id}
        case wa.Unknown(reason=reason):
            return {"outcome": "unknown", "reason": reason}
        case wa.Rejected(reason=reason, retry=retry):
            return {"outcome": "rejected", "reason": reason, "retry": retry}


def outcome_of(fields: dict[str, Any]) -> wa.Outcome:
    """What the worker says became of a send."""
    match fields["outcome"]:
        case "accepted":
            return wa.Accepted(fields["provider_id"])
        case "rejected":
            return wa.Rejected(fields["reason"], fields["retry"])
    return wa.Unknown(fields["reason"])
