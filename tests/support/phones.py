"""The phones of a test, whichever WhatsApp they hang on: simulated, fake linked-device or Cloud.

A transcript only needs what is here, so it plays unchanged on every driver.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from bukuhutang.messaging.driver import Document
from bukuhutang.messaging.simulated import SimulatedWhatsApp, StoredDocument
from bukuhutang.messaging.simulated_acts import ActKind, Card, Extras


@dataclass(frozen=True)
class Heard:
    """One message as a phone shows it."""

    id: str
    text: str  # of a file: its caption
    document: StoredDocument | None = None  # where this WhatsApp tells it
    file_name: str = ""  # of a document


@dataclass(frozen=True)
class More:
    """What a message is besides its text; other messages by their ids, as a phone shows them.

    With `reacts_to` the text is the emoji, with `edits` it is the new text, with `deletes` nothing.
    """

    reply_to: str | None = None
    reacts_to: str | None = None
    edits: str | None = None
    deletes: str | None = None
    cards: tuple[tuple[str, str], ...] = ()  # name and number, as an address book has them
    file: Document | None = None


TEXT_ONLY = More()


class Phones(Protocol):
    """What people do with their phones. Numbers come in any spelling."""

    async def link(self, phone: str, code: str) -> None:
        """Scan the code on show with this phone."""
        ...

    async def write(
        self, phone: str, to: str, text: str, *, id: str | None = None, more: More = TEXT_ONLY
    ) -> None:
        """Write to a number (the own one: to oneself) or a group; `id` chooses the message's id.

        `more` says what it is besides a text: a reply, a reaction, an edit, contacts, a file.
        """
        ...

    async def heard(self, phone: str) -> list[Heard]:
        """What the bot wrote into this phone's own chats since the last look."""
        ...

    async def at_rest(self) -> bool:
        """Whether WhatsApp has nothing left to hand over."""
        ...

    def move_clock(self, by: timedelta) -> None:
        """Move business time forward, wherever this WhatsApp keeps it."""
        ...


@dataclass
class SimulatedPhones:
    """Phones on the simulator."""

    whatsapp: SimulatedWhatsApp
    _seen: dict[str, int] = field(default_factory=dict)
    _typed: set[str] = field(default_factory=set)

    async def link(self, phone: str, code: str) -> None:
        """Scan with a simulated phone."""
        await self.whatsapp.scan(phone, code)

    async def write(
        self, phone: str, to: str, text: str, *, id: str | None = None, more: More = TEXT_ONLY
    ) -> None:
        """Type on a simulated phone."""
        written = await self.whatsapp.write(
            phone, to, text, message_id=id, document=more.file, extras=_extras(more)
        )
        self._typed.add(written.id)

    async def heard(self, phone: str) -> list[Heard]:
        """Messages to this number that nobody typed: those of the bot."""
        number = self.whatsapp.phone(phone).number
        page = await self.whatsapp.messages(phone, after=self._seen.get(number, 0))
        assert not page.more
        if page.messages:
            self._seen[number] = page.messages[-1].seq
        return [
            Heard(one.id, one.text, one.document, one.document.file_name if one.document else "")
            for one in page.messages
            if one.id not in self._typed and one.to == number
        ]

    async def at_rest(self) -> bool:
        """The simulator knows."""
        return self.whatsapp.at_rest()

    def move_clock(self, by: timedelta) -> None:
        """The simulator remembers it over restarts."""
        self.whatsapp.move_clock(by)


def _extras(more: More) -> Extras:
    acts = (
        (ActKind.REACTION, more.reacts_to),
        (ActKind.EDIT, more.edits),
        (ActKind.DELETION, more.deletes),
    )
    for act, target in acts:
        if target is not None:
            return Extras(act, target)
    return Extras(None, more.reply_to, tuple(Card(*one) for one in more.cards))
