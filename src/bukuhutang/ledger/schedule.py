"""The plan of a loan: what is due when, in whole rupiah, adding up exactly.

All arithmetic is on integers: the rate of a period is a numerator over a denominator that all
periods share, and a division says where its rest goes. Interest of a row is rounded half up; the
last row takes the rest of principal and interest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from bukuhutang.ledger.due_dates import TermUnit, add_months
from bukuhutang.ledger.terms import (
    Amortization,
    DayCount,
    InterestKind,
    LoanTerms,
    find_problem,
)

_YEAR_DAYS = {
    DayCount.THIRTY_360: 360,
    DayCount.ACTUAL_365: 365,
    DayCount.ACTUAL_364: 364,
    DayCount.ACTUAL_360: 360,
}


class Installment(NamedTuple):
    """One row of a plan; amounts in whole rupiah.

    A down payment has number 0. `interest` is due with the row, `accrued` is what the row's own
    period earns: they differ where a grace of interest payment hands interest on. The period ends
    on the due date unless that is moved later. `balance_after` is principal.
    """

    number: int
    due_date: date
    principal: int
    interest: int
    balance_after: int
    period_start: date
    period_end: date
    accrued: int

    @property
    def due(self) -> int:
        """Principal and interest together."""
        return self.principal + self.interest


@dataclass(frozen=True)
class Schedule:
    """A loan's rows in order of their due dates."""

    rows: tuple[Installment, ...]

    @property
    def principal(self) -> int:
        """What was lent."""
        return sum([row.principal for row in self.rows])

    @property
    def interest(self) -> int:
        """What the loan costs when it is paid as planned."""
        return sum([row.interest for row in self.rows])

    @property
    def due(self) -> int:
        """Principal and interest of all rows."""
        return self.principal + self.interest

    @property
    def highest(self) -> int:
        """The most that one installment asks for, the down payment left out."""
        return max(row.due for row in self.rows if row.number)


@dataclass(frozen=True)
class Rates:
    """Each period's own rate: `numerators[k] / denominator`, exactly."""

    numerators: tuple[int, ...]
    denominator: int


def half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction that is not negative; halves go up."""
    assert numerator >= 0
    assert denominator > 0
    return (2 * numerator + denominator) // (2 * denominator)


def period_rates(terms: LoanTerms, dates: Sequence[date]) -> Rates:
    """The annual rate times each period's part of a year.

    With 30/360 a month is a twelfth of a year, and a first period that is no whole number of
    months has 30 days a month, unless it is to count as a whole one; days and weeks are counted as
    they are.
    """
    percent, hundred = terms.annual_percent.as_integer_ratio()
    denominator = hundred * 100 * _YEAR_DAYS[terms.day_count]
    starts = (terms.start, *dates[:-1])
    by_month = terms.unit is TermUnit.MONTHS and terms.day_count is DayCount.THIRTY_360
    if by_month:
        days = [30 * terms.every] * len(dates)
        is_own = terms.first_due_on is not None or terms.due_day is not None
        if is_own and not terms.whole_first_period:
            days[0] = _days_of_thirty(terms.start, dates[0])
    else:
        days = [(end - start).days for start, end in zip(starts, dates, strict=True)]
    return Rates(tuple(percent * count for count in days), denominator)


def _days_of_thirty(start: date, end: date) -> int:
    """Days between two dates when every month has 30; whole months have 30 each, clipped or not."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if add_months(start, months) == end:
        return 30 * months
    return max(1, 30 * months + min(end.day, 30) - min(start.day, 30))


def level_installment(principal: int, rates: Rates) -> tuple[int, int]:
    """The equal payment that repays `principal` exactly, as numerator and denominator.

    One payment at the end of each period, interest of each at its own rate on what is still owed.
    """
    one = rates.denominator
    grown, payments, power = 1, 0, 1  # over one**k, one**(k-1), one**(k-1)
    for rate in rates.numerators:
        payments = payments * (one + rate) + power
        grown *= one + rate
        power *= one
    return principal * grown, one * payments


