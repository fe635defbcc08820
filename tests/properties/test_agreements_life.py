"""An agreement's whole life against a model that a careful person would keep on paper.

The model knows installments as lines with what is left of them, and every act as a list of moves
that can be undone. It shares no code with the ledger but the making of a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bukuhutang.ledger.aging import aging_bucket
from bukuhutang.ledger.agreement import Agreement, Entry, EntryKind, Standing, draft
from bukuhutang.ledger.agreement_acts import (
    NotPossible,
    Outcome,
    Recorded,
    Why,
    accept,
    cancel,
    forgive,
    pay_off,
    repay,
    reverse,
    use_credit,
    write_off,
)
from bukuhutang.ledger.penalty import PenaltyKind, PenaltyRule
from bukuhutang.ledger.rescheduling import extend_term, move_due_date
from bukuhutang.ledger.schedule import make_schedule
from bukuhutang.ledger.terms import Amortization, Excess, InterestKind, LoanTerms

START = date(2026, 1, 31)
PARTS = ("penalty", "interest", "principal")


@dataclass
class Line:
    """An installment on paper: what is left of it, and since when it is late."""

    number: int
    due: date
    left: dict[str, int]
    late_until: date = START  # up to when its late days are counted
    settled: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    late_days: int = 0
    late_sum: int = 0
    charged: int = 0

    def total(self) -> int:
        return sum(self.left.values())


@dataclass
class Act:
    """What was done: money, what moved on which line, and what it left over."""

    kind: str
    money: int
    moves: list[tuple[int, str, int]]
    over: int = 0
    part_of: int | None = None
    undone: bool = False
    undoes: bool = False


class Paper:
    """The careful person."""

    def __init__(self, terms: LoanTerms, rule: PenaltyRule | None) -> None:
        self.terms, self.rule = terms, rule
        grace = timedelta(days=rule.grace_days if rule else 0)
        self.grace = grace
        self.lines = [
            Line(
                row.number,
                row.due_date,
                {"penalty": 0, "interest": row.interest, "principal": row.principal},
            )
            for row in make_schedule(terms).rows
        ]
        self.acts: list[Act] = []

    def line(self, number: int) -> Line:
        (found,) = [one for one in self.lines if one.number == number]
        return found

    def ordered(self) -> list[Line]:
        return sorted(self.lines, key=lambda one: (one.due, one.number))

    def left(self) -> int:
        return sum(one.total() for one in self.lines)

    def over(self) -> int:
        return sum(one.over for one in self.acts)

    def wait_until(self, today: date) -> None:
        """Each late day costs what was agreed, on interest and principal that day."""
        if self.rule is None:
            return
        for one in self.lines:
            day = max(one.due + self.grace, one.late_until)
            while day < today:
                day += timedelta(days=1)
                if unpaid := one.left["interest"] + one.left["principal"]:
                    one.late_days += 1
                    one.late_sum += unpaid
                one.late_until = day
            charge = self.charge(one)
            one.left["penalty"] += charge - one.charged
            one.charged = charge

    def charge(self, one: Line) -> int:
        assert self.rule is not None
        if not one.late_days:
            return 0
        costs = {
            PenaltyKind.ONCE: Decimal(self.rule.amount),
            PenaltyKind.RUPIAH_A_DAY: Decimal(self.rule.amount * one.late_days),
            PenaltyKind.PERCENT_A_DAY: self.rule.percent * one.late_sum / 100,
        }
        whole = int(costs[self.rule.kind].to_integral_value(ROUND_HALF_UP))
        return whole if self.rule.cap is None else min(whole, self.rule.cap)

    def may_pay(self, today: date, *, next_too: bool) -> list[Line]:
        lines = [one for one in self.ordered() if one.total()]
        if self.terms.excess is Excess.AHEAD:
            return lines
        due = [one for one in lines if one.due <= today]
        return due or (lines[:1] if next_too else [])

    def settle(self, kind: str, amount: int, lines: list[Line]) -> tuple[Act, int]:
        """Walk down the lines coin by coin, penalty, interest, principal."""
        act = Act(kind, 0, [])
        for one in lines:
            for part in PARTS:
                moved = min(amount, one.left[part])
                if moved:
                    self.move(act, one.number, part, moved)
                    amount -= moved
        return act, amount

    def move(self, act: Act, number: int, part: str, moved: int) -> None:
        line = self.line(number)
        line.left[part] -= moved
        line.settled[part] += moved
        act.moves.append((number, part, moved))

    def undo(self, act: Act) -> None:
        act.undone = True
        back = Act(act.kind, -act.money, [], -act.over, undoes=True)
        for number, part, moved in act.moves:
            self.move(back, number, part, -moved)
        self.acts.append(back)


terms_to_choose = st.builds(
    LoanTerms,
    st.integers(1_000, 5_000_000),
    st.integers(1, 8),
    st.just(START),
    interest=st.sampled_from(InterestKind),
    annual_percent=st.sampled_from([Decimal(0), Decimal(12), Decimal("37.5")]),
    amortization=st.sampled_from(Amortization),
    down_payment=st.sampled_from([0, 100]),
    excess=st.sampled_from(Excess),
)
rules_to_choose = st.none() | st.builds(
    PenaltyRule,
    st.sampled_from(PenaltyKind),
    amount=st.just(2_500),
    percent=st.just(Decimal("0.35")),
    grace_days=st.integers(0, 3),
    cap=st.none() | st.integers(1, 50_000),
)
# Of what is owed, in thousandths: most acts settle a part, few all, some are too much.
shares = st.integers(1, 1_050) | st.integers(1, 300)


class AgreementsLife(RuleBasedStateMachine):
    """Acts in any order, each on the agreement and on paper."""

    @initialize(terms=terms_to_choose, late=rules_to_choose)
    def begin(self, terms: LoanTerms, late: PenaltyRule | None) -> None:
        self.today = START
        self.paper = Paper(terms, late)
        self.agreement: Agreement = draft(terms, late)
        self.refuse(repay(self.agreement, 1, on=START), Why.NOT_ACCEPTED)
        self.refuse(pay_off(self.agreement, 1, on=START), Why.NOT_ACCEPTED)
        self.take(accept(self.agreement, on=START))
        self.refuse(accept(self.agreement, on=START), Why.ACCEPTED_ALREADY)

    def take(self, outcome: Outcome) -> tuple[Entry, ...]:
        assert isinstance(outcome, Recorded), outcome
        kept = len(self.agreement.entries)
        assert outcome.agreement.entries[kept:] == outcome.entries
        assert outcome.agreement.entries[:kept] == self.agreement.entries
        self.agreement = outcome.agreement
        return outcome.entries

    def refuse(self, outcome: Outcome, why: Why) -> NotPossible:
        assert isinstance(outcome, NotPossible), outcome
        assert outcome.why is why
        return outcome

    def part(self, share: int) -> int:
        return max(1, self.paper.left() * share // 1_000)

    def is_over(self) -> Why | None:
        if self.paper.left() == 0:
            return Why.COMPLETED
        return None

    @rule(days=st.integers(0, 40))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)
        if self.agreement.written_off_on is None:
            self.paper.wait_until(self.today)
        self.agreement = self.agreement.as_of(self.today)
        assert self.agreement.as_of(self.today) is self.agreement

    @rule(share=shares)
    def pay(self, share: int) -> None:
        amount = self.part(share)
        outcome = repay(self.agreement, amount, on=self.today)
        if why := self.is_over():
            self.refuse(outcome, why)
            return
        lines = self.paper.may_pay(self.today, next_too=True)
        act, over = self.paper.settle("repayment", amount, lines)
        act.money, act.over = amount, over
        self.paper.acts.append(act)
        (entry,) = self.take(outcome)
        assert entry.unapplied == over

    @rule()
    def use_what_was_over(self) -> None:
        outcome = use_credit(self.agreement, on=self.today)
        if why := self.is_over():
            self.refuse(outcome, why)
        elif not self.paper.over():
            self.refuse(outcome, Why.NO_CREDIT)
        else:
            before = self.paper.over()
            lines = self.paper.may_pay(self.today, next_too=False)
            act, left = self.paper.settle("credit", before, lines)
            if left == before:
                self.refuse(outcome, Why.NOTHING_OWED)
                return
            act.over = left - before
            self.paper.acts.append(act)
            self.take(outcome)

    @rule(extra=st.sampled_from([0, 0, 1, 5_000]), sure=st.integers(0, 3))
    def end_early(self, extra: int, sure: int) -> None:
        if sure:
            return
        if why := self.is_over():
            self.refuse(pay_off(self.agreement, 1, on=self.today), why)
            return
        quote = self.agreement.payoff(self.today)
        left = self.agreement.outstanding
        assert (quote.penalty, quote.principal) == (left.penalty, left.principal)
        assert 0 <= quote.interest <= left.interest
        assert quote.credit == self.paper.over()
        if quote.to_pay > 1:
            no = self.refuse(
                pay_off(self.agreement, quote.to_pay - 1, on=self.today), Why.LESS_THAN_OWED
            )
            assert no.amount == quote.to_pay
        amount = max(1, quote.to_pay + extra)
        entries = self.take(pay_off(self.agreement, amount, on=self.today))
        first, credit = len(self.paper.acts) + 1, self.paper.over()
        rebate = Act("rebate", 0, [])
        for line in reversed(self.paper.ordered()):
            taken = min(
                line.left["interest"],
                left.interest - quote.interest - sum(one[2] for one in rebate.moves),
            )
            if taken:
                self.paper.move(rebate, line.number, "interest", taken)
        acts = [rebate] if rebate.moves else []
        if credit and self.paper.left():
            used, still = self.paper.settle("credit", credit, self.paper.ordered())
            used.over = still - credit
            acts.append(used)
        payment, over = self.paper.settle("repayment", amount, self.paper.ordered())
        payment.money, payment.over = amount, over
        for one in acts:
            one.part_of = first + len(acts)
        self.paper.acts += [*acts, payment]
        assert len(entries) == len(acts) + 1
        assert self.agreement.standing is Standing.COMPLETED

    @rule(share=st.none() | shares, penalty_only=st.booleans())
    def let_off(self, share: int | None, penalty_only: bool) -> None:
        if share is None and not penalty_only:
            share = 100
        amount = None if share is None else self.part(share)
        outcome = forgive(self.agreement, on=self.today, amount=amount, penalty_only=penalty_only)
        owed = sum(one.left["penalty"] if penalty_only else one.total() for one in self.paper.lines)
        if why := self.is_over():
            self.refuse(outcome, why)
        elif not owed:
            self.refuse(outcome, Why.NOTHING_OWED)
        elif amount is not None and amount > owed:
            assert self.refuse(outcome, Why.MORE_THAN_OWED).amount == owed
        else:
            if penalty_only:
                act, left = Act("waiver", 0, []), amount or owed
                for line in self.paper.ordered():
                    if moved := min(left, line.left["penalty"]):
                        self.paper.move(act, line.number, "penalty", moved)
                        left -= moved
            else:
                act, _ = self.paper.settle("waiver", amount or owed, self.paper.ordered())
            self.paper.acts.append(act)
            self.take(outcome)

    @rule(which=st.integers(0, 99))
    def take_back(self, which: int) -> None:
        which %= len(self.paper.acts) + 1
        number = which + 1
        outcome = reverse(self.agreement, number, on=self.today)
        acts = self.paper.acts
        if number > len(acts) or acts[which].undoes or acts[which].part_of is not None:
            self.refuse(outcome, Why.NO_SUCH_ENTRY)
            return
        if acts[which].undone:
            self.refuse(outcome, Why.REVERSED_ALREADY)
            return
        together = [one for one in acts if one is acts[which] or one.part_of == number]
        if self.paper.over() < sum(one.over for one in together):
            self.refuse(outcome, Why.CREDIT_USED)
            return
        for one in together:
            self.paper.undo(one)
        entries = self.take(outcome)
        assert [one.reverses is not None for one in entries] == [True] * len(together)

    @rule(which=st.integers(0, 8), days=st.integers(-5, 45), following=st.booleans())
    def give_time(self, which: int, days: int, following: bool) -> None:
        row = self.agreement.plan.rows[which % len(self.agreement.plan.rows)]
        to = row.due_date + timedelta(days=days)
        outcome = move_due_date(self.agreement, row.number, to, on=self.today, following=following)
        if self.agreement.standing is not Standing.ACTIVE:
            assert isinstance(outcome, NotPossible)
            return
        if self.paper.line(row.number).total() == 0:
            self.refuse(outcome, Why.NO_SUCH_INSTALLMENT)
            return
        if isinstance(outcome, NotPossible):
            assert outcome.why in (Why.DATE_TAKEN, Why.BAD_TERMS)
            return
        assert to > self.today
        self.take(outcome)
        changed = {one.number: one.due_date for one in self.agreement.plan.rows}
        assert changed[row.number] == to
        for line in self.paper.lines:
            line.due = changed.get(line.number, line.due)
        assert len(self.agreement.plans) >= 2

    @rule(installments=st.integers(1, 10), days=st.none() | st.integers(1, 60))
    def spread_anew(self, installments: int, days: int | None) -> None:
        first = None if days is None else self.today + timedelta(days=days)
        outcome = extend_term(self.agreement, installments, on=self.today, first_due_on=first)
        if self.agreement.standing is not Standing.ACTIVE:
            assert isinstance(outcome, NotPossible)
            return
        if not self.agreement.outstanding.principal:
            self.refuse(outcome, Why.NOTHING_OWED)
            return
        before, quote = self.agreement, self.agreement.payoff(self.today)
        self.take(outcome)
        assert self.agreement.plans[:-1] == before.plans
        assert self.agreement.payoff(self.today) == quote
        kept = []
        for line in self.paper.lines:
            if sum(line.settled.values()) or line.charged:
                line.left["interest"] = line.left["principal"] = 0
                kept.append(line)
        plan = self.agreement.plan
        assert sorted(row.number for row in plan.closed) == sorted(one.number for one in kept)
        assert plan.rows[0].number == max((one.number for one in kept), default=0) + 1
        assert sum(row.principal for row in plan.rows) == quote.principal
        assert plan.rows[0].interest == quote.interest + plan.rows[0].accrued
        if first is not None:
            assert plan.rows[0].due_date == first
        self.paper.lines = kept + [
            Line(
                row.number,
                row.due_date,
                {"penalty": 0, "interest": row.interest, "principal": row.principal},
            )
            for row in plan.rows
        ]

    @precondition(lambda self: self.agreement.standing is Standing.ACTIVE and self.today > START)
    @rule(sure=st.integers(0, 5))
    def give_up(self, sure: int) -> None:
        if sure == 0:
            self.take(write_off(self.agreement, on=self.today))
            self.refuse(write_off(self.agreement, on=self.today), Why.WRITTEN_OFF)

    @rule()
    def try_to_cancel(self) -> None:
        paid = sum(one.money for one in self.paper.acts)
        outcome = cancel(self.agreement, on=self.today)
        if self.is_over():
            self.refuse(outcome, Why.COMPLETED)
        elif paid:
            assert self.refuse(outcome, Why.HAS_PAYMENTS).amount == paid
        else:
            assert isinstance(outcome, Recorded)
            assert outcome.agreement.standing is Standing.CANCELLED
            self.refuse(repay(outcome.agreement, 1, on=self.today), Why.CANCELLED)

    @invariant()
    def the_agreement_says_what_the_paper_says(self) -> None:
        lines = self.paper.ordered()
        states = self.agreement.installments
        assert [one.row.number for one in states] == [one.number for one in lines]
        for state, line in zip(states, lines, strict=True):
            owed = state.owed
            assert (owed.penalty, owed.interest, owed.principal) == tuple(
                line.left[part] for part in PARTS
            )
            assert state.row.due_date == line.due
            assert state.penalty_charged == line.charged
        late = max((self.today - one.due).days if one.total() else 0 for one in lines)
        assert self.agreement.days_past_due(self.today) == max(0, late)
        assert self.agreement.aging_bucket(self.today) == aging_bucket(max(0, late))

    @invariant()
    def every_rupiah_paid_is_on_an_installment_or_unapplied(self) -> None:
        money = [
            one
            for one in self.agreement.entries
            if one.kind in (EntryKind.REPAYMENT, EntryKind.CREDIT)
        ]
        assert self.agreement.paid == sum(one.money for one in self.paper.acts)
        assert sum(one.applied for one in money) + self.agreement.unapplied == self.agreement.paid
        assert self.agreement.unapplied == self.paper.over() >= 0
        assert min(self.agreement.outstanding) >= 0
        completed = self.agreement.standing is Standing.COMPLETED
        assert completed is (self.paper.left() == 0)


def test_an_agreements_life_is_what_a_careful_person_would_write() -> None:
    run_state_machine_as_test(
        AgreementsLife,
        settings=settings(
            max_examples=120,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
