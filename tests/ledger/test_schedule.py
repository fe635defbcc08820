"""Schedules by example; the laws are in tests/properties, public cases in test_loan_cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bukuhutang.ledger.due_dates import TermUnit
from bukuhutang.ledger.schedule import make_schedule, period_rates
from bukuhutang.ledger.terms import (
    Amortization,
    BadTerms,
    InterestKind,
    LoanTerms,
    find_problem,
)

TERMS = LoanTerms(1_200_000, 6, date(2026, 1, 25), annual_percent=Decimal(12))


@pytest.mark.parametrize(
    ("start", "first", "days"),
    [
        ("2026-01-31", "2026-02-28", 30),  # a month, clipped
        ("2026-01-28", "2026-02-28", 30),
        ("2024-01-29", "2024-02-29", 30),
        ("2026-02-28", "2026-03-31", 32),
        ("2026-02-18", "2026-03-25", 37),
        ("2026-03-30", "2026-03-31", 1),
        ("2026-01-31", "2026-03-01", 31),
    ],
)
def test_a_first_period_that_is_no_month_has_thirty_days_a_month(
    start: str, first: str, days: int
) -> None:
    terms = replace(TERMS, start=date.fromisoformat(start), first_due_on=date.fromisoformat(first))
    rates = period_rates(terms, terms.dates())
    assert [one * 360 * 100 // rates.denominator for one in rates.numerators] == [
        days * 12,
        *[30 * 12] * 5,
    ]


def test_flat_interest_keeps_its_total_where_rows_are_below_half_a_rupiah() -> None:
    tiny = replace(TERMS, principal=50, installments=48, grace_principal=47)
    schedule = make_schedule(tiny)  # half a rupiah each month
    assert schedule.interest == 24
    assert [row.interest for row in schedule.rows] == [1] * 24 + [0] * 24


def test_a_long_months_interest_beyond_the_installment_asks_for_no_principal() -> None:
    terms = replace(
        TERMS,
        interest=InterestKind.DECLINING,
        annual_percent=Decimal(60),
        multiple_of=50_000,
        principal=800_000,
        installments=12,
    )
    rows = make_schedule(terms).rows
    assert [row.due for row in rows][:3] == [100_000, 100_000, 100_000]
    stuck = make_schedule(replace(terms, fixed_installment=30_000)).rows
    assert [(row.principal, row.interest) for row in stuck[:-1]] == [(0, 40_000)] * 11
    assert stuck[-1].due == 840_000


def test_the_down_payment_is_row_zero_on_the_first_day() -> None:
    rows = make_schedule(replace(TERMS, down_payment=300_000)).rows
    assert [(row.number, row.principal, row.interest) for row in rows[:2]] == [
        (0, 300_000, 0),
        (1, 150_000, 9_000),
    ]
    assert rows[0].due_date == TERMS.start


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"annual_percent": Decimal("Infinity")}, "field_invalid", "annual_percent"),
        ({"down_payment": 1_200_000}, "too_large", "down_payment"),
        ({"due_day": 32}, "too_large", "due_day"),
        ({"due_day": 5, "unit": TermUnit.WEEKS}, "not_together", "due_day"),
        ({"due_day": 5, "first_due_on": date(2026, 2, 6)}, "not_together", "due_day"),
        ({"first_due_on": date(2026, 1, 25)}, "too_small", "first_due_on"),
        ({"first_due_on": date(2031, 1, 26)}, "too_large", "first_due_on"),
        ({"first_due_on": date(2031, 1, 20)}, "term_too_long", "installments"),
        ({"fixed_installment": 0}, "too_small", "fixed_installment"),
        (
            {"fixed_installment": 5, "amortization": Amortization.EQUAL_PRINCIPAL},
            "not_together",
            "fixed_installment",
        ),
        ({"start": date(1899, 12, 31)}, "too_small", "start"),
    ],
)
def test_terms_that_cannot_be_carried_out_name_their_field(
    change: dict[str, object], code: str, field: str
) -> None:
    problem = find_problem(replace(TERMS, **change))  # type: ignore[arg-type]
    assert isinstance(problem, BadTerms)
    assert (problem.code, problem.field) == (code, field)
