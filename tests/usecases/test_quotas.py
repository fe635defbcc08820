"""What a plan allows: the last place, the month's meters, what is told, what always works."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from bukuhutang.ledger.money import Direction
from bukuhutang.tenancy.quotas import Credits
from bukuhutang.usecases.quotas import AiCreditsUsedUp, DebtQuotaReached, spend_ai_credit
from bukuhutang.usecases.record_debt import DebtRecorded
from bukuhutang.usecases.tenants import When, add_credits, set_plan
from bukuhutang.usecases.undo import PaymentUndone
from tests.support.filled import record_debts, spend_credits
from tests.usecases.rig import Shop

AT_ONCE = 20
OTHER_CHAT = "6281999999999"


async def plan(shop: Shop, name: str) -> None:
    """The operator sets another plan."""
    await set_plan(shop.database, shop.tenant_id, name, When(shop.now, shop.now))


async def filled(shop: Shop, count: int) -> None:
    """So many more debts are open."""
    await record_debts(shop.database, shop.tenant_id, count, now=shop.now)


async def notices(shop: Shop) -> list[str]:
    """What the lender was told of limits, in order."""
    async with shop.database.tenant_tx(shop.tenant_id) as tx:
        rows = await tx.db.fetch(
            "select chat_id, body from outbound_messages where purpose = 'notice' order by id"
        )
    assert all(row["chat_id"] == shop.phone for row in rows), "in the lender's own chat"
    return [row["body"].split("\n")[0] for row in rows]


async def spend(shop: Shop) -> Credits:
    """One question to the model."""
    async with shop.book() as book:
        return await spend_ai_credit(book)


async def meters(shop: Shop) -> list[tuple[str, str, int, int]]:
    """The rows: meter, month, used, of them from the added ones."""
    async with shop.database.tenant_tx(shop.tenant_id) as tx:
        rows = await tx.db.fetch(
            "select meter, month::text, used, used_added from usage_meters order by id"
        )
    return [tuple(row) for row in rows]


def refused(outcomes: Sequence[object]) -> int:
    """How many of them a limit refused."""
    return sum(1 for one in outcomes if isinstance(one, DebtQuotaReached | AiCreditsUsedUp))


class TestDebts:
    async def test_of_twenty_at_once_exactly_one_gets_the_last_place(self, shop: Shop) -> None:
        await filled(shop, 49)
        outcomes = await asyncio.gather(
            *(shop.lend(f"Budi {n}", 10_000) for n in range(AT_ONCE)), return_exceptions=True
        )
        assert refused(outcomes) == AT_ONCE - 1
        assert sum(1 for one in outcomes if isinstance(one, DebtRecorded)) == 1
        assert await shop.count("debts") == 50
        assert len(await notices(shop)) == 2, "80 by the filling, 100 once"
        assert await shop.differences() == []

    async def test_both_directions_count_and_the_refusal_names_the_next_plan(
        self, shop: Shop
    ) -> None:
        await filled(shop, 49)
        await shop.lend("Rina", 10_000, Direction.PAYABLE)
        for direction in Direction:
            with pytest.raises(DebtQuotaReached) as no:
                await shop.lend("Budi", 10_000, direction)
            assert no.value.fields() == {
                "plan": "free",
                "used": 50,
                "limit": 50,
                "next_plan": "basic",
                "next_limit": 200,
            }

    async def test_reading_paying_and_taking_back_work_when_it_is_full(self, shop: Shop) -> None:
        await shop.lent("Budi", 10_000)
        await filled(shop, 49)
        await shop.paid("Budi", 5_000)
        await shop.paid("Budi", None)
        await shop.lend("Sari", 10_000, chat=OTHER_CHAT)
        undone = await shop.undo()
        assert isinstance(undone, PaymentUndone), "a correction works although it is too full now"
        with pytest.raises(DebtQuotaReached) as no:
            await shop.lend("Tono", 10_000)
        assert (no.value.used, no.value.limit) == (51, 50)

    async def test_what_an_advance_pays_at_once_takes_no_place(self, shop: Shop) -> None:
        await shop.lent("Budi", 10_000)
        await shop.paid("Budi", 30_000)
        await filled(shop, 49)
        done = await shop.lent("Budi", 20_000)
        assert done.outstanding == 0
        await shop.lent("Sari", 10_000)
        with pytest.raises(DebtQuotaReached):
            await shop.lend("Tono", 10_000)

    async def test_a_smaller_plan_keeps_the_rows_and_refuses_new_ones(self, shop: Shop) -> None:
        await plan(shop, "basic")
        await filled(shop, 60)
        await plan(shop, "free")
        assert await shop.count("debts") == 60
        with pytest.raises(DebtQuotaReached) as no:
            await shop.lend("Budi", 10_000)
        assert (no.value.used, no.value.limit) == (60, 50)

    async def test_unlimited_is_no_limit_at_all(self, shop: Shop) -> None:
        await plan(shop, "enterprise")
        await filled(shop, 300)
        await shop.lent("Budi", 10_000)
        assert await notices(shop) == []

    async def test_what_the_same_work_has_staged_counts(self, shop: Shop) -> None:
        with pytest.raises(DebtQuotaReached):
            await filled(shop, 51)
        assert await shop.count("debts") == 0


class TestNotices:
    async def test_eighty_and_a_hundred_percent_are_told_once_a_month(self, shop: Shop) -> None:
        await filled(shop, 39)
        assert await notices(shop) == []
        await shop.lent("Budi", 10_000)
        assert await notices(shop) == ["⚠️ 40 dari 50 utang-piutang berjalan sudah terpakai."]
        await shop.paid("Budi", None)
        await shop.lent("Budi", 10_000)
        assert len(await notices(shop)) == 1, "down and up again is no news"
        await filled(shop, 10)
        full = "⚠️ Semua 50 utang-piutang berjalan sudah terpakai."
        assert (await notices(shop))[1:] == [full]
        await shop.paid("Budi", None)
        await shop.lent("Budi", 10_000)
        assert len(await notices(shop)) == 2
        shop.now += timedelta(days=30)
        await shop.paid("Budi", None)
        await shop.lent("Budi", 10_000)
        assert (await notices(shop))[2:] == [full], "another month"

    async def test_a_jump_over_eighty_tells_a_hundred_only(self, shop: Shop) -> None:
        await filled(shop, 35)
        await filled(shop, 15)
        assert await notices(shop) == ["⚠️ Semua 50 utang-piutang berjalan sudah terpakai."]

    async def test_a_larger_limit_is_another_one(self, shop: Shop) -> None:
        await filled(shop, 50)
        await plan(shop, "basic")
        await filled(shop, 110)
        assert (await notices(shop))[1:] == [
            "⚠️ 160 dari 200 utang-piutang berjalan sudah terpakai."
        ]

    async def test_a_race_tells_once(self, shop: Shop) -> None:
        await filled(shop, 30)
        await asyncio.gather(*(shop.lend(f"Budi {n}", 10_000) for n in range(AT_ONCE)))
        assert len(await notices(shop)) == 2

    async def test_what_is_refused_tells_nothing(self, shop: Shop) -> None:
        await filled(shop, 39)
        async with shop.book() as book:
            for _ in range(80):
                await spend_ai_credit(book)
            book.forget_staged()
        assert await notices(shop) == []
        assert await meters(shop) == []


class TestAiCredits:
    async def test_the_months_go_first_then_the_added_ones_then_none(self, shop: Shop) -> None:
        await add_credits(shop.database, shop.tenant_id, 3, When(shop.now, shop.now))
        await spend_credits(shop.database, shop.tenant_id, 100, now=shop.now)
        assert await meters(shop) == [("ai_credits", "2026-02-01", 100, 0)]
        assert [(await spend(shop)).added_left for _ in range(3)] == [2, 1, 0]
        with pytest.raises(AiCreditsUsedUp) as no:
            await spend(shop)
        assert (no.value.used, no.value.limit, no.value.next_plan) == (103, 100, "basic")
        assert await meters(shop) == [("ai_credits", "2026-02-01", 103, 3)]
        assert await shop.differences() == []

    async def test_of_twenty_at_once_exactly_one_gets_the_last(self, shop: Shop) -> None:
        await spend_credits(shop.database, shop.tenant_id, 99, now=shop.now)
        outcomes = await asyncio.gather(
            *(spend(shop) for _ in range(AT_ONCE)), return_exceptions=True
        )
        assert refused(outcomes) == AT_ONCE - 1
        assert await meters(shop) == [("ai_credits", "2026-02-01", 100, 0)]
        assert len(await notices(shop)) == 2

    async def test_the_month_changes_at_midnight_where_the_tenant_is(self, shop: Shop) -> None:
        shop.now = datetime(2026, 2, 28, 16, 59, tzinfo=UTC)  # 23:59 in Jakarta
        await spend_credits(shop.database, shop.tenant_id, 100, now=shop.now)
        with pytest.raises(AiCreditsUsedUp):
            await spend(shop)
        shop.now += timedelta(minutes=1)
        left = await spend(shop)
        assert (left.used, left.of_month) == (1, 100)
        assert [row[1] for row in await meters(shop)] == ["2026-02-01", "2026-03-01"]

    async def test_another_plan_in_the_middle_of_the_month(self, shop: Shop) -> None:
        await spend_credits(shop.database, shop.tenant_id, 100, now=shop.now)
        await plan(shop, "basic")
        assert (await spend(shop)).used_added == 0
        await plan(shop, "free")
        with pytest.raises(AiCreditsUsedUp):
            await spend(shop)
        await plan(shop, "enterprise")
        left = await spend(shop)
        assert (left.limit, left.used) == (None, 102)
        assert await shop.differences() == []

    async def test_added_ones_are_not_given_twice_by_a_change_of_plan(self, shop: Shop) -> None:
        await add_credits(shop.database, shop.tenant_id, 10, When(shop.now, shop.now))
        await spend_credits(shop.database, shop.tenant_id, 105, now=shop.now)
        await plan(shop, "basic")
        assert (await spend(shop)).added_left == 5, "the larger month is used first"
        await plan(shop, "free")
        outcomes = []
        for _ in range(6):
            with suppress(AiCreditsUsedUp):
                outcomes.append((await spend(shop)).added_left)
        assert outcomes == [4, 3, 2, 1, 0]

    async def test_what_was_added_stays_for_the_next_month(self, shop: Shop) -> None:
        await add_credits(shop.database, shop.tenant_id, 10, When(shop.now, shop.now))
        await spend_credits(shop.database, shop.tenant_id, 104, now=shop.now)
        shop.now += timedelta(days=30)
        left = await spend(shop)
        assert (left.used, left.used_added, left.added_left, left.limit) == (1, 0, 6, 106)

    async def test_eighty_percent_are_of_all_that_can_be_used(self, shop: Shop) -> None:
        await add_credits(shop.database, shop.tenant_id, 100, When(shop.now, shop.now))
        await spend_credits(shop.database, shop.tenant_id, 159, now=shop.now)
        assert await notices(shop) == []
        await spend(shop)
        assert await notices(shop) == ["⚠️ 160 dari 200 kredit AI bulan ini sudah terpakai."]

    async def test_each_one_is_sealed_and_the_audit_names_what_differs(self, shop: Shop) -> None:
        await spend(shop)
        assert await shop.differences() == []
        async with shop.database.book_tx(shop.tenant_id) as tx:
            await tx.db.execute("update usage_meters set used = 7")
        [found] = await shop.differences()
        assert (found.what, found.number, found.stored, found.computed) == (
            *("meter.ai_credits", 202602, "7"),
            "1",
        )
