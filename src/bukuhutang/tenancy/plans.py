"""The plan table (product section 1): the one place where its numbers live.

`None` means unlimited. The service stores a tenant's own limits when its plan is set; enforcing
them is the task of the quota use cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PlanName(StrEnum):
    FREE = "free"
    BASIC = "basic"
    PRO = "pro"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True)
class Plan:
    """What one plan allows; a count each, `None` for unlimited."""

    name: PlanName
    max_debts: int | None
    max_agreements: int | None
    ai_credits_a_month: int | None
    pdfs_a_month: int | None
    messages_a_minute: int
    api_requests_a_minute: int
    support: str


PLANS: dict[PlanName, Plan] = {
    PlanName.FREE: Plan(PlanName.FREE, 50, 5, 100, 5, 20, 60, "Community"),
    PlanName.BASIC: Plan(PlanName.BASIC, 200, 20, 500, 20, 60, 300, "Email"),
    PlanName.PRO: Plan(PlanName.PRO, 1_000, 100, 2_000, 100, 200, 1_200, "Priority"),
    PlanName.ENTERPRISE: Plan(
        PlanName.ENTERPRISE, None, None, None, None, 1_000, 6_000, "Dedicated"
    ),
}


def next_plan(plan: PlanName) -> PlanName | None:
    """The plan above, or None at the top."""
    order = list(PLANS)
    above = order.index(plan) + 1
    return order[above] if above < len(order) else None


CREDITS_ADDED_MAX = 1_000_000
"""The most credits one call may add."""
