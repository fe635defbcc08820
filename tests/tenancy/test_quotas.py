"""What a limit says of itself, and that credits are never spent twice, whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.tenancy.plans import PLANS, PlanName
from bukuhutang.tenancy.quotas import Credits, Quota, Standing, limit_of


def standing(used: int, limit: int | None, told: int = 0) -> Standing:
    return Standing(Quota.DEBTS, PlanName.FREE, used, limit, told)


@pytest.mark.parametrize(
    ("used", "limit", "told", "news"),
    [
        (39, 50, 0, None),
        (40, 50, 0, 80),
        (40, 50, 80, None),
        (50, 50, 80, 100),
        (50, 50, 0, 100),
        (50, 50, 100, None),
        (45, 50, 100, None),  # it was full already
        (3, 4, 0, None),
        (4, 5, 0, 80),
        (60, 50, 0, 100),
        (10**9, None, 0, None),
    ],
)
def test_eighty_and_a_hundred_percent_are_news_once(
    used: int, limit: int | None, told: int, news: int | None
) -> None:
    assert standing(used, limit, told).news == news


def test_a_limit_names_what_the_plan_above_allows() -> None:
    full = standing(50, 50)
    assert (full.is_full, full.next_plan, full.next_limit) == (True, "basic", 200)
    assert replace(full, plan=PlanName.PRO).next_plan == "enterprise"
    assert replace(full, plan=PlanName.PRO).next_limit is None, "unlimited"
    assert replace(full, plan=PlanName.ENTERPRISE).next_plan is None


def test_every_quota_has_a_limit_in_every_plan() -> None:
    for quota in Quota:
        limits = [limit_of(PLANS[plan], quota) for plan in PlanName]
        assert limits[-1] is None, "enterprise has no limit"
        assert all(limits[:-1])


def test_the_months_credits_go_first() -> None:
    credits = Credits(of_month=2, used=0, used_added=0, added=1, used_added_ever=0)
    seen = []
    while (after := credits.spend()) is not None:
        seen.append((after.from_month, after.used_added, after.added_left))
        credits = after
    assert seen == [(1, 0, 1), (2, 0, 1), (2, 1, 0)]


STEPS = st.one_of(
    st.sampled_from(["spend", "month"]),
    st.integers(1, 5).map(lambda amount: ("add", amount)),
    st.sampled_from([None, 0, 1, 3, 10]).map(lambda plan: ("plan", plan)),
)


@given(st.lists(STEPS, max_size=60))
def test_no_credit_is_spent_twice_whatever_happens_in_between(steps: list[object]) -> None:
    """Spending, adding, other plans and other months in any order, against a plain count."""
    credits = Credits(of_month=3, used=0, used_added=0, added=0, used_added_ever=0)
    purse, of_month = 0, 0  # added and not spent; taken from this month
    for step in steps:
        match step:
            case "spend":
                has_room = credits.of_month is None or of_month < credits.of_month
                after = credits.spend()
                assert (after is None) == (not has_room and purse == 0)
                if has_room:
                    of_month += 1
                elif purse:
                    purse -= 1
                credits = after or credits
            case "month":
                credits, of_month = replace(credits, used=0, used_added=0), 0
            case ("add", int(amount)):
                credits, purse = replace(credits, added=credits.added + amount), purse + amount
            case ("plan", plan):
                assert plan is None or isinstance(plan, int)
                credits = replace(credits, of_month=plan)
        assert (credits.added_left, credits.from_month) == (purse, of_month)
        assert credits.limit is None or credits.used <= credits.limit
