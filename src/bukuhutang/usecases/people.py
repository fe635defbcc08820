"""Who is meant: a name becomes one person of the book, a new one, or a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import BorrowerId, PhoneNumber
from bukuhutang.ledger.debt import Borrower
from bukuhutang.ledger.money import Direction
from bukuhutang.store import borrowers, members
from bukuhutang.store.book import PEOPLE_MAX, Person, read_person
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.refusals import (
    BorrowerUnknown,
    NothingOwed,
    PhoneIsOwn,
    PhoneTaken,
    TooManyPeople,
)

SIMILAR_MAX = 3


@dataclass(frozen=True)
class Choice:
    """One line of a "which one?" question."""

    name: str
    phone_tail: str | None
    outstanding: int | None
    is_new: bool
    borrower_id: BorrowerId | None


@dataclass(frozen=True)
class WhichPerson(Answer):
    """The name fits several: the person must choose."""

    code: ClassVar[str] = "which_person"
    name: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class NewPerson:
    """Nobody of this name yet; to be added with the first record."""

    name: str
    name_key: str
    phone: PhoneNumber | None


def outstanding(person: Person, direction: Direction | None = None) -> int:
    """What is open with this person, in whole rupiah; both directions when none is named."""
    return sum(
        debt.outstanding
        for debt in person.open_debts
        if direction is None or debt.direction is direction
    )


def _which(name: str, people: Iterable[Person], *, or_new: bool = False) -> WhichPerson:
    choices = [
        Choice(
            person.borrower.name,
            person.borrower.phone[-4:] if person.borrower.phone else None,
            outstanding(person, Direction.RECEIVABLE) or outstanding(person),
            is_new=False,
            borrower_id=person.borrower.id,
        )
        for person in people
    ]
    if len(choices) > PEOPLE_MAX:
        raise TooManyPeople(name, PEOPLE_MAX)
    if or_new:
        choices.append(Choice(name, None, None, is_new=True, borrower_id=None))
    return WhichPerson(name, tuple(choices))


async def person_to_lend(
    book: Book, name: str, name_key: str, phone: PhoneNumber | None
) -> Person | NewPerson | WhichPerson:
    """Whom a new debt is with. Raises PhoneIsOwn, PhoneTaken, TooManyPeople.

    A known full name is that person; a name that only begins like known ones is asked about,
    because a debt on the wrong Budi is worse than a question. A phone number tells people of one
    name apart.
    """
    book.require(Permission.RECORD)
    page = book.page
    exact = [one for one in page.people if one.borrower.name_key == name_key]
    if phone is not None:
        holder = await holder_of(book, phone)
        if holder is not None and holder.name_key != name_key:
            raise PhoneTaken(phone, holder.name)
        if holder is not None:
            person = await read_person(book.tx, holder.id)
            assert person is not None
            return person
        # Another number is another person, unless one of this name has none yet.
        exact = [one for one in exact if one.borrower.phone is None]
        if not exact:
            return NewPerson(name, name_key, phone)
    if len(exact) == 1:
        return exact[0]
    if exact or page.people:
        return _which(name, exact or page.people, or_new=True)
    return NewPerson(name, name_key, phone)


async def holder_of(book: Book, phone: PhoneNumber) -> Borrower | None:
    """Who in this book has the number. Raises PhoneIsOwn for the lender's own.

    A member's number is taken: it speaks for the lender. Raises PhoneTaken.
    """
    book.require(Permission.READ)
    if phone in (book.page.tenant_phone, book.page.lender_chat):
        raise PhoneIsOwn
    if (member := await members.name_of(book.tx, phone)) is not None:
        raise PhoneTaken(phone, member)
    return await borrowers.by_phone(book.tx, phone)


async def person_with_debts(
    book: Book, name: str, name_key: str, direction: Direction | None = None
) -> Person | WhichPerson:
    """Whose open debts are meant. Raises BorrowerUnknown, NothingOwed, TooManyPeople."""
    book.require(Permission.READ)
    people = book.page.people
    if not people:
        raise await unknown(book.tx, name, name_key)
    exact = [one for one in people if one.borrower.name_key == name_key]
    owing = [one for one in exact if outstanding(one, direction)]
    if len(owing) == 1:
        return owing[0]
    if owing:
        return _which(name, owing)
    owing = [one for one in people if outstanding(one, direction)]
    if not owing:
        raise NothingOwed(exact[0].borrower.name if exact else name, direction)
    if exact or len(owing) > 1:  # the one of exactly this name owes nothing: do not guess another
        return _which(name, owing)
    return owing[0]


def person_among(
    people: list[Person], name: str, name_key: str, concerned: Callable[[Person], bool]
) -> Person | WhichPerson:
    """Which of these is meant, where some are concerned; the one of exactly this name first.

    Raises TooManyPeople.
    """
    exact = [one for one in people if one.borrower.name_key == name_key and concerned(one)]
    found = exact or [one for one in people if concerned(one)]
    assert found
    named_exactly = any(one.borrower.name_key == name_key for one in people)
    if len(found) == 1 and (exact or not named_exactly):
        return found[0]
    return _which(name, found)


async def person_known(book: Book, name: str, name_key: str) -> Person | WhichPerson:
    """Who is meant, with or without debts. Raises BorrowerUnknown, TooManyPeople."""
    book.require(Permission.READ)
    people = book.page.people
    exact = [one for one in people if one.borrower.name_key == name_key]
    found = exact or list(people)
    if not found:
        raise await unknown(book.tx, name, name_key)
    return found[0] if len(found) == 1 else _which(name, found)


async def unknown(tx: TenantTx, name: str, name_key: str) -> BorrowerUnknown:
    """The refusal for a name nobody has, with the names that come near it."""
    return BorrowerUnknown(name, await borrowers.similar_names(tx, name_key, limit=SIMILAR_MAX))


def borrower_of(person: Person | NewPerson, book: Book) -> Borrower:
    """The person's row, made now when it is a new one."""
    if isinstance(person, Person):
        return person.borrower
    return book.add_borrower(person.name, person.name_key, person.phone)
