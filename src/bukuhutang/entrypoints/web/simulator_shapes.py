"""The JSON of the simulator's routes: camelCase outside, checked on the way in."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from bukuhutang.messaging.driver import Document
from bukuhutang.messaging.simulated import (
    MESSAGE_ID_MAX,
    TEXT_MAX,
    PhoneState,
    ShownMessage,
    StoredDocument,
    Ticks,
)
from bukuhutang.messaging.simulated_acts import (
    CARD_NAME_MAX,
    CARD_PHONE_MAX,
    CARDS_MAX,
    EMOJI_MAX,
    ActKind,
    Card,
    Extras,
)

QR_CHARACTERS_MAX = 1000
DECLARED_BYTES_MAX = 2 * 1024 * 1024 * 1024
"""The largest document on WhatsApp."""

PAIR_CODE_CHARACTERS_MAX = 20
CHAT_CHARACTERS_MAX = 60
SECONDS_MOVED_MAX = 1_000_000_000
"""Beyond this a number of seconds is a mistake; the clock's own limit is lower."""


class _Json(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ScanIn(_Json):
    qr: str = Field(min_length=1, max_length=QR_CHARACTERS_MAX)


class PairIn(_Json):
    code: str = Field(min_length=1, max_length=PAIR_CODE_CHARACTERS_MAX)


class ScanOut(_Json):
    linked: Literal[True] = True
    tenant_id: int


def _decoded(text: object) -> bytes:
    # Strict: the standard reader skips over what is no base64 and makes a shorter file of it.
    if not isinstance(text, str):
        raise ValueError("base64 text is needed")
    return b64decode(text, validate=True)


class DocumentIn(_Json):
    """A file; `size` is what its sender claims, when that is not what there is."""

    file_name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    mime_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=127)]
    base64: Annotated[bytes, BeforeValidator(_decoded)] = Field(min_length=1)
    size: int | None = Field(default=None, ge=1, le=DECLARED_BYTES_MAX)

    def document(self) -> Document:
        """The file as the chat carries it."""
        size = len(self.base64) if self.size is None else self.size
        return Document(self.file_name, self.mime_type, size, self.base64)


MessageId = Annotated[str, StringConstraints(pattern=r"^[!-~]+$", max_length=2 * MESSAGE_ID_MAX)]


class ReactionIn(_Json):
    """An emoji on a message; an empty one takes it back."""

    to: MessageId
    emoji: str = Field(max_length=EMOJI_MAX)


class EditIn(_Json):
    id: MessageId
    text: str = Field(min_length=1, max_length=TEXT_MAX)


class DeletionIn(_Json):
    id: MessageId


class CardShape(_Json):
    """A contact; its number is whatever the phone's address book holds."""

    name: str = Field(max_length=CARD_NAME_MAX)
    phone: str = Field(default="", max_length=CARD_PHONE_MAX)


