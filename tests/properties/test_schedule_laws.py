"""Laws of a schedule that hold for any legal terms, and of the payments run down it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, example, given
from hypothesis import strategies as st

from bukuhutang.ledger.affordability import (
    BEARABLE_PERCENT,
    INSTALLMENT_MIN,
    MONTHS_MAX,
    Burden,
    Means,
    Proposal,
    first_terms,
    propose,
    with_installment,
    with_interest,
    with_months,
)
from bukuhutang.ledger.dated_payments import Dated, allocate_payments
from bukuhutang.ledger.due_dates import TermUnit, next_income_day
from bukuhutang.ledger.schedule import (
    Rates,
    half_up,
    level_installment,
    make_schedule,
    period_rates,
)
from bukuhutang.ledger.terms import (
    EVERY_MAX,
    PRINCIPAL_MAX,
    Amortization,
    DayCount,
    InterestKind,
    LoanTerms,
    find_problem,
)

days = st.dates(date(2020, 1, 1), date(2031, 12, 31))
percents = st.integers(0, 10_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))
principals = st.one_of(st.integers(1, 1_000), st.integers(1, 10**8), st.integers(1, PRINCIPAL_MAX))


@st.composite
def legal_terms(draw: st.DrawFn) -> LoanTerms:
    """Any terms that can be carried out, small and large, with everything that may be set."""
    unit = draw(st.sampled_from(TermUnit))
    installments = draw(st.integers(1, 60))
    every = draw(st.integers(1, max(1, EVERY_MAX[unit] // installments)))
    start = draw(days)
    by_months = unit is TermUnit.MONTHS
    due_day = draw(st.none() | st.integers(1, 31)) if by_months else None
    first = draw(st.none() | st.integers(1, 90).map(lambda count: start + timedelta(days=count)))
    if first is not None and due_day is not None:
        first = next_income_day(first, due_day)
    principal = draw(principals)
    amortization = draw(st.sampled_from(Amortization))
    equal = amortization is Amortization.EQUAL_INSTALLMENTS
    terms = LoanTerms(
        principal,
        installments,
        start,
        every=every,
        unit=unit,
        first_due_on=first,
        due_day=due_day,
        interest=draw(st.sampled_from(InterestKind)),
        annual_percent=draw(percents),
        day_count=draw(st.sampled_from(DayCount)),
        amortization=amortization,
        grace_principal=draw(st.integers(0, installments - 1)),
        grace_interest=draw(st.integers(0, installments - 1)),
        down_payment=draw(st.just(0) | st.integers(0, principal - 1)),
        multiple_of=draw(st.sampled_from((1, 100, 500, 1_000, 50_000))),
        fixed_installment=draw(st.none() | st.integers(1, principal)) if equal else None,
        whole_first_period=draw(st.booleans()),
    )
    assume(find_problem(terms) is None)
    return terms


@given(legal_terms())
def test_rows_add_up_to_principal_and_interest(terms: LoanTerms) -> None:
    schedule = make_schedule(terms)
    assert schedule.principal == terms.principal
    assert (
        schedule.due
        == schedule.principal + schedule.interest
        == sum(row.due for row in schedule.rows)
    )
    balance = terms.principal
    for row in schedule.rows:
        balance -= row.principal
        assert row.principal >= 0
        assert row.interest >= 0
        assert row.balance_after == balance
    assert balance == 0


@given(legal_terms())
def test_flat_interest_is_the_rate_of_the_principal_rounded_once(terms: LoanTerms) -> None:
    assume(terms.interest is InterestKind.FLAT)
    rows = [row for row in make_schedule(terms).rows if row.number]
    rates = period_rates(terms, terms.dates())
    lent = terms.principal - terms.down_payment
    exactly = Fraction(lent * sum(rates.numerators[: len(rows)]), rates.denominator)
    charged = sum(row.interest for row in rows)
    if len(rows) == terms.installments:
        assert charged == half_up(exactly.numerator, exactly.denominator)
    else:  # ended sooner: never more than each row's own rounding away
        assert abs(charged - exactly) <= Fraction(len(rows) + 1, 2)


@given(legal_terms())
def test_declining_interest_is_each_periods_rate_on_what_is_owed(terms: LoanTerms) -> None:
    assume(terms.interest is InterestKind.DECLINING)
    rates = period_rates(terms, terms.dates())
    balance = terms.principal - terms.down_payment
    for row, rate in zip(
        (row for row in make_schedule(terms).rows if row.number), rates.numerators, strict=False
    ):
        assert row.accrued == half_up(balance * rate, rates.denominator)
        balance = row.balance_after


@given(legal_terms())
def test_due_dates_strictly_increase(terms: LoanTerms) -> None:
    rows = make_schedule(terms).rows
    dates = [row.due_date for row in rows]
    assert all(earlier < later for earlier, later in pairwise(dates))
    assert dates[0] >= terms.start
    if terms.unit is TermUnit.MONTHS:
        day = terms.due_day or (terms.first_due_on or terms.start).day
        for one in dates[1:] if terms.down_payment else dates:
            last = (one + timedelta(days=1)).month != one.month
            assert one.day == day or (one.day < day and last)
    else:
        steps = {(two - one).days for one, two in pairwise(terms.dates())}
        assert steps <= {terms.every * (7 if terms.unit is TermUnit.WEEKS else 1)}


@given(legal_terms())
def test_graces_ask_for_no_principal_and_no_interest(terms: LoanTerms) -> None:
    rows = [row for row in make_schedule(terms).rows if row.number]
    for row in rows[: terms.grace_principal]:
        assert row.principal == 0
    for row in rows[:-1][: terms.grace_interest]:
        assert row.interest == 0
    if len(rows) > terms.grace_interest:
        upto = rows[: terms.grace_interest + 1]
        assert upto[-1].interest == sum(row.accrued for row in upto)


@given(legal_terms())
def test_equal_installments_are_equal_and_a_multiple(terms: LoanTerms) -> None:
    assume(terms.amortization is Amortization.EQUAL_INSTALLMENTS)
    assume(terms.fixed_installment is None)
    rows = [row for row in make_schedule(terms).rows if row.number][terms.grace_principal : -1]
    # Where a long month's interest alone is more, the row asks for that and no principal.
    level = {row.principal + row.accrued for row in rows if row.principal}
    assert len(level) <= 1
    assert all(one % terms.multiple_of == 0 for one in level)


@given(
    principals,
    st.lists(st.integers(0, 10**6), min_size=1, max_size=60),
    st.integers(10**6, 10**8),
)
@example(5_000_000, [0], 1_000_000)
def test_level_installment_repays_the_loan_exactly(
    principal: int, numerators: list[int], denominator: int
) -> None:
    rates = Rates(tuple(numerators), denominator)
    installment = Fraction(*level_installment(principal, rates))
    balance = Fraction(principal)
    for rate in numerators:
        balance += balance * rate / denominator - installment
    assert balance == 0


facts = st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 10**7)), max_size=12)


@given(legal_terms(), facts, facts)
def test_every_rupiah_of_dated_payments_is_accounted_for(
    terms: LoanTerms, paid: list[tuple[int, int]], charged: list[tuple[int, int]]
) -> None:
    schedule = make_schedule(terms)
    payments = [Dated(terms.start + timedelta(days=day), amount) for day, amount in paid]
    penalties = [Dated(terms.start + timedelta(days=day), amount) for day, amount in charged]
    answers = allocate_payments(schedule, payments, penalties)
    assert [(one.on, one.amount) for one in answers] == payments
    for one in answers:
        assert one.penalty + one.interest + one.principal + one.unapplied == one.amount
        assert min(one.penalty, one.interest, one.principal, one.unapplied) >= 0
    total = sum(one.amount for one in answers)
    owed = schedule.due + sum(amount for _, amount in charged)
    assert sum(one.unapplied for one in answers) == max(0, total - owed)
    for row in schedule.rows:
        got = [part for one in answers for part in one.portions if part.number == row.number]
        assert sum(part.interest for part in got) <= row.interest
        assert sum(part.principal for part in got) <= row.principal
    # What comes first is paid first: money beyond means nothing before it is left.
    in_order = sorted(answers, key=lambda one: one.on)
    due_by = [sum(a for day, a in penalties if day <= one.on) for one in in_order]
    for place, one in enumerate(in_order):
        paid_penalty = sum(earlier.penalty for earlier in in_order[: place + 1])
        if one.interest or one.principal:
            assert paid_penalty >= due_by[place]


means = st.builds(Means, st.none() | st.integers(500_000, 50_000_000), st.integers(0, 10_000_000))
lendings = st.builds(
    lambda principal, start, day: first_terms(principal, start=start, income_day=day),
    st.integers(1, 999_999_999),
    days,
    st.integers(1, 31),
)


@given(lendings, means, percents)
def test_a_proposal_fits_the_income_or_says_what_would(
    terms: LoanTerms, borrower: Means, percent: Decimal
) -> None:
    made = propose(terms, borrower)
    assert isinstance(made, Proposal)
    assert 1 <= made.months <= MONTHS_MAX
    assert made.schedule == make_schedule(made.terms)
    if borrower.monthly_income is None:
        assert made.burden is Burden.NOT_ASSESSED
        assert made.burden_percent is None
        assert made.alternative is None
        assert made.installment >= INSTALLMENT_MIN or made.months == 1
        return
    weight = (made.installment + borrower.other_installments) * 100
    fits = weight <= BEARABLE_PERCENT * borrower.monthly_income
    assert (made.burden is Burden.HEAVY) is not fits
    if not fits:
        assert made.terms.installments == MONTHS_MAX
        lower = made.alternative
        assert lower is None or lower.principal < terms.principal
    elif made.months > 1:  # one month fewer would not fit
        shorter = with_months(made.terms, borrower, made.months - 1)
        assert isinstance(shorter, Proposal)
        assert shorter.burden is Burden.HEAVY
        assert shorter.alternative is not None
        assert shorter.alternative.months == made.months
    changed = with_interest(made.terms, borrower, InterestKind.FLAT, percent)
    assert isinstance(changed, Proposal)
    assert changed.months <= made.terms.installments


@given(lendings, means, st.integers(1, 10**9), st.sampled_from(InterestKind), percents)
def test_an_installment_the_lender_names_is_kept_but_for_the_last(
    terms: LoanTerms, borrower: Means, amount: int, kind: InterestKind, percent: Decimal
) -> None:
    with_rate = with_interest(terms, borrower, kind, percent)
    assert isinstance(with_rate, Proposal)
    made = with_installment(with_rate.terms, borrower, amount)
    if not isinstance(made, Proposal):
        assert made.code == "too_small"
        return
    rows = made.schedule.rows
    assert [row.due for row in rows[:-1]] == [amount] * (len(rows) - 1)
    assert 0 < rows[-1].due <= amount
    assert len(rows) == made.months == made.terms.installments <= MONTHS_MAX
