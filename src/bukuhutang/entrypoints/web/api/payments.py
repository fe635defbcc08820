"""Payments: what the chat's BAYAR, LUNAS and BATAL do, for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from bukuhutang.base.ids import AgreementNumber, BorrowerId, DebtNumber, PaymentNumber
from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting, Work
from bukuhutang.entrypoints.web.api.payment_shapes import (
    DebtPaymentIn,
    PaymentDetailOut,
    PaymentIn,
    PaymentOut,
    PaymentsQuery,
)
from bukuhutang.entrypoints.web.api.people import person_of
from bukuhutang.entrypoints.web.api.refusals import (
    BorrowerNotFound,
    DebtNotFound,
    DirectionAmbiguous,
    PaymentNotFound,
    TargetAmbiguous,
    TargetUnclear,
)
from bukuhutang.entrypoints.web.api.shapes import NumberInPath, Page
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.ledger.money import Direction
from bukuhutang.store import agreements, debts, payment_lists, payments
from bukuhutang.store.book import Person
from bukuhutang.usecases.agreement_answers import WhichAgreement, WhichTarget
from bukuhutang.usecases.agreement_refusals import (
    AgreementNotAccepted,
    AgreementOver,
    AgreementUnknown,
    PayoffTooLittle,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.pay_person import Paid, Target, pay_person
from bukuhutang.usecases.people import WhichPerson
from bukuhutang.usecases.record_payment import RecordPayment, WhichDirection, record_payment
from bukuhutang.usecases.refusals import AlreadyUndone, BuiltUpon, DebtNotOpen, NothingOwed
from bukuhutang.usecases.undo import undo_installment, undo_record

router = APIRouter(tags=["payments"])

NOT_FOUND = PaymentNotFound(31)
TARGETS: list[dict[str, Any]] = [
    {"agreement": None, "outstanding": 300_000, "nextDue": "2026-03-18"},
    {"agreement": 2, "outstanding": 1_500_000, "nextDue": "2026-03-25"},
]


@router.get("/payments", responses=refusals(CursorInvalid()))
async def list_payments(
    asked: Annotated[PaymentsQuery, Query()], call: ApiReading
) -> Page[PaymentOut]:
    """Payments on debts and into agreements, the newest first, taken back or not."""
    async with call.reading() as book:
        rows = await payment_lists.page(
            book.tx,
            before=call.before("payments", asked.cursor),
            limit=asked.limit + 1,
            borrower=None if asked.borrower_id is None else BorrowerId(asked.borrower_id),
            direction=None if asked.direction is None else Direction(asked.direction),
            debt=None if asked.debt is None else DebtNumber(asked.debt),
            agreement=None if asked.agreement is None else AgreementNumber(asked.agreement),
        )
    return Page(
        items=[PaymentOut.of(one) for one in rows[: asked.limit]],
        next_cursor=call.next("payments", [one.number for one in rows], asked.limit),
    )


@router.get("/payments/{number}", response_model=PaymentDetailOut, responses=refusals(NOT_FOUND))
async def get_payment(number: NumberInPath, call: ApiReading) -> Response:
    """One payment with where its money is."""
    async with call.reading() as book:
        return call.shown(await payment_shown(book, number))


async def payment_shown(book: Book, number: int) -> PaymentDetailOut:
    """A payment as its address shows it. Raises PaymentNotFound."""
    row = await payment_lists.read(book.tx, PaymentNumber(number))
    if row is None:
        raise PaymentNotFound(number)
    if row.agreement is not None:
        settled = await payment_lists.on_agreement(book.tx, row.number)
        return PaymentDetailOut.in_agreement(row, settled)
    found = await payments.with_allocations(book.tx, row.number)
    assert found is not None
    return PaymentDetailOut.on_debts(row, [share[1:] for share in found.allocations])


@router.post(
    "/borrowers/{number}/payments",
    status_code=201,
    response_model=PaymentDetailOut,
    responses=refusals(
        BorrowerNotFound(3),
        TargetUnclear(),
        DirectionAmbiguous("Budi", 500_000, 200_000),
        TargetAmbiguous("Budi", TARGETS),
        NothingOwed("Budi", None),
        AgreementUnknown(2),
        AgreementNotAccepted(2, "Budi"),
        AgreementOver(2, "Budi", "completed"),
        PayoffTooLittle(2, 0, 0),
    ),
)
async def post_payment(number: NumberInPath, body: PaymentIn, call: ApiWriting) -> Response:
    """Money from or to one person: the oldest due debt first, or into the agreement."""
    if body.agreement is not None and (body.target or body.direction == "hutang"):
        raise TargetUnclear
    async with call.writing() as work:
        person = await person_of(work.book, number)
        target = await _target(work.book, person, body)
        known = person.borrower
        direction = None if body.direction is None else Direction(body.direction)
        request = RecordPayment(known.name, known.name_key, body.amount, direction)
        _check(await pay_person(work.book, request, chosen=person, target=target))
        return await _paid(work)


async def _target(book: Book, person: Person, body: PaymentIn) -> Target | None:
    if body.agreement is None:
        return body.target
    theirs = await agreements.of_borrower(book.tx, person.borrower.id, open_only=False)
    if body.agreement not in [one.number for one in theirs]:
        raise AgreementUnknown(body.agreement)
    return AgreementNumber(body.agreement)


def _check(done: Paid) -> None:
    """What the chat would ask is refused. Raises DirectionAmbiguous, TargetAmbiguous."""
    match done:
        case WhichDirection():
            raise DirectionAmbiguous(done.name, done.receivable, done.payable)
        case WhichTarget(name=name, choices=choices):
            found = [(one.agreement, one.outstanding, one.next_due) for one in choices]
        case WhichAgreement(choices=runs):
            name = runs[0].name
            found = [(one.number, one.outstanding, one.next_due) for one in runs]
        case WhichPerson():
            raise AssertionError("the person was named by number")
        case _:
            return
    raise TargetAmbiguous(
        name,
        [
            {
                "agreement": agreement,
                "outstanding": outstanding,
                "nextDue": None if due is None else due.isoformat(),
            }
            for agreement, outstanding, due in found
        ],
    )


async def _paid(work: Work) -> Response:
    """The payment that was just staged, the last one of this piece of work."""
    number = work.book.counters.last_payment
    assert work.book.changes.payments[-1]["id"] == number
    return await work.answer(
        lambda: payment_shown(work.book, number), status=201, location=f"/payments/{number}"
    )


@router.post(
    "/debts/{number}/payments",
    status_code=201,
    response_model=PaymentDetailOut,
    responses=refusals(DebtNotFound(12), DebtNotOpen(12, "Budi")),
)
async def post_debt_payment(
    number: NumberInPath, body: DebtPaymentIn, call: ApiWriting
) -> Response:
    """Money for one debt first; what it does not take goes to the oldest others."""
    async with call.writing() as work:
        row = await debts.read(work.book.tx, DebtNumber(number))
        if row is None:
            raise DebtNotFound(number)
        person = await person_of(work.book, row.debt.borrower_id)
        known = person.borrower
        request = RecordPayment(known.name, known.name_key, body.amount, debt=row.debt.number)
        await record_payment(work.book, request, chosen=person)
        return await _paid(work)


@router.post(
    "/payments/{number}/reversal",
    response_model=PaymentDetailOut,
    responses=refusals(NOT_FOUND, AlreadyUndone(None), BuiltUpon("Budi")),
)
async def reverse_payment(number: NumberInPath, call: ApiWriting) -> Response:
    """Take a payment back, while nothing newer is recorded for that person."""
    async with call.writing() as work:
        row = await payment_lists.read(work.book.tx, PaymentNumber(number))
        if row is None:
            raise PaymentNotFound(number)
        if row.agreement is None:
            await undo_record(work.book, "payment_recorded", number)
        else:
            await undo_installment(work.book, PaymentNumber(number), row.agreement)
        return await work.answer(lambda: payment_shown(work.book, number))
