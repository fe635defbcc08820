"""What running agreements ask for, where debts and agreements are told together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bukuhutang.base.ids import AgreementNumber, BorrowerId
from bukuhutang.store import agreements
from bukuhutang.store.agreements import RUNNING, StoredAgreement
from bukuhutang.usecases.agreement_reading import next_of
from bukuhutang.usecases.book import Book


@dataclass(frozen=True)
class AgreementDue:
    """One running agreement: all that is left of it, and what is due of it first.

    `late` is what of it is past due, in rupiah, since `due_date`; with nothing late, `due` rupiah
    are to pay on `due_date`.
    """

    number: AgreementNumber
    borrower_id: BorrowerId
    name: str
    outstanding: int
    due: int
    due_date: date
    days_past_due: int
    is_expected: bool  # not written off


async def expected_dues(book: Book) -> list[AgreementDue]:
    """Of every agreement that is counted on, the oldest due first."""
    found = await agreements.all_open(book.tx, statuses=("active",))
    return _dues(found, book.occasion.today)


async def dues_of(book: Book, borrower: BorrowerId) -> list[AgreementDue]:
    """Of one person's agreements, written-off ones included: they are still owed."""
    found = await agreements.of_borrower(book.tx, borrower, open_only=True)
    return _dues([one for one in found if one.status in RUNNING], book.occasion.today)


async def people_with_dues(book: Book) -> frozenset[BorrowerId]:
    """Who of the people that fit the name looked for has an agreement that runs."""
    wanted = [one.borrower.id for one in book.page.people]
    return frozenset(one.borrower_id for one in await agreements.running_of(book.tx, wanted))


def _dues(found: list[StoredAgreement], today: date) -> list[AgreementDue]:
    dues = [_due(one, today) for one in found]
    return sorted(dues, key=lambda one: (one.due_date, one.number))


def _due(stored: StoredAgreement, today: date) -> AgreementDue:
    now = stored.book.as_of(today)
    _, due_date, amount = next_of(now)
    assert due_date is not None, "a running agreement asks for something"
    late = sum(one.owed.total for one in now.installments if one.row.due_date < today)
    return AgreementDue(
        stored.number,
        stored.borrower_id,
        stored.borrower_name,
        now.outstanding.total,
        late or amount,
        due_date,
        max(0, (today - due_date).days),
        stored.status == "active",
    )
