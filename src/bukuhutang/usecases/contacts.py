"""The people of the book by themselves: NOMOR, and somebody noted before anything is owed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.debt import Borrower
from bukuhutang.store.book import Person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson, holder_of, person_known
from bukuhutang.usecases.refusals import PhoneTaken


@dataclass(eq=False)
class BorrowerExists(Refusal):
    """Somebody of this name is in the book; only programs meet it."""

    code: ClassVar[str] = "borrower_exists"
    name: str
    borrower_id: int


@dataclass(frozen=True)
class ContactSet(Answer):
    code: ClassVar[str] = "contact_set"
    name: str
    phone: PhoneNumber


async def set_contact(
    book: Book, name: str, name_key: str, phone: PhoneNumber, *, chosen: Person | None = None
) -> ContactSet | WhichPerson:
    """Note a person's number; one number belongs to one person.

    A new number starts without an opt-out, the same number keeps it.
    Raises BorrowerUnknown, PhoneIsOwn, PhoneTaken, TooManyPeople.
    """
    book.require(Permission.RECORD)
    holder = await holder_of(book, phone)
    person = chosen or await person_known(book, name, name_key)
    if isinstance(person, WhichPerson):
        return person
    borrower = person.borrower
    if holder is not None and holder.id != borrower.id:
        raise PhoneTaken(phone, holder.name)
    book.speak_of(borrower.id)
    if holder is None:
        book.change_borrower(replace(borrower, phone=phone, opted_out_at=None))
        book.seal("contact_set", borrower=borrower.id)
    return ContactSet(borrower.name, phone)


async def add_borrower(
    book: Book, name: str, name_key: str, phone: PhoneNumber | None, *, namesake: bool = False
) -> Borrower:
    """Somebody new in the book, with nothing owed yet; a `namesake` when others have the name.

    Raises NotPermitted, BorrowerExists, PhoneIsOwn, PhoneTaken.
    """
    book.require(Permission.RECORD)
    holder = None if phone is None else await holder_of(book, phone)
    if phone is not None and holder is not None:
        raise PhoneTaken(phone, holder.name)
    same = [one for one in book.page.people if one.borrower.name_key == name_key]
    if same and not namesake:
        raise BorrowerExists(same[0].borrower.name, same[0].borrower.id)
    borrower = book.add_borrower(name, name_key, phone)
    book.seal("borrower_added", borrower=borrower.id)
    return borrower
