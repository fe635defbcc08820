"""Reports: how old what is owed is, and what a calendar month brought. All of it from rows.

MonthUnknown    not a month, or one outside the years a book can have
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import BorrowerId
from bukuhutang.ledger.aging import AgingBucket, aging_bucket, days_past_due
from bukuhutang.ledger.money import Direction
from bukuhutang.store import agreements, reports
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.store.reports import AgedSum, MonthSums, Span
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(eq=False)
class MonthUnknown(Refusal):
    code: ClassVar[str] = "month_unknown"
    text: str


@dataclass(frozen=True)
class AgedPerson:
    """One person's share of each bucket, in one direction."""

    borrower_id: BorrowerId
    name: str
    buckets: dict[AgingBucket, int]

    @property
    def total(self) -> int:
        return sum(self.buckets.values())


@dataclass(frozen=True)
class Aged:
    """All that is open in one direction, by how late it is; those who owe most come first."""

    buckets: dict[AgingBucket, int]
    people: tuple[AgedPerson, ...]

    @property
    def total(self) -> int:
        return sum(self.buckets.values())


@dataclass(frozen=True)
class Aging:
    """Both directions on one day."""

    on: date
    receivable: Aged
    payable: Aged


async def show_aging(book: Book) -> Aging:
    """What is open by days past due: debts, and each installment of agreements by its own date.

    As in STATUS, agreements that are written off are not counted on. Raises NotPermitted.
    """
    book.require(Permission.READ)
    today = book.occasion.today
    sums = await reports.aged_debts(book.tx, today)
    for stored in await agreements.all_open(book.tx, statuses=("active",)):
        sums += _aged_installments(stored, today)
    return Aging(today, *(_aged(sums, one) for one in (Direction.RECEIVABLE, Direction.PAYABLE)))


def _aged_installments(stored: StoredAgreement, today: date) -> list[AgedSum]:
    return [
        AgedSum(
            Direction.RECEIVABLE,
            stored.borrower_id,
            stored.borrower_name,
            aging_bucket(days_past_due(one.row.due_date, today)),
            one.owed.total,
        )
        for one in stored.book.as_of(today).installments
        if not one.is_settled
    ]


def _aged(sums: Iterable[AgedSum], direction: Direction) -> Aged:
    total = dict.fromkeys(AgingBucket, 0)
    theirs: dict[tuple[BorrowerId, str], dict[AgingBucket, int]] = defaultdict(
        lambda: dict.fromkeys(AgingBucket, 0)
    )
    for one in sums:
        if one.direction is direction:
            total[one.bucket] += one.amount
            theirs[one.borrower_id, one.name][one.bucket] += one.amount
    people = [AgedPerson(number, name, buckets) for (number, name), buckets in theirs.items()]
    people.sort(key=lambda one: (-one.total, one.borrower_id))
    return Aged(total, tuple(people))


@dataclass(frozen=True)
class MonthTotals:
    """What a month brought in one direction; what was taken back in it is taken off."""

    lent: int
    collected: int
    new: int
    settled: int


@dataclass(frozen=True)
class MonthReport:
    """One calendar month where the tenant is."""

    month: str  # 2026-03
    receivable: MonthTotals
    payable: MonthTotals
    people: tuple[MonthSums, ...]  # receivables first, then by name


def month_now(book: Book) -> str:
    """The month that runs where the tenant is."""
    return f"{book.occasion.today:%Y-%m}"


async def show_month(book: Book, month: str) -> MonthReport:
    """Lent, collected, new and settled in a month, in all and by person.

    Raises NotPermitted, MonthUnknown.
    """
    book.require(Permission.READ)
    zone = book.page.settings.zone
    sums = await reports.month(book.tx, _span(month, zone))
    return MonthReport(
        month,
        _totals(sums, Direction.RECEIVABLE),
        _totals(sums, Direction.PAYABLE),
        tuple(sums),
    )


def _span(month: str, zone: ZoneInfo) -> Span:
    found = _MONTH.fullmatch(month)
    if found is None or not MINYEAR + 1 < int(found[1]) < MAXYEAR - 1:
        raise MonthUnknown(month[:60])
    first = date(int(found[1]), int(found[2]), 1)
    behind = (first + timedelta(days=31)).replace(day=1)
    start, end = (datetime.combine(one, time(), tzinfo=zone) for one in (first, behind))
    return Span(first, behind, start, end)


def _totals(sums: list[MonthSums], direction: Direction) -> MonthTotals:
    own = [one for one in sums if one.direction is direction]
    return MonthTotals(
        lent=sum(one.lent for one in own),
        collected=sum(one.collected for one in own),
        new=sum(one.new for one in own),
        settled=sum(one.settled for one in own),
    )
