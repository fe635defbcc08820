"""What a plan limits, how full it is, and when that is worth a word: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from bukuhutang.tenancy.plans import PLANS, Plan, PlanName, next_plan

NEARLY_FULL = 80
FULL = 100


class Quota(StrEnum):
    """What a plan counts. Debts and agreements while open, the others by calendar month."""

    DEBTS = "debts"
    AGREEMENTS = "agreements"
    AI_CREDITS = "ai_credits"
    PDFS = "pdfs"


def limit_of(plan: Plan, quota: Quota) -> int | None:
    """How much of it this plan allows; None is unlimited."""
    return {
        Quota.DEBTS: plan.max_debts,
        Quota.AGREEMENTS: plan.max_agreements,
        Quota.AI_CREDITS: plan.ai_credits_a_month,
        Quota.PDFS: plan.pdfs_a_month,
    }[quota]


@dataclass(frozen=True)
class Standing:
    """How much of a limit is used, and what the lender was told of it this month."""

    quota: Quota
    plan: PlanName
    used: int
    limit: int | None
    told: int = 0  # the highest percentage said this month about this very limit

    @property
    def is_full(self) -> bool:
        """Whether nothing is left; never of what is unlimited."""
        return self.limit is not None and self.used >= self.limit

    @property
    def news(self) -> int | None:
        """80 or 100 when that is reached and was not said yet, nor anything higher."""
        if self.limit is None:
            return None
        reached = FULL if self.is_full else NEARLY_FULL
        is_reached = self.used * 100 >= self.limit * reached
        return reached if is_reached and self.told < reached else None

    @property
    def next_plan(self) -> PlanName | None:
        """The plan above; None at the top."""
        return next_plan(self.plan)

    @property
    def next_limit(self) -> int | None:
        """What the plan above allows; None is unlimited, or that there is none above."""
        above = self.next_plan
        return None if above is None else limit_of(PLANS[above], self.quota)


@dataclass(frozen=True)
class Credits:
    """AI credits of one month, and what was added and does not expire."""

    of_month: int | None  # the plan's; None is unlimited
    used: int  # this month, from the plan's month and from the added ones
    used_added: int  # of them from the added ones
    added: int  # ever
    used_added_ever: int  # of all months

    @property
    def from_month(self) -> int:
        """What was used of the plan's month."""
        return self.used - self.used_added

    @property
    def added_left(self) -> int:
        """What is left of the added ones; a debt of them is a defect, not a figure."""
        left = self.added - self.used_added_ever
        assert left >= 0, "more added credits were spent than were added"
        return left

    @property
    def next_is_added(self) -> bool:
        """Whether the next one must come from the added ones: the month's go first."""
        return self.of_month is not None and self.from_month >= self.of_month

    @property
    def limit(self) -> int | None:
        """All that can be used this month: the plan's, and what was added and not used before.

        A plan may have changed: what an earlier, larger one gave this month was used all the same.
        """
        if self.of_month is None:
            return None
        return max(self.of_month, self.from_month) + self.used_added + self.added_left

    def spend(self) -> Credits | None:
        """What is there after one more is used: of the month, then of the added; None if none."""
        from_added = self.next_is_added
        if from_added and self.added_left == 0:
            return None
        after = replace(
            self,
            used=self.used + 1,
            used_added=self.used_added + from_added,
            used_added_ever=self.used_added_ever + from_added,
        )
        assert after.added_left >= 0
        assert after.limit is None or after.used <= after.limit
        return after
