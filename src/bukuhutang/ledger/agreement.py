"""An installment agreement as the book holds it: plans, entries, lateness; all else is derived.

How the parts are stored, for the use cases that drive this:

- `Plan` is a version of the schedule. The one in force is the last; a reschedule adds one and
  keeps the old. Each of its rows is a row of `installment_payments`, keyed by agreement, version
  and number, with what `Agreement.installments` derives for it as its balances.
- `Entry` is a row of `payments` (or of a waiver), its `portions` are allocation rows keyed by
  installment number: penalty, interest, principal. Entries are appended, never changed; a reversal
  is an entry of its own with negative portions. `Entry.number` counts within the agreement.
- `Lateness` is kept beside the installment: the penalty is charged as time passes and never taken
  back by a later payment that bears an earlier date (the lender may waive it).

Acts are in `agreement_acts.py`, reschedules in `rescheduling.py`. Amounts are whole rupiah.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from bukuhutang.ledger.aging import AgingBucket, aging_bucket, days_past_due
from bukuhutang.ledger.penalty import PenaltyRule
from bukuhutang.ledger.schedule import Installment, half_up, make_schedule
from bukuhutang.ledger.terms import Excess, LoanTerms
from bukuhutang.ledger.waterfall import Owed, Portion


class Standing(StrEnum):
    """Where an agreement stands; derived, never set."""

    PENDING = "pending"  # not accepted yet
    ACTIVE = "active"
    COMPLETED = "completed"  # nothing is owed any more
    WRITTEN_OFF = "written_off"  # still owed, no longer expected; a payment is welcome
    CANCELLED = "cancelled"


class PlanReason(StrEnum):
    """Why a version of the plan was made."""

    AGREED = "agreed"
    DUE_DATE_MOVED = "due_date_moved"
    TERM_EXTENDED = "term_extended"


@dataclass(frozen=True)
class Plan:
    """One version of the schedule.

    `closed` is what stays of earlier versions: the settled part of their rows, owed again only when
    a payment on them is reversed. `carried` is interest earned before this version that its rows
    ask for.
    """

    version: int
    agreed_on: date
    reason: PlanReason
    terms: LoanTerms
    rows: tuple[Installment, ...]
    closed: tuple[Installment, ...] = ()
    carried: int = 0

    def __post_init__(self) -> None:
        assert self.rows
        dates = [row.due_date for row in self.rows]
        assert all(earlier < later for earlier, later in pairwise(dates))
        numbers = [row.number for row in self.all_rows]
        assert len(set(numbers)) == len(numbers)

    @property
    def all_rows(self) -> tuple[Installment, ...]:
        """Closed rows, then the rows of this version."""
        return (*self.closed, *self.rows)

    def interest_earned(self, on: date) -> int:
        """Interest of the days that have passed by `on`; closed rows and what was carried whole."""
        earned = self.carried + sum(row.interest for row in self.closed)
        for row in self.rows:
            if row.period_end <= on:
                earned += row.accrued
            elif row.period_start < on:
                days = (on - row.period_start).days
                earned += half_up(row.accrued * days, (row.period_end - row.period_start).days)
        return earned


class EntryKind(StrEnum):
    """What settles something: money, or the lender's will."""

    REPAYMENT = "repayment"
    CREDIT = "credit"  # money that was unapplied finds its installment; nothing new was paid
    WAIVER = "waiver"  # forgiven by the lender
    REBATE = "rebate"  # interest that an early payoff no longer owes


@dataclass(frozen=True)
class Entry:
    """One append-only fact. `paid` is new money; negative, like everything, in a reversal.

    An entry that exists only because of another (`goes_with`) is reversed together with it.
    """

    number: int
    kind: EntryKind
    on: date
    paid: int
    portions: tuple[Portion, ...]
    unapplied: int = 0
    reverses: int | None = None
    goes_with: int | None = None

    def __post_init__(self) -> None:
        if self.kind in (EntryKind.REPAYMENT, EntryKind.CREDIT):
            assert self.applied + self.unapplied == self.paid
        else:
            assert self.paid == self.unapplied == 0
        assert (self.reverses is not None) == (self.applied < 0 or self.paid < 0)

    @property
    def applied(self) -> int:
        """What installments received."""
        return sum(one.total for one in self.portions)


