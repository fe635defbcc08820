"""Finding the agreement that is meant, and what the answers say of one."""

from __future__ import annotations

from datetime import date
from typing import NoReturn

from bukuhutang.ledger.agreement import Agreement, InstallmentState
from bukuhutang.ledger.agreement_acts import NotPossible, Outcome, Recorded, Why
from bukuhutang.ledger.waterfall import Portion
from bukuhutang.store import agreements
from bukuhutang.store.agreements import PENDING, RUNNING, StoredAgreement
from bukuhutang.usecases.agreement_answers import AgreementChoice, WhichAgreement
from bukuhutang.usecases.agreement_refusals import (
    AgreementHasPayments,
    AgreementNotAccepted,
    AgreementOver,
    AgreementUnknown,
    TooManyAgreements,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.refusals import BuiltUpon

CHOICES_MAX = 20


async def agreement_of(book: Book, number: int) -> StoredAgreement:
    """The agreement of this number. Raises AgreementUnknown."""
    found = await agreements.by_number(book.tx, number)
    if found is None:
        raise AgreementUnknown(number)
    return found


async def running(book: Book, number: int) -> StoredAgreement:
    """One that takes money. Raises AgreementUnknown, AgreementNotAccepted, AgreementOver."""
    found = await agreement_of(book, number)
    check_runs(found)
    return found


def check_runs(stored: StoredAgreement) -> None:
    """Raises AgreementNotAccepted or AgreementOver unless it takes money."""
    if stored.status in PENDING:
        raise AgreementNotAccepted(stored.number, stored.borrower_name)
    if stored.status not in RUNNING:
        raise AgreementOver(stored.number, stored.borrower_name, stored.status)


def recorded(stored: StoredAgreement, outcome: Outcome) -> Recorded:
    """What an act recorded; its noes that any act may say are raised as refusals."""
    if isinstance(outcome, Recorded):
        return outcome
    refuse(stored, outcome)


def refuse(stored: StoredAgreement, no: NotPossible) -> NoReturn:
    """The refusal for a no of the ledger. Raises it always."""
    number, name = stored.number, stored.borrower_name
    match no.why:
        case Why.NOT_ACCEPTED:
            raise AgreementNotAccepted(number, name)
        case Why.HAS_PAYMENTS:
            assert no.amount is not None
            raise AgreementHasPayments(number, name, no.amount)
        case Why.CREDIT_USED | Why.REVERSED_ALREADY:
            raise BuiltUpon(name)
        case Why.CANCELLED | Why.COMPLETED | Why.WRITTEN_OFF | Why.NOTHING_OWED:
            raise AgreementOver(number, name, stored.status)
    raise AssertionError(f"the ledger says {no.why} where nobody expects it")


def next_open(book: Agreement) -> InstallmentState | None:
    """The oldest installment that still asks for something."""
    return next((one for one in book.installments if not one.is_settled), None)


def next_of(book: Agreement) -> tuple[int | None, date | None, int]:
    """Number, due date and rupiah of the oldest open installment; nothing when all are settled."""
    state = next_open(book)
    if state is None:
        return None, None, 0
    return state.row.number, state.row.due_date, state.owed.total


def choice_of(stored: StoredAgreement, today: date) -> AgreementChoice:
    """The agreement as a line of a question."""
    now = stored.book.as_of(today)
    _, due, amount = next_of(now)
    return AgreementChoice(stored.number, stored.borrower_name, now.outstanding.total, due, amount)


def which(found: list[StoredAgreement], today: date) -> WhichAgreement:
    """The question which one is meant. Raises TooManyAgreements."""
    if len(found) > CHOICES_MAX:
        raise TooManyAgreements(CHOICES_MAX)
    return WhichAgreement(tuple(choice_of(one, today) for one in found))


def sums(portions: tuple[Portion, ...]) -> tuple[int, int, int]:
    """Penalty, interest and principal over all portions."""
    return (
        sum(one.penalty for one in portions),
        sum(one.interest for one in portions),
        sum(one.principal for one in portions),
    )
