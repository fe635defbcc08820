"""Loan cases from public tests of lending systems, run through what a program would call.

A case says amounts in a currency of two decimals: 5000.00 there is Rp500.000 here.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from bukuhutang.entrypoints.lines.schedule import run
from bukuhutang.ledger.aging import aging_bucket, days_past_due
from bukuhutang.ledger.agreement import draft
from bukuhutang.ledger.agreement_acts import Recorded, accept, pay_off, repay
from bukuhutang.ledger.dated_payments import Dated, allocate_payments
from bukuhutang.ledger.due_dates import TermUnit, due_dates, next_income_day
from bukuhutang.ledger.penalty import PenaltyKind, PenaltyRule
from bukuhutang.ledger.schedule import make_schedule
from bukuhutang.ledger.terms import InterestKind, LoanTerms

KINDS = {"FLAT": "flat", "DECLINING_BALANCE": "declining"}
AMORTIZATIONS = {
    "EQUAL_INSTALLMENTS": "equal_installments",
    "EQUAL_PRINCIPAL_PAYMENTS": "equal_principal",
}
DAY_COUNTS = {"30/360": "30/360", "actual/365": "actual/365", "actual/actual": "actual/365"}


def rupiah(amount: str | int) -> int:
    """A case's amount in whole rupiah."""
    scaled = Decimal(amount) * 100
    assert scaled == int(scaled)
    return int(scaled)


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What `bukuhutang schedule` answers."""
    written: list[str] = []
    run(io.BytesIO(json.dumps(asked).encode() + b"\n"), written.append)
    (line,) = written
    found: dict[str, Any] = json.loads(line)
    return found


def asked_of(inputs: dict[str, Any]) -> dict[str, Any]:
    """The line for `bukuhutang schedule` that says what a case says."""
    kind = inputs.get("interest_type", "DECLINING_BALANCE")
    return {
        "principal": rupiah(inputs["principal"]),
        "installments": inputs["installments"],
        "every": inputs.get("every", 1),
        "unit": inputs.get("unit", "MONTHS").lower(),
        "start": inputs["start"],
        "interest": {
            "type": KINDS[kind],
            "annualRatePercent": inputs["annual_rate_pct"],
            "dayCount": DAY_COUNTS[inputs.get("day_count", "30/360")],
        },
        "amortization": AMORTIZATIONS[inputs.get("amortization", "EQUAL_INSTALLMENTS")],
        "gracePrincipal": inputs.get("grace_principal", 0),
        "graceInterest": inputs.get("grace_interest_payment", 0),
        "multipleOf": 100 * inputs["installment_amount_in_multiples_of"]
        if "installment_amount_in_multiples_of" in inputs
        else 1,
        "payments": _events(inputs, "repayment"),
        "penalties": _events(inputs, "charge"),
    }


def _events(inputs: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [
        {"on": one["date"], "amount": rupiah(one["amount"])}
        for one in inputs.get("events", [])
        if one["type"] == kind
    ]


@dataclass(frozen=True)
class Case:
    """One case, and how it is checked."""

    id: str
    inputs: dict[str, Any]
    expected: dict[str, Any]

    def check(self) -> None:
        """Compare everything the case expects. Raises AssertionError, KeyError for no known way."""
        for key, way in CHECKS.items():
            if self.id.startswith(key):
                way(self)
                return
        raise KeyError(self.id)


def check_schedule(case: Case) -> None:
    """Row by row, totals and each payment, through the command."""
    inputs, expected = case.inputs, case.expected
    if inputs.get("day_count") == "actual/actual":
        # The same as actual/365 as long as no day lies in a leap year.
        assert {inputs["start"][:4], *(day[:4] for day in expected["due_dates"])} == {"2025"}
    got = answer(asked_of(inputs))
    schedule = expected.get("initial_schedule") or expected["schedule"]
    assert len(got["rows"]) == len(schedule)
    for row, wanted in zip(got["rows"], schedule, strict=True):
        assert row["number"] == wanted["n"]
        assert row["dueDate"] == wanted.get("due_date", row["dueDate"])
        assert row["principal"] == rupiah(wanted["principal"])
        assert row["interest"] == rupiah(wanted["interest"])
        assert row["due"] == rupiah(wanted.get("emi", wanted.get("due"))) - _penalties(wanted)
        if "balance_after" in wanted:
            assert row["balanceAfter"] == rupiah(wanted["balance_after"])
    assert [one["dueDate"] for one in got["rows"]] == expected.get(
        "due_dates", [one["dueDate"] for one in got["rows"]]
    )
    if "totals" in expected:
        totals = expected["totals"]
        assert got["totals"]["interest"] == rupiah(totals["interest"])
        penalties = rupiah(totals.get("penalties", "0"))
        assert got["totals"]["due"] == rupiah(totals["due"]) - penalties
        assert got["totals"]["principal"] == rupiah(inputs["principal"])
    if "transactions" in expected and "initial_schedule" not in expected:
        check_payments(case, got["payments"])


def _penalties(wanted: dict[str, Any]) -> int:
    return rupiah(wanted.get("penalties", "0"))


def check_payments(case: Case, got: list[dict[str, Any]]) -> None:
    """How each payment was shared out, and what each installment has received."""
    wanted = [one for one in case.expected["transactions"] if one["type"] == "Repayment"]
    assert not any(one.get("reverted") for one in wanted)
    for paid, one in zip(got, wanted, strict=True):
        assert paid["on"] == one["date"]
        assert paid["amount"] == rupiah(one["amount"])
        for part in ("interest", "principal"):
            assert paid[part] == rupiah(one[part]), (case.id, part)
        assert paid["penalty"] == rupiah(one["penalties"])
        assert paid["unapplied"] == 0
    received: dict[int, int] = {}
    for paid_entry in allocate_payments(
        make_schedule(terms_of(case.inputs)),
        *([Dated(date.fromisoformat(one["on"]), one["amount"]) for one in facts]
          for facts in (_events(case.inputs, "repayment"), _events(case.inputs, "charge"))),
    ):  # fmt: skip
        for portion in paid_entry.portions:
            received[portion.number] = received.get(portion.number, 0) + portion.total
    assert received == {
        one["n"]: rupiah(one["paid"]) for one in case.expected["schedule"] if rupiah(one["paid"])
    }


def terms_of(inputs: dict[str, Any], *, down_payment: int = 0) -> LoanTerms:
    """The same as typed terms."""
    kind = inputs.get("interest_type", "DECLINING_BALANCE")
    return LoanTerms(
        rupiah(inputs["principal"]),
        inputs["installments"],
        date.fromisoformat(inputs["start"]),
        every=inputs.get("every", 1),
        unit=TermUnit(inputs.get("unit", "MONTHS").lower()),
        interest=InterestKind(KINDS[kind]),
        annual_percent=Decimal(inputs["annual_rate_pct"]),
        multiple_of=100 * inputs.get("installment_amount_in_multiples_of", 0) or 1,
        down_payment=down_payment,
    )


def check_down_payment(case: Case) -> None:
    """The down payment is our row 0 and their row 1; both are paid by the same money."""
    inputs = case.inputs
    down = rupiah(inputs["principal"]) * inputs["down_payment_pct"] // 100
    terms = terms_of(inputs, down_payment=down)
    start = date.fromisoformat(inputs["start"])
    done = accept(draft(terms), on=start)
    payments = [(start, down)] + [
        (date.fromisoformat(one["on"]), one["amount"]) for one in _events(inputs, "repayment")
    ]
    for on, amount in payments:
        assert isinstance(done, Recorded)
        done = repay(done.agreement, amount, on=on)
    assert isinstance(done, Recorded)
    for state, wanted in zip(done.agreement.installments, case.expected["schedule"], strict=True):
        row = state.row
        assert row.number == wanted["n"] - 1
        assert row.due_date.isoformat() == wanted["due_date"]
        assert row.due == row.principal == rupiah(wanted["due"])
        assert row.balance_after == rupiah(wanted["balance_after"])
        assert state.paid.total == rupiah(wanted["paid"])
        assert state.owed.total == rupiah(wanted["outstanding"])


def check_payoff(case: Case) -> None:
    """The plan first, then what ends it in the middle of a period."""
    check_schedule(case)
    terms = terms_of(case.inputs)
    done = accept(draft(terms), on=terms.start)
    assert isinstance(done, Recorded)
    for one in _events(case.inputs, "repayment"):
        done = repay(done.agreement, one["amount"], on=date.fromisoformat(one["on"]))
        assert isinstance(done, Recorded)
    wanted = case.expected["payoff"]
    on = date.fromisoformat(wanted["date"])
    quote = done.agreement.payoff(on)
    assert quote.principal == rupiah(wanted["principal"])
    assert quote.interest == rupiah(wanted["interest"])
    assert quote.to_pay == rupiah(wanted["total"])
    ended = pay_off(done.agreement, quote.to_pay, on=on)
    assert isinstance(ended, Recorded)
    assert ended.agreement.outstanding.total == 0


def check_adjusted_date(case: Case) -> None:
    """The day of the month comes back: counted from the seed."""
    seed, candidate = (date.fromisoformat(case.inputs[one]) for one in ("seed_date", "candidate"))
    months = candidate.month - seed.month + 1
    found = due_dates(seed, months, every=1, unit=TermUnit.MONTHS)[-1]
    assert found.isoformat() == case.expected["adjusted"]


def check_dates(case: Case) -> None:
    """Monthly dates from a day, on the day itself, the first or the last of the month."""
    start = date.fromisoformat(case.inputs["repayment_start"])
    kind = case.inputs["schedule_type"]
    day = {"e": start.day, "Start of the next month": 1, "End of the current month": 31}[
        kind.rpartition("/ ")[2] if "/ " in kind else kind[-1]
    ]
    # Their first date may be the day asked about; ours is later than the day before it.
    after = date.fromordinal(start.toordinal() - 1)
    terms = LoanTerms(
        1_200_000,
        case.inputs["installments"],
        after,
        first_due_on=next_income_day(after, day),
        due_day=day,
    )
    dates = [row.due_date.isoformat() for row in make_schedule(terms).rows]
    assert (dates[0], dates[1], dates[-1]) == tuple(
        case.expected[one] for one in ("first", "second", "last")
    )


def check_penalty(case: Case) -> None:
    """1 % of what is overdue, from the day after the due date on."""
    inputs = case.inputs
    percent = Decimal(inputs["rate_per_month_pct"]) * 12
    terms = LoanTerms(
        rupiah(inputs["principal"]),
        inputs["installments"],
        date(2019, 3, 1),
        interest=InterestKind.DECLINING,
        annual_percent=percent,
    )
    rule = PenaltyRule(
        PenaltyKind.PERCENT_A_DAY, percent=Decimal(1), grace_days=inputs["wait_days"]
    )
    done = accept(draft(terms, rule), on=terms.start)
    assert isinstance(done, Recorded)
    charged = [
        done.agreement.as_of(date.fromisoformat(inputs[one])).outstanding.penalty
        for one in ("no_penalty_when_cob", "penalty_when_cob")
    ]
    assert charged == [0, rupiah(case.expected["penalty"])]


def check_whole_currency(case: Case) -> None:
    """A case in whole currency whose rows are shown rounded to it."""
    got = answer(asked_of(case.inputs | {"start": "2024-01-01",
                                         "installment_amount_in_multiples_of": 1}))  # fmt: skip
    expected = case.expected
    assert got["rows"][0]["due"] == rupiah(expected["emi"])
    assert _whole(got["totals"]["interest"]) == int(expected["total_interest"])
    assert _whole(got["totals"]["due"]) == int(expected["total_payment"])
    for wanted in expected["rows_rounded_to_0"]:
        row = got["rows"][wanted["n"] - 1]
        assert _whole(row["principal"]) == int(wanted["principal"])
        assert _whole(row["interest"]) == int(wanted["interest"])
        assert _whole(row["balanceAfter"]) == int(wanted["balance_after"])


def _whole(hundredths: int) -> int:
    return (hundredths + 50) // 100


BUCKETS = {"SMA-0": "1-30", "SMA-1": "31-60", "SMA-2": "61-90"}


def check_days_past_due(case: Case) -> None:
    """Days since the first unpaid due date, and the bucket of the same days."""
    due, today = (date.fromisoformat(case.inputs[one]) for one in ("first_due", "as_of"))
    days = days_past_due(due, today)
    assert days == case.expected["days_past_due"]
    assert aging_bucket(days) == BUCKETS[case.expected["bucket"]]


CHECKS = {
    "FIN-EXCESS": check_down_payment,
    "FIN-PAYOFF": check_payoff,
    "FIN-CAL": check_adjusted_date,
    "FIN-PEN": check_penalty,
    "FIN-": check_schedule,
    "FRA-TERM": check_whole_currency,
    "FRA-DATES": check_dates,
    "FRA-DPD": check_days_past_due,
}
