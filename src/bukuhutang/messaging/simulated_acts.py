"""What a person does on a simulated phone besides typing: replies, reactions, edits, cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

EDIT_WITHIN = timedelta(minutes=15)
DELETE_WITHIN = timedelta(hours=60)
"""WhatsApp's own limits, counted from the message."""

EMOJI_MAX = 20
"""Characters of a reaction; a family with skin tones has eleven."""

CARDS_MAX = 257
"""Contacts in one message; WhatsApp's own limit."""

CARD_NAME_MAX = 300
CARD_PHONE_MAX = 40


class ActKind(StrEnum):
    """What is no message of its own but something done to one."""

    REACTION = "reaction"  # the text is the emoji, empty when it is taken back
    EDIT = "edit"  # the text is the new one
    DELETION = "deletion"


@dataclass(frozen=True, slots=True)
class Card:
    """A contact as the phone's address book has it; the number is what was typed there."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Extras:
    """What a message carries besides its text and file.

    `refers_to` is the message replied to; with an `act`, the one reacted to, edited or deleted.
    """

    act: ActKind | None = None
    refers_to: str | None = None
    cards: tuple[Card, ...] = ()


PLAIN = Extras()
