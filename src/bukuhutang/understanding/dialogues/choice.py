"""The question with numbered choices: which Budi, who paid whom, for which agreement.

The form keeps what the person wanted, so that one number as the answer is enough.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from bukuhutang.ledger.money import Direction
from bukuhutang.understanding.intents import (
    CreateDebt,
    PayInstallment,
    PayOff,
    RecordPayment,
    SendReminder,
    SetContact,
    Settle,
    ShowHistory,
    ShowInstallments,
    ShowStatus,
    StartAgreement,
)

FORM_VERSION = 1
KIND = "choice"
MINUTES_MAX = 60
"""After an hour nobody remembers what "1" was the answer to."""

Askable = (
    CreateDebt
    | RecordPayment
    | Settle
    | SendReminder
    | SetContact
    | ShowHistory
    | ShowStatus
    | StartAgreement
    | PayInstallment
    | ShowInstallments
    | PayOff
)
ASKABLE: dict[str, type[Askable]] = {
    kind.__name__: kind
    for kind in (
        CreateDebt,
        RecordPayment,
        Settle,
        SendReminder,
        SetContact,
        ShowHistory,
        ShowStatus,
        StartAgreement,
        PayInstallment,
        ShowInstallments,
        PayOff,
    )
}
DEBTS = "debts"


@dataclass(frozen=True)
class Option:
    """One numbered choice: a person (None: a new one), and a direction where that was asked.

    `target` is what money is for where that was asked: an agreement's number, or DEBTS.
    """

    borrower_id: int | None
    direction: Direction | None = None
    target: int | str | None = None


@dataclass(frozen=True)
class ChoiceForm:
    """What was wanted, and what the numbers stand for."""

    wanted: Askable
    options: tuple[Option, ...]

    def hear(self, number: int) -> Option | None:
        """The choice behind a number, or None when there is no such number."""
        return self.options[number - 1] if 1 <= number <= len(self.options) else None


def to_json(form: ChoiceForm) -> dict[str, Any]:
    """The form as the database keeps it."""
    wanted = {one.name: _plain(getattr(form.wanted, one.name)) for one in fields(form.wanted)}
    options = [[one.borrower_id, one.direction, one.target] for one in form.options]
    return {"wanted": type(form.wanted).__name__, "slots": wanted, "options": options}


def from_json(stored: dict[str, Any], version: int) -> ChoiceForm | None:
    """The form again, or None when it is of a version this program does not know."""
    if version != FORM_VERSION:
        return None
    kind = ASKABLE[stored["wanted"]]
    slots = dict(stored["slots"])
    if "due_date" in slots:
        slots["due_date"] = date.fromisoformat(slots["due_date"])
    if slots.get("direction") is not None:
        slots["direction"] = Direction(slots["direction"])
    options = tuple(
        Option(number, None if direction is None else Direction(direction), *target)
        for number, direction, *target in stored["options"]
    )
    return ChoiceForm(kind(**slots), options)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
