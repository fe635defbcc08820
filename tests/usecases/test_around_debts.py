"""Numbers, reminders, what a borrower may say, and looking into the book."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.money import Direction
from bukuhutang.usecases import overview, quotas
from bukuhutang.usecases.borrower_talk import (
    OwnBalance,
    OwnBalanceNone,
    opt_in,
    opt_out,
    own_balance,
)
from bukuhutang.usecases.contacts import ContactSet
from bukuhutang.usecases.people import WhichPerson
from bukuhutang.usecases.refusals import (
    BorrowerOptedOut,
    BorrowerUnknown,
    NothingOwed,
    PhoneIsOwn,
    PhoneTaken,
    RemindedToday,
)
from bukuhutang.usecases.reminders import Reminded, note_reminder, remind
from tests.usecases.rig import JAKARTA, Shop

BUDI = PhoneNumber("6281200000001")


async def reminded(shop: Shop, name: str = "Budi") -> Reminded:
    """INGATKAN, noted as the chat door notes it."""
    async with shop.book(name) as book:
        done = await remind(book, name, name.lower())
        assert isinstance(done, Reminded)
        if done.to is not None:
            note_reminder(book, done.person, book.send(done.to, "…", purpose="reminder"))
        return done


class TestSetContact:
    async def test_a_number_is_noted_and_can_be_changed(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        assert await shop.number("Budi", BUDI) == ContactSet("Budi", BUDI)
        await shop.number("budi", "6281200000002")
        assert (await shop.person("Budi")).borrower.phone == "6281200000002"
        await shop.number("Budi", "6281200000002")  # the same again changes nothing
        assert await shop.count("audit_log") == 4

    async def test_one_number_is_for_one_person(self, shop: Shop) -> None:
        await shop.lent("Budi", 100)
        await shop.lent("Sari", 100, phone=BUDI)
        with pytest.raises(PhoneTaken):
            await shop.number("Budi", BUDI)
        with pytest.raises(PhoneIsOwn):
            await shop.number("Budi", shop.phone)
        with pytest.raises(BorrowerUnknown):
            await shop.number("Tono", "6281200000003")

    async def test_people_of_one_name_are_asked_about(self, shop: Shop) -> None:
        await shop.lent("Budi Santoso", 100)
        await shop.lend("Budi Bengkel", 100)
        assert isinstance(await shop.number("Budi", BUDI), WhichPerson)


class TestRemind:
    async def test_the_borrower_reads_who_what_and_until_when(self, shop: Shop) -> None:
        await shop.lent("Budi", 300, days=5, phone=BUDI)
        await shop.lent("Budi", 150, days=2)
        await shop.lend("Budi", 999, Direction.PAYABLE)
        done = await reminded(shop)
        assert done.to == BUDI
        assert (done.text.name, done.text.lender, done.text.total) == ("Budi", "Toko Dani", 450)
        assert [line.outstanding for line in done.text.debts] == [150, 300]

    async def test_nobody_is_reminded_twice_a_day(self, shop: Shop) -> None:
        await shop.lent("Budi", 300, phone=BUDI)
        await reminded(shop)
        with pytest.raises(RemindedToday) as no:
            await reminded(shop)
        assert (no.value.at, no.value.fate) == ("12.00", "waiting")
        shop.now += timedelta(hours=13)  # it is tomorrow in Jakarta
        assert (await reminded(shop)).to == BUDI
        assert await shop.count("reminders") == 2

    async def test_without_a_number_the_text_is_for_forwarding(self, shop: Shop) -> None:
        await shop.lent("Budi", 300)
        assert (await reminded(shop)).to is None
        assert await shop.count("reminders") == 0

    async def test_a_reminder_outside_the_hours_is_said_so(self, shop: Shop) -> None:
        await shop.lent("Budi", 300, phone=BUDI)
        shop.now += timedelta(hours=7, minutes=59)
        assert not getattr((await reminded(shop)).told, "outside_hours", None)
        shop.now += timedelta(hours=24, minutes=1)
        assert getattr((await reminded(shop)).told, "outside_hours", None)

    async def test_who_owes_nothing_or_asked_for_peace_is_not_reminded(self, shop: Shop) -> None:
        with pytest.raises(BorrowerUnknown):
            await reminded(shop)
        await shop.lend("Budi", 300, Direction.PAYABLE, phone=BUDI)
        with pytest.raises(NothingOwed):
            await reminded(shop)
        await shop.lent("Budi", 300)
        async with shop.book("Budi") as book:
            opt_out(book, book.page.people[0])
        with pytest.raises(BorrowerOptedOut):
            await reminded(shop)


class TestBorrower:
    async def test_the_own_balance_is_what_is_owed_to_this_lender(self, shop: Shop) -> None:
        await shop.lent("Budi", 300, phone=BUDI)
        await shop.lent("Sari", 999)
        await shop.lend("Budi", 50, Direction.PAYABLE)
        async with shop.book(sender=BUDI) as book:
            assert book.page.sender is not None
            assert book.page.member_id is None
            answer = await own_balance(book, book.page.sender)
        assert isinstance(answer, OwnBalance)
        assert (answer.name, answer.total, answer.lender) == ("Budi", 300, "Toko Dani")

    async def test_who_owes_nothing_hears_so(self, shop: Shop) -> None:
        await shop.lend("Budi", 50, Direction.PAYABLE, phone=BUDI)
        async with shop.book(sender=BUDI) as book:
            assert book.page.sender is not None
            assert isinstance(await own_balance(book, book.page.sender), OwnBalanceNone)

    async def test_the_lender_is_told_once_of_stop_and_of_mulai(self, shop: Shop) -> None:
        await shop.lent("Budi", 300, phone=BUDI)
        told = []
        for act in (opt_in, opt_out, opt_out, opt_in, opt_in):
            async with shop.book(sender=BUDI) as book:
                assert book.page.sender is not None
                told.append(act(book, book.page.sender)[1] is not None)
        assert told == [False, True, False, True, False]


class TestOverview:
    async def test_the_status_adds_up_both_ways_the_late_ones_first(self, shop: Shop) -> None:
        await shop.lent("Sari", 200, days=1)
        await shop.lent("Tono", 80, days=3)
        await shop.lent("Budi", 450, days=20)
        await shop.lent("Sari", 50, days=21)
        await shop.lend("Bu Rina", 1_250, Direction.PAYABLE, days=30)
        shop.now += timedelta(days=5)
        async with shop.book() as book:
            status = await overview.show_status(book)
        assert isinstance(status, overview.Status)
        assert (status.receivable_total, status.receivable_people) == (780, 3)
        assert status.overdue_total == 280
        assert [(o.name, o.outstanding, o.days_past_due) for o in status.overdue] == [
            ("Sari", 200, 4),
            ("Tono", 80, 2),
        ]
        assert [(o.name, o.outstanding) for o in status.upcoming] == [("Budi", 450), ("Sari", 50)]
        assert (status.payable_total, [o.name for o in status.payables]) == (1_250, ["Bu Rina"])

    async def test_the_status_counts_whom_it_does_not_name(self, shop: Shop) -> None:
        for n in range(8):
            await shop.lent(f"Orang {n}", 10 + n, days=n + 1)
        async with shop.book() as book:
            status = await overview.show_status(book)
        assert isinstance(status, overview.Status)
        assert (len(status.upcoming), status.upcoming_more) == (overview.LINES_MAX, 3)
        assert status.receivable_total == sum(range(10, 18))

    async def test_an_empty_book_says_so(self, shop: Shop) -> None:
        async with shop.book() as book:
            assert isinstance(await overview.show_status(book), overview.StatusEmpty)
            history = await overview.show_history(book, None)
        assert isinstance(history, overview.HistoryEmpty)

    async def test_the_history_is_newest_first_and_says_that_there_is_more(
        self, shop: Shop
    ) -> None:
        for n in range(overview.HISTORY_MAX + 2):
            await shop.lent("Budi", n + 1)
        async with shop.book() as book:
            history = await overview.show_history(book, None)
        assert isinstance(history, overview.History)
        assert [line.amount for line in history.lines] == list(range(12, 2, -1))
        assert history.more

    async def test_the_usage_counts_what_is_open_against_the_plan(self, shop: Shop) -> None:
        await shop.lent("Budi", 10)
        await shop.lent("Sari", 10)
        await shop.paid("Sari", None)
        async with shop.book() as book:
            usage = await overview.show_usage(book)
        assert (usage.plan, usage.debts_open, usage.max_debts) == ("free", 1, 50)
        assert (usage.agreements_open, usage.max_agreements) == (0, 5)

    def test_the_month_begins_at_midnight_where_the_tenant_is(self, shop: Shop) -> None:
        start = quotas.month_start(shop.today, JAKARTA)
        assert start.isoformat() == "2026-02-01T00:00:00+07:00"