@dataclass(frozen=True)
class Lateness:
    """How late one installment has been beyond its days of grace, counted up to a date."""

    number: int
    counted_until: date
    late_days: int = 0
    rupiah_days: int = 0


@dataclass(frozen=True)
class InstallmentState:
    """One installment with all that happened to it; `paid` is money, `let_off` was not paid."""

    row: Installment
    penalty_charged: int
    paid: Portion
    let_off: Portion

    @property
    def owed(self) -> Owed:
        """What it still asks for."""
        return Owed(
            self.row.number,
            self.penalty_charged - self.paid.penalty - self.let_off.penalty,
            self.row.interest - self.paid.interest - self.let_off.interest,
            self.row.principal - self.paid.principal - self.let_off.principal,
        )

    @property
    def is_settled(self) -> bool:
        """Nothing is left of it."""
        return self.owed.total == 0

    def days_past_due(self, on: date) -> int:
        """Days it is late; 0 when settled."""
        return 0 if self.is_settled else days_past_due(self.row.due_date, on)


@dataclass(frozen=True)
class Payoff:
    """What ends the loan on a day. `credit` is unapplied money that is already there."""

    on: date
    penalty: int
    interest: int
    principal: int
    credit: int

    @property
    def total(self) -> int:
        """All that is owed on that day."""
        return self.penalty + self.interest + self.principal

    @property
    def to_pay(self) -> int:
        """The money that is still needed."""
        return max(0, self.total - self.credit)


