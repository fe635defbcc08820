"""What the documents are made from: frozen facts, amounts in whole rupiah, dates of the tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

ROWS_MAX = 1_000
RULES_MAX = 50

MONTHS_A_YEAR = 12


class InterestKind(StrEnum):
    """How interest is reckoned."""

    NONE = "none"
    FLAT = "flat"
    DECLINING = "declining"


class PenaltyKind(StrEnum):
    """What an installment costs that is paid late."""

    NONE = "none"
    FLAT = "flat"
    DAILY_AMOUNT = "daily_amount"
    DAILY_PERCENT = "daily_percent"


class Surplus(StrEnum):
    """What becomes of a payment beyond what is due."""

    PAYS_AHEAD = "pays_ahead"
    STAYS_CREDIT = "stays_credit"


@dataclass(frozen=True)
class Party:
    """A person as the book calls them; `phone` as E.164 digits."""

    name: str
    phone: str | None = None


@dataclass(frozen=True)
class Interest:
    """`annual_rate_percent` is 0 exactly when there is no interest.

    `by_month` where the two agreed on a rate a month, a twelfth of it: it is told first.
    """

    kind: InterestKind = InterestKind.NONE
    annual_rate_percent: Decimal = Decimal(0)
    by_month: bool = False

    def __post_init__(self) -> None:
        assert (self.kind is InterestKind.NONE) == (self.annual_rate_percent == 0)


@dataclass(frozen=True)
class Penalty:
    """A fixed `amount` once or a day, or `percent_a_day` of what is late; free for `grace_days`.

    `amount_max` is the most that one installment can cost; None for no such limit.
    """

    kind: PenaltyKind = PenaltyKind.NONE
    amount: int = 0
    percent_a_day: Decimal = Decimal(0)
    grace_days: int = 0
    amount_max: int | None = None

    def __post_init__(self) -> None:
        fixed = (PenaltyKind.FLAT, PenaltyKind.DAILY_AMOUNT)
        assert (self.kind in fixed) == (self.amount > 0)
        assert (self.kind is PenaltyKind.DAILY_PERCENT) == (self.percent_a_day > 0)
        assert self.grace_days >= 0


@dataclass(frozen=True)
class InstallmentRow:
    """One installment of the schedule."""

    number: int
    due_on: date
    principal: int
    interest: int

    @property
    def due(self) -> int:
        """What is to be paid: principal and interest."""
        return self.principal + self.interest


@dataclass(frozen=True)
class AgreementDocument:
    """An agreement as both hold it. `principal` is what the rows pay back, without `down_payment`.

    `version` counts the plans of this agreement, `agreed_on` dates this version. `rules` are
    further terms in the parties' own words, `verify_url` opens the page that knows the hash.
    """

    number: int
    version: int
    agreed_on: date
    lender: Party
    borrower: Party
    principal: int
    rows: tuple[InstallmentRow, ...]
    guarantor: Party | None = None
    down_payment: int = 0
    interest: Interest = Interest()
    penalty: Penalty = Penalty()
    surplus: Surplus = Surplus.PAYS_AHEAD
    rules: tuple[str, ...] = ()
    note: str | None = None
    verify_url: str | None = None

    def __post_init__(self) -> None:
        assert 0 < len(self.rows) <= ROWS_MAX
        assert len(self.rules) <= RULES_MAX
        # A plan that continues another goes on with its numbers.
        first = self.rows[0].number
        assert first >= 1
        assert [one.number for one in self.rows] == list(range(first, first + len(self.rows)))
        dates = [one.due_on for one in self.rows]
        assert all(one < then for one, then in pairwise(dates))
        assert sum(one.principal for one in self.rows) == self.principal, "rows pay the principal"
        assert self.interest.kind is not InterestKind.NONE or self.total_interest == 0

    @property
    def total_interest(self) -> int:
        """All interest of the schedule."""
        return sum(one.interest for one in self.rows)

    @property
    def total(self) -> int:
        """All that the schedule pays back."""
        return self.principal + self.total_interest


@dataclass(frozen=True)
class SettledPayment:
    """One payment and what it paid; reversed payments are not listed."""

    paid_on: date
    penalty: int
    interest: int
    principal: int

    @property
    def total(self) -> int:
        """What reached this agreement."""
        return self.penalty + self.interest + self.principal


@dataclass(frozen=True)
class SettlementDocument:
    """The receipt for an agreement that is paid. `forgiven` is what the lender let go.

    `credit` is what was paid beyond all that was owed.
    """

    agreement_number: int
    agreed_on: date
    settled_on: date
    lender: Party
    borrower: Party
    principal: int
    payments: tuple[SettledPayment, ...]
    forgiven: int = 0
    credit: int = 0
    verify_url: str | None = None

    def __post_init__(self) -> None:
        assert len(self.payments) <= ROWS_MAX
        assert self.payments or self.forgiven, "something ended it"

    def paid(self, part: str) -> int:
        """The sum of `penalty`, `interest`, `principal` or `total` over all payments."""
        return sum(getattr(one, part) for one in self.payments)
