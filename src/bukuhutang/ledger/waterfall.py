"""How one payment runs down a loan: penalty, interest, principal; the oldest installment first.

The order inside an installment is the product's, and says what a receipt says: interest is named
apart from principal (Kitab Undang-Undang Hukum Perdata art. 1397 and 1769).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Owed(NamedTuple):
    """What one installment still asks for, in whole rupiah.

    `penalty_later` is a penalty already known that is dated after the payment: it is not due yet
    and is paid only after the installment's principal.
    """

    number: int
    penalty: int
    interest: int
    principal: int
    penalty_later: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.penalty + self.interest + self.principal + self.penalty_later


class Portion(NamedTuple):
    """What one installment receives of a payment: an allocation row, in whole rupiah.

    Negative in the row of a reversal.
    """

    number: int
    penalty: int
    interest: int
    principal: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.penalty + self.interest + self.principal

    def reversed(self) -> Portion:
        """The portion that takes this one back."""
        return Portion(self.number, -self.penalty, -self.interest, -self.principal)


def run_down(amount: int, owed: Iterable[Owed]) -> tuple[tuple[Portion, ...], int]:
    """Share `amount` out over installments in the order given; also returns what none took.

    Installments that receive nothing have no portion. Pure.
    """
    assert amount >= 0
    left = amount
    portions: list[Portion] = []
    for one in owed:
        if not left:
            break
        assert min(one) >= 0
        penalty = min(left, one.penalty)
        interest = min(left - penalty, one.interest)
        principal = min(left - penalty - interest, one.principal)
        later = min(left - penalty - interest - principal, one.penalty_later)
        if taken := penalty + interest + principal + later:
            portions.append(Portion(one.number, penalty + later, interest, principal))
            left -= taken
    assert left >= 0
    assert sum(one.total for one in portions) + left == amount
    return tuple(portions), left