@dataclass(frozen=True)
class Agreement:
    """The whole life of one agreement; every act returns a new one."""

    plans: tuple[Plan, ...]
    penalty: PenaltyRule | None = None
    entries: tuple[Entry, ...] = ()
    lateness: tuple[Lateness, ...] = ()
    accepted_on: date | None = None
    cancelled_on: date | None = None
    written_off_on: date | None = None

    @property
    def plan(self) -> Plan:
        """The version in force."""
        return self.plans[-1]

    @cached_property
    def installments(self) -> tuple[InstallmentState, ...]:
        """Closed rows and rows of the plan in force, oldest due date first."""
        paid, let_off = _by_number(self.entries, money=True), _by_number(self.entries, money=False)
        late = {one.number: one for one in self.lateness}
        states = []
        for row in sorted(self.plan.all_rows, key=lambda row: (row.due_date, row.number)):
            nothing = Portion(row.number, 0, 0, 0)
            state = InstallmentState(
                row,
                self._charge(late.get(row.number)),
                paid.pop(row.number, nothing),
                let_off.pop(row.number, nothing),
            )
            assert min(state.owed) >= 0
            states.append(state)
        assert not any(one.total for one in (*paid.values(), *let_off.values()))
        return tuple(states)

    def _charge(self, late: Lateness | None) -> int:
        if late is None or self.penalty is None:
            return 0
        return self.penalty.charge(late.late_days, late.rupiah_days)

    @property
    def outstanding(self) -> Owed:
        """Everything still owed, interest to come included; numbered 0."""
        owed = [one.owed for one in self.installments]
        return Owed(
            0,
            sum(one.penalty for one in owed),
            sum(one.interest for one in owed),
            sum(one.principal for one in owed),
        )

    @cached_property
    def unapplied(self) -> int:
        """Money paid that no installment has received yet: the borrower's credit."""
        return sum(entry.unapplied for entry in self.entries)

    @property
    def paid(self) -> int:
        """All money that changed hands, reversals taken off."""
        return sum(entry.paid for entry in self.entries)

    @property
    def standing(self) -> Standing:
        """Derived from the facts."""
        if self.cancelled_on is not None:
            return Standing.CANCELLED
        if self.accepted_on is None:
            return Standing.PENDING
        if self.outstanding.total == 0:
            return Standing.COMPLETED
        return Standing.ACTIVE if self.written_off_on is None else Standing.WRITTEN_OFF

    def days_past_due(self, on: date) -> int:
        """Days of its oldest late installment."""
        return max(one.days_past_due(on) for one in self.installments)

    def aging_bucket(self, on: date) -> AgingBucket:
        """The bucket of its oldest late installment."""
        return aging_bucket(self.days_past_due(on))

    def payoff(self, on: date) -> Payoff:
        """What ends the loan on a day: all principal, interest to the day, penalties due."""
        now = self.as_of(on)
        owed = now.outstanding
        settled = sum(row.interest for row in self.plan.all_rows) - owed.interest
        # More interest may have been paid ahead than is earned by now: it stays paid.
        interest = max(0, self.plan.interest_earned(on) - settled)
        assert interest <= owed.interest
        return Payoff(on, owed.penalty, interest, owed.principal, self.unapplied)

    def as_of(self, on: date) -> Agreement:
        """The same agreement with its penalties charged up to `on`; looking twice adds nothing."""
        if self.penalty is None or self.standing not in (Standing.ACTIVE, Standing.COMPLETED):
            return self
        late = {one.number: one for one in self.lateness}
        late |= {one.number: one for one in self._later(late, self.penalty, on)}
        now = replace(self, lateness=tuple(sorted(late.values(), key=lambda one: one.number)))
        return now if now.lateness != self.lateness else self

    def _later(self, late: dict[int, Lateness], rule: PenaltyRule, on: date) -> Iterator[Lateness]:
        """Lateness of installments whose grace is over by `on`, whether paid or not.

        A paid one is counted on, with nothing: should its payment be reversed, the days on which
        everybody believed in it cost nothing.
        """
        for one in self.installments:
            number = one.row.number
            until = one.row.due_date + timedelta(days=rule.grace_days)
            before = late.get(number, Lateness(number, until))
            since = max(until, before.counted_until)
            if on <= since:
                continue
            unpaid = one.owed.interest + one.owed.principal
            days = (on - since).days if unpaid else 0
            yield Lateness(number, on, before.late_days + days, before.rupiah_days + days * unpaid)


def draft(terms: LoanTerms, penalty: PenaltyRule | None = None) -> Agreement:
    """A new agreement that waits for its acceptance; `terms` and `penalty` are found good. Pure."""
    assert penalty is None or penalty.find_problem() is None
    rows = make_schedule(terms).rows
    return Agreement((Plan(1, terms.start, PlanReason.AGREED, terms, rows),), penalty)


def payable(agreement: Agreement, on: date) -> list[Owed]:
    """What a payment on that day may pay, in its order.

    Everything when money goes ahead; otherwise what is due, or the next one when nothing is.
    """
    open_ones = [one for one in agreement.installments if not one.is_settled]
    if agreement.plan.terms.excess is Excess.KEPT:
        due = [one for one in open_ones if one.row.due_date <= on]
        open_ones = due or open_ones[:1]
    return [one.owed for one in open_ones]


def _by_number(entries: tuple[Entry, ...], *, money: bool) -> dict[int, Portion]:
    sums: dict[int, Portion] = {}
    for entry in entries:
        if (entry.kind in (EntryKind.REPAYMENT, EntryKind.CREDIT)) is money:
            for one in entry.portions:
                had = sums.get(one.number, Portion(one.number, 0, 0, 0))
                sums[one.number] = Portion(
                    one.number,
                    had.penalty + one.penalty,
                    had.interest + one.interest,
                    had.principal + one.principal,
                )
    return sums
