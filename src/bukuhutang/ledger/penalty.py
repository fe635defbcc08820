"""What being late costs: agreed beforehand, on principal and interest only, never compounding."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bukuhutang.ledger.terms import PERCENT_DECIMALS_MAX, PRINCIPAL_MAX, BadTerms, within

GRACE_DAYS_MAX = 365
DAILY_PERCENT_MAX = 5


class PenaltyKind(StrEnum):
    """How the penalty of one late installment is counted."""

    ONCE = "once"  # so many rupiah, however late
    RUPIAH_A_DAY = "rupiah_a_day"
    PERCENT_A_DAY = "percent_a_day"  # of the installment's unpaid principal and interest


@dataclass(frozen=True)
class PenaltyRule:
    """The penalty of each late installment.

    `amount` (rupiah) goes with the first two kinds, `percent` with the third. The first
    `grace_days` after the due date cost nothing, also when the installment is later still. `cap`
    is the most that one installment can cost, in rupiah.
    """

    kind: PenaltyKind
    amount: int = 0
    percent: Decimal = Decimal(0)
    grace_days: int = 0
    cap: int | None = None

    def find_problem(self) -> BadTerms | None:
        """The first thing wrong with the rule, or None. Raises nothing."""
        found = within("grace_days", self.grace_days, 0, GRACE_DAYS_MAX)
        if found is None and self.cap is not None:
            found = within("cap", self.cap, 1, PRINCIPAL_MAX)
        if found is None and self.kind is not PenaltyKind.PERCENT_A_DAY:
            return within("amount", self.amount, 1, PRINCIPAL_MAX)
        return found or self._percent_problem()

    def _percent_problem(self) -> BadTerms | None:
        if not self.percent.is_finite() or self.percent <= 0:
            return BadTerms("too_small", "percent", "more than 0")
        if self.percent > DAILY_PERCENT_MAX:
            return BadTerms("too_large", "percent", f"{DAILY_PERCENT_MAX} a day at most")
        exponent = self.percent.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > PERCENT_DECIMALS_MAX:
            return BadTerms("field_invalid", "percent", f"{PERCENT_DECIMALS_MAX} decimals at most")
        return None

    def charge(self, late_days: int, rupiah_days: int) -> int:
        """The penalty of one installment in whole rupiah, rounded half up once, then capped.

        `late_days` are the days beyond the grace on which something was unpaid, `rupiah_days` the
        sum of what was unpaid on each: so that part payments count to the day.
        """
        assert late_days >= 0
        assert rupiah_days >= late_days
        if late_days == 0:
            return 0
        if self.kind is PenaltyKind.ONCE:
            charged = self.amount
        elif self.kind is PenaltyKind.RUPIAH_A_DAY:
            charged = self.amount * late_days
        else:
            share, hundred = self.percent.as_integer_ratio()
            charged = (2 * rupiah_days * share + 100 * hundred) // (200 * hundred)
        return charged if self.cap is None else min(charged, self.cap)
