"""NOMOR: the WhatsApp number of a person in the book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.store import borrowers
from bukuhutang.store.book import Person
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson, person_known
from bukuhutang.usecases.refusals import PhoneIsOwn, PhoneTaken


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
    if phone == book.page.tenant_phone:
        raise PhoneIsOwn
    person = chosen or await person_known(book, name, name_key)
    if isinstance(person, WhichPerson):
        return person
    borrower = person.borrower
    holder = await borrowers.by_phone(book.tx, phone)
    if holder is not None and holder.id != borrower.id:
        raise PhoneTaken(phone, holder.name)
    if holder is None:
        book.set_contact(borrower, phone, opted_out_at=None)
        book.seal("contact_set", borrower=borrower.id)
    return ContactSet(borrower.name, phone)
