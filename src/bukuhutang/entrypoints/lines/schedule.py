"""`bukuhutang schedule`: the installment arithmetic alone, JSON Lines in and JSON Lines out.

One loan a line, one answer a line, in the same order. A line that is no loan, or whose terms cannot
be carried out, is answered by an error object, and the next one is read. Keys we do not know are
passed over, so that a caller may number its lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import IO, Any, TypeVar

from bukuhutang.ledger.dated_payments import Dated, Paid, allocate_payments
from bukuhutang.ledger.due_dates import TermUnit
from bukuhutang.ledger.schedule import Installment, Schedule, make_schedule
from bukuhutang.ledger.terms import (
    PRINCIPAL_MAX,
    Amortization,
    DayCount,
    InterestKind,
    LoanTerms,
    find_problem,
)

LINE_BYTES_MAX = 1_048_576
FACTS_MAX = 2_000
"""Payments, or penalties, of one loan."""

_PERCENT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,18})?")
_KEY_OF = {
    "annual_percent": "interest.annualRatePercent",
    "grace_principal": "gracePrincipal",
    "grace_interest": "graceInterest",
    "multiple_of": "multipleOf",
}
Choice = TypeVar("Choice", bound=StrEnum)


class _BadLine(Exception):
    """What is wrong with a line; becomes its answer, never leaves this module."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(code)
        self.error = {"error": {"code": code, "field": field, "message": message}}


def run(lines: IO[bytes], write: Callable[[str], None]) -> None:
    """Read each line's loan and `write` one line of JSON, with its newline, for each.

    Blank lines are no loans. What is beyond 1 MiB of a line is read past, never held. Raises
    nothing of its own.
    """
    while line := lines.readline(LINE_BYTES_MAX + 1):
        too_long = len(line) > LINE_BYTES_MAX
        part = line
        while part and not part.endswith(b"\n"):
            part = lines.readline(LINE_BYTES_MAX)
        if too_long or line.strip():
            write(json.dumps(_answer(line, too_long)) + "\n")


def _answer(line: bytes, too_long: bool) -> dict[str, Any]:
    try:
        if too_long:
            raise _BadLine("line_too_long", "", f"a line has at most {LINE_BYTES_MAX} bytes")
        return _calculated(_Fields(_parsed(line)))
    except _BadLine as bad:
        return bad.error


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise _BadLine("line_unreadable", "", "not a line of JSON") from None
    if not isinstance(asked, dict):
        raise _BadLine("line_unreadable", "", "a line is one JSON object")
    return asked


class _Fields:
    """One JSON object, read strictly: a value of another type is an error, so is null."""

    def __init__(self, values: dict[str, Any], path: str = "") -> None:
        self._values = values
        self.path = path

    def _value(self, key: str, default: Any) -> Any:
        value = self._values.get(key, default)
        if value is None:
            missing = key not in self._values
            code = "field_missing" if missing else "field_invalid"
            raise _BadLine(code, self.path + key, "is needed")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """An integer; rupiah have no fraction, so 500000.0 is none."""
        value = self._value(key, default)
        if type(value) is not int:
            raise _BadLine("field_invalid", self.path + key, "a whole number, not in quotes")
        return value

    def day(self, key: str) -> date:
        """A date as YYYY-MM-DD."""
        value = self._value(key, None)
        try:
            found = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is None or found.isoformat() != value:
            raise _BadLine("field_invalid", self.path + key, "a date, YYYY-MM-DD")
        return found

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """One of the words of `kind`."""
        value = self._value(key, default)
        if isinstance(value, str) and value in list(kind):
            return kind(value)
        words = ", ".join(kind)
        raise _BadLine("field_invalid", self.path + key, f"one of {words}")

    def percent(self, key: str) -> Decimal:
        """A decimal number in a string."""
        value = self._value(key, None)
        if not isinstance(value, str) or not _PERCENT.fullmatch(value):
            raise _BadLine("field_invalid", self.path + key, 'a decimal string, like "12.5"')
        return Decimal(value).normalize()  # 12.50 is 12.5: no more digits than it needs

    def inner(self, key: str) -> _Fields | None:
        """An object inside this one; None when it is not there."""
        if key not in self._values:
            return None
        value = self._values[key]
        if not isinstance(value, dict):
            raise _BadLine("field_invalid", self.path + key, "an object")
        return _Fields(value, f"{self.path}{key}.")

    def dated(self, key: str, start: date) -> list[Dated]:
        """Money on dates, none before the loan's start."""
        found = self._value(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise _BadLine("field_invalid", self.path + key, "a list of objects")
        if len(found) > FACTS_MAX:
            raise _BadLine("too_many", self.path + key, f"{FACTS_MAX} at most")
        facts = []
        for place, one in enumerate(found):
            fields = _Fields(one, f"{self.path}{key}[{place}].")
            fact = Dated(fields.day("on"), fields.whole("amount"))
            if fact.on < start:
                raise _BadLine("too_early", f"{fields.path}on", "not before the start")
            if not 1 <= fact.amount <= PRINCIPAL_MAX:
                code = "too_small" if fact.amount < 1 else "too_large"
                raise _BadLine(code, f"{fields.path}amount", f"from 1 to {PRINCIPAL_MAX}")
            facts.append(fact)
        return facts


def _calculated(asked: _Fields) -> dict[str, Any]:
    terms = _terms(asked)
    if problem := find_problem(terms):
        key = _KEY_OF.get(problem.field, problem.field)
        raise _BadLine(problem.code, key, problem.message)
    payments, penalties = (
        asked.dated("payments", terms.start),
        asked.dated("penalties", terms.start),
    )
    schedule = make_schedule(terms)
    paid = allocate_payments(schedule, payments, penalties) if payments else []
    return _shown(schedule, paid)


def _terms(asked: _Fields) -> LoanTerms:
    kind, percent, day_count = InterestKind.FLAT, Decimal(0), DayCount.THIRTY_360
    if (interest := asked.inner("interest")) is not None:
        kind = interest.choice("type", InterestKind)
        percent = interest.percent("annualRatePercent")
        day_count = interest.choice("dayCount", DayCount, day_count)
    return LoanTerms(
        principal=asked.whole("principal"),
        installments=asked.whole("installments"),
        start=asked.day("start"),
        every=asked.whole("every", 1),
        unit=asked.choice("unit", TermUnit, TermUnit.MONTHS),
        interest=kind,
        annual_percent=percent,
        day_count=day_count,
        amortization=asked.choice("amortization", Amortization, Amortization.EQUAL_INSTALLMENTS),
        grace_principal=asked.whole("gracePrincipal", 0),
        grace_interest=asked.whole("graceInterest", 0),
        multiple_of=asked.whole("multipleOf", 1),
    )


def _shown(schedule: Schedule, paid: list[Paid]) -> dict[str, Any]:
    return {
        "rows": [_row(one) for one in schedule.rows],
        "totals": {
            "principal": schedule.principal,
            "interest": schedule.interest,
            "due": schedule.due,
        },
        "payments": [
            {
                "on": one.on.isoformat(),
                "amount": one.amount,
                "penalty": one.penalty,
                "interest": one.interest,
                "principal": one.principal,
                "unapplied": one.unapplied,
            }
            for one in paid
        ],
    }


def _row(row: Installment) -> dict[str, Any]:
    return {
        "number": row.number,
        "dueDate": row.due_date.isoformat(),
        "principal": row.principal,
        "interest": row.interest,
        "due": row.due,
        "balanceAfter": row.balance_after,
    }
