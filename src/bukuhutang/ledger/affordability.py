"""What a borrower can carry: the analysis at the end of the interview, by months and in rupiah.

All installments together take at most 30 % of the income, one asks for at least Rp100.000 a month
where that fits, and the term is at most 24 months. The burden is what all installments take of the
income: up to 20 % NYAMAN, up to 30 % CUKUP, above BERAT. Without an income nothing is assessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from bukuhutang.ledger.due_dates import TermUnit, next_income_day
from bukuhutang.ledger.schedule import Schedule, make_schedule
from bukuhutang.ledger.terms import BadTerms, InterestKind, LoanTerms, find_problem, within

MONTHS_MAX = 24
INSTALLMENT_MIN = 100_000
COMFORTABLE_PERCENT = 20
BEARABLE_PERCENT = 30
RATE_PERCENT_MAX = Decimal(8)
"""A month; about 100 % a year, the most the schedule takes."""

GRACE_MAX = 12
"""So many months without principal may be agreed on."""

SMALLER_STEP = 50_000
"""An alternative with less principal is a multiple of this many rupiah."""


class Burden(StrEnum):
    """How all installments together weigh on the income."""

    COMFORTABLE = "nyaman"
    BEARABLE = "cukup"
    HEAVY = "berat"
    NOT_ASSESSED = "not_assessed"  # no income was told, and none is invented


@dataclass(frozen=True)
class Means:
    """What the borrower told: rupiah a month; no income when they would not say."""

    monthly_income: int | None
    other_installments: int = 0

    def __post_init__(self) -> None:
        assert self.monthly_income is None or self.monthly_income > 0
        assert self.other_installments >= 0

    @property
    def room(self) -> int | None:
        """What is left for a new installment within 30 % of the income; None without an income."""
        if self.monthly_income is None:
            return None
        bearable = self.monthly_income * BEARABLE_PERCENT // 100
        return max(0, bearable - self.other_installments)

    def burden(self, installment: int) -> Burden:
        """How a new installment weighs together with the others."""
        if self.monthly_income is None:
            return Burden.NOT_ASSESSED
        weight = (installment + self.other_installments) * 100
        if weight <= COMFORTABLE_PERCENT * self.monthly_income:
            return Burden.COMFORTABLE
        if weight <= BEARABLE_PERCENT * self.monthly_income:
            return Burden.BEARABLE
        return Burden.HEAVY

    def percent(self, installment: int) -> int | None:
        """The burden in percent, rounded up, so that 30.1 is never shown as 30."""
        if self.monthly_income is None:
            return None
        return -(-(installment + self.other_installments) * 100 // self.monthly_income)


@dataclass(frozen=True)
class Alternative:
    """What could be carried instead of something heavy: the same in more months, or less money."""

    principal: int
    months: int
    installment: int


@dataclass(frozen=True)
class Proposal:
    """Terms with their rows and what they mean for the borrower: exactly what is shown and stored.

    `installment` is the highest of the rows. An alternative is only there when the burden is heavy,
    and then only when something can be carried at all.
    """

    terms: LoanTerms
    means: Means
    schedule: Schedule
    installment: int
    burden: Burden
    burden_percent: int | None
    alternative: Alternative | None

    @property
    def months(self) -> int:
        """Installments there will be, the down payment left out."""
        return sum(1 for row in self.schedule.rows if row.number)


def first_terms(principal: int, *, start: date, income_day: int, days_min: int = 14) -> LoanTerms:
    """Terms without interest, due on each income day from the first after `days_min` days.

    For one month, until `propose` says for how many. A rate a month is taken once for each
    installment, so that 1 % over six of them is 6 %, however far off the first one is.
    """
    assert days_min >= 1
    first = next_income_day(date.fromordinal(start.toordinal() + days_min - 1), income_day)
    return LoanTerms(
        principal, 1, start, first_due_on=first, due_day=income_day, whole_first_period=True
    )


def propose(terms: LoanTerms, means: Means) -> Proposal | BadTerms:
    """The first proposal: the fewest months whose installments fit.

    So one asks for as much as the borrower can carry, and for less than Rp100.000 a month only
    where that much does not fit. When none of up to 24 months fits it is 24, which is heavy.
    Without an income it is Rp100.000 a month, or what 24 months need.
    """
    if problem := find_problem(replace(terms, installments=MONTHS_MAX, fixed_installment=None)):
        return problem
    months = _months_that_fit(terms, means)
    if means.monthly_income is None:
        lent = terms.principal - terms.down_payment
        months = min(MONTHS_MAX, max(1, lent // INSTALLMENT_MIN))
    return with_months(terms, means, months or MONTHS_MAX)


def with_months(terms: LoanTerms, means: Means, months: int) -> Proposal | BadTerms:
    """The same in so many months (UBAH 6 bulan)."""
    if problem := within("installments", months, 1, MONTHS_MAX):
        return problem
    return _assessed(replace(terms, installments=months, fixed_installment=None), means)


def with_installment(terms: LoanTerms, means: Means, amount: int) -> Proposal | BadTerms:
    """The same with installments of `amount` rupiah, the last one taking the rest (UBAH 400rb).

    Refused with code `too_small` and the least that works when 24 months do not pay it.
    """
    asked = replace(terms, installments=MONTHS_MAX, fixed_installment=amount)
    if problem := find_problem(asked):
        return problem
    rows = make_schedule(asked).rows
    if any(row.due > amount for row in rows if row.number):
        least = make_schedule(replace(asked, fixed_installment=None)).highest
        return BadTerms("too_small", "fixed_installment", f"{least} at least")
    months = sum(1 for row in rows if row.number)
    return _assessed(replace(asked, installments=months), means)


def with_interest(
    terms: LoanTerms, means: Means, kind: InterestKind, annual_percent: Decimal
) -> Proposal | BadTerms:
    """The same months or fixed installment at another rate, percent a year (BUNGA 1% flat)."""
    changed = replace(terms, interest=kind, annual_percent=annual_percent)
    if terms.fixed_installment is not None:
        return with_installment(changed, means, terms.fixed_installment)
    return _assessed(changed, means)


def _assessed(terms: LoanTerms, means: Means) -> Proposal | BadTerms:
    assert terms.unit is TermUnit.MONTHS
    assert terms.every == 1
    if problem := find_problem(terms):
        return problem
    schedule = make_schedule(terms)
    installment = schedule.highest
    burden = means.burden(installment)
    return Proposal(
        terms,
        means,
        schedule,
        installment,
        burden,
        means.percent(installment),
        _alternative(terms, means) if burden is Burden.HEAVY else None,
    )


def _highest(terms: LoanTerms, months: int) -> int | None:
    """The highest installment over so many months; None when they are no legal terms."""
    changed = replace(terms, installments=months, fixed_installment=None)
    return None if find_problem(changed) else make_schedule(changed).highest


def _months_that_fit(terms: LoanTerms, means: Means) -> int | None:
    room = means.room
    if not room:
        return None
    for months in range(1, MONTHS_MAX + 1):
        highest = _highest(terms, months)
        if highest is not None and highest <= room:
            return months
    return None


def _alternative(terms: LoanTerms, means: Means) -> Alternative | None:
    months = _months_that_fit(terms, means)
    if months is not None:
        installment = _highest(terms, months)
        assert installment is not None
        return Alternative(terms.principal, months, installment)
    # The most that 24 months can carry: installments grow with the principal, so halve the range.
    low, high = 0, terms.principal // SMALLER_STEP
    while low < high:
        middle = (low + high + 1) // 2
        highest = _highest(replace(terms, principal=middle * SMALLER_STEP), MONTHS_MAX)
        # None: not even the down payment is left of it, so the answer lies higher.
        fits = highest is None or means.burden(highest) is not Burden.HEAVY
        low, high = (middle, high) if fits else (low, middle - 1)
    principal = low * SMALLER_STEP
    installment = _highest(replace(terms, principal=principal), MONTHS_MAX)
    return None if installment is None else Alternative(principal, MONTHS_MAX, installment)
