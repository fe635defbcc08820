"""The JSON of payments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from bukuhutang.entrypoints.web.api.shapes import (
    Amount,
    ApiIn,
    ApiOut,
    Number,
    NumberInQuery,
    PageQuery,
    PersonRef,
    shown_as,
)
from bukuhutang.ledger.money import Direction
from bukuhutang.store.payment_lists import ListedPayment, OnAgreement

Standing = Literal["recorded", "reversed"]


class DebtPaymentIn(ApiIn):
    model_config = shown_as(amount=200_000)

    amount: Amount | None = Field(
        description="whole rupiah; null pays exactly what this debt still asks for"
    )


class PaymentIn(ApiIn):
    """Where somebody has both debts and an agreement, `target` or `agreement` must say which."""

    model_config = shown_as(amount=200_000)

    amount: Amount | None = Field(description="whole rupiah; null pays all that is open")
    direction: Literal["piutang", "hutang"] | None = Field(
        default=None, description="needed where both owe each other", examples=["piutang"]
    )
    target: Literal["debts"] | None = Field(default=None, description="on the debts")
    agreement: Number | None = Field(
        default=None, description="into this agreement", examples=[None]
    )


class PaymentsQuery(PageQuery):
    borrower_id: NumberInQuery | None = None
    direction: Literal["piutang", "hutang"] | None = None
    debt: NumberInQuery | None = Field(default=None, description="number of a debt")
    agreement: NumberInQuery | None = Field(default=None, description="number of an agreement")


class PaymentOut(ApiOut):
    number: int = Field(examples=[31])
    direction: Direction
    borrower: PersonRef
    amount: int = Field(examples=[200_000])
    agreement: int | None = Field(examples=[None], description="number of the agreement it is for")
    status: Standing
    created_at: datetime
    reversed_at: datetime | None

    @classmethod
    def of(cls, row: ListedPayment) -> PaymentOut:
        """The payment as JSON."""
        return cls(**_fields(row))


def _fields(row: ListedPayment) -> dict[str, Any]:
    return {
        "number": row.number,
        "direction": row.direction,
        "borrower": PersonRef(id=row.borrower_id, name=row.borrower_name),
        "amount": row.amount,
        "agreement": row.agreement,
        "status": "recorded" if row.reversed_at is None else "reversed",
        "created_at": row.created_at,
        "reversed_at": row.reversed_at,
    }


class ShareOut(ApiOut):
    """What of a payment is on one debt."""

    debt: int = Field(examples=[12])
    amount: int = Field(examples=[150_000])


class SettledOut(ApiOut):
    """What a payment into an agreement settled there when it was recorded."""

    penalty: int
    interest: int
    principal: int


class PaymentDetailOut(PaymentOut):
    """With where the money is now; `unapplied` is kept for later."""

    allocations: Sequence[ShareOut] = Field(description="on debts; empty once it is reversed")
    settled: SettledOut | None = Field(description="in an agreement; null for debts")
    unapplied: int = Field(examples=[0])

    @classmethod
    def on_debts(cls, row: ListedPayment, shares: Sequence[tuple[int, int]]) -> PaymentDetailOut:
        """A payment on debts, with each debt and its rupiah."""
        left = row.amount - sum(amount for _, amount in shares)
        return cls(
            **_fields(row),
            allocations=[ShareOut(debt=debt, amount=amount) for debt, amount in shares],
            settled=None,
            unapplied=0 if row.reversed_at is not None else left,
        )

    @classmethod
    def in_agreement(cls, row: ListedPayment, settled: OnAgreement) -> PaymentDetailOut:
        """A payment into an agreement."""
        return cls(
            **_fields(row),
            allocations=[],
            settled=SettledOut(
                penalty=settled.penalty, interest=settled.interest, principal=settled.principal
            ),
            unapplied=settled.unapplied,
        )
