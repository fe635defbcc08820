"""`bukuhutang schedule`: one answer a line, in order, whatever the lines hold."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.entrypoints.lines.schedule import FACTS_MAX, LINE_BYTES_MAX, run

# The line of product.md section 10.
LINE: dict[str, Any] = {
    "principal": 500_000,
    "installments": 18,
    "every": 1,
    "unit": "months",
    "start": "2022-11-01",
    "interest": {"type": "flat", "annualRatePercent": "12", "dayCount": "30/360"},
    "amortization": "equal_installments",
    "gracePrincipal": 0,
    "graceInterest": 0,
    "multipleOf": 100,
    "payments": [{"on": "2022-12-15", "amount": 32_800}],
    "penalties": [{"on": "2022-12-20", "amount": 5_000}],
}
PLAIN = {"principal": 500_000, "installments": 3, "start": "2026-01-31"}


def answers(*lines: bytes) -> list[dict[str, Any]]:
    written: list[str] = []
    run(io.BytesIO(b"".join(lines)), written.append)
    assert all(one.endswith("\n") and one.count("\n") == 1 for one in written)
    return [json.loads(one) for one in written]


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    (found,) = answers(json.dumps(asked).encode() + b"\n")
    return found


def test_answer_has_rows_totals_and_payments_in_the_agreed_shape() -> None:
    found = answer(LINE)
    assert list(found) == ["rows", "totals", "payments"]
    assert len(found["rows"]) == 18
    assert found["rows"][0] == {
        "number": 1,
        "dueDate": "2022-12-01",
        "principal": 27_800,
        "interest": 5_000,
        "due": 32_800,
        "balanceAfter": 472_200,
    }
    assert found["rows"][-1]["due"] == 32_400
    assert found["totals"] == {"principal": 500_000, "interest": 90_000, "due": 590_000}
    assert found["payments"] == [
        {
            "on": "2022-12-15",
            "amount": 32_800,
            "penalty": 0,
            "interest": 5_000,
            "principal": 27_800,
            "unapplied": 0,
        }
    ]


def test_three_fields_are_enough_and_the_day_of_the_month_comes_back() -> None:
    rows = answer(PLAIN)["rows"]
    assert [one["dueDate"] for one in rows] == ["2026-02-28", "2026-03-31", "2026-04-30"]
    assert [one["due"] for one in rows] == [166_667, 166_667, 166_666]


@pytest.mark.parametrize(
    ("interest", "unit", "due"),
    [
        ({"dayCount": "30/360"}, "months", 10_000),
        ({"dayCount": "actual/365"}, "months", 10_192),  # 31 of 365 days
        ({"dayCount": "actual/364"}, "weeks", 2_308),  # a 52nd
        ({"dayCount": "actual/360"}, "days", 333),
        ({"dayCount": "30/360"}, "weeks", 2_333),  # seven days of 360
        ({}, "months", 10_000),
    ],
)
@pytest.mark.parametrize("kind", ["flat", "declining"])
def test_each_day_count_has_its_own_part_of_the_year(
    interest: dict[str, str], unit: str, due: int, kind: str
) -> None:
    asked = {
        "principal": 1_000_000,
        "installments": 4,
        "unit": unit,
        "start": "2026-03-04",
        "interest": {"type": kind, "annualRatePercent": "12.00", **interest},
    }
    assert answer(asked)["rows"][0]["interest"] == due


def test_interest_of_a_grace_is_due_with_the_first_row_that_has_one() -> None:
    rate = {"type": "declining", "annualRatePercent": "12"}
    asked = {**PLAIN, "installments": 4, "interest": rate}
    plain = answer(asked)["rows"]
    late = answer({**asked, "graceInterest": 2})["rows"]
    assert [one["principal"] for one in late] == [one["principal"] for one in plain]
    assert [one["interest"] for one in late] == [
        0,
        0,
        sum(one["interest"] for one in plain[:3]),
        plain[3]["interest"],
    ]


def test_an_installment_rounded_up_pays_the_loan_in_fewer_rows() -> None:
    rows = answer({**PLAIN, "principal": 100_000, "installments": 12, "multipleOf": 15_000})["rows"]
    # 8,333 rounds to 15,000: six of them, and the rest.
    assert [one["due"] for one in rows] == [15_000] * 6 + [10_000]
    assert rows[-1]["balanceAfter"] == 0


def test_payments_are_shared_out_by_date_and_answered_as_given() -> None:
    paid = answer(
        {
            **LINE,
            "payments": [
                {"on": "2023-01-02", "amount": 40_000},
                {"on": "2022-12-01", "amount": 10_000},
                {"on": "2024-06-01", "amount": 600_000},
            ],
            "penalties": [{"on": "2022-12-20", "amount": 5_000}],
        }
    )["payments"]
    # 10,000 first: interest 5,000, principal 5,000. Then the penalty and the rest of the oldest.
    assert [tuple(one.values()) for one in paid] == [
        ("2023-01-02", 40_000, 5_000, 5_000, 30_000, 0),
        ("2022-12-01", 10_000, 0, 5_000, 5_000, 0),
        ("2024-06-01", 600_000, 0, 80_000, 465_000, 55_000),
    ]


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"installments": 0}, "too_small", "installments"),
    ({"installments": 61}, "term_too_long", "installments"),
    ({"installments": 31, "every": 2}, "term_too_long", "installments"),
    ({"installments": 262, "unit": "weeks"}, "term_too_long", "installments"),
    ({"installments": 10**12}, "too_large", "installments"),
    ({"installments": 2.0}, "field_invalid", "installments"),
    ({"every": 0}, "too_small", "every"),
    ({"every": 10**30}, "too_large", "every"),
    ({"principal": 0}, "too_small", "principal"),
    ({"principal": -500_000}, "too_small", "principal"),
    ({"principal": 10**13}, "too_large", "principal"),
    ({"principal": 500_000.0}, "field_invalid", "principal"),
    ({"principal": float("nan")}, "field_invalid", "principal"),
    ({"principal": "500000"}, "field_invalid", "principal"),
    ({"principal": True}, "field_invalid", "principal"),
    ({"principal": None}, "field_invalid", "principal"),
    ({"unit": "years"}, "field_invalid", "unit"),
    ({"unit": 1}, "field_invalid", "unit"),
    ({"unit": []}, "field_invalid", "unit"),
    ({"start": "2026-02-30"}, "field_invalid", "start"),
    ({"start": "20260131"}, "field_invalid", "start"),
    ({"start": "9999-12-31"}, "too_large", "start"),
    ({"start": 20_260_131}, "field_invalid", "start"),
    ({"interest": "12"}, "field_invalid", "interest"),
    ({"interest": {"annualRatePercent": "12"}}, "field_missing", "interest.type"),
    ({"interest": {"type": "flat"}}, "field_missing", "interest.annualRatePercent"),
    ({"amortization": "balloon"}, "field_invalid", "amortization"),
    ({"gracePrincipal": 3}, "too_large", "gracePrincipal"),
    ({"graceInterest": -1}, "too_small", "graceInterest"),
    ({"multipleOf": 0}, "too_small", "multipleOf"),
    ({"payments": {}}, "field_invalid", "payments"),
    ({"payments": [5]}, "field_invalid", "payments"),
    ({"payments": [{"on": "2026-02-01"}]}, "field_missing", "payments[0].amount"),
    ({"payments": [{"on": "2026-02-01", "amount": 0}]}, "too_small", "payments[0].amount"),
    ({"payments": [{"on": "2026-01-30", "amount": 1}]}, "too_early", "payments[0].on"),
    ({"penalties": [{"on": "2026-02-01", "amount": 1.5}]}, "field_invalid", "penalties[0].amount"),
    ({"payments": [{}] * (FACTS_MAX + 1)}, "too_many", "payments"),
]


@pytest.mark.parametrize(("change", "code", "field"), BAD)
def test_bad_terms_are_answered_by_an_error_and_the_next_line_is_read(
    change: dict[str, Any], code: str, field: str
) -> None:
    bad, good = json.dumps({**PLAIN, **change}).encode(), json.dumps(PLAIN).encode()
    no, yes = answers(bad + b"\n", good + b"\n")
    assert list(no) == ["error"]
    assert set(no["error"]) == {"code", "field", "message"}
    assert (no["error"]["code"], no["error"]["field"]) == (code, field)
    assert no["error"]["message"]
    assert len(yes["rows"]) == 3


@pytest.mark.parametrize("field", ["principal", "installments", "start"])
def test_what_is_needed_is_named_when_it_is_missing(field: str) -> None:
    asked = {key: value for key, value in PLAIN.items() if key != field}
    assert answer(asked)["error"]["code"] == "field_missing"
    assert answer(asked)["error"]["field"] == field


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        ("100.01", "too_large"),
        ("999999999", "too_large"),
        ("-0.1", "too_small"),
        ("12.123456789", "field_invalid"),
        ("1e1", "field_invalid"),
        ("12%", "field_invalid"),
        ("12,5", "field_invalid"),
        ("", "field_invalid"),
        ("NaN", "field_invalid"),
        ("١٢", "field_invalid"),
        (12, "field_invalid"),
        (12.5, "field_invalid"),
    ],
)
def test_the_rate_is_a_decimal_string_up_to_a_hundred(rate: object, code: str) -> None:
    interest = {"type": "declining", "annualRatePercent": rate}
    error = answer({**PLAIN, "interest": interest})["error"]
    assert (error["code"], error["field"]) == (code, "interest.annualRatePercent")


def test_sixty_months_and_a_hundred_percent_are_the_last_that_work() -> None:
    rate = {"type": "declining", "annualRatePercent": "100.00"}
    assert len(answer({**PLAIN, "installments": 60, "interest": rate})["rows"]) == 60
    daily = {**PLAIN, "principal": 1_826_000, "installments": 1_826, "unit": "days"}
    assert len(answer(daily)["rows"]) == 1_826


def test_lines_that_are_no_loans_are_answered_and_blank_ones_passed_over() -> None:
    good = json.dumps(PLAIN).encode()
    found = answers(
        b"\n",
        b"nonsense\n",
        b"[1, 2]\n",
        b'{"principal": \xff}\n',
        b"[" * 100_000 + b"\n",
        b'{"principal": ' + b"9" * 5_000 + b"}\n",
        b"  \r\n",
        b" " * (LINE_BYTES_MAX + 10) + good + b"\n",
        b"x" * (3 * LINE_BYTES_MAX) + b"\n",
        good + b"\r\n",
        good,  # the last line may lack its end
    )
    codes = [one["error"]["code"] if "error" in one else "rows" for one in found]
    unreadable, too_long = ["line_unreadable"] * 5, ["line_too_long"] * 2
    assert codes == [*unreadable, *too_long, "rows", "rows"]


words = st.sampled_from(["", "1", "12", "2026-02-01", "days", "flat", "declining", "on", "amount"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(LINE)), json_values))
def test_whatever_stands_in_a_field_has_one_answer(change: dict[str, Any]) -> None:
    found = answer({**LINE, **change})
    assert list(found) in (["error"], ["rows", "totals", "payments"])


def test_the_command_reads_to_the_end_and_is_done() -> None:
    lines = json.dumps(LINE) + "\nbroken\n" + json.dumps(PLAIN) + "\n"
    done = subprocess.run(
        [Path(sys.executable).parent / "bukuhutang", "schedule"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    kinds = [next(iter(json.loads(one))) for one in done.stdout.splitlines()]
    assert kinds == ["rows", "error", "rows"]
    assert done.stderr == ""
    assert date.fromisoformat(json.loads(done.stdout.splitlines()[2])["rows"][0]["dueDate"])
