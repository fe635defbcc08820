"""The analysis of the interview by example; its laws are in tests/properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bukuhutang.ledger.affordability import (
    Alternative,
    Burden,
    Means,
    Proposal,
    first_terms,
    propose,
    with_installment,
    with_interest,
    with_months,
)
from bukuhutang.ledger.terms import BadTerms, InterestKind, LoanTerms

TODAY = date(2026, 2, 18)
PAID_4_MILLION = Means(4_000_000)


def lending(principal: int, income_day: int = 25) -> LoanTerms:
    return first_terms(principal, start=TODAY, income_day=income_day)


def proposal(found: Proposal | BadTerms) -> Proposal:
    assert isinstance(found, Proposal), found
    return found


def test_the_fewest_months_that_take_at_most_30_percent() -> None:
    made = proposal(propose(lending(5_000_000), PAID_4_MILLION))
    assert (made.months, made.installment) == (5, 1_000_000)
    assert (made.burden, made.burden_percent) == (Burden.BEARABLE, 25)
    assert made.alternative is None


def test_other_installments_take_from_the_room() -> None:
    made = proposal(propose(lending(5_000_000), Means(4_000_000, 900_000)))
    assert (made.months, made.installment) == (17, 294_118)
    assert made.burden_percent == 30


def test_income_day_decides_the_due_dates_from_two_weeks_on() -> None:
    made = proposal(propose(lending(5_000_000, income_day=31), PAID_4_MILLION))
    dates = [row.due_date.isoformat() for row in made.schedule.rows]
    assert dates[:3] == ["2026-03-31", "2026-04-30", "2026-05-31"]
    assert lending(1, income_day=3).first_due_on == date(2026, 4, 3)
    assert lending(1, income_day=4).first_due_on == date(2026, 3, 4)


@pytest.mark.parametrize("income_day", [4, 18, 25, 3])  # due after 14, 28, 35 and 44 days
def test_one_percent_a_month_over_six_months_is_six_percent(income_day: int) -> None:
    terms = replace(lending(6_000_000, income_day=income_day), annual_percent=Decimal(12))
    made = proposal(with_months(terms, PAID_4_MILLION, 6))
    assert made.schedule.interest == 360_000
    assert {row.due for row in made.schedule.rows} == {1_060_000}


def test_declining_interest_of_the_first_month_is_a_months_too() -> None:
    terms = replace(
        lending(6_000_000, income_day=25),
        annual_percent=Decimal(12),
        interest=InterestKind.DECLINING,
    )
    made = proposal(with_months(terms, PAID_4_MILLION, 6))
    assert made.schedule.rows[0].interest == 60_000


@pytest.mark.parametrize(
    ("installment", "burden", "percent"),
    [
        (800_000, Burden.COMFORTABLE, 20),
        (800_001, Burden.BEARABLE, 21),
        (1_200_000, Burden.BEARABLE, 30),
        (1_200_001, Burden.HEAVY, 31),
    ],
)
def test_twenty_and_thirty_percent_are_the_borders(
    installment: int, burden: Burden, percent: int
) -> None:
    assert PAID_4_MILLION.burden(installment) is burden
    assert PAID_4_MILLION.percent(installment) == percent


def test_skip_is_not_assessed_and_asks_for_a_hundred_thousand_a_month() -> None:
    made = proposal(propose(lending(1_200_000), Means(None)))
    assert (made.months, made.installment) == (12, 100_000)
    assert (made.burden, made.burden_percent) == (Burden.NOT_ASSESSED, None)
    assert proposal(propose(lending(12_000_000), Means(None))).months == 24
    assert proposal(propose(lending(40_000), Means(None))).months == 1


def test_too_much_is_24_months_heavy_with_a_smaller_loan_as_alternative() -> None:
    made = proposal(propose(lending(50_000_000), PAID_4_MILLION))
    assert (made.months, made.burden) == (24, Burden.HEAVY)
    assert made.alternative == Alternative(28_800_000, 24, 1_200_000)


def test_without_any_room_there_is_no_alternative() -> None:
    made = proposal(propose(lending(50_000), Means(1_000_000, 300_000)))
    assert made.burden is Burden.HEAVY
    assert made.alternative is None


def test_months_the_lender_names_may_be_heavy_and_more_months_are_the_alternative() -> None:
    made = proposal(with_months(lending(5_000_000), PAID_4_MILLION, 3))
    assert (made.installment, made.burden) == (1_666_667, Burden.HEAVY)
    assert made.alternative == Alternative(5_000_000, 5, 1_000_000)
    for months in (0, 25):
        no = with_months(lending(5_000_000), PAID_4_MILLION, months)
        assert isinstance(no, BadTerms)
        assert no.field == "installments"


def test_an_installment_the_lender_names_decides_the_months() -> None:
    made = proposal(with_installment(lending(1_500_000), PAID_4_MILLION, 400_000))
    assert [row.due for row in made.schedule.rows] == [400_000, 400_000, 400_000, 300_000]
    assert made.terms.installments == made.months == 4
    no = with_installment(lending(1_500_000), PAID_4_MILLION, 50_000)
    assert isinstance(no, BadTerms)
    assert (no.code, no.field, no.message) == ("too_small", "fixed_installment", "62500 at least")
    assert isinstance(with_installment(lending(1_500_000), PAID_4_MILLION, 62_500), Proposal)


def test_interest_changes_what_is_shown_and_keeps_what_was_chosen() -> None:
    months = proposal(with_months(lending(1_200_000), PAID_4_MILLION, 6))
    flat = proposal(with_interest(months.terms, PAID_4_MILLION, InterestKind.FLAT, Decimal(12)))
    assert flat.schedule.rows[0].interest == 12_000
    assert flat.schedule.interest == 6 * 12_000
    assert flat.months == 6
    named = proposal(with_installment(months.terms, PAID_4_MILLION, 200_000))
    longer = proposal(with_interest(named.terms, PAID_4_MILLION, InterestKind.FLAT, Decimal(12)))
    assert (named.months, longer.months) == (6, 7)
    assert [row.due for row in longer.schedule.rows[:-1]] == [200_000] * 6
    no = with_interest(months.terms, PAID_4_MILLION, InterestKind.FLAT, Decimal(101))
    assert isinstance(no, BadTerms)
    assert no.field == "annual_percent"


def test_bad_terms_are_refused_before_anything_is_proposed() -> None:
    no = propose(lending(0), PAID_4_MILLION)
    assert no == BadTerms("too_small", "principal", "1 at least")
