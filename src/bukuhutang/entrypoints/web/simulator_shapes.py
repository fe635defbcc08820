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

QR_CHARACTERS_MAX = 1000
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
    file_name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    mime_type: Annotated[str, StringConstraints(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=127)]
    base64: Annotated[bytes, BeforeValidator(_decoded)] = Field(min_length=1)

    def document(self) -> Document:
        """The file as the chat carries it."""
        return Document(self.file_name, self.mime_type, len(self.base64), self.base64)


class MessageIn(_Json):
    """A text, or a document with or without a caption."""

    to: str = Field(min_length=1, max_length=CHAT_CHARACTERS_MAX)
    text: str = Field(default="", max_length=TEXT_MAX)
    document: DocumentIn | None = None
    id: Annotated[str, StringConstraints(pattern=r"^[!-~]+$")] | None = Field(
        default=None, max_length=MESSAGE_ID_MAX
    )

    @model_validator(mode="after")
    def _says_something(self) -> MessageIn:
        if not self.text and self.document is None:
            raise ValueError("text or document is needed")
        return self


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


class MessageOut(_Json):
    seq: int
    id: str
    sender: str = Field(serialization_alias="from")
    to: str
    text: str
    document: DocumentOut | None = None
    at: datetime
    ticks: Ticks | None = None

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
