"""A debt is written into the book."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import DebtNumber, PhoneNumber
from bukuhutang.ledger.debt import Borrower, Debt
from bukuhutang.ledger.money import Direction, is_recordable
from bukuhutang.store import payments
from bukuhutang.store.book import Person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import (
    NewPerson,
    WhichPerson,
    borrower_of,
    holder_of,
    outstanding,
    person_to_lend,
)
from bukuhutang.usecases.quotas import room_for_debt, took_place
from bukuhutang.usecases.refusals import PhoneTaken


@dataclass(frozen=True)
class RecordDebt:
    """What is to be recorded; limits already checked by whoever read it."""

    direction: Direction
    name: str
    name_key: str
    principal: int  # whole rupiah
    due_date: date
    note: str | None = None
    phone: PhoneNumber | None = None


@dataclass(frozen=True)
class DebtRecorded(Answer):
    code: ClassVar[str] = "debt_recorded"
    direction: Direction
    name: str
    principal: int
    note: str | None
    due_date: date
    number: DebtNumber
    credit_used: int
    outstanding: int
    total: int
    credit_left: int


async def record_debt(
    book: Book, request: RecordDebt, *, chosen: Person | NewPerson | None = None
) -> DebtRecorded | WhichPerson:
    """The lender lent, or borrowed. Asks which person when the name fits several.

    An earlier overpayment by the same person pays the new debt at once, and is said so.
    Raises DebtQuotaReached, PhoneIsOwn, PhoneTaken, TooManyPeople.
    """
    book.require(Permission.RECORD)
    assert is_recordable(request.principal)
    place = await room_for_debt(book)  # before anything is asked: nobody answers in vain
    person = chosen or await person_to_lend(book, request.name, request.name_key, request.phone)
    if isinstance(person, WhichPerson):
        return person
    if chosen is not None and request.phone is not None:
        # The number may have been given to somebody while the question waited.
        holder = await holder_of(book, request.phone)
        if holder is not None and not (
            isinstance(chosen, Person) and holder.id == chosen.borrower.id
        ):
            raise PhoneTaken(request.phone, holder.name)
    borrower = borrower_of(person, book)
    if request.phone is not None and isinstance(person, Person) and borrower.phone is None:
        borrower = book.change_borrower(replace(borrower, phone=request.phone, opted_out_at=None))
    before = outstanding(person, request.direction) if isinstance(person, Person) else 0
    done = await _append(book, request, borrower, before)
    if done.outstanding:
        took_place(book, place)
    return done


async def _append(book: Book, request: RecordDebt, borrower: Borrower, before: int) -> DebtRecorded:
    book.counters.last_debt += 1
    debt = Debt(
        DebtNumber(book.counters.last_debt),
        request.direction,
        borrower.id,
        request.principal,
        0,
        request.due_date,
        request.note,
    )
    credit = borrower.credit(request.direction)
    used = min(credit, request.principal)
    if used:
        debt = replace(debt, paid=used)
        await _spend_credit(book, borrower, debt, used)
    book.add_debt(debt)
    book.seal(
        "debt_recorded",
        borrower=borrower.id,
        subject=debt.number,
        debt=debt.number,
        detail={
            "direction": debt.direction,
            "amount": debt.principal,
            "due_date": debt.due_date.isoformat(),
            "credit_used": used,
        },
    )
    return DebtRecorded(
        direction=request.direction,
        name=borrower.name,
        principal=debt.principal,
        note=debt.note,
        due_date=debt.due_date,
        number=debt.number,
        credit_used=used,
        outstanding=debt.outstanding,
        total=before + debt.outstanding,
        credit_left=credit - used,
    )


async def _spend_credit(book: Book, borrower: Borrower, debt: Debt, used: int) -> None:
    """Allocate the unapplied rest of earlier payments to the new debt, oldest payment first."""
    left = used
    for payment in await payments.unapplied(book.tx, borrower.id, debt.direction):
        share = min(left, payment.unapplied)
        book.add_allocation(payment.number, debt.number, share)
        left -= share
        if not left:
            break
    assert left == 0, "the credit of a borrower is the unapplied rest of the payments"
    book.change_borrower(
        borrower.with_credit(debt.direction, borrower.credit(debt.direction) - used)
    )
