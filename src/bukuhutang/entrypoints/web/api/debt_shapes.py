"""The JSON of debts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bukuhutang.entrypoints.web.api.shapes import (
    Amount,
    ApiIn,
    ApiOut,
    DirectionName,
    IsoDate,
    Number,
    NumberInQuery,
    PageQuery,
    PersonRef,
    shown_as,
)
from bukuhutang.entrypoints.web.shapes import Text
from bukuhutang.ledger.debt import NOTE_MAX, DebtStatus
from bukuhutang.ledger.money import Direction
from bukuhutang.store.debts import DebtRow, OnDebt

StatusName = Literal["open", "settled", "reversed"]


class DebtIn(ApiIn):
    """Whom with: a person of the book by `borrowerId`, or somebody by `name`.

    A name that nobody has yet becomes a new person; so does one that others have, with
    `newBorrower`.
    """

    model_config = shown_as(direction="piutang", name="Budi", amount=500_000, note="semen")

    direction: DirectionName
    amount: Amount
    due_date: IsoDate | None = Field(
        default=None,
        description="1 to 365 days from today in the tenant's zone; without one, as in the chat,"
        " a piutang is due after 14 days and a hutang after 30",
    )
    borrower_id: Number | None = Field(default=None, examples=[3])
    name: Text | None = Field(default=None, examples=["Budi"])
    new_borrower: bool = Field(default=False, examples=[False])
    phone_number: Text | None = Field(default=None, examples=["0812-3456-7890"])
    note: Annotated[Text, Field(max_length=NOTE_MAX)] | None = Field(
        default=None, examples=["semen"]
    )


class DebtsQuery(PageQuery):
    status: StatusName | None = None
    direction: Literal["piutang", "hutang"] | None = None
    borrower_id: NumberInQuery | None = None
    overdue: Literal["true", "false"] | None = Field(
        default=None, description="true: open and past its due date; false: all others"
    )


class DebtOut(ApiOut):
    number: int = Field(examples=[12])
    direction: Direction
    borrower: PersonRef
    principal: int = Field(examples=[500_000])
    paid: int = Field(examples=[200_000])
    outstanding: int = Field(examples=[300_000])
    due_date: date
    days_past_due: int = Field(examples=[0], description="0 when it is not late or not open")
    note: str | None = Field(examples=["semen"])
    status: DebtStatus
    created_at: datetime

    @classmethod
    def of(cls, row: DebtRow, today: date) -> DebtOut:
        """The debt as JSON."""
        return cls(**_fields(row, today))


def _fields(row: DebtRow, today: date) -> dict[str, Any]:
    debt = row.debt
    late = (today - debt.due_date).days if debt.status is DebtStatus.OPEN else 0
    return {
        "number": debt.number,
        "direction": debt.direction,
        "borrower": PersonRef(id=debt.borrower_id, name=row.borrower_name),
        "principal": debt.principal,
        "paid": debt.paid,
        "outstanding": debt.outstanding,
        "due_date": debt.due_date,
        "days_past_due": max(0, late),
        "note": debt.note,
        "status": debt.status,
        "created_at": row.created_at,
    }


class OnDebtOut(ApiOut):
    payment: int = Field(examples=[31], description="number of the payment")
    amount: int = Field(examples=[200_000])
    paid_at: datetime

    @classmethod
    def of(cls, one: OnDebt) -> OnDebtOut:
        """The share as JSON."""
        return cls(payment=one.payment, amount=one.amount, paid_at=one.paid_at)


class DebtDetailOut(DebtOut):
    """With the payments that are on it; what was taken back is not among them."""

    allocations: Sequence[OnDebtOut]

    @classmethod
    def with_allocations(
        cls, row: DebtRow, allocations: Sequence[OnDebt], today: date
    ) -> DebtDetailOut:
        """All of it as JSON."""
        shares = [OnDebtOut.of(one) for one in allocations]
        return cls(**_fields(row, today), allocations=shares)
