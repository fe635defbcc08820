"""Payments and penalties by their dates, run down a schedule that nothing has been paid of yet.

For programs that hold a loan as facts alone: a schedule, payments, penalties. An agreement in the
book is a `loan.Loan`, which also knows reversals, reschedules and its own penalty rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from bukuhutang.ledger.schedule import Schedule
from bukuhutang.ledger.waterfall import Owed, Portion, run_down


class Dated(NamedTuple):
    """Money on a date: a payment that arrived, or a penalty that was charged; whole rupiah."""

    on: date
    amount: int


@dataclass(frozen=True)
class Paid:
    """One payment and where every rupiah of it went."""

    on: date
    amount: int
    portions: tuple[Portion, ...]
    unapplied: int

    @property
    def penalty(self) -> int:
        """What of it paid penalties."""
        return sum(one.penalty for one in self.portions)

    @property
    def interest(self) -> int:
        """What of it paid interest."""
        return sum(one.interest for one in self.portions)

    @property
    def principal(self) -> int:
        """What of it paid principal."""
        return sum(one.principal for one in self.portions)


def allocate_payments(
    schedule: Schedule, payments: Sequence[Dated], penalties: Sequence[Dated]
) -> list[Paid]:
    """Allocate payments by date, those of one day as given; answers in the order given.

    A penalty on or before the payment's date is due before everything else, since it belongs to
    the oldest unpaid installment; a later one is paid after the principal of the installment in
    whose period it falls. The rest of a payment goes ahead to the next installments. Pure.
    """
    rows = [_Row(row.number, row.due_date, row.interest, row.principal) for row in schedule.rows]
    waiting = sorted(penalties, key=lambda one: one.on)
    for one in waiting:
        _period_of(rows, one.on).later.append([one.on.toordinal(), one.amount])
    answers: dict[int, Paid] = {}
    for place in sorted(range(len(payments)), key=lambda place: payments[place].on):
        answers[place] = _pay(rows, payments[place])
    return [answers[place] for place in range(len(payments))]


@dataclass
class _Row:
    """What an installment still asks for; `later` are penalties with their day, not yet due."""

    number: int
    due_date: date
    interest: int
    principal: int
    penalty: int = 0

    def __post_init__(self) -> None:
        self.later: list[list[int]] = []

    def owed(self) -> Owed:
        later = sum(amount for _, amount in self.later)
        return Owed(self.number, self.penalty, self.interest, self.principal, later)

    def receive(self, portion: Portion) -> None:
        self.interest -= portion.interest
        self.principal -= portion.principal
        left = portion.penalty - min(portion.penalty, self.penalty)
        self.penalty -= portion.penalty - left
        for one in self.later:
            taken = min(left, one[1])
            one[1] -= taken
            left -= taken
        assert left == 0


def _period_of(rows: Sequence[_Row], day: date) -> _Row:
    return next((row for row in rows if row.due_date >= day), rows[-1])


def _pay(rows: Sequence[_Row], payment: Dated) -> Paid:
    today = payment.on.toordinal()
    oldest = next((row for row in rows if row.interest + row.principal + row.penalty), rows[-1])
    for row in rows:
        oldest.penalty += sum(amount for day, amount in row.later if day <= today)
        row.later = [one for one in row.later if one[0] > today]
    by_number = {row.number: row for row in rows}
    portions, unapplied = run_down(payment.amount, [row.owed() for row in rows])
    for portion in portions:
        by_number[portion.number].receive(portion)
    return Paid(payment.on, payment.amount, portions, unapplied)
