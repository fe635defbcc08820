"""Terms and penalty rules as the database keeps them: JSON with the field names of the ledger."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bukuhutang.ledger.due_dates import TermUnit
from bukuhutang.ledger.penalty import PenaltyKind, PenaltyRule
from bukuhutang.ledger.terms import Amortization, DayCount, Excess, InterestKind, LoanTerms

_ENUMS: dict[str, type[StrEnum]] = {
    "unit": TermUnit,
    "interest": InterestKind,
    "day_count": DayCount,
    "amortization": Amortization,
    "excess": Excess,
}
_DATES = frozenset(("start", "first_due_on"))
_LATER = frozenset(("whole_first_period",))
"""Fields that terms did not always have: left out at their default, so that seals made before
still hold."""


def terms_to_json(terms: LoanTerms) -> dict[str, Any]:
    """Every field, plain: dates as ISO, percent as a decimal string."""
    return {
        one.name: _plain(getattr(terms, one.name))
        for one in fields(LoanTerms)
        if one.name not in _LATER or getattr(terms, one.name) != one.default
    }


def terms_from_json(stored: dict[str, Any]) -> LoanTerms:
    """The terms again. Raises KeyError or ValueError for what no version has written."""
    known: dict[str, Any] = dict(stored)
    for name, kind in _ENUMS.items():
        known[name] = kind(known[name])
    for name in _DATES:
        known[name] = None if known[name] is None else date.fromisoformat(known[name])
    known["annual_percent"] = Decimal(known["annual_percent"])
    return LoanTerms(**known)


def penalty_to_json(rule: PenaltyRule | None) -> dict[str, Any] | None:
    """The rule, or null without one."""
    if rule is None:
        return None
    return {one.name: _plain(getattr(rule, one.name)) for one in fields(PenaltyRule)}


def penalty_from_json(stored: dict[str, Any] | None) -> PenaltyRule | None:
    """The rule again."""
    if stored is None:
        return None
    known: dict[str, Any] = dict(stored)
    known["kind"] = PenaltyKind(known["kind"])
    known["percent"] = Decimal(known["percent"])
    return PenaltyRule(**known)


def _plain(value: object) -> object:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
