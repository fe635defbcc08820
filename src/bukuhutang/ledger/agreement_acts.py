"""What can happen to an agreement: each act decides, and returns what to append.

An act gets the agreement as stored and the day it happens; penalties are charged up to that day
first. It returns `Recorded`, with the agreement afterwards and the entries to store, or
`NotPossible`, and changes nothing then. None of them raises. Amounts are whole rupiah.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from bukuhutang.ledger.agreement import Agreement, Entry, EntryKind, Standing, payable
from bukuhutang.ledger.terms import BadTerms, Excess
from bukuhutang.ledger.waterfall import Owed, Portion, run_down


class Why(StrEnum):
    """Why an act is not possible."""

    NOT_ACCEPTED = "not_accepted"
    ACCEPTED_ALREADY = "accepted_already"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    WRITTEN_OFF = "written_off"
    HAS_PAYMENTS = "has_payments"
    NOTHING_OWED = "nothing_owed"
    MORE_THAN_OWED = "more_than_owed"
    LESS_THAN_OWED = "less_than_owed"
    NO_CREDIT = "no_credit"
    CREDIT_USED = "credit_used"
    NO_SUCH_ENTRY = "no_such_entry"
    REVERSED_ALREADY = "reversed_already"
    NO_SUCH_INSTALLMENT = "no_such_installment"
    DATE_TAKEN = "date_taken"
    BAD_TERMS = "bad_terms"


@dataclass(frozen=True)
class NotPossible:
    """An expected no. `amount` is the figure the answer needs: what is owed, or paid at least."""

    why: Why
    amount: int | None = None
    problem: BadTerms | None = None


@dataclass(frozen=True)
class Recorded:
    """The agreement afterwards, and the entries to append."""

    agreement: Agreement
    entries: tuple[Entry, ...] = ()


Outcome = Recorded | NotPossible

_REFUSED = {
    Standing.PENDING: Why.NOT_ACCEPTED,
    Standing.CANCELLED: Why.CANCELLED,
    Standing.COMPLETED: Why.COMPLETED,
    Standing.WRITTEN_OFF: Why.WRITTEN_OFF,
}


def refused(agreement: Agreement, *allowed: Standing) -> NotPossible | None:
    """None when the agreement stands as one of `allowed`."""
    standing = agreement.standing
    return None if standing in allowed else NotPossible(_REFUSED[standing])


def accept(agreement: Agreement, *, on: date) -> Outcome:
    """The borrower said yes. Not possible: CANCELLED, ACCEPTED_ALREADY."""
    if agreement.standing is Standing.CANCELLED:
        return NotPossible(Why.CANCELLED)
    if agreement.standing is not Standing.PENDING:
        return NotPossible(Why.ACCEPTED_ALREADY)
    return Recorded(replace(agreement, accepted_on=on))


def cancel(agreement: Agreement, *, on: date) -> Outcome:
    """Both call it off, or the borrower never accepted: nothing is owed by it any more.

    Not possible: HAS_PAYMENTS (reverse them first), COMPLETED, CANCELLED.
    """
    if agreement.standing in (Standing.CANCELLED, Standing.COMPLETED):
        return NotPossible(_REFUSED[agreement.standing])
    if agreement.paid:
        return NotPossible(Why.HAS_PAYMENTS, agreement.paid)
    return Recorded(replace(agreement, cancelled_on=on))


def repay(agreement: Agreement, amount: int, *, on: date) -> Outcome:
    """The borrower paid: penalty, interest, principal, the oldest installment first.

    What is beyond goes ahead or stays unapplied, as agreed; money beyond all that is owed always
    stays. Not possible: NOT_ACCEPTED, CANCELLED, COMPLETED.
    """
    assert amount > 0
    if no := refused(agreement, Standing.ACTIVE, Standing.WRITTEN_OFF):
        return no
    now = agreement.as_of(on)
    portions, unapplied = run_down(amount, payable(now, on))
    return _append(now, Entry(_next(now), EntryKind.REPAYMENT, on, amount, portions, unapplied))


def use_credit(agreement: Agreement, *, on: date) -> Outcome:
    """Unapplied money pays what has fallen due (or anything, where money goes ahead).

    Not possible: NO_CREDIT, NOTHING_OWED, and as `repay`.
    """
    if no := refused(agreement, Standing.ACTIVE, Standing.WRITTEN_OFF):
        return no
    if not agreement.unapplied:
        return NotPossible(Why.NO_CREDIT)
    now = agreement.as_of(on)
    due = [
        one.owed
        for one in now.installments
        if one.row.due_date <= on or now.plan.terms.excess is Excess.AHEAD
    ]
    made = _credit(now, due, on)
    return _append(now, made) if made.portions else NotPossible(Why.NOTHING_OWED)


def pay_off(agreement: Agreement, amount: int, *, on: date) -> Outcome:
    """The borrower ends the loan early: interest to the day, what is beyond is let off.

    Three entries that are reversed together: a rebate, credit that was there, the repayment.
    Not possible: LESS_THAN_OWED with the amount needed, and as `repay`.
    """
    assert amount > 0
    if no := refused(agreement, Standing.ACTIVE, Standing.WRITTEN_OFF):
        return no
    now = agreement.as_of(on)
    quote = now.payoff(on)
    if amount < quote.to_pay:
        return NotPossible(Why.LESS_THAN_OWED, quote.to_pay)
    first = _next(now)
    entries: list[Entry] = []
    if rebate := _rebate(now, now.outstanding.interest - quote.interest):
        entries.append(Entry(first, EntryKind.REBATE, on, 0, rebate))
        now = _with(now, *entries)
    if now.unapplied and now.outstanding.total:
        entries.append(_credit(now, [one.owed for one in now.installments], on))
        now = _with(now, entries[-1])
    portions, unapplied = run_down(amount, [one.owed for one in now.installments])
    number = _next(now)
    repayment = Entry(number, EntryKind.REPAYMENT, on, amount, portions, unapplied)
    together = [replace(one, goes_with=number) for one in entries] + [repayment]
    done = _with(agreement.as_of(on), *together)
    assert done.standing is Standing.COMPLETED
    return Recorded(done, tuple(together))


def forgive(
    agreement: Agreement, *, on: date, amount: int | None = None, penalty_only: bool = False
) -> Outcome:
    """The lender lets off what is owed, or `amount` of it, in the order of a payment.

    Not possible: NOTHING_OWED, MORE_THAN_OWED with what is owed, and as `repay`.
    """
    assert amount is None or amount > 0
    if no := refused(agreement, Standing.ACTIVE, Standing.WRITTEN_OFF):
        return no
    now = agreement.as_of(on)
    owed = [one.owed for one in now.installments]
    if penalty_only:
        owed = [Owed(one.number, one.penalty, 0, 0) for one in owed]
    total = sum(one.total for one in owed)
    if not total:
        return NotPossible(Why.NOTHING_OWED)
    if amount is not None and amount > total:
        return NotPossible(Why.MORE_THAN_OWED, total)
    portions, left = run_down(amount or total, owed)
    assert left == 0
    return _append(now, Entry(_next(now), EntryKind.WAIVER, on, 0, portions))


def write_off(agreement: Agreement, *, on: date) -> Outcome:
    """The lender no longer expects the money; it stays owed, and penalties end.

    Not possible: NOT_ACCEPTED, CANCELLED, COMPLETED, WRITTEN_OFF.
    """
    if no := refused(agreement, Standing.ACTIVE):
        return no
    return Recorded(replace(agreement.as_of(on), written_off_on=on))


def reverse(agreement: Agreement, number: int, *, on: date) -> Outcome:
    """Take an entry back, and what goes with it, by entries of their own.

    Not possible: NO_SUCH_ENTRY (also for a reversal, or an entry that goes with another),
    REVERSED_ALREADY, CREDIT_USED (its unapplied money has paid something since: reverse that
    first), CANCELLED.
    """
    if agreement.standing is Standing.CANCELLED:
        return NotPossible(Why.CANCELLED)
    by_number = {one.number: one for one in agreement.entries}
    target = by_number.get(number)
    if target is None or target.reverses is not None or target.goes_with is not None:
        return NotPossible(Why.NO_SUCH_ENTRY)
    if any(one.reverses == number for one in agreement.entries):
        return NotPossible(Why.REVERSED_ALREADY)
    now = agreement.as_of(on)
    together = [one for one in now.entries if number in (one.number, one.goes_with)]
    if now.unapplied < sum(one.unapplied for one in together):
        return NotPossible(Why.CREDIT_USED)
    entries = tuple(
        Entry(
            number=_next(now) + place,
            kind=one.kind,
            on=on,
            paid=-one.paid,
            portions=tuple(portion.reversed() for portion in one.portions),
            unapplied=-one.unapplied,
            reverses=one.number,
        )
        for place, one in enumerate(together)
    )
    return Recorded(_with(now, *entries), entries)


def _next(agreement: Agreement) -> int:
    return len(agreement.entries) + 1


def _with(agreement: Agreement, *entries: Entry) -> Agreement:
    after = replace(agreement, entries=(*agreement.entries, *entries))
    assert after.unapplied >= 0
    assert after.outstanding.total >= 0
    return after


def _append(agreement: Agreement, entry: Entry) -> Recorded:
    return Recorded(_with(agreement, entry), (entry,))


def _credit(agreement: Agreement, owed: list[Owed], on: date) -> Entry:
    portions, left = run_down(agreement.unapplied, owed)
    used = agreement.unapplied - left
    return Entry(_next(agreement), EntryKind.CREDIT, on, 0, portions, -used)


def _rebate(agreement: Agreement, amount: int) -> tuple[Portion, ...]:
    """Interest taken off from the last installment backwards: the days furthest away."""
    portions = []
    for one in reversed(agreement.installments):
        taken = min(amount, one.owed.interest)
        if taken:
            portions.append(Portion(one.row.number, 0, taken, 0))
            amount -= taken
    assert amount == 0
    return tuple(portions)