def make_schedule(terms: LoanTerms) -> Schedule:
    """The rows of `terms`, which `find_problem` must have found good. Pure.

    Rows add up to the principal, and with flat interest in all rows to the rate's interest on it,
    rounded once. There are fewer rows where a rounded or fixed installment pays the loan sooner.
    """
    assert find_problem(terms) is None
    dates = terms.dates()
    lent = terms.principal - terms.down_payment
    rates = period_rates(terms, dates)
    fill = _flat if terms.interest is InterestKind.FLAT else _declining
    rows = fill(terms, lent, dates, rates)
    if terms.down_payment:
        start = terms.start
        rows.insert(0, Installment(0, start, terms.down_payment, 0, lent, start, start, 0))
    made = Schedule(tuple(rows))
    assert made.principal == terms.principal
    assert made.interest == sum([row.accrued for row in rows])
    assert rows[-1].balance_after == 0
    return made


def _rounded_to(multiple: int, numerator: int, denominator: int) -> int:
    return half_up(numerator, denominator * multiple) * multiple


def _declining(
    terms: LoanTerms, lent: int, dates: Sequence[date], rates: Rates
) -> list[Installment]:
    grace, one = terms.grace_principal, rates.denominator
    if terms.fixed_installment is not None:
        level = terms.fixed_installment
    else:
        paying = Rates(rates.numerators[grace:], one)
        level = _rounded_to(terms.multiple_of, *level_installment(lent, paying))
    share = half_up(lent, terms.installments - grace)
    equal_principal = terms.amortization is Amortization.EQUAL_PRINCIPAL
    rows = _Rows(terms, lent, dates)
    for turn, rate in enumerate(rates.numerators):
        interest = half_up(rows.balance * rate, one)
        # Interest that a grace hands on does not touch the principal that is paid meanwhile.
        principal = share if equal_principal else level - interest
        if rows.add(turn, principal, interest):
            break
    return rows.made


def _flat(terms: LoanTerms, lent: int, dates: Sequence[date], rates: Rates) -> list[Installment]:
    grace, one = terms.grace_principal, rates.denominator
    until = [half_up(lent * upto, one) for upto in accumulate(rates.numerators)]
    paying = terms.installments - grace
    if terms.fixed_installment is not None:
        level = terms.fixed_installment
    else:
        cost = lent * sum(rates.numerators[grace:])
        level = _rounded_to(terms.multiple_of, lent * one + cost, one * paying)
    share = half_up(lent, paying)
    equal_principal = terms.amortization is Amortization.EQUAL_PRINCIPAL
    rows = _Rows(terms, lent, dates)
    charged = 0
    for turn, rate in enumerate(rates.numerators):
        interest = min(half_up(lent * rate, one), until[-1] - charged)
        principal = share if equal_principal else level - interest
        if rows.is_last(turn, principal):
            interest = max(0, until[turn] - charged)
        charged += interest
        if rows.add(turn, principal, interest):
            break
    return rows.made


class _Rows:
    """Rows while they are made: what is still owed, and interest a grace has handed on."""

    def __init__(self, terms: LoanTerms, lent: int, dates: Sequence[date]) -> None:
        self.made: list[Installment] = []
        self.balance = lent
        self._terms = terms
        self._dates = dates
        self._handed_on = 0

    def is_last(self, turn: int, principal: int) -> bool:
        """Whether this row ends the loan: the last of the plan, or one that pays all before it."""
        if turn == len(self._dates) - 1:
            return True
        return turn >= self._terms.grace_principal and principal >= self.balance

    def add(self, turn: int, principal: int, interest: int) -> bool:
        """Append one row; True when it was the last. Principal never grows nor goes below zero."""
        last = self.is_last(turn, principal)
        if last:
            principal = self.balance
        elif turn < self._terms.grace_principal:
            principal = 0
        principal = min(max(principal, 0), self.balance)
        due, self._handed_on = interest + self._handed_on, 0
        if turn < self._terms.grace_interest and not last:
            due, self._handed_on = 0, due
        self.balance -= principal
        start = self._dates[turn - 1] if turn else self._terms.start
        end = self._dates[turn]
        self.made.append(
            Installment(turn + 1, end, principal, due, self.balance, start, end, interest)
        )
        return last
