"""What a message replies to, as far as the book knows it, and whom it therefore means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bukuhutang.base.ids import BorrowerId, ChatId, DebtNumber
from bukuhutang.store.book import Person, read_person
from bukuhutang.store.referred import read_referred
from bukuhutang.understanding import intents
from bukuhutang.understanding.commands import read_lender
from bukuhutang.understanding.names import name_key
from bukuhutang.usecases.book import MESSAGE_KEY, Book


@dataclass(frozen=True)
class Quoted:
    """The message replied to: the question it asks, or the person, debt and act it tells of."""

    refers: bool = True  # to a message at all
    is_known: bool = False  # we sent it or stored it
    is_ours: bool = False
    question: str | None = None  # the message that asked it
    borrower_id: BorrowerId | None = None
    debt: DebtNumber | None = None
    agreement: int | None = None
    key: str | None = None
    person: Person | None = None  # who is meant, once that was read


NOTHING_QUOTED = Quoted(refers=False)


async def read_quoted(book: Book, chat_id: ChatId, refers_to: str | None) -> Quoted:
    """What is known of the message replied to; the own message of a person is what came of it."""
    if refers_to is None:
        return NOTHING_QUOTED
    referred = await read_referred(book.tx, chat_id, refers_to)
    about: dict[str, Any] = {}
    if referred.ours is not None:
        about = referred.ours.about
    elif referred.theirs is not None:
        about = referred.theirs.about
    return Quoted(
        is_known=referred.ours is not None or referred.theirs is not None,
        is_ours=referred.ours is not None,
        question=about.get("question"),
        borrower_id=about.get("borrower"),
        debt=about.get("debt"),
        agreement=about.get("agreement"),
        key=about.get("key"),
    )


async def read_reply(
    book: Book, text: str, heard: intents.Intent, quoted: Quoted
) -> tuple[intents.Intent, Quoted]:
    """What `text` means as a reply: who is not named is whom the quoted message tells of.

    What is typed wins: with another name than that person's, the message quoted means nothing.
    """
    if quoted.borrower_id is None:
        return heard, quoted
    nobody = replace(quoted, debt=None, agreement=None)
    named = getattr(heard, "name", None)
    if named:
        person = _among(book.page.people, name_key(named), quoted.borrower_id)
        if person is None or _has_other_number(heard, person):
            return heard, nobody
        return heard, replace(quoted, person=person)
    meant_by = await with_person(book, quoted)
    assert meant_by.person is not None
    meant = read_lender(text, book.occasion.today, name=meant_by.person.borrower.name)
    if _has_other_number(meant, meant_by.person):
        return heard, nobody
    return meant, meant_by


async def with_person(book: Book, quoted: Quoted) -> Quoted:
    """The same with the person it tells of, if it tells of one."""
    if quoted.borrower_id is None:
        return quoted
    person = await read_person(book.tx, quoted.borrower_id)
    assert person is not None, "borrowers are never deleted"
    return replace(quoted, person=person)


def _among(people: tuple[Person, ...], key: str, wanted: BorrowerId) -> Person | None:
    """The quoted person, when the typed name is theirs; a full name means who has just that."""
    exact = [one for one in people if one.borrower.name_key == key]
    return next((one for one in exact or people if one.borrower.id == wanted), None)


def _has_other_number(intent: intents.Intent, person: Person) -> bool:
    """Whether a debt is with the owner of a number that is not this person's."""
    phone = intent.phone if isinstance(intent, intents.CreateDebt) else None
    return phone is not None and person.borrower.phone not in (None, phone)


def message_behind(client_ref: str | None) -> int | None:
    """The number of the inbound message that one of ours answers."""
    if client_ref is None or not client_ref.startswith(MESSAGE_KEY):
        return None
    return int(client_ref.split(":")[1])
