"""Another schedule that is asked for: computed from what is kept of it, and compared with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from bukuhutang.ledger.agreement import Agreement, Plan
from bukuhutang.ledger.agreement_acts import Outcome, Recorded
from bukuhutang.ledger.rescheduling import extend_term, move_due_date


def replanned(book: Agreement, wanted: dict[str, Any]) -> Outcome:
    """The agreement as the change makes it, counted from the day it was asked. Pure."""
    on = date.fromisoformat(wanted["on"])
    if wanted["how"] == "move":
        to = date.fromisoformat(wanted["to"])
        return move_due_date(book, wanted["installment"], to, on=on, following=True)
    return extend_term(book, wanted["installments"], on=on)


def shown_rows(plan: Plan) -> list[list[Any]]:
    """The rows as they were shown, to be kept with the question."""
    return [
        [row.number, row.due_date.isoformat(), row.principal, row.interest] for row in plan.rows
    ]


def as_shown(book: Agreement, wanted: dict[str, Any], version: int | None) -> Recorded | None:
    """The change carried out, or None when it would no longer be exactly what was shown."""
    outcome = replanned(book, wanted)
    if not isinstance(outcome, Recorded):
        return None
    plan = outcome.agreement.plan
    if plan.version != version or shown_rows(plan) != wanted["rows"]:
        return None
    return outcome
