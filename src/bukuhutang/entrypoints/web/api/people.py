"""Whom a request means: a person of the book by number, or somebody by name."""

from __future__ import annotations

from dataclasses import asdict

from bukuhutang.base import spelling
from bukuhutang.base.ids import BorrowerId, PhoneNumber
from bukuhutang.entrypoints.web.api.refusals import (
    BorrowerNotFound,
    NameAmbiguous,
    PersonNameInvalid,
)
from bukuhutang.ledger.names import NAME_MAX, NameProblem, check_name
from bukuhutang.store.book import Person, read_person
from bukuhutang.tenancy.phone import read_phone
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson
from bukuhutang.usecases.tenants import PhoneNumberInvalid

CANDIDATE = {"borrowerId": 3, "name": "Budi", "phoneTail": "7890", "outstanding": 500_000}
"""One of those a name may stand for, as the document shows it."""


def clean_name(name: str) -> str:
    """The name as the book shows it. Raises PersonNameInvalid."""
    checked = check_name(spelling.clean(name))
    if isinstance(checked, NameProblem):
        raise PersonNameInvalid(NAME_MAX)
    return checked


def clean_phone(text: str) -> PhoneNumber:
    """The number as it is stored. Raises PhoneNumberInvalid."""
    phone = read_phone(text)
    if phone is None:
        raise PhoneNumberInvalid
    return phone


async def person_of(book: Book, number: int) -> Person:
    """The person of this book with that number. Raises BorrowerNotFound."""
    person = await read_person(book.tx, BorrowerId(number))
    if person is None:
        raise BorrowerNotFound(number)
    return person


def ambiguous(which: WhichPerson) -> NameAmbiguous:
    """The chat would ask which one; a program must say it itself."""
    known = [one for one in which.choices if not one.is_new]
    candidates = [
        {
            "borrowerId": one["borrower_id"],
            "name": one["name"],
            "phoneTail": one["phone_tail"],
            "outstanding": one["outstanding"],
        }
        for one in map(asdict, known)
    ]
    return NameAmbiguous(which.name, candidates)
