"""Which debts a payment pays, by example; the laws are in tests/properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bukuhutang.base.ids import BorrowerId, DebtNumber
from bukuhutang.ledger.aging import days_past_due
from bukuhutang.ledger.allocation import Share, allocate
from bukuhutang.ledger.debt import Borrower, Debt, DebtStatus
from bukuhutang.ledger.money import Direction, is_recordable

MARCH = date(2026, 3, 4)


def a_debt(number: int, principal: int, *, paid: int = 0, due: date = MARCH) -> Debt:
    return Debt(DebtNumber(number), Direction.RECEIVABLE, BorrowerId(1), principal, paid, due)


def test_the_debt_due_first_is_paid_first() -> None:
    later, sooner = a_debt(1, 500_000), a_debt(2, 150_000, due=date(2026, 2, 21))
    allocation = allocate(200_000, [later, sooner])
    assert allocation.shares == (
        Share(DebtNumber(2), 150_000, 0),
        Share(DebtNumber(1), 50_000, 450_000),
    )
    assert allocation.unapplied == 0


def test_of_two_due_on_one_day_the_one_recorded_first_is_paid_first() -> None:
    allocation = allocate(10, [a_debt(9, 10), a_debt(3, 10)])
    assert [share.number for share in allocation.shares] == [3]


def test_what_no_debt_takes_stays_unapplied() -> None:
    allocation = allocate(700_000, [a_debt(1, 500_000, paid=100_000)])
    assert allocation.shares == (Share(DebtNumber(1), 400_000, 0),)
    assert allocation.unapplied == 300_000


def test_settled_and_reversed_debts_take_nothing() -> None:
    settled = a_debt(1, 10, paid=10)
    taken_back = replace(a_debt(2, 10), reversed=True)
    assert allocate(5, [settled, taken_back]).shares == ()


def test_no_debts_leave_everything_unapplied() -> None:
    assert allocate(5, []).unapplied == 5


@pytest.mark.parametrize("amount", [0, -1])
def test_only_a_positive_amount_can_be_allocated(amount: int) -> None:
    with pytest.raises(AssertionError):
        allocate(amount, [a_debt(1, 10)])


@pytest.mark.parametrize(("principal", "paid"), [(0, 0), (-1, 0), (10, 11), (10, -1)])
def test_a_debt_with_an_impossible_balance_cannot_be_made(principal: int, paid: int) -> None:
    with pytest.raises(AssertionError):
        a_debt(1, principal, paid=paid)


def test_the_status_of_a_debt_follows_from_its_balance() -> None:
    assert a_debt(1, 10, paid=9).status is DebtStatus.OPEN
    assert a_debt(1, 10, paid=10).status is DebtStatus.SETTLED
    undone = replace(a_debt(1, 10), reversed=True)
    assert (undone.status, undone.outstanding) == (DebtStatus.REVERSED, 0)


def test_a_credit_belongs_to_one_direction() -> None:
    person = Borrower(BorrowerId(1), "Budi", "budi", credit_receivable=5, credit_payable=7)
    assert person.credit(Direction.RECEIVABLE) == 5
    assert person.credit(Direction.PAYABLE) == 7


@pytest.mark.parametrize(
    ("today", "days"), [(date(2026, 3, 3), 0), (MARCH, 0), (date(2026, 3, 5), 1)]
)
def test_a_debt_is_late_from_the_day_after_its_due_date(today: date, days: int) -> None:
    assert days_past_due(MARCH, today) == days


@pytest.mark.parametrize(
    ("amount", "allowed"), [(0, False), (1, True), (999_999_999, True), (1_000_000_000, False)]
)
def test_a_command_records_1_to_999_999_999_rupiah(amount: int, allowed: bool) -> None:
    assert is_recordable(amount) is allowed
