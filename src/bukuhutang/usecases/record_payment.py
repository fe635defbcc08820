"""Money came back: partly, wholly, or more than was owed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import BorrowerId, DebtNumber
from bukuhutang.ledger.allocation import Share, allocate
from bukuhutang.ledger.money import Direction, is_recordable
from bukuhutang.store.book import Person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson, outstanding, person_with_debts
from bukuhutang.usecases.refusals import DebtNotOpen, NothingOwed


@dataclass(frozen=True)
class RecordPayment:
    """What was paid; `amount` None means everything that is open (LUNAS)."""

    name: str
    name_key: str
    amount: int | None  # whole rupiah
    direction: Direction | None = None  # None: follows from what is open
    debt: DebtNumber | None = None  # the one that was pointed at; only with a chosen person


@dataclass(frozen=True)
class WhichDirection(Answer):
    """Both owe each other: who paid whom?"""

    code: ClassVar[str] = "which_direction"
    borrower_id: BorrowerId
    name: str
    amount: int | None
    receivable: int
    payable: int


@dataclass(frozen=True)
class PaymentRecorded(Answer):
    code: ClassVar[str] = "payment_recorded"
    direction: Direction
    name: str
    amount: int
    debts: tuple[Share, ...]
    credit_added: int
    credit_total: int
    total: int


async def record_payment(
    book: Book, request: RecordPayment, *, chosen: Person | None = None
) -> PaymentRecorded | WhichPerson | WhichDirection:
    """Record a payment on the open debts of one person: the debt pointed at, then oldest due first.

    LUNAS of a debt that was pointed at pays that one alone. What no debt takes is kept as credit.
    Asks when the name fits several, or when both owe each other.
    Raises BorrowerUnknown, NothingOwed, TooManyPeople, DebtNotOpen.
    """
    book.require(Permission.RECORD)
    assert request.amount is None or is_recordable(request.amount)
    assert request.debt is None or chosen is not None
    if chosen is not None and request.debt is not None:
        debt = next((one for one in chosen.open_debts if one.number == request.debt), None)
        if debt is None:
            raise DebtNotOpen(request.debt, chosen.borrower.name)
        amount = request.amount or debt.outstanding
        return _append(book, chosen, debt.direction, amount, first=debt.number)
    person = chosen or await person_with_debts(
        book, request.name, request.name_key, request.direction
    )
    if isinstance(person, WhichPerson):
        return person
    direction = request.direction or _only_direction(person)
    if direction is None:
        return WhichDirection(
            person.borrower.id,
            person.borrower.name,
            request.amount,
            outstanding(person, Direction.RECEIVABLE),
            outstanding(person, Direction.PAYABLE),
        )
    owed = outstanding(person, direction)
    if not owed:
        raise NothingOwed(person.borrower.name, direction)
    return _append(book, person, direction, request.amount or owed)


def _only_direction(person: Person) -> Direction | None:
    """The direction in which something is open, when there is just one."""
    directions = {debt.direction for debt in person.open_debts}
    if not directions:
        raise NothingOwed(person.borrower.name, None)
    return directions.pop() if len(directions) == 1 else None


def _append(
    book: Book,
    person: Person,
    direction: Direction,
    amount: int,
    *,
    first: DebtNumber | None = None,
) -> PaymentRecorded:
    debts = {debt.number: debt for debt in person.open_debts if debt.direction is direction}
    allocation = allocate(amount, debts.values(), first=first)
    borrower = person.borrower
    payment = book.add_payment(borrower.id, direction, amount)
    for share in allocation.shares:
        book.add_allocation(payment, share.number, share.applied)
        debt = debts[share.number]
        book.set_balance(replace(debt, paid=debt.paid + share.applied))
    credit = borrower.credit(direction) + allocation.unapplied
    if allocation.unapplied:
        book.change_borrower(borrower.with_credit(direction, credit))
    left = [share.number for share in allocation.shares if share.outstanding]
    book.seal(
        "payment_recorded",
        borrower=borrower.id,
        subject=payment,
        # Who answers "BAYAR 50rb" to a payment on one debt goes on paying that one.
        debt=left[0] if len(left) == len(allocation.shares) == 1 else None,
        detail={
            "direction": direction,
            "amount": amount,
            "unapplied": allocation.unapplied,
            "debts": [[share.number, share.applied] for share in allocation.shares],
        },
    )
    return PaymentRecorded(
        direction=direction,
        name=borrower.name,
        amount=amount,
        debts=allocation.shares,
        credit_added=allocation.unapplied,
        credit_total=credit,
        total=outstanding(person, direction) - (amount - allocation.unapplied),
    )
