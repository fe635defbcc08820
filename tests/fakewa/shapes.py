"""What tests say to the fake service and hear from it; nothing here needs the wire format."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self


class Addressing(StrEnum):
    """How a stanza names the person who wrote it."""

    PN = "pn"  # by phone number
    LID = "lid"  # by hidden id, with the number beside it
    LID_ALONE = "lid_alone"  # by hidden id, and nothing tells the number


class Receipts(StrEnum):
    """What a reader's phone reports by itself."""

    NONE = "none"
    DELIVERED = "delivered"
    READ = "read"  # delivered, then read


class Refusing(StrEnum):
    """How the service turns new connections away."""

    NOBODY = "nobody"
    HTTP_503 = "http_503"
    CUT = "cut"  # the TCP connection is reset


@dataclass(frozen=True)
class Shape:
    """Something that travels over the control line as JSON."""

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)

    @classmethod
    def of(cls, found: dict[str, Any]) -> Self:
        """The shape again; fields that nobody sent keep their defaults."""
        known = {one.name for one in fields(cls)}
        assert found.keys() <= known, f"{cls.__name__} has no {found.keys() - known}"
        # JSON has no tuples.
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in found.items()})


@dataclass(frozen=True)
class Content(Shape):
    """What somebody writes; `kind` decides which other fields count.

    text:        `text`, perhaps `quotes` (a message id)
    image, document, voice: `path` of the bytes, `mime`, `text` as caption, `file_name`,
                 `declared_bytes` where the phone lies about the size, `quotes`
    contact:     `file_name` (the name on the card) and `numbers`, perhaps `quotes`
    contacts:    `cards`, name and number as an address book has them, perhaps `quotes`
    reaction:    `text` (an emoji, empty takes it back) to `target`
    edit:        `target` gets `text`
    deletion:    `target` goes
    malformed:   a payload that is no protobuf, in a proper Signal envelope
    unreadable:  `text`, spoiled on the way; the device gets it whole when it asks again
    history:     the notification after linking, with `text` as one old message
    """

    kind: str = "text"
    text: str = ""
    quotes: str = ""
    target: str = ""
    path: str = ""
    file_name: str = ""
    mime: str = ""
    declared_bytes: int | None = None
    numbers: tuple[str, ...] = ()
    cards: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Shown(Shape):
    """One message as a phone shows it. `number` counts the messages of that phone from 1."""

    number: int
    id: str
    chat: str  # the other person's number; the own number in "Message yourself"
    from_me: bool
    kind: str
    text: str = ""
    quotes: str = ""
    target: str = ""
    file_name: str = ""
    mime: str = ""
    declared_bytes: int = 0
    addressed_by: str = Addressing.PN  # how the linked device named the chat


@dataclass(frozen=True)
class Delivery(Shape):
    """What became of a message that a phone wrote, at one linked device.

    `receipts` holds their types in order ("" is a plain delivery); `acked` is true once the device
    said in any way that it need not be sent again; `acks` counts the answers that say so outright,
    `nacks` holds the error codes of those.
    """

    device: str
    delivered: int = 0
    acked: bool = False
    acks: int = 0
    receipts: tuple[str, ...] = ()
    nacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mode(Shape):
    """How the service treats one number's linked devices, or everybody's.

    `login_failure` is a reason code (401, 402, 403, 405, 409, 503); 402 carries `ban_code` and
    `ban_seconds`. `send_error` answers sends with an error, 463 for example, to all chats or only
    to those where the other person never wrote.
    """

    acknowledge: bool = True
    receipts: str = Receipts.DELIVERED
    send_error: int = 0
    send_error_to_new_chats_only: bool = False
    login_failure: int = 0
    ban_code: int = 104
    ban_seconds: int = 3600
    qr_codes: int = 6


@dataclass(frozen=True)
class LinkedDevice(Shape):
    """One device of a phone's list "Linked devices"."""

    jid: str
    online: bool
    logins: int
    waiting: int  # messages that it has not acknowledged


@dataclass(frozen=True)
class Act(Shape):
    """Something a linked device did that others may notice: typing, presence, a read receipt."""

    kind: str
    chat: str
    detail: str = ""


@dataclass(frozen=True)
class Counts(Shape):
    """Sums over the life of the process."""

    connections: int = 0
    refused: int = 0
    logins: int = 0
    online: int = 0
    pairings: int = 0
    problems: tuple[str, ...] = field(default=())
