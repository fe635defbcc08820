"""What the book must say after a chat: recomputed from the commands alone, by other code."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

Verb = Literal["PINJAM", "HUTANG", "BAYAR", "LUNAS", "BATAL", "LOOK"]
Action = Literal["debt_recorded", "payment_recorded", "debt_undone", "payment_undone"]


@dataclass(frozen=True)
class Command:
    """One message of a lender; `LOOK` stands for every command that records nothing."""

    verb: Verb
    text: str
    name: str = ""
    amount: int = 0  # whole rupiah; every amount is used once


@dataclass
class Debt:
    """A line of the table `debts`."""

    number: int
    direction: str
    name: str
    principal: int
    paid: int
    reversed: bool = False

    @property
    def status(self) -> str:
        """As the table names it."""
        if self.reversed:
            return "reversed"
        return "settled" if self.paid == self.principal else "open"

    def line(self) -> tuple[object, ...]:
        """To be compared with a row."""
        return (self.number, self.direction, self.name, self.principal, self.paid, self.status)


@dataclass(frozen=True)
class Payment:
    """A line of the table `payments`."""

    number: int
    name: str
    amount: int
    reverses: int | None = None


@dataclass
class _Last:
    """What BATAL would take back."""

    debt: Debt | None = None
    payment: Payment | None = None
    shares: list[tuple[Debt, int]] = field(default_factory=list)
    credit: int = 0  # used by the debt, or left over by the payment


@dataclass
class ExpectedBook:
    """One tenant's book as one chat writes it. Each person is in one direction only."""

    debts: list[Debt] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    credits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _last: _Last | None = None

    def hear(self, command: Command) -> Action | None:
        """The act that follows, None when nothing is recorded."""
        match command.verb:
            case "PINJAM" | "HUTANG":
                return self._lend(command)
            case "BAYAR" | "LUNAS":
                return self._pay(command)
            case "BATAL":
                return self._undo()
        return None

    def outstanding(self, direction: str) -> int:
        """What is open in one direction."""
        return sum(
            one.principal - one.paid
            for one in self.debts
            if one.direction == direction and not one.reversed
        )

    def _lend(self, command: Command) -> Action:
        used = min(self.credits[command.name], command.amount)
        self.credits[command.name] -= used
        direction = "piutang" if command.verb == "PINJAM" else "hutang"
        debt = Debt(len(self.debts) + 1, direction, command.name, command.amount, used)
        self.debts.append(debt)
        self._last = _Last(debt=debt, credit=used)
        return "debt_recorded"

    def _pay(self, command: Command) -> Action | None:
        # Every debt of a person has the same term, so the oldest due is the oldest.
        open_debts = [
            one for one in self.debts if one.name == command.name and one.status == "open"
        ]
        owed = sum(one.principal - one.paid for one in open_debts)
        if not owed:
            return None
        payment = Payment(len(self.payments) + 1, command.name, command.amount or owed)
        self.payments.append(payment)
        self._last = _Last(payment=payment)
        left = payment.amount
        for debt in open_debts:
            share = min(left, debt.principal - debt.paid)
            if share:
                debt.paid += share
                left -= share
                self._last.shares.append((debt, share))
        self.credits[command.name] += left
        self._last.credit = left
        return "payment_recorded"

    def _undo(self) -> Action | None:
        last, self._last = self._last, None
        if last is None:
            return None
        if last.debt is not None:
            last.debt.paid, last.debt.reversed = 0, True
            self.credits[last.debt.name] += last.credit
            return "debt_undone"
        assert last.payment is not None
        taken = last.payment
        self.payments.append(
            Payment(len(self.payments) + 1, taken.name, taken.amount, taken.number)
        )
        for debt, share in last.shares:
            debt.paid -= share
        self.credits[taken.name] -= last.credit
        return "payment_undone"
