"""An agreement's acts by example; the laws and the whole life are in tests/properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bukuhutang.ledger.aging import AgingBucket, aging_bucket
from bukuhutang.ledger.agreement import Agreement, EntryKind, PlanReason, Standing, draft
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
from bukuhutang.ledger.terms import Excess, InterestKind, LoanTerms
from bukuhutang.ledger.waterfall import Owed, Portion

START = date(2026, 1, 25)
FEBRUARY, MARCH, APRIL = date(2026, 2, 25), date(2026, 3, 25), date(2026, 4, 25)
# Rp600.000 in six, 12 % a year flat: Rp100.000 and Rp6.000 each month.
TERMS = LoanTerms(600_000, 6, START, annual_percent=Decimal(12))
DAILY = PenaltyRule(PenaltyKind.RUPIAH_A_DAY, amount=1_000, grace_days=2, cap=10_000)


def recorded(outcome: Outcome) -> Recorded:
    assert isinstance(outcome, Recorded), outcome
    return outcome


def an_agreement(terms: LoanTerms = TERMS, penalty: PenaltyRule | None = None) -> Agreement:
    return recorded(accept(draft(terms, penalty), on=START)).agreement


def after(agreement: Agreement, *payments: tuple[int, date]) -> Agreement:
    for amount, on in payments:
        agreement = recorded(repay(agreement, amount, on=on)).agreement
    return agreement


def dates(agreement: Agreement) -> list[str]:
    return [row.due_date.isoformat() for row in agreement.plan.rows]


def test_a_payment_is_split_and_goes_ahead_to_the_next_installment() -> None:
    done = recorded(repay(an_agreement(), 150_000, on=FEBRUARY))
    (entry,) = done.entries
    assert entry.kind is EntryKind.REPAYMENT
    assert entry.portions == (Portion(1, 0, 6_000, 100_000), Portion(2, 0, 6_000, 38_000))
    assert done.agreement.outstanding == Owed(0, 0, 24_000, 462_000)


def test_what_is_beyond_is_kept_where_they_agreed_on_that_and_used_when_it_is_due() -> None:
    kept = an_agreement(replace(TERMS, excess=Excess.KEPT))
    paid = after(kept, (150_000, date(2026, 2, 10)))  # nothing is due yet: the next one
    assert paid.unapplied == 44_000
    assert recorded_why(use_credit(paid, on=FEBRUARY)) is Why.NOTHING_OWED
    used = recorded(use_credit(paid, on=MARCH))
    assert used.entries[0].portions == (Portion(2, 0, 6_000, 38_000),)
    assert used.agreement.unapplied == 0
    assert used.agreement.paid == 150_000
    assert recorded_why(use_credit(used.agreement, on=MARCH)) is Why.NO_CREDIT
    # What was used cannot be taken from under the installment: the later act goes first.
    assert recorded_why(reverse(used.agreement, 1, on=MARCH)) is Why.CREDIT_USED
    back = recorded(reverse(used.agreement, 2, on=MARCH)).agreement
    assert recorded(reverse(back, 1, on=MARCH)).agreement.paid == 0


def recorded_why(outcome: Outcome) -> Why:
    assert isinstance(outcome, NotPossible), outcome
    return outcome.why


def test_all_paid_is_completed_and_more_is_refused() -> None:
    done = after(an_agreement(), (636_000, FEBRUARY))
    assert done.standing is Standing.COMPLETED
    assert recorded_why(repay(done, 1, on=MARCH)) is Why.COMPLETED
    over = after(an_agreement(), (636_001, FEBRUARY))
    assert (over.standing, over.unapplied) == (Standing.COMPLETED, 1)


def test_a_payment_before_acceptance_is_refused() -> None:
    assert recorded_why(repay(draft(TERMS), 106_000, on=FEBRUARY)) is Why.NOT_ACCEPTED


def test_a_reversal_is_an_entry_of_its_own_and_reopens_the_agreement() -> None:
    done = after(an_agreement(), (636_000, FEBRUARY))
    back = recorded(reverse(done, 1, on=MARCH))
    assert back.entries[0].reverses == 1
    assert back.entries[0].paid == -636_000
    assert back.agreement.standing is Standing.ACTIVE
    assert back.agreement.entries[0] == done.entries[0]
    assert recorded_why(reverse(back.agreement, 1, on=MARCH)) is Why.REVERSED_ALREADY
    assert recorded_why(reverse(back.agreement, 2, on=MARCH)) is Why.NO_SUCH_ENTRY


def test_a_day_late_costs_what_was_agreed_after_the_grace_up_to_the_cap() -> None:
    late = an_agreement(penalty=DAILY)
    charged = [late.as_of(date(2026, 2, day)).outstanding.penalty for day in (25, 26, 27, 28)]
    assert charged == [0, 0, 0, 1_000]
    assert late.as_of(date(2026, 3, 9)).outstanding.penalty == 10_000
    assert late.as_of(date(2026, 3, 25)).outstanding.penalty == 10_000
    (entry,) = recorded(repay(late, 8_000, on=date(2026, 3, 2))).entries
    assert entry.portions == (Portion(1, 3_000, 5_000, 0),)


def test_a_percentage_is_of_what_is_unpaid_each_day_and_never_of_penalties() -> None:
    rule = PenaltyRule(PenaltyKind.PERCENT_A_DAY, percent=Decimal("0.5"))
    late = an_agreement(penalty=rule).as_of(date(2026, 2, 27))
    assert late.outstanding.penalty == 1_060  # two days of 106,000
    paid = after(late, (57_060, date(2026, 2, 27)))  # penalty, interest, 50,000 principal
    assert paid.outstanding.penalty == 0
    assert paid.as_of(date(2026, 3, 1)).outstanding.penalty == 500  # two days of 50,000


def test_days_on_which_a_payment_was_believed_cost_nothing_when_it_is_reversed() -> None:
    paid = after(an_agreement(penalty=DAILY), (106_000, FEBRUARY))
    back = recorded(reverse(paid, 1, on=date(2026, 3, 10))).agreement
    assert back.outstanding.penalty == 0
    assert back.as_of(date(2026, 3, 11)).outstanding.penalty == 1_000


def test_an_early_payoff_owes_interest_to_the_day_and_is_reversed_as_a_whole() -> None:
    declining = replace(TERMS, interest=InterestKind.DECLINING)
    running = after(an_agreement(declining), (103_529, FEBRUARY))
    on = date(2026, 3, 11)  # 14 of 28 days
    quote = running.payoff(on)
    assert quote.principal == 502_471
    assert quote.interest == 2_513  # half of 5,025, rounded up
    no = pay_off(running, quote.to_pay - 1, on=on)
    assert no == NotPossible(Why.LESS_THAN_OWED, 504_984)
    ended = recorded(pay_off(running, 504_984, on=on))
    assert [one.kind for one in ended.entries] == [EntryKind.REBATE, EntryKind.REPAYMENT]
    assert ended.agreement.standing is Standing.COMPLETED
    assert recorded_why(reverse(ended.agreement, 2, on=on)) is Why.NO_SUCH_ENTRY
    back = recorded(reverse(ended.agreement, 3, on=on)).agreement
    assert back.outstanding == running.outstanding


def test_interest_paid_ahead_stays_paid_at_an_early_payoff() -> None:
    ahead = after(an_agreement(), (424_000, FEBRUARY))  # four installments at once
    quote = ahead.payoff(FEBRUARY)
    assert (quote.interest, quote.principal) == (0, 200_000)


def test_credit_helps_to_pay_off() -> None:
    kept = after(an_agreement(replace(TERMS, excess=Excess.KEPT)), (150_000, FEBRUARY))
    quote = kept.payoff(FEBRUARY)
    assert (quote.total, quote.credit, quote.to_pay) == (500_000, 44_000, 456_000)
    ended = recorded(pay_off(kept, 456_000, on=FEBRUARY)).agreement
    assert (ended.standing, ended.unapplied) == (Standing.COMPLETED, 0)


def test_forgiving_lets_off_without_money() -> None:
    late = an_agreement(penalty=DAILY).as_of(MARCH)
    lighter = recorded(forgive(late, on=MARCH, penalty_only=True)).agreement
    assert lighter.outstanding.penalty == 0
    assert lighter.installments[0].let_off == Portion(1, 10_000, 0, 0)
    no = forgive(lighter, on=MARCH, amount=700_000)
    assert no == NotPossible(Why.MORE_THAN_OWED, 636_000)
    free = recorded(forgive(lighter, on=MARCH)).agreement
    assert (free.standing, free.paid) == (Standing.COMPLETED, 0)


def test_a_written_off_loan_takes_payments_but_no_penalties() -> None:
    given_up = recorded(write_off(an_agreement(penalty=DAILY), on=FEBRUARY)).agreement
    assert given_up.standing is Standing.WRITTEN_OFF
    assert given_up.as_of(APRIL).outstanding.penalty == 0
    assert after(given_up, (636_000, APRIL)).standing is Standing.COMPLETED
    assert recorded_why(write_off(given_up, on=MARCH)) is Why.WRITTEN_OFF


def test_only_an_unpaid_agreement_is_cancelled() -> None:
    paid = after(an_agreement(), (1_000, FEBRUARY))
    assert cancel(paid, on=FEBRUARY) == NotPossible(Why.HAS_PAYMENTS, 1_000)
    cancelled = recorded(cancel(draft(TERMS), on=FEBRUARY)).agreement
    assert cancelled.standing is Standing.CANCELLED
    assert recorded_why(accept(cancelled, on=FEBRUARY)) is Why.CANCELLED
    assert recorded_why(reverse(cancelled, 1, on=FEBRUARY)) is Why.CANCELLED


def test_one_due_date_moves_alone_or_the_others_follow_it() -> None:
    running = after(an_agreement(), (106_000, FEBRUARY))
    alone = recorded(move_due_date(running, 2, date(2026, 4, 5), on=MARCH)).agreement
    assert dates(alone)[:4] == ["2026-02-25", "2026-04-05", "2026-04-25", "2026-05-25"]
    assert recorded_why(move_due_date(running, 2, APRIL, on=MARCH)) is Why.DATE_TAKEN
    moved = recorded(
        move_due_date(running, 2, date(2026, 3, 31), on=FEBRUARY, following=True)
    ).agreement
    assert dates(moved)[:4] == ["2026-02-25", "2026-03-31", "2026-04-30", "2026-05-31"]
    assert (moved.plan.version, moved.plan.reason) == (2, PlanReason.DUE_DATE_MOVED)
    assert moved.plans[0] == running.plan
    assert moved.outstanding == running.outstanding
    paid = move_due_date(running, 1, MARCH, on=FEBRUARY)
    assert recorded_why(paid) is Why.NO_SUCH_INSTALLMENT
    far = move_due_date(running, 6, date(2036, 1, 1), on=FEBRUARY)
    assert recorded_why(far) is Why.BAD_TERMS


def test_an_extended_term_spreads_what_is_left_and_keeps_what_was_paid() -> None:
    running = after(an_agreement(), (130_000, FEBRUARY))  # one, and 18,000 principal of the next
    on = date(2026, 3, 27)
    longer = recorded(extend_term(running, 8, on=on)).agreement
    assert (longer.plan.version, longer.plan.reason) == (2, PlanReason.TERM_EXTENDED)
    assert longer.plans[0] == running.plan
    closed = [(row.number, row.principal, row.interest) for row in longer.plan.closed]
    assert closed == [(1, 100_000, 6_000), (2, 18_000, 6_000)]
    assert [row.number for row in longer.plan.rows] == list(range(3, 11))
    assert dates(longer)[:2] == ["2026-04-25", "2026-05-25"]
    assert sum(row.principal for row in longer.plan.rows) == 482_000
    # Two of March's days are in the fourth period: 2 of 31 of 6,000, asked for with the first.
    assert longer.payoff(on).interest == running.payoff(on).interest == 387
    assert longer.plan.rows[0].interest == 387 + longer.plan.rows[0].accrued
    # Reversing the payment owes the closed rows again, with their old due dates.
    back = recorded(reverse(longer, 1, on=on)).agreement
    assert back.outstanding.principal == 600_000
    assert back.days_past_due(on) == 30
    no = extend_term(running, 61, on=on)
    assert isinstance(no, NotPossible)
    assert no.problem is not None
    assert no.problem.code == "term_too_long"


@pytest.mark.parametrize(
    ("terms", "on", "first"),
    [
        (replace(TERMS, start=date(2026, 1, 31)), date(2026, 3, 1), ["2026-03-31", "2026-04-30"]),
        (replace(TERMS, start=date(2026, 1, 31)), date(2026, 9, 1), ["2026-09-30", "2026-10-31"]),
        (replace(TERMS, due_day=1), date(2026, 9, 9), ["2026-10-01", "2026-11-01"]),
    ],
)  # fmt: skip
def test_an_extended_term_keeps_the_day_of_the_month(
    terms: LoanTerms, on: date, first: list[str]
) -> None:
    longer = recorded(extend_term(an_agreement(terms), 4, on=on)).agreement
    assert dates(longer)[:2] == first


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
     (90, "61-90"), (91, "over_90"), (4_000, "over_90")],
)  # fmt: skip
def test_five_ages(days: int, bucket: str) -> None:
    assert aging_bucket(days) is AgingBucket(bucket)


@pytest.mark.parametrize(
    ("rule", "code", "field"),
    [
        (PenaltyRule(PenaltyKind.ONCE), "too_small", "amount"),
        (PenaltyRule(PenaltyKind.PERCENT_A_DAY), "too_small", "percent"),
        (PenaltyRule(PenaltyKind.PERCENT_A_DAY, percent=Decimal(6)), "too_large", "percent"),
        (
            PenaltyRule(PenaltyKind.PERCENT_A_DAY, percent=Decimal("1E-9")),
            "field_invalid",
            "percent",
        ),
        (PenaltyRule(PenaltyKind.PERCENT_A_DAY, percent=Decimal("NaN")), "too_small", "percent"),
        (replace(DAILY, cap=0), "too_small", "cap"),
        (replace(DAILY, grace_days=-1), "too_small", "grace_days"),
    ],
)
def test_bad_penalty_rules_are_named(rule: PenaltyRule, code: str, field: str) -> None:
    problem = rule.find_problem()
    assert problem is not None
    assert (problem.code, problem.field) == (code, field)
