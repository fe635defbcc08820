"""Contact cards of a member: the number on each goes to the person of that name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.entrypoints.chat.answer import answer_lender
from bukuhutang.entrypoints.chat.quoted import Quoted, with_person
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.rendering.formats import phone as shown_phone
from bukuhutang.store.book import Person, read_people
from bukuhutang.store.inbox import Inbound
from bukuhutang.tenancy.roles import Permission
from bukuhutang.understanding.intents import SetContact
from bukuhutang.understanding.names import name_key, shorten
from bukuhutang.usecases.contacts import ContactSet, set_contact
from bukuhutang.usecases.refusals import NotPermitted


@dataclass(frozen=True)
class Card:
    """A person on a card; `phone` is None when no number on it can be read."""

    name: str
    phone: PhoneNumber | None


@dataclass(frozen=True)
class Saved:
    """A number that was noted."""

    name: str
    phone: str


@dataclass(frozen=True)
class Unsaved:
    """A card that changed nothing: unknown, no_number, taken, own, several or twice."""

    name: str
    reason: str


REASONS = {"borrower_unknown": "unknown", "phone_taken": "taken", "phone_is_own": "own"}


def cards_of(message: Inbound) -> list[Card]:
    """The cards in a message; one without a name is called by its number."""
    rows: list[dict[str, Any]] = (message.detail or {}).get("contacts", [])
    return [_card(row["name"], row["phone"]) for row in rows]


def _card(name: str, phone: str | None) -> Card:
    number = None if phone is None else PhoneNumber(phone)
    if not name_key(name):
        name = "?" if number is None else shown_phone(number)
    return Card(shorten(" ".join(name.split())), number)


def card_meant(message: Inbound) -> SetContact | None:
    """NOMOR, as a single card with a number says it; None for any other message of cards."""
    cards = cards_of(message)
    if len(cards) != 1 or cards[0].phone is None:
        return None
    return SetContact(cards[0].name, cards[0].phone)


async def answer_cards(talk: Talk, message: Inbound, quoted: Quoted) -> None:
    """Note the numbers; a card in reply to a message about somebody is that person's."""
    cards = cards_of(message)
    if len(cards) == 1:
        await _answer_one(talk, message, cards[0], quoted)
        return
    if not cards:
        talk.book.send(message.chat_id, talk.say_code("kind_unread"))
        return
    try:
        talk.book.require(Permission.RECORD)
    except NotPermitted as no:
        talk.book.send(message.chat_id, talk.say(no))
        return
    saved: list[Saved] = []
    unsaved: list[Unsaved] = []
    seen: set[str] = set()
    for card in cards:
        done = await _note(talk, card, seen)
        if isinstance(done, Saved):
            saved.append(done)
        else:
            unsaved.append(done)
    left_out = (message.detail or {}).get("left_out", 0)
    text = talk.say_code("cards_read", saved=saved, unsaved=unsaved, left_out=left_out)
    talk.book.send(message.chat_id, text)


async def _answer_one(talk: Talk, message: Inbound, card: Card, quoted: Quoted) -> None:
    if card.phone is None:
        talk.book.send(message.chat_id, talk.say_code("card_without_number", name=card.name))
        return
    intent = SetContact(card.name, card.phone)
    if quoted.borrower_id is None and not talk.book.page.people:
        talk.book.send(message.chat_id, talk.say_code("card_unknown", name=card.name))
        return
    # In reply, the card is for that person, whatever the phone's address book calls them.
    await answer_lender(talk, message.chat_id, intent, await with_person(talk.book, quoted))


async def _note(talk: Talk, card: Card, seen: set[str]) -> Saved | Unsaved:
    """Note one of several cards; nobody is asked, and no person or number is taken twice."""
    if card.phone is None:
        return Unsaved(card.name, "no_number")
    key = name_key(card.name)
    people = await read_people(talk.book.tx, key)
    fits = [one for one in people if one.borrower.name_key == key] or list(people)
    if not fits:
        return Unsaved(card.name, "unknown")
    if len(fits) > 1:
        return Unsaved(card.name, "several")
    [person] = fits
    marks = {card.phone, f"person:{person.borrower.id}"}
    if marks & seen:
        return Unsaved(card.name, "twice")
    return await _set(talk, card, card.phone, person, seen)


async def _set(
    talk: Talk, card: Card, phone: PhoneNumber, person: Person, seen: set[str]
) -> Saved | Unsaved:
    try:
        done = await set_contact(talk.book, card.name, name_key(card.name), phone, chosen=person)
    except Refusal as no:  # raised before anything is staged
        return Unsaved(card.name, REASONS[no.code])
    assert isinstance(done, ContactSet), "nobody is asked about a chosen person"
    seen |= {phone, f"person:{person.borrower.id}"}
    return Saved(done.name, done.phone)
