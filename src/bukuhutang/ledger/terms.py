"""What lender and borrower agree on, and what is wrong with it.

Terms are a plain record: `find_problem` says whether they can be carried out, and names the field
that cannot. Whoever takes terms from a person calls it first; `make_schedule` asserts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from bukuhutang.ledger.due_dates import TermUnit, add_months, due_date_after

PRINCIPAL_MAX = 1_000_000_000_000
"""Rupiah; far beyond what a chat may record, so that programs can count in cents."""

TERM_MONTHS_MAX = 60
"""From the start to the last due date, whatever the unit."""

EVERY_MAX = {
    TermUnit.DAYS: TERM_MONTHS_MAX * 366 // 12,
    TermUnit.WEEKS: TERM_MONTHS_MAX * 366 // 84,
    TermUnit.MONTHS: TERM_MONTHS_MAX,
}
"""More than these cannot fit into the longest term, not even once."""

INSTALLMENTS_MAX = EVERY_MAX[TermUnit.DAYS]
ANNUAL_PERCENT_MAX = 100
PERCENT_DECIMALS_MAX = 8
YEAR_MIN, YEAR_MAX = 1900, 2999


class InterestKind(StrEnum):
    """What the rate is taken of."""

    FLAT = "flat"  # of the principal lent, in every row
    DECLINING = "declining"  # of what is still owed


class Amortization(StrEnum):
    """What is equal from row to row."""

    EQUAL_INSTALLMENTS = "equal_installments"
    EQUAL_PRINCIPAL = "equal_principal"


class DayCount(StrEnum):
    """Which part of a year lies between two dates."""

    THIRTY_360 = "30/360"
    ACTUAL_365 = "actual/365"
    ACTUAL_364 = "actual/364"
    ACTUAL_360 = "actual/360"


class Excess(StrEnum):
    """What becomes of money beyond what is due."""

    AHEAD = "ahead"  # it pays the next installments
    KEPT = "kept"  # it stays unapplied until the next one is due


@dataclass(frozen=True)
class LoanTerms:
    """The terms of one loan; amounts in whole rupiah, percent a year.

    The first installment is due one period after `start`, or on `first_due_on`; by months the
    others follow on `due_day` (the day income arrives), or on the day of the first, or of `start`.
    `installments` counts without the down payment, which is due on `start`. A grace counts
    installments without principal, or without interest payment. A `fixed_installment` is one the
    two agreed on in rupiah; `installments` is then the most there may be. With
    `whole_first_period` the first period costs as much as the others, however long it is: by
    months in 30/360, whose other periods are equally long.
    """

    principal: int
    installments: int
    start: date
    every: int = 1
    unit: TermUnit = TermUnit.MONTHS
    first_due_on: date | None = None
    due_day: int | None = None
    interest: InterestKind = InterestKind.FLAT
    annual_percent: Decimal = Decimal(0)
    day_count: DayCount = DayCount.THIRTY_360
    amortization: Amortization = Amortization.EQUAL_INSTALLMENTS
    grace_principal: int = 0
    grace_interest: int = 0
    down_payment: int = 0
    multiple_of: int = 1
    fixed_installment: int | None = None
    excess: Excess = Excess.AHEAD
    whole_first_period: bool = False

    def date_of(self, number: int) -> date:
        """The due date of an installment, 1 and up. Raises OverflowError past the year 9999."""
        # Without a first date the start itself is number 0, so that it keeps its own day.
        first, turns = (
            (self.first_due_on, number - 1) if self.first_due_on else (self.start, number)
        )
        return due_date_after(first, turns, every=self.every, unit=self.unit, day=self.due_day)

    def dates(self) -> list[date]:
        """Every installment's due date, at least one day apart. Raises OverflowError past 9999."""
        return [self.date_of(number) for number in range(1, self.installments + 1)]


@dataclass(frozen=True)
class BadTerms:
    """Why terms cannot be carried out: a stable code, the field, a sentence for programmers."""

    code: str
    field: str
    message: str


def find_problem(terms: LoanTerms) -> BadTerms | None:
    """The first thing wrong with `terms`, or None. Raises nothing."""
    return (
        _amounts_problem(terms) or _percent_problem(terms.annual_percent) or _dates_problem(terms)
    )


def within(field: str, value: int, least: int, most: int) -> BadTerms | None:
    """Refuse a number outside its limits."""
    if value < least:
        return BadTerms("too_small", field, f"{least} at least")
    if value > most:
        return BadTerms("too_large", field, f"{most} at most")
    return None


def _amounts_problem(terms: LoanTerms) -> BadTerms | None:
    most_grace = max(terms.installments - 1, 0)
    found = (
        within("principal", terms.principal, 1, PRINCIPAL_MAX)
        or within("installments", terms.installments, 1, INSTALLMENTS_MAX)
        or within("every", terms.every, 1, EVERY_MAX[terms.unit])
        or within("grace_principal", terms.grace_principal, 0, most_grace)
        or within("grace_interest", terms.grace_interest, 0, most_grace)
        or within("down_payment", terms.down_payment, 0, terms.principal - 1)
        or within("multiple_of", terms.multiple_of, 1, PRINCIPAL_MAX)
    )
    if found or terms.fixed_installment is None:
        return found
    if terms.amortization is not Amortization.EQUAL_INSTALLMENTS:
        return BadTerms("not_together", "fixed_installment", "only with equal installments")
    return within("fixed_installment", terms.fixed_installment, 1, PRINCIPAL_MAX)


def _percent_problem(percent: Decimal) -> BadTerms | None:
    if not percent.is_finite():
        return BadTerms("field_invalid", "annual_percent", "a number")
    if percent < 0:
        return BadTerms("too_small", "annual_percent", "0 at least")
    if percent > ANNUAL_PERCENT_MAX:
        return BadTerms("too_large", "annual_percent", f"{ANNUAL_PERCENT_MAX} at most")
    exponent = percent.as_tuple().exponent
    assert isinstance(exponent, int)
    if -exponent > PERCENT_DECIMALS_MAX:
        return BadTerms(
            "field_invalid", "annual_percent", f"{PERCENT_DECIMALS_MAX} decimals at most"
        )
    return None


def _dates_problem(terms: LoanTerms) -> BadTerms | None:
    if found := within("start", terms.start.year, YEAR_MIN, YEAR_MAX):
        return found
    if terms.due_day is not None:
        if terms.unit is not TermUnit.MONTHS:
            return BadTerms("not_together", "due_day", "only by months")
        if found := within("due_day", terms.due_day, 1, 31):
            return found
    longest = add_months(terms.start, TERM_MONTHS_MAX)
    if terms.first_due_on is not None:
        if terms.first_due_on <= terms.start:
            return BadTerms("too_small", "first_due_on", "later than the start")
        if terms.first_due_on > longest:
            return BadTerms("too_large", "first_due_on", f"within {TERM_MONTHS_MAX} months")
    message = f"the last one within {TERM_MONTHS_MAX} months of the start"
    too_long = BadTerms("term_too_long", "installments", message)
    if terms.installments * terms.every > EVERY_MAX[terms.unit]:
        return too_long  # before dates are counted, which would leave the calendar
    if terms.date_of(terms.installments) > longest:
        return too_long
    first = terms.date_of(1)
    if first <= terms.start or (terms.first_due_on or first) != first:
        return BadTerms("not_together", "due_day", "not the day of the first due date")
    return None
