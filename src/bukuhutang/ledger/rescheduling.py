"""A new version of the plan; the old one is kept, and what was paid stays where it was paid.

Moving a due date costs nothing: amounts stay, interest is earned as if nothing had moved. Extending
the term plans what is still owed anew: rows of the old version keep their settled part
(`Plan.closed`), all unpaid principal is spread over the new rows at the agreed rate from that day
on, and interest earned so far is asked for with the first of them. Penalties stay with their
installment, so that nothing is ever charged on them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from bukuhutang.ledger.agreement import (
    Agreement,
    InstallmentState,
    Plan,
    PlanReason,
    Standing,
)
from bukuhutang.ledger.agreement_acts import NotPossible, Outcome, Recorded, Why, refused
from bukuhutang.ledger.due_dates import TermUnit, add_months, due_dates, next_income_day
from bukuhutang.ledger.schedule import Installment, make_schedule
from bukuhutang.ledger.terms import TERM_MONTHS_MAX, BadTerms, LoanTerms, find_problem


def move_due_date(
    agreement: Agreement, number: int, to: date, *, on: date, following: bool = False
) -> Outcome:
    """Give an unpaid installment another due date, later than `on`; amounts stay.

    With `following` the later ones follow it at the agreed distance, otherwise they stay. Not
    possible: NO_SUCH_INSTALLMENT (none of that number is open), DATE_TAKEN (dates would no longer
    increase, or `to` is not to come), BAD_TERMS (beyond the longest term), or not ACTIVE.
    """
    if no := refused(agreement, Standing.ACTIVE):
        return no
    now = agreement.as_of(on)
    rows = now.plan.rows
    place = next((turn for turn, row in enumerate(rows) if row.number == number), None)
    state = {one.row.number: one for one in now.installments}.get(number)
    if place is None or state is None or state.is_settled:
        return NotPossible(Why.NO_SUCH_INSTALLMENT)
    terms = now.plan.terms
    if to > add_months(max(terms.start, on), TERM_MONTHS_MAX):
        return _too_long()
    dates = [row.due_date for row in rows[:place]] + [to]
    if following:
        dates += due_dates(to, len(rows) - place, every=terms.every, unit=terms.unit)[1:]
    else:
        dates += [row.due_date for row in rows[place + 1 :]]
    if to <= on or any(one >= two for one, two in pairwise(dates)):
        return NotPossible(Why.DATE_TAKEN)
    if dates[-1] > add_months(max(terms.start, on), TERM_MONTHS_MAX):
        return _too_long()
    plan = replace(
        now.plan,
        version=now.plan.version + 1,
        agreed_on=on,
        reason=PlanReason.DUE_DATE_MOVED,
        rows=tuple(row._replace(due_date=day) for row, day in zip(rows, dates, strict=True)),
    )
    return _replanned(now, plan)


def extend_term(
    agreement: Agreement, installments: int, *, on: date, first_due_on: date | None = None
) -> Outcome:
    """Spread everything still owed over `installments` new rows, from `on`.

    The first is due when the next one would have been, or on `first_due_on`. Not possible:
    BAD_TERMS with the problem, or not ACTIVE.
    """
    if no := refused(agreement, Standing.ACTIVE):
        return no
    now = agreement.as_of(on)
    principal = now.outstanding.principal
    if not principal:
        return NotPossible(Why.NOTHING_OWED)
    terms = _continued(now, principal, installments, on, first_due_on)
    if problem := find_problem(terms):
        return NotPossible(Why.BAD_TERMS, problem=problem)
    closed = tuple(_settled_part(one) for one in now.installments if _is_kept(one))
    carried = now.payoff(on).interest
    plan = Plan(
        version=now.plan.version + 1,
        agreed_on=on,
        reason=PlanReason.TERM_EXTENDED,
        terms=terms,
        rows=_numbered_from(max((row.number for row in closed), default=0), terms, carried),
        closed=closed,
        carried=carried,
    )
    return _replanned(now, plan)


def _replanned(now: Agreement, plan: Plan) -> Recorded:
    kept = {row.number for row in plan.all_rows}
    if plan.reason is PlanReason.TERM_EXTENDED:
        kept = {row.number for row in plan.closed}  # new rows are not late, whatever their number
    lateness = tuple(one for one in now.lateness if one.number in kept)
    after = replace(now, plans=(*now.plans, plan), lateness=lateness)
    before, left = now.outstanding, after.outstanding
    assert after.paid == now.paid
    assert left.penalty == before.penalty
    assert left.principal == before.principal
    assert after.payoff(plan.agreed_on) == now.payoff(plan.agreed_on)
    return Recorded(after)


def _is_kept(one: InstallmentState) -> bool:
    settled = one.paid.total + one.let_off.total
    return bool(settled or one.penalty_charged)


def _settled_part(one: InstallmentState) -> Installment:
    interest = one.paid.interest + one.let_off.interest
    return one.row._replace(
        principal=one.paid.principal + one.let_off.principal, interest=interest, accrued=interest
    )


def _numbered_from(last: int, terms: LoanTerms, carried: int) -> tuple[Installment, ...]:
    rows = make_schedule(terms).rows
    first = rows[0]._replace(interest=rows[0].interest + carried)
    return tuple(row._replace(number=last + row.number) for row in (first, *rows[1:]))


def _continued(
    now: Agreement, principal: int, installments: int, on: date, first_due_on: date | None
) -> LoanTerms:
    old = now.plan.terms
    day = None
    if old.unit is TermUnit.MONTHS:
        day = old.due_day or (old.first_due_on or old.start).day
    to_come = [
        one.row.due_date
        for one in sorted(now.installments, key=lambda one: one.is_settled)
        if one.row.due_date > on
    ]
    if first_due_on is not None:
        first, day = first_due_on, None
    elif to_come:
        first = to_come[0]
    elif day is not None:
        first = next_income_day(on, day)
    else:
        first = on + timedelta(days=old.every * (7 if old.unit is TermUnit.WEEKS else 1))
    if day is not None and next_income_day(first - timedelta(days=1), day) != first:
        day = None  # a moved date keeps its own day
    return replace(
        old,
        principal=principal,
        installments=installments,
        start=on,
        first_due_on=first,
        due_day=day,
        grace_principal=0,
        grace_interest=0,
        down_payment=0,
        fixed_installment=None,
        whole_first_period=False,  # it begins where interest earned so far ends
    )


def _too_long() -> NotPossible:
    message = f"within {TERM_MONTHS_MAX} months"
    return NotPossible(Why.BAD_TERMS, problem=BadTerms("term_too_long", "to", message))
