"""Lending, paying and taking back: each use case's success and every no it may say."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from bukuhutang.base.ids import DebtNumber, PhoneNumber
from bukuhutang.ledger.allocation import Share
from bukuhutang.ledger.money import Direction
from bukuhutang.store.book import PEOPLE_MAX
from bukuhutang.usecases.people import NewPerson, WhichPerson
from bukuhutang.usecases.record_debt import DebtRecorded
from bukuhutang.usecases.record_payment import PaymentRecorded, WhichDirection
from bukuhutang.usecases.refusals import (
    AlreadyUndone,
    BorrowerUnknown,
    BuiltUpon,
    NothingOwed,
    NothingToUndo,
    PhoneIsOwn,
    PhoneTaken,
    TooManyPeople,
)
from bukuhutang.usecases.undo import DebtUndone, PaymentUndone
from tests.usecases.rig import Shop

PAYABLE = Direction.PAYABLE


class TestRecordDebt:
    async def test_a_first_debt_makes_the_person_and_says_the_total(self, shop: Shop) -> None:
        done = await shop.lent("Budi", 500_000)
        assert (done.number, done.principal, done.total) == (1, 500_000, 500_000)
        assert (done.credit_used, done.credit_left, done.outstanding) == (0, 0, 500_000)
        assert done.due_date == shop.today + timedelta(days=14)
        again = await shop.lent("budi", 150_000)
        assert (again.number, again.name, again.total) == (2, "Budi", 650_000)
        assert await shop.count("borrowers") == 1

    async def test_what_the_lender_owes_is_counted_apart(self, shop: Shop) -> None:
        await shop.lent("Budi", 500_000)
        done = await shop.lend("Budi", 80_000, PAYABLE)
        assert isinstance(done, DebtRecorded)
        assert (done.direction, done.total) == (PAYABLE, 80_000)

    async def test_an_earlier_overpayment_pays_the_new_debt(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.paid("Budi", 150)
        partly = await shop.lent("Budi", 30)
        assert (partly.credit_used, partly.credit_left, partly.outstanding) == (30, 20, 0)
        more = await shop.lent("Budi", 30)
        assert (more.credit_used, more.credit_left, more.outstanding, more.total) == (20, 0, 10, 10)
        assert await shop.differences() == []

    async def test_a_credit_of_the_other_direction_is_not_touched(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.paid("Budi", 150)
        done = await shop.lend("Budi", 30, PAYABLE)
        assert isinstance(done, DebtRecorded)
        assert done.credit_used == 0

    async def test_a_name_that_begins_like_a_known_one_is_asked_about(self, shop: Shop) -> None:
        await shop.lent("Budi Santoso", 500)
        asked = await shop.lend("Budi", 100)
        assert isinstance(asked, WhichPerson)
        assert [(one.name, one.is_new) for one in asked.choices] == [
            ("Budi Santoso", False),
            ("Budi", True),
        ]
        assert await shop.count("debts") == 1

    async def test_a_known_full_name_is_that_person(self, shop: Shop) -> None:
        await shop.lend("Budi Santoso", 500)
        chosen = NewPerson("Budi", "budi", None)
        await shop.lend("Budi", 100, chosen=chosen)
        assert (await shop.lent("Budi", 1)).total == 101

    async def test_a_number_tells_people_of_one_name_apart(self, shop: Shop) -> None:
        first = await shop.lent("Budi", 1, phone="6281200000001")
        second = await shop.lent("Budi", 2, phone="6281200000002")
        assert (first.total, second.total) == (1, 2)
        assert (await shop.lent("Budi", 3, phone="6281200000001")).total == 4
        assert isinstance(await shop.lend("Budi", 5), WhichPerson)

    async def test_a_number_is_noted_for_a_person_without_one(self, shop: Shop) -> None:
        await shop.lent("Budi", 1)
        await shop.lent("Budi", 2, phone="6281200000001")
        assert (await shop.person("Budi")).borrower.phone == "6281200000001"

    async def test_a_number_of_somebody_else_is_refused(self, shop: Shop) -> None:
        await shop.lent("Sari", 1, phone="6281200000001")
        with pytest.raises(PhoneTaken) as no:
            await shop.lend("Budi", 1, phone="6281200000001")
        assert (no.value.name, no.value.phone) == ("Sari", "6281200000001")
        with pytest.raises(PhoneIsOwn):
            await shop.lend("Budi", 1, phone=shop.phone)
        assert await shop.count("borrowers") == 1

    async def test_a_number_that_was_taken_while_the_question_waited_is_refused(
        self, shop: Shop
    ) -> None:
        for _ in range(2):
            await shop.lend("Budi", 500, chosen=NewPerson("Budi", "budi", None))
        assert isinstance(await shop.lend("Budi", 100, phone="6281200000001"), WhichPerson)
        await shop.lent("Sari", 1, phone="6281200000001")  # a staff member was faster
        first, _ = await shop.people("Budi")
        with pytest.raises(PhoneTaken):
            await shop.lend("Budi", 100, phone="6281200000001", chosen=first)
        new = NewPerson("Budi", "budi", PhoneNumber("6281200000001"))
        with pytest.raises(PhoneTaken):
            await shop.lend("Budi", 100, phone="6281200000001", chosen=new)

    async def test_more_people_of_one_name_than_can_be_asked_about_are_refused(
        self, shop: Shop
    ) -> None:
        for n in range(PEOPLE_MAX + 1):
            await shop.lent("Budi", 1, phone=f"62812000000{n:02}")
        with pytest.raises(TooManyPeople):
            await shop.lend("Budi", 1)

    async def test_a_known_number_finds_its_person_among_very_many_of_one_name(
        self, shop: Shop
    ) -> None:
        for n in range(PEOPLE_MAX + 3):
            await shop.lent("Budi", 1, phone=f"62812000000{n:02}")
        done = await shop.lent("Budi", 1, phone=f"62812000000{PEOPLE_MAX + 2:02}")
        assert done.total == 2

    @pytest.mark.parametrize("amount", [0, -1, 1_000_000_000])
    async def test_an_amount_outside_the_limits_never_gets_this_far(
        self, shop: Shop, amount: int
    ) -> None:
        with pytest.raises(AssertionError):
            await shop.lend("Budi", amount)


class TestRecordPayment:
    async def test_a_partial_payment_pays_the_oldest_due_first(self, shop: Shop) -> None:
        await shop.lent("Budi", 500, days=14)
        await shop.lent("Budi", 150, days=3)
        done = await shop.paid("Budi", 200)
        assert done.debts == (Share(DebtNumber(2), 150, 0), Share(DebtNumber(1), 50, 450))
        assert (done.total, done.credit_added) == (450, 0)

    async def test_an_overpayment_becomes_credit_and_is_said(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        done = await shop.paid("Budi", 130)
        assert (done.credit_added, done.credit_total, done.total) == (30, 30, 0)

    async def test_settling_pays_exactly_what_is_open(self, shop: Shop) -> None:
        await shop.lent("Budi", 999_999_999)
        await shop.lent("Budi", 999_999_999)
        done = await shop.paid("Budi", None)
        assert (done.amount, done.total, done.credit_total) == (1_999_999_998, 0, 0)

    async def test_what_the_lender_owes_is_paid_when_it_is_all_there_is(self, shop: Shop) -> None:
        await shop.lend("Rina", 100, PAYABLE)
        done = await shop.paid("Rina", 40)
        assert (done.direction, done.total) == (PAYABLE, 60)

    async def test_when_both_owe_each_other_it_is_asked_who_paid(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.lend("Budi", 70, PAYABLE)
        asked = await shop.pay("Budi", 50)
        assert isinstance(asked, WhichDirection)
        assert (asked.receivable, asked.payable, asked.amount) == (100, 70, 50)
        assert await shop.count("payments") == 0
        done = await shop.pay("Budi", 50, PAYABLE, chosen=await shop.person("Budi"))
        assert isinstance(done, PaymentRecorded)
        assert done.total == 20

    async def test_of_several_people_the_ones_who_owe_are_asked_about(self, shop: Shop) -> None:
        await shop.lent("Budi Santoso", 100)
        await shop.lend("Budi Bengkel", 50)
        await shop.lend("Budi Tua", 10)
        await shop.paid("Budi Tua", None)
        asked = await shop.pay("Budi", 20)
        assert isinstance(asked, WhichPerson)
        assert {one.name for one in asked.choices} == {"Budi Santoso", "Budi Bengkel"}
        assert not any(one.is_new for one in asked.choices)

    async def test_the_only_one_who_owes_needs_no_question(self, shop: Shop) -> None:
        await shop.lent("Budi Santoso", 100)
        assert (await shop.paid("Budi", 20)).name == "Budi Santoso"

    async def test_an_unknown_name_is_refused_with_similar_ones(self, shop: Shop) -> None:
        await shop.lent("Pak Budi", 100)
        with pytest.raises(BorrowerUnknown) as no:
            await shop.pay("Budi", 20)
        assert no.value.similar == ("Pak Budi",)

    async def test_who_owes_nothing_cannot_pay(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.paid("Budi", None)
        for amount in (20, None):
            with pytest.raises(NothingOwed):
                await shop.pay("Budi", amount)
        assert await shop.count("payments") == 1


class TestUndo:
    async def test_a_payment_is_taken_back_by_a_reversal(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.paid("Budi", 130)
        done = await shop.undo()
        assert isinstance(done, PaymentUndone)
        assert (done.amount, done.total) == (130, 100)
        assert [(one.number, one.outstanding) for one in done.debts] == [(1, 100)]
        assert (await shop.person("Budi")).borrower.credit_receivable == 0
        assert await shop.count("payments") == 2
        assert await shop.differences() == []

    async def test_a_debt_is_taken_back_and_gives_back_the_credit(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.paid("Budi", 150)
        await shop.lent("Budi", 30)
        done = await shop.undo()
        assert isinstance(done, DebtUndone)
        assert (done.number, done.total) == (2, 0)
        assert (await shop.person("Budi")).borrower.credit_receivable == 50
        assert await shop.differences() == []

    async def test_only_the_very_last_record_can_be_taken_back(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.lent("Sari", 100)
        await shop.undo()
        with pytest.raises(AlreadyUndone):
            await shop.undo()

    async def test_nothing_was_recorded_here_so_nothing_is_taken_back(self, shop: Shop) -> None:
        with pytest.raises(NothingToUndo):
            await shop.undo()
        await shop.lend("Budi", 100, chat="6281200000009")
        with pytest.raises(NothingToUndo):
            await shop.undo()

    async def test_a_record_that_another_member_built_upon_stays(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.pay("Budi", 40, chat="6281200000009")
        with pytest.raises(BuiltUpon) as no:
            await shop.undo()
        assert no.value.name == "Budi"
        assert (await shop.person("Budi")).open_debts[0].outstanding == 60

    async def test_another_members_record_with_another_person_is_no_hindrance(
        self, shop: Shop
    ) -> None:
        await shop.lent("Budi", 100)
        await shop.lend("Sari", 40, chat="6281200000009")
        assert isinstance(await shop.undo(), DebtUndone)

    async def test_after_taking_back_a_new_record_can_be_taken_back_too(self, shop: Shop) -> None:
        for _ in range(3):
            await shop.lent("Budi", 100)
            await shop.undo()
        assert await shop.people("Budi")
        assert (await shop.person("Budi")).open_debts == ()
        assert await shop.differences() == []


async def test_a_refusal_leaves_no_trace(shop: Shop) -> None:
    await shop.lent("Budi", 100)
    before = [await shop.count(one) for one in ("audit_log", "borrowers", "debts", "payments")]
    with pytest.raises(BorrowerUnknown):
        await shop.pay("Sari", 100)
    with pytest.raises(PhoneIsOwn):
        await shop.lend("Tono", 1, phone=shop.phone)
    after = [await shop.count(one) for one in ("audit_log", "borrowers", "debts", "payments")]
    assert after == before
    assert (await shop.lent("Budi", 1)).number == 2  # and no number was used up


async def test_the_same_key_cannot_record_twice(shop: Shop) -> None:
    """What the inbox row prevents first, the book's unique key prevents again."""
    async with shop.book("Budi", key="in:1") as book:
        book.seal("debt_recorded", borrower=None, subject=1)

    async def again() -> None:
        async with shop.book("Budi", key="in:1") as book:
            book.seal("debt_recorded", borrower=None, subject=1)

    with pytest.raises(asyncpg.UniqueViolationError):
        await again()
