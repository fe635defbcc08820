"""NOMOR: the WhatsApp number of a person in the book."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.store.book import Person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson, holder_of, person_known
from bukuhutang.usecases.refusals import PhoneTaken


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
