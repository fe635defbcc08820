"""Looking at agreements and their installments."""

from __future__ import annotations

from datetime import date

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.ledger.agreement import Agreement, InstallmentState
from bukuhutang.store import agreements
from bukuhutang.store.agreements import RUNNING, StoredAgreement
from bukuhutang.store.book import Person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_answers import (
    AgreementLine,
    AgreementList,
    AgreementShown,
    AgreementsNone,
    InstallmentLine,
    InstallmentsRunning,
    InstallmentStatus,
    WhichAgreement,
)
from bukuhutang.usecases.agreement_reading import agreement_of, next_of, next_open, which
from bukuhutang.usecases.agreement_refusals import NoAgreementRuns
from bukuhutang.usecases.book import Book

LINES_MAX = 7
NOT_OWED = ("cancelled", "expired")


async def list_agreements(book: Book) -> AgreementList | AgreementsNone:
    """PERJANJIAN: those that run or wait, what is late first."""
    book.require(Permission.READ)
    today = book.occasion.today
    found = await agreements.all_open(book.tx)
    if not found:
        return AgreementsNone()
    lines = sorted((line_of(one, today) for one in found), key=_urgency)
    left = sum(line.outstanding for line in lines if line.status in RUNNING)
    return AgreementList(tuple(lines[:LINES_MAX]), len(lines[LINES_MAX:]), left)


def _urgency(line: AgreementLine) -> tuple[bool, date]:
    return line.status not in RUNNING, line.next_due or date.max


def line_of(stored: StoredAgreement, today: date) -> AgreementLine:
    """The agreement as a line of a list."""
    now = stored.book.as_of(today)
    owed = stored.status not in NOT_OWED
    _, due, amount = next_of(now) if owed else (None, None, 0)
    late = now.days_past_due(today) if stored.status in RUNNING else 0
    return AgreementLine(
        stored.number,
        stored.borrower_name,
        stored.status,
        stored.principal,
        now.outstanding.total if owed else 0,
        due,
        amount,
        max(0, late),
    )


async def show_agreement(book: Book, number: int) -> AgreementShown:
    """PERJANJIAN [nomor]. Raises AgreementUnknown."""
    book.require(Permission.READ)
    stored = await agreement_of(book, number)
    today = book.occasion.today
    now = stored.book.as_of(today)
    rows = [one for one in now.installments if one.row.number]
    owed = stored.status not in NOT_OWED
    installment, due, amount = next_of(now) if owed else (None, None, 0)
    return AgreementShown(
        number=stored.number,
        name=stored.borrower_name,
        status=stored.status,
        principal=stored.principal,
        interest=sum(one.row.interest for one in now.installments),
        paid=now.paid,
        outstanding=now.outstanding.total if owed else 0,
        penalty=now.outstanding.penalty if owed else 0,
        kept=now.unapplied,
        installments=len(rows),
        installments_settled=sum(1 for one in rows if one.is_settled),
        next_installment=installment,
        next_due=due,
        next_amount=amount,
        last_due=max(one.row.due_date for one in now.installments),
        days_past_due=max(0, now.days_past_due(today)) if stored.status in RUNNING else 0,
        guarantor=stored.guarantor,
        asked=None if stored.request is None else stored.request.kind.value,
    )


async def running_installments(book: Book) -> InstallmentsRunning | AgreementsNone:
    """CICILAN: of every running agreement what is late or next, the oldest due first."""
    book.require(Permission.READ)
    today = book.occasion.today
    found = await agreements.all_open(book.tx, statuses=RUNNING)
    lines: list[InstallmentLine] = []
    outstanding = 0
    for stored in found:
        now = stored.book.as_of(today)
        outstanding += now.outstanding.total
        states = _lines(stored, now, today)
        lines += [one for one in states if one.state in ("late", "next")]
    if not lines:
        return AgreementsNone()
    lines.sort(key=lambda one: (one.due_date, one.number, one.installment))
    late = sum(one.left for one in lines if one.state == "late")
    return InstallmentsRunning(tuple(lines[:LINES_MAX]), len(lines[LINES_MAX:]), late, outstanding)


def _lines(stored: StoredAgreement, now: Agreement, today: date) -> list[InstallmentLine]:
    following = next((one for one in now.installments if _waits(one, today)), None)
    return [
        InstallmentLine(
            stored.number,
            stored.borrower_name,
            one.row.number,
            one.row.due_date,
            one.row.due + one.penalty_charged,
            one.owed.total,
            state_of(one, today, following),
            max(0, one.days_past_due(today)),
        )
        for one in now.installments
    ]


def _waits(one: InstallmentState, today: date) -> bool:
    return not one.is_settled and one.row.due_date >= today


def state_of(one: InstallmentState, today: date, following: InstallmentState | None) -> str:
    """paid, late, next or waiting; `following` is the first that is open and not late."""
    if one.is_settled:
        return "paid"
    if one.row.due_date < today:
        return "late"
    return "next" if one is following else "waiting"


async def installment_status(
    book: Book, person: Person, *, agreement: AgreementNumber | None = None
) -> InstallmentStatus | WhichAgreement:
    """STATUS CICILAN [nama]: the rows of the person's agreement; asks which when several run.

    Without a running one the latest that ran is shown. Raises NoAgreementRuns.
    """
    book.require(Permission.READ)
    today = book.occasion.today
    theirs = await agreements.of_borrower(book.tx, person.borrower.id, open_only=False)
    theirs = [one for one in theirs if one.book.accepted_on is not None]
    if agreement is not None:
        found = [one for one in theirs if one.number == agreement]
    else:
        found = [one for one in theirs if one.status in RUNNING] or theirs[-1:]
    if not found:
        raise NoAgreementRuns(person.borrower.name)
    if len(found) > 1:
        return which(found, today)
    return _status(found[0], today)


def _status(stored: StoredAgreement, today: date) -> InstallmentStatus:
    now = stored.book.as_of(today)
    lines = _lines(stored, now, today)
    # What is still open matters more than what was paid long ago: one settled row stays in sight.
    following = next_open(now)
    place = len(lines) if following is None else list(now.installments).index(following)
    first = max(0, min(place - 1, len(lines) - LINES_MAX))
    shown = lines[first : first + LINES_MAX]
    return InstallmentStatus(
        stored.number,
        stored.borrower_name,
        stored.status,
        tuple(shown),
        before=first,
        more=len(lines) - first - len(shown),
        paid=now.paid,
        outstanding=now.outstanding.total if stored.status not in NOT_OWED else 0,
        kept=now.unapplied,
    )
