"""Which debts a payment pays: the one that was named, then oldest due first; the rest is credit.

Kitab Undang-Undang Hukum Perdata art. 1396 lets who pays say which debt is meant; art. 1397 puts a
payment on the debt that fell due first when nobody says so; of two due on one day the one recorded
first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bukuhutang.base.ids import DebtNumber
from bukuhutang.ledger.debt import Debt


@dataclass(frozen=True)
class Share:
    """What one debt receives of a payment, and what it still owes afterwards."""

    number: DebtNumber
    applied: int
    outstanding: int


@dataclass(frozen=True)
class Allocation:
    """Every rupiah of one payment: on debts, or unapplied."""

    shares: tuple[Share, ...]
    unapplied: int

    def total(self) -> int:
        """All of it, in whole rupiah."""
        return sum(share.applied for share in self.shares) + self.unapplied


def allocate(amount: int, debts: Iterable[Debt], *, first: DebtNumber | None = None) -> Allocation:
    """Share out `amount` rupiah over open debts of one person and one direction.

    The debt `first` is paid before all others. Settled debts are passed over; what no debt takes
    is unapplied. Pure.
    """
    assert amount > 0
    left = amount
    shares: list[Share] = []
    for debt in sorted(debts, key=lambda one: (one.number != first, one.due_date, one.number)):
        applied = min(left, debt.outstanding)
        if applied:
            shares.append(Share(debt.number, applied, debt.outstanding - applied))
            left -= applied
    result = Allocation(tuple(shares), left)
    assert result.total() == amount
    assert left == 0 or all(share.outstanding == 0 for share in shares)
    return result