class MessageIn(_Json):
    """A text, a document with or without a caption, contacts, or something done to a message."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to": "6281234567890", "text": "PINJAM Budi 500rb"}]}
    )

    to: str = Field(min_length=1, max_length=CHAT_CHARACTERS_MAX)
    text: str = Field(default="", max_length=TEXT_MAX)
    document: DocumentIn | None = None
    id: Annotated[str, StringConstraints(pattern=r"^[!-~]+$")] | None = Field(
        default=None, max_length=MESSAGE_ID_MAX
    )
    reply_to: MessageId | None = None
    reaction: ReactionIn | None = None
    edit: EditIn | None = None
    delete: DeletionIn | None = None
    contact: CardShape | None = None
    contacts: list[CardShape] = Field(default_factory=list, max_length=CARDS_MAX)

    @model_validator(mode="after")
    def _says_one_thing(self) -> MessageIn:
        acts = [self.reaction, self.edit, self.delete]
        cards = [self.contact, self.contacts or None]
        done = [one for one in acts + cards if one is not None]
        said = bool(self.text) or self.document is not None
        if len(done) + said != 1:
            raise ValueError("one of text, document, contact, reaction, edit, delete is needed")
        if self.reply_to is not None and any(one is not None for one in acts):
            raise ValueError("only a message replies to another one")
        return self

    def words(self) -> str:
        """The text as the chat carries it: of a reaction its emoji, of an edit the new text."""
        if self.reaction is not None:
            return self.reaction.emoji
        return self.text if self.edit is None else self.edit.text

    def extras(self) -> Extras:
        """What it carries besides."""
        if self.reaction is not None:
            return Extras(ActKind.REACTION, self.reaction.to)
        if self.edit is not None:
            return Extras(ActKind.EDIT, self.edit.id)
        if self.delete is not None:
            return Extras(ActKind.DELETION, self.delete.id)
        cards = self.contacts if self.contact is None else [self.contact]
        return Extras(None, self.reply_to, tuple(Card(one.name, one.phone) for one in cards))


class WrittenOut(_Json):
    id: str
    seq: int


class DocumentOut(_Json):
    file_name: str
    mime_type: str
    size: int
    href: str

    @classmethod
    def of(cls, stored: StoredDocument) -> DocumentOut:
        """The description as JSON; the href is relative to this service."""
        return cls(
            file_name=stored.file_name,
            mime_type=stored.mime_type,
            size=stored.size,
            href=f"/simulator/documents/{stored.token}",
        )


class ReactionOut(_Json):
    sender: str = Field(serialization_alias="from")
    emoji: str


class MessageOut(_Json):
    seq: int
    id: str
    sender: str = Field(serialization_alias="from")
    to: str
    text: str
    document: DocumentOut | None = None
    at: datetime
    ticks: Ticks | None = None
    reply_to: str | None = None
    contacts: list[CardShape] | None = None
    reactions: list[ReactionOut] | None = None
    edited: Literal[True] | None = None
    deleted: Literal[True] | None = None

    @classmethod
    def of(cls, one: ShownMessage) -> MessageOut:
        """The message as JSON."""
        return cls(
            seq=one.seq,
            id=one.id,
            sender=one.sender,
            to=one.to,
            text=one.text,
            document=None if one.document is None else DocumentOut.of(one.document),
            at=one.at,
            ticks=one.ticks,
            reply_to=one.reply_to,
            contacts=[CardShape(name=card.name, phone=card.phone) for card in one.cards] or None,
            reactions=[ReactionOut(sender=who, emoji=sign) for who, sign in one.reactions] or None,
            edited=one.edited or None,
            deleted=one.deleted or None,
        )


class ChangesOut(_Json):
    rev: int
    messages: list[MessageOut]
    state: PhoneState
    more: bool


class LinkedOut(_Json):
    tenant_id: int


class PhoneOut(_Json):
    number: str
    state: PhoneState
    linked: LinkedOut | None
    last_seq: int
    rev: int


class ReceiptIn(_Json):
    id: str = Field(min_length=1, max_length=2 * MESSAGE_ID_MAX)
    state: Literal["delivered", "read"]


class ReceiptOut(_Json):
    id: str
    state: Ticks


class ConnectionIn(_Json):
    state: PhoneState


class ConnectionOut(_Json):
    state: PhoneState


class ClockIn(_Json):
    """An instant, or a number of seconds; one of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"advanceSeconds": 3_600}]})

    now: AwareDatetime | None = None
    advance_seconds: float | None = Field(
        default=None, ge=-SECONDS_MOVED_MAX, le=SECONDS_MOVED_MAX, allow_inf_nan=False
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> ClockIn:
        if (self.now is None) == (self.advance_seconds is None):
            raise ValueError("either now or advanceSeconds is needed")
        return self

    def distance(self, now: datetime) -> timedelta:
        """How far the clock is to be moved."""
        if self.now is not None:
            return self.now - now
        assert self.advance_seconds is not None
        return timedelta(seconds=self.advance_seconds)


class ClockOut(_Json):
    now: datetime


class IdleOut(_Json):
    idle: Literal[True] = True


class SendsOut(_Json):
    """How often a reference was accepted, or without one: how many sends, and which doubled."""

    accepted: int
    doubled: dict[str, int] | None = None
