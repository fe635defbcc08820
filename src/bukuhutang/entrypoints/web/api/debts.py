"""Debts: what the chat's PINJAM, HUTANG and BATAL do, for programs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from bukuhutang.base import spelling
from bukuhutang.base.ids import BorrowerId, DebtNumber
from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.debt_shapes import DebtDetailOut, DebtIn, DebtOut, DebtsQuery
from bukuhutang.entrypoints.web.api.people import (
    CANDIDATE,
    ambiguous,
    clean_name,
    clean_phone,
    person_of,
)
from bukuhutang.entrypoints.web.api.refusals import (
    BorrowerNotFound,
    DebtNotFound,
    DueDateOutOfRange,
    NameAmbiguous,
    PersonNameInvalid,
    PersonUnclear,
)
from bukuhutang.entrypoints.web.api.shapes import NumberInPath, Page
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.ledger.debt import DAYS_MAX, DAYS_MIN, DEFAULT_DAYS, DebtStatus
from bukuhutang.ledger.money import Direction
from bukuhutang.ledger.names import NAME_MAX, name_key
from bukuhutang.store import debts
from bukuhutang.store.book import PEOPLE_MAX, Person
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import NewPerson, WhichPerson
from bukuhutang.usecases.quotas import DebtQuotaReached
from bukuhutang.usecases.record_debt import RecordDebt, record_debt
from bukuhutang.usecases.refusals import (
    AlreadyUndone,
    BuiltUpon,
    PhoneIsOwn,
    PhoneTaken,
    TooManyPeople,
)
from bukuhutang.usecases.tenants import PhoneNumberInvalid
from bukuhutang.usecases.undo import undo_record

router = APIRouter(prefix="/debts", tags=["debts"])

NOT_FOUND = DebtNotFound(12)


@router.get("", responses=refusals(CursorInvalid()))
async def list_debts(asked: Annotated[DebtsQuery, Query()], call: ApiReading) -> Page[DebtOut]:
    """Debts in both directions, the newest first."""
    async with call.reading() as book:
        today = book.occasion.today
        rows = await debts.page(
            book.tx,
            _filter(asked, today),
            before=call.before("debts", asked.cursor),
            limit=asked.limit + 1,
        )
    return Page(
        items=[DebtOut.of(one, today) for one in rows[: asked.limit]],
        next_cursor=call.next("debts", [one.debt.number for one in rows], asked.limit),
    )


def _filter(asked: DebtsQuery, today: date) -> debts.Filter:
    return debts.Filter(
        today,
        None if asked.status is None else DebtStatus(asked.status),
        None if asked.direction is None else Direction(asked.direction),
        None if asked.borrower_id is None else BorrowerId(asked.borrower_id),
        None if asked.overdue is None else asked.overdue == "true",
    )


@router.get("/{number}", response_model=DebtDetailOut, responses=refusals(NOT_FOUND))
async def get_debt(number: NumberInPath, call: ApiReading) -> Response:
    """One debt with the payments on it."""
    async with call.reading() as book:
        return call.shown(await debt_shown(book, number))


async def debt_shown(book: Book, number: int) -> DebtDetailOut:
    """A debt as its address shows it. Raises DebtNotFound."""
    row = await debts.read(book.tx, DebtNumber(number))
    if row is None:
        raise DebtNotFound(number)
    shares = await debts.allocations(book.tx, row.debt.number)
    return DebtDetailOut.with_allocations(row, shares, book.occasion.today)


@router.post(
    "",
    status_code=201,
    response_model=DebtDetailOut,
    responses=refusals(
        PersonUnclear(),
        PersonNameInvalid(NAME_MAX),
        PhoneNumberInvalid(),
        DueDateOutOfRange(DAYS_MIN, DAYS_MAX),
        BorrowerNotFound(3),
        NameAmbiguous("Budi", [CANDIDATE]),
        TooManyPeople("Budi", PEOPLE_MAX),
        PhoneTaken("6281234567890", "Budi"),
        PhoneIsOwn(),
        DebtQuotaReached(PlanName.FREE, 50, 50, PlanName.BASIC, 200),
    ),
)
async def post_debt(body: DebtIn, call: ApiWriting) -> Response:
    """Record a debt; what the person has paid in advance pays it at once."""
    by_number = body.borrower_id is not None
    more = body.phone_number is not None or body.new_borrower
    if by_number == (body.name is not None) or (by_number and more):
        raise PersonUnclear
    name = None if body.name is None else clean_name(body.name)
    async with call.writing(name=name) as work:
        chosen = await _whom(work.book, body, name)
        done = await record_debt(work.book, _request(work.book, body, name, chosen), chosen=chosen)
        if isinstance(done, WhichPerson):
            raise ambiguous(done)
        return await work.answer(
            lambda: debt_shown(work.book, done.number),
            status=201,
            location=f"/debts/{done.number}",
        )


async def _whom(book: Book, body: DebtIn, name: str | None) -> Person | NewPerson | None:
    if body.borrower_id is not None:
        return await person_of(book, body.borrower_id)
    assert name is not None
    if not body.new_borrower:
        return None
    phone = None if body.phone_number is None else clean_phone(body.phone_number)
    return NewPerson(name, name_key(name), phone)


def _request(
    book: Book, body: DebtIn, name: str | None, chosen: Person | NewPerson | None
) -> RecordDebt:
    direction, today = Direction(body.direction), book.occasion.today
    due_date = body.due_date or today + timedelta(days=DEFAULT_DAYS[direction])
    if not DAYS_MIN <= (due_date - today).days <= DAYS_MAX:
        raise DueDateOutOfRange(DAYS_MIN, DAYS_MAX)
    shown = chosen.borrower.name if isinstance(chosen, Person) else name
    assert shown is not None
    return RecordDebt(
        direction,
        shown,
        name_key(shown),
        body.amount,
        due_date,
        (spelling.clean(body.note) or None) if body.note is not None else None,
        None if body.phone_number is None else clean_phone(body.phone_number),
    )


@router.post(
    "/{number}/reversal",
    response_model=DebtDetailOut,
    responses=refusals(NOT_FOUND, AlreadyUndone(12), BuiltUpon("Budi")),
)
async def reverse_debt(number: NumberInPath, call: ApiWriting) -> Response:
    """Take a debt back, while nothing newer is recorded for that person."""
    async with call.writing() as work:
        await debt_shown(work.book, number)
        await undo_record(work.book, "debt_recorded", number)
        return await work.answer(lambda: debt_shown(work.book, number))
