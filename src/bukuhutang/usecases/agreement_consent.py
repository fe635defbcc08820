"""SETUJU and TOLAK: what a borrower's answer does, and the proof that is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.usecases.book import Book


@dataclass(frozen=True)
class Heard:
    """A borrower's answer as it was read: from whom, in which message, about which agreement."""

    reply: Literal["accept", "reject", "unclear"]
    phone: PhoneNumber
    message_id: str  # the provider's
    number: int | None = None  # as named in the text
    quoted: int | None = None  # of the agreement whose message it replies to


@dataclass(frozen=True)
class Replies:
    """What the borrower is told, and what the lender; `language` is the agreement's."""

    to_borrower: Answer
    language: str
    to_lender: Answer | None = None


async def hear_consent(book: Book, heard: Heard) -> Replies | None:
    """Take the answer of whoever was asked; None when this number was asked nothing: silence."""
    raise NotImplementedError
