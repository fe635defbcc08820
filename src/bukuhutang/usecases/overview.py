"""Looking into the book: totals, one person, what happened, what the plan leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import BorrowerId, DebtNumber
from bukuhutang.ledger.aging import days_past_due
from bukuhutang.ledger.debt import Debt
from bukuhutang.ledger.money import Direction
from bukuhutang.store import audit_log, overview, reminders
from bukuhutang.store.book import Person
from bukuhutang.tenancy.plans import PLANS
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_dues import AgreementDue, dues_of, expected_dues
from bukuhutang.usecases.book import MESSAGE_KEY, Book
from bukuhutang.usecases.fates import ReminderFate, fate_of
from bukuhutang.usecases.people import outstanding
from bukuhutang.usecases.quotas import usage_now

LINES_MAX = 5
HISTORY_MAX = 10


@dataclass(frozen=True)
class StatusLine:
    name: str
    outstanding: int
    due_date: date
    days_past_due: int
    agreement: int | None = None  # its number, when it is about installments


@dataclass(frozen=True)
class StatusEmpty(Answer):
    code: ClassVar[str] = "status_empty"


@dataclass(frozen=True)
class Status(Answer):
    code: ClassVar[str] = "status"
    receivable_total: int
    receivable_people: int
    overdue_total: int
    overdue: tuple[StatusLine, ...]
    overdue_more: int
    upcoming: tuple[StatusLine, ...]
    upcoming_more: int
    payable_total: int
    payables: tuple[StatusLine, ...]
    payables_more: int


async def show_status(book: Book) -> Status | StatusEmpty:
    """Totals both ways, overdue first, then what falls due next; five lines of each.

    Agreements count with all that is left of them, and are named with what is due first.
    """
    book.require(Permission.READ)
    today = book.occasion.today
    totals = await overview.totals(book.tx)
    dues = await expected_dues(book)
    if not totals and not dues:
        return StatusEmpty()
    sums = await overview.open_sums(book.tx, today, limit=LINES_MAX)
    late = [one for one in sums if one.direction is Direction.RECEIVABLE and one.late]
    coming = [one for one in sums if one.direction is Direction.RECEIVABLE and not one.late]
    payable = sorted(
        (one for one in sums if one.direction is Direction.PAYABLE), key=lambda one: one.first_due
    )
    late_dues = [one for one in dues if one.days_past_due]
    next_dues = [one for one in dues if not one.days_past_due]
    nothing = overview.Totals(0, 0)
    receivable = totals.get(Direction.RECEIVABLE, nothing)
    payable_rows = sum({one.late: one.rows for one in payable}.values())
    overdue = _merged(_lines(late, today), late_dues)
    upcoming = _merged(_lines(coming, today), next_dues)
    return Status(
        receivable_total=receivable.outstanding + sum(one.outstanding for one in dues),
        receivable_people=await overview.people_owing(book.tx) if dues else receivable.people,
        overdue_total=(late[0].total if late else 0) + sum(one.due for one in late_dues),
        overdue=overdue,
        overdue_more=(late[0].rows if late else 0) + len(late_dues) - len(overdue),
        upcoming=upcoming,
        upcoming_more=(coming[0].rows if coming else 0) + len(next_dues) - len(upcoming),
        payable_total=totals.get(Direction.PAYABLE, nothing).outstanding,
        payables=_lines(payable[:LINES_MAX], today),
        payables_more=payable_rows - len(payable[:LINES_MAX]),
    )


def _merged(lines: tuple[StatusLine, ...], dues: list[AgreementDue]) -> tuple[StatusLine, ...]:
    """Debts and installments in the order of their due dates, as many as are shown."""
    installments = [
        StatusLine(one.name, one.due, one.due_date, one.days_past_due, one.number) for one in dues
    ]
    return tuple(sorted([*lines, *installments], key=lambda one: one.due_date)[:LINES_MAX])


def _lines(sums: list[overview.OpenSum], today: date) -> tuple[StatusLine, ...]:
    return tuple(
        StatusLine(one.name, one.outstanding, one.first_due, days_past_due(one.first_due, today))
        for one in sums
    )


@dataclass(frozen=True)
class DebtLine:
    number: DebtNumber
    outstanding: int
    due_date: date
    days_past_due: int
    note: str | None


@dataclass(frozen=True)
class PersonStatus(Answer):
    code: ClassVar[str] = "person_status"
    name: str
    receivables: tuple[DebtLine, ...]
    receivable_total: int
    receivables_more: int
    payables: tuple[DebtLine, ...]
    payable_total: int
    payables_more: int
    credit_receivable: int
    credit_payable: int
    agreements: tuple[AgreementDue, ...]


async def show_person(book: Book, person: Person) -> PersonStatus:
    """What is open with one person, both ways, oldest due first; agreements beside the debts."""
    book.require(Permission.READ)
    today = book.occasion.today
    book.speak_of(person.borrower.id)
    receivables = debt_lines(person, Direction.RECEIVABLE, today)
    payables = debt_lines(person, Direction.PAYABLE, today)
    return PersonStatus(
        name=person.borrower.name,
        receivables=receivables[:HISTORY_MAX],
        receivable_total=outstanding(person, Direction.RECEIVABLE),
        receivables_more=len(receivables[HISTORY_MAX:]),
        payables=payables[:HISTORY_MAX],
        payable_total=outstanding(person, Direction.PAYABLE),
        payables_more=len(payables[HISTORY_MAX:]),
        credit_receivable=person.borrower.credit_receivable,
        credit_payable=person.borrower.credit_payable,
        agreements=tuple(await dues_of(book, person.borrower.id)),
    )


def debt_lines(person: Person, direction: Direction, today: date) -> tuple[DebtLine, ...]:
    """The open debts of one direction, oldest due first."""

    def line(debt: Debt) -> DebtLine:
        late = days_past_due(debt.due_date, today)
        return DebtLine(debt.number, debt.outstanding, debt.due_date, late, debt.note)

    debts = [debt for debt in person.open_debts if debt.direction is direction]
    return tuple(line(debt) for debt in sorted(debts, key=lambda d: (d.due_date, d.number)))


@dataclass(frozen=True)
class HistoryLine:
    kind: str
    on: date
    direction: Direction
    amount: int
    number: int
    name: str


@dataclass(frozen=True)
class History(Answer):
    code: ClassVar[str] = "history"
    name: str | None
    lines: tuple[HistoryLine, ...]
    more: int
    reminder: ReminderFate | None  # the latest one of this person


@dataclass(frozen=True)
class HistoryEmpty(Answer):
    code: ClassVar[str] = "history_empty"
    name: str | None


KINDS = {
    "debt_recorded": "debt",
    "payment_recorded": "payment",
    "debt_undone": "debt_undone",
    "payment_undone": "payment_undone",
    "installment_paid": "installment",
    "agreement_paid_off": "installment",
    "installment_undone": "installment_undone",
    "agreement_forgiven": "forgiven",
    "forgiveness_undone": "forgiven_undone",
}


async def show_history(book: Book, person: Person | None) -> History | HistoryEmpty:
    """The latest records of one person, or of the whole book; newest first."""
    book.require(Permission.READ)
    name = None if person is None else person.borrower.name
    borrower: BorrowerId | None = None if person is None else person.borrower.id
    if borrower is not None:
        book.speak_of(borrower)
    acts, count = await audit_log.history(book.tx, borrower, limit=HISTORY_MAX)
    if not acts:
        return HistoryEmpty(name)
    zone = book.page.settings.zone
    lines = tuple(
        HistoryLine(
            KINDS[act.action],
            act.at.astimezone(zone).date(),
            Direction(act.detail["direction"]),
            act.detail["amount"],
            act.subject,
            act.name,
        )
        for act in acts
    )
    latest = None if borrower is None else await reminders.latest(book.tx, borrower)
    fate = None if latest is None else fate_of(latest, zone)
    return History(name, lines, more=count - len(lines), reminder=fate)


@dataclass(frozen=True)
class UsageShown(Answer):
    code: ClassVar[str] = "usage"
    tenant_name: str
    plan: str
    state: str
    debts_open: int
    max_debts: int | None
    agreements_open: int
    max_agreements: int | None
    pdfs: int
    max_pdfs: int | None
    ai_credits_used: int
    max_ai_credits: int | None
    ai_credits_added_left: int
    messages_this_month: int
    messages_a_minute: int
    api_requests_a_minute: int


async def show_usage(book: Book) -> UsageShown:
    """Plan, what of it is used, and how WhatsApp is."""
    book.require(Permission.READ)
    used = await usage_now(book.tx, book.occasion.now, book.page.settings.zone)
    plan = PLANS[used.plan]
    # The very message that asks is counted when it is worked: then all pages agree with this one.
    asking = int(book.occasion.key.startswith(MESSAGE_KEY))
    return UsageShown(
        tenant_name=book.page.tenant_name,
        plan=used.plan,
        state=used.state,
        debts_open=used.debts_open,
        max_debts=used.max_debts,
        agreements_open=used.agreements_open,
        max_agreements=used.max_agreements,
        pdfs=used.pdfs,
        max_pdfs=plan.pdfs_a_month,
        ai_credits_used=used.credits.from_month,
        max_ai_credits=used.credits.of_month,
        ai_credits_added_left=used.credits.added_left,
        messages_this_month=used.messages + asking,
        messages_a_minute=plan.messages_a_minute,
        api_requests_a_minute=plan.api_requests_a_minute,
    )
