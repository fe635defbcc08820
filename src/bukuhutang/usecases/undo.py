"""BATAL: the last record of this chat is reversed, while nothing was built on it.

A program says which record it takes back; the same must be true of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import AgreementNumber, BorrowerId, DebtNumber, PaymentNumber
from bukuhutang.ledger.debt import Debt
from bukuhutang.ledger.money import Direction
from bukuhutang.rendering.texts import render
from bukuhutang.store import audit_log, members, payments
from bukuhutang.store.book import Person, read_person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_answers import AgreementActUndone
from bukuhutang.usecases.agreement_undo import UNDOABLE, undo_agreement_act
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import outstanding
from bukuhutang.usecases.refusals import (
    AlreadyUndone,
    BuiltUpon,
    NoRecordQuoted,
    NothingToUndo,
    NotTheLast,
)


@dataclass(frozen=True)
class DebtUndone(Answer):
    code: ClassVar[str] = "debt_undone"
    direction: Direction
    name: str
    principal: int
    number: DebtNumber
    total: int
    credit_back: int  # an overpayment that had paid it is kept again


@dataclass(frozen=True)
class Reopened:
    """A debt that owes again after a payment was taken back."""

    number: DebtNumber
    outstanding: int


@dataclass(frozen=True)
class PaymentUndone(Answer):
    code: ClassVar[str] = "payment_undone"
    direction: Direction
    name: str
    amount: int
    debts: tuple[Reopened, ...]
    total: int


async def undo_last(
    book: Book, *, key: str | None = None
) -> DebtUndone | PaymentUndone | AgreementActUndone:
    """Reverse the last debt or payment recorded in this chat, once.

    Only the very last one: a second BATAL does not walk further back, and with the `key` of an act
    it must be that one. Who may not remove takes back only what he recorded himself, and the owner
    is told. Raises NothingToUndo, AlreadyUndone, NotTheLast, and BuiltUpon when anything was
    recorded for that person since.
    """
    book.require(Permission.RECORD)
    done = await _undone(book, key)
    if Permission.REMOVE not in book.occasion.permissions:
        await _tell_owner(book, done)
    return done


async def _tell_owner(book: Book, done: Answer) -> None:
    """What staff took back, in the words staff read."""
    rows = await members.read_all(book.tx)
    name = next(one.name for one in rows if one.id == book.occasion.member_id)
    language = book.page.settings.language
    today = book.occasion.today
    head = render("undone_by_member", language, today=today, name=name)
    text = f"{head}\n\n{render(done.code, language, today=today, **done.fields())}"
    book.send(book.page.lender_chat, text, purpose="notice", about=book.about)


async def _undone(book: Book, key: str | None) -> DebtUndone | PaymentUndone | AgreementActUndone:
    assert book.occasion.chat_id is not None
    last = await audit_log.last_act_in_chat(book.tx, book.occasion.chat_id)
    if key is not None and (last is None or last.key != key):
        raise await _not_the_last(book, key)
    if last is None:
        raise NothingToUndo
    if last.action in audit_log.NO_RECORDS:
        raise NothingToUndo  # the newest thing done here was no record of money
    if last.actor != book.occasion.actor and Permission.REMOVE not in book.occasion.permissions:
        raise NothingToUndo
    assert last.subject is not None
    assert last.borrower_id is not None
    if last.action.endswith("_undone"):
        raise AlreadyUndone(last.subject if last.action == "debt_undone" else None)
    person = await read_person(book.tx, BorrowerId(last.borrower_id))
    assert person is not None
    if last.built_upon:
        raise BuiltUpon(person.borrower.name)
    if last.action in UNDOABLE:
        return await undo_agreement_act(book, last.action, last.subject)
    if last.action in audit_log.AGREEMENT_ACTS:
        raise NothingToUndo
    if last.action == "debt_recorded":
        return await _undo_debt(book, person, DebtNumber(last.subject))
    return await _undo_payment(book, person, PaymentNumber(last.subject))


async def undo_record(
    book: Book, action: Literal["debt_recorded", "payment_recorded"], number: int
) -> DebtUndone | PaymentUndone:
    """Reverse the debt or payment of this number, which must exist, once.

    Who did not record it needs the permission to remove. Raises NotPermitted, AlreadyUndone, and
    BuiltUpon when anything was recorded for that person since.
    """
    book.require(Permission.RECORD)
    record = await audit_log.record_of(book.tx, action, number)
    assert record is not None, "what is recorded is in the audit log"
    if record.actor != book.occasion.actor:
        book.require(Permission.REMOVE)
    if record.undone:
        raise AlreadyUndone(number if action == "debt_recorded" else None)
    person = await read_person(book.tx, BorrowerId(record.borrower_id))
    assert person is not None
    if record.built_upon:
        raise BuiltUpon(person.borrower.name)
    done: DebtUndone | PaymentUndone
    if action == "debt_recorded":
        done = await _undo_debt(book, person, DebtNumber(number))
    else:
        done = await _undo_payment(book, person, PaymentNumber(number))
    if Permission.REMOVE not in book.occasion.permissions:
        await _tell_owner(book, done)
    return done


async def undo_installment(
    book: Book, number: PaymentNumber, agreement: AgreementNumber
) -> AgreementActUndone:
    """Reverse a payment into an agreement by its number; it must exist. Raises as `undo_record`.

    It has to be the very last thing that was done for that person.
    """
    book.require(Permission.RECORD)
    record = await audit_log.record_of_installment(book.tx, number)
    if record.undone:
        raise AlreadyUndone(None)
    if record.actor != book.occasion.actor:
        book.require(Permission.REMOVE)
    if not record.is_last:
        raise BuiltUpon(record.name)
    done = await undo_agreement_act(book, record.action, agreement)
    if Permission.REMOVE not in book.occasion.permissions:
        await _tell_owner(book, done)
    return done


async def _not_the_last(book: Book, key: str) -> Refusal:
    acts = await audit_log.acts_by_key(book.tx, [key])
    if not acts or acts[0].action not in audit_log.MONEY_ACTS:
        return NoRecordQuoted()
    [act] = acts
    if act.undone:
        return AlreadyUndone(act.subject if act.action == "debt_recorded" else None)
    return NotTheLast(act.name)


async def _undo_debt(book: Book, person: Person, number: DebtNumber) -> DebtUndone:
    debt = (await payments.debts_by_number(book.tx, [number]))[number]
    assert not debt.reversed
    # Only a credit can have paid it so far, since nothing was built on it: the credit comes back.
    returned = 0
    for payment, amount in await payments.allocated_to(book.tx, number):
        book.add_allocation(payment, number, -amount)
        returned += amount
    assert returned == debt.paid
    if returned:
        credit = person.borrower.credit(debt.direction) + returned
        book.change_borrower(person.borrower.with_credit(debt.direction, credit))
    book.set_balance(replace(debt, paid=0, reversed=True))
    book.seal(
        "debt_undone",
        borrower=debt.borrower_id,
        subject=number,
        detail={"direction": debt.direction, "amount": debt.principal},
    )
    return DebtUndone(
        debt.direction,
        person.borrower.name,
        debt.principal,
        number,
        outstanding(person, debt.direction) - debt.outstanding,
        returned,
    )


async def _undo_payment(book: Book, person: Person, number: PaymentNumber) -> PaymentUndone:
    payment = await payments.with_allocations(book.tx, number)
    assert payment is not None
    debts = await payments.debts_by_number(book.tx, [debt for _, debt, _ in payment.allocations])
    reopened: list[Debt] = []
    book.add_payment(payment.borrower_id, payment.direction, payment.amount, reverses=number)
    for _, debt_number, amount in payment.allocations:
        debt = debts[debt_number]
        book.add_allocation(number, debt_number, -amount)
        reopened.append(replace(debt, paid=debt.paid - amount))
        book.set_balance(reopened[-1])
    applied = sum(amount for _, _, amount in payment.allocations)
    unapplied = payment.amount - applied
    if unapplied:
        credit = person.borrower.credit(payment.direction) - unapplied
        book.change_borrower(person.borrower.with_credit(payment.direction, credit))
    book.seal(
        "payment_undone",
        borrower=payment.borrower_id,
        subject=number,
        debt=reopened[0].number if len(reopened) == 1 else None,
        detail={"direction": payment.direction, "amount": payment.amount},
    )
    return PaymentUndone(
        payment.direction,
        person.borrower.name,
        payment.amount,
        tuple(Reopened(debt.number, debt.outstanding) for debt in reopened),
        outstanding(person, payment.direction) + applied,
    )
