"""A debt and the person it is with, as the book shows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from bukuhutang.base.ids import BorrowerId, DebtNumber, PhoneNumber
from bukuhutang.ledger.money import Direction

NOTE_MAX = 200
DAYS_MIN = 1
DAYS_MAX = 365
"""How far away a due date may be when a debt is recorded."""
DEFAULT_DAYS = {Direction.RECEIVABLE: 14, Direction.PAYABLE: 30}
"""How far away it is when nobody says (product section 3)."""


class DebtStatus(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    REVERSED = "reversed"


@dataclass(frozen=True)
class Debt:
    """One debt; amounts in whole rupiah."""

    number: DebtNumber
    direction: Direction
    borrower_id: BorrowerId
    principal: int
    paid: int
    due_date: date
    note: str | None = None
    reversed: bool = False

    def __post_init__(self) -> None:
        assert self.principal > 0
        assert 0 <= self.paid <= self.principal

    @property
    def outstanding(self) -> int:
        """What is still owed."""
        return 0 if self.reversed else self.principal - self.paid

    @property
    def status(self) -> DebtStatus:
        """Derived from the balance, never set."""
        if self.reversed:
            return DebtStatus.REVERSED
        return DebtStatus.OPEN if self.outstanding else DebtStatus.SETTLED


@dataclass(frozen=True)
class Borrower:
    """A person of the book: who owes the lender, or whom the lender owes.

    A credit is what was paid beyond the debts, kept for the next one, by direction.
    """

    id: BorrowerId
    name: str
    name_key: str
    phone: PhoneNumber | None = None
    opted_out_at: datetime | None = None  # since when reminders are unwanted
    credit_receivable: int = 0
    credit_payable: int = 0

    @property
    def opted_out(self) -> bool:
        """Whether this person wants no reminders."""
        return self.opted_out_at is not None

    def credit(self, direction: Direction) -> int:
        """What this person has paid (or was paid) in advance, in whole rupiah."""
        if direction is Direction.RECEIVABLE:
            return self.credit_receivable
        return self.credit_payable

    def with_credit(self, direction: Direction, credit: int) -> Borrower:
        """The same person with another credit in one direction, in whole rupiah."""
        assert credit >= 0
        if direction is Direction.RECEIVABLE:
            return replace(self, credit_receivable=credit)
        return replace(self, credit_payable=credit)
