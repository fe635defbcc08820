"""Too many messages: a member's wait for their minute, a borrower's are passed over."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.store import inbox
from bukuhutang.tenancy.plans import PLANS, PlanName
from bukuhutang.usecases.rates import (
    CHAT_MESSAGES_A_MINUTE,
    MINUTES_WAITING_MAX,
    OUTBOX_WAITING_MAX,
)
from tests.chat.desk import Desk, open_desk
from tests.store.ground import NOON, Ground

LIMIT = PLANS[PlanName.FREE].messages_a_minute
BUDI = "6281200000001"
STAFF = "6281300000009"
WAITS = "tidak perlu dikirim ulang"
UNREAD = "tidak dibaca"


@pytest.fixture
async def desk(desk: Desk) -> Desk:
    """A lender of the smallest plan whose book has room, so that only the rate binds."""
    async with desk.ground.superuser() as db:
        await db.execute("update tenants set max_debts = null where id = $1", desk.tenant_id)
    return desk


async def work(desk: Desk) -> list[str]:
    """What is due now, as the loop does it: one after the other, each chat to its first wait."""
    outcomes, stopped = [], set()
    while leased := await desk.lease():
        for message in leased:
            if message.chat_id not in stopped:
                outcomes.append(await handle(desk.ground.database, message, desk.now))
                if outcomes[-1].startswith("waits"):
                    stopped.add(message.chat_id)
        if stopped:
            await release(desk)
            stopped.clear()
    return outcomes


async def release(desk: Desk) -> None:
    async with desk.ground.database.courier() as db:
        await inbox.end_leases(db)


async def write(desk: Desk, count: int, *, first: int = 1, sender: str | None = None) -> None:
    for number in range(first, first + count):
        await desk.arrive(f"PINJAM Orang{number:04} {number}rb", sender=sender)


async def notes(desk: Desk, word: str) -> list[str]:
    return [text for _, text in await desk.queued() if word in text]


async def amounts(desk: Desk) -> list[int]:
    return [principal // 1_000 for principal, _, _ in await desk.debts()]


def pass_time(desk: Desk, **passed: float) -> None:
    desk.now += timedelta(**passed)


class TestMembers:
    async def test_what_is_beyond_the_rate_waits_and_is_worked_in_order(self, desk: Desk) -> None:
        await write(desk, LIMIT + 7)
        await work(desk)
        assert await amounts(desk) == list(range(1, LIMIT + 1))
        assert (await desk.statuses()).count("pending") == 7
        [line] = await notes(desk, WAITS)
        assert "12.01" in line
        assert "paket Free 20 pesan per menit" in line
        assert "Paket Basic 60" in line
        pass_time(desk, seconds=59)
        await work(desk)
        assert len(await amounts(desk)) == LIMIT
        pass_time(desk, seconds=1)
        await work(desk)
        assert await amounts(desk) == list(range(1, LIMIT + 8))
        assert set(await desk.statuses()) == {"done"}
        assert len(await notes(desk, WAITS)) == 1
        assert await desk.audited() == []

    async def test_at_the_rate_nothing_waits(self, desk: Desk) -> None:
        await write(desk, LIMIT)
        await work(desk)
        assert set(await desk.statuses()) == {"done"}
        assert await notes(desk, WAITS) == []

    async def test_what_comes_later_in_the_minute_waits_behind_in_silence(self, desk: Desk) -> None:
        await write(desk, LIMIT + 1)
        await work(desk)
        pass_time(desk, seconds=20)
        await write(desk, 2, first=LIMIT + 2)
        await work(desk)
        assert len(await desk.debts()) == LIMIT
        pass_time(desk, seconds=40)
        await work(desk)
        assert await amounts(desk) == list(range(1, LIMIT + 4))
        assert len(await desk.queued()) == LIMIT + 3 + 1

    async def test_a_long_queue_takes_its_minutes(self, desk: Desk) -> None:
        await write(desk, 3 * LIMIT)
        for minute in range(1, 4):
            await work(desk)
            assert len(await amounts(desk)) == minute * LIMIT
            pass_time(desk, minutes=1)
        assert await amounts(desk) == list(range(1, 3 * LIMIT + 1))

    async def test_after_a_long_sleep_all_that_waited_is_worked(self, desk: Desk) -> None:
        """As if the service had run all that time: their minutes were reserved."""
        await write(desk, 3 * LIMIT)
        await work(desk)
        pass_time(desk, hours=1)
        await work(desk)
        assert await amounts(desk) == list(range(1, 3 * LIMIT + 1))

    async def test_new_ones_do_not_overtake_those_that_waited(self, desk: Desk) -> None:
        await write(desk, LIMIT + 2)
        await work(desk)
        pass_time(desk, minutes=1)
        await write(desk, 2, first=LIMIT + 3)
        await work(desk)
        assert await amounts(desk) == list(range(1, LIMIT + 5))

    async def test_a_refused_message_counts_too(self, desk: Desk) -> None:
        for _ in range(LIMIT):
            await desk.arrive("PINJAM Budi 0")
        await desk.arrive("STATUS")
        await work(desk)
        assert (await desk.statuses())[-1] == "pending"

    async def test_all_members_share_the_rate_and_each_chat_keeps_its_order(
        self, desk: Desk
    ) -> None:
        await desk.member(STAFF)
        await write(desk, LIMIT, sender=STAFF)
        await work(desk)
        await desk.arrive("PINJAM Sari 900rb")
        await work(desk)
        assert len(await desk.debts()) == LIMIT
        pass_time(desk, minutes=1)
        await work(desk)
        assert (await amounts(desk))[-1] == 900

    async def test_each_chat_that_waits_is_told_so_once_a_minute(self, desk: Desk) -> None:
        """Who writes in one chat does not read the lines of another one."""
        await desk.member(STAFF)
        await write(desk, LIMIT + 2)
        await write(desk, 3, sender=STAFF)
        await work(desk)
        told = [chat for chat, text in await desk.queued() if WAITS in text]
        assert sorted(told) == sorted([desk.phone, STAFF])
        pass_time(desk, minutes=1)
        await write(desk, LIMIT)
        await write(desk, 1, sender=STAFF)
        await work(desk)
        told = [chat for chat, text in await desk.queued() if WAITS in text]
        assert told.count(STAFF) == told.count(desk.phone) == 2

    async def test_strangers_own_echoes_and_other_tenants_cost_nothing(
        self, ground: Ground, desk: Desk
    ) -> None:
        other = await open_desk(ground, "6281955555501", "Warung Rina")
        for number in range(2 * LIMIT):
            await desk.arrive("halo", sender=f"62819{number:08}")
        await write(other, LIMIT)
        await work(other)
        await write(desk, LIMIT)
        await work(desk)
        assert len(await desk.debts()) == len(await other.debts()) == LIMIT
        assert "pending" not in await desk.statuses()

    async def test_a_larger_plan_lets_more_pass(self, desk: Desk) -> None:
        await desk.take_plan(PlanName.BASIC)
        await write(desk, LIMIT + 5)
        await work(desk)
        assert len(await desk.debts()) == LIMIT + 5

    async def test_a_change_of_plan_turns_no_order_round(self, desk: Desk) -> None:
        await write(desk, 4 * LIMIT)
        await work(desk)
        await desk.take_plan(PlanName.PRO)
        pass_time(desk, minutes=1)
        await write(desk, 3, first=4 * LIMIT + 1)
        for _ in range(5):
            await work(desk)
            pass_time(desk, minutes=1)
        assert await amounts(desk) == list(range(1, 4 * LIMIT + 4))

    async def test_the_same_message_again_waits_once(self, desk: Desk) -> None:
        await write(desk, LIMIT)
        for _ in range(3):
            await desk.arrive("PINJAM Sari 900rb", id="again")
        await work(desk)
        pass_time(desk, minutes=1)
        await work(desk)
        assert (await amounts(desk)).count(900) == 1

    async def test_waiting_many_times_never_ends_in_quarantine(self, desk: Desk) -> None:
        await write(desk, 8 * LIMIT)
        for _ in range(8):
            for _ in range(6):
                await work(desk)
            pass_time(desk, minutes=1)
        assert set(await desk.statuses()) == {"done"}


class TestFlood:
    async def test_beyond_ten_minutes_worth_nothing_is_read_and_that_is_said_once(
        self, desk: Desk
    ) -> None:
        room = LIMIT * MINUTES_WAITING_MAX
        await write(desk, LIMIT + room + 30)
        await work(desk)
        await write(desk, 5, first=2_000)
        await work(desk)
        found = await desk.inbound()
        assert [one[1] for one in found].count("pending") == room
        dropped = [one for one in found if one[1] == "ignored"]
        assert dropped == found[-35:]
        assert {(one[2], one[3]) for one in dropped} == {("flood", None)}
        [line] = await notes(desk, UNREAD)
        assert "200 sudah menunggu" in line
        for _ in range(MINUTES_WAITING_MAX):
            pass_time(desk, minutes=1)
            await work(desk)
        assert await amounts(desk) == list(range(1, LIMIT + room + 1))
        assert await desk.audited() == []

    async def test_a_loop_at_work_comes_to_the_same(self, desk: Desk) -> None:
        await write(desk, 12 * LIMIT)
        async with desk.loop(), asyncio.timeout(20):
            while (await desk.statuses()).count("ignored") < LIMIT:  # noqa: ASYNC110  it works
                await asyncio.sleep(0.01)
        assert await amounts(desk) == list(range(1, LIMIT + 1))
        async with desk.ground.database.courier() as db:
            assert not await inbox.is_waiting(db, desk.now)
            assert await inbox.is_waiting(db, desk.now + timedelta(minutes=1))

    async def test_what_arrives_while_the_rate_is_passed_is_held_by_nobody(
        self, desk: Desk
    ) -> None:
        """A message leased behind one that waits goes back at once, not after its lease."""
        async with desk.loop(), asyncio.timeout(20):
            for number in range(1, 3 * LIMIT + 1):
                await desk.arrive(f"PINJAM Orang{number:04} {number}rb")
                await asyncio.sleep(0)
            while await is_due(desk):  # noqa: ASYNC110  the loop works
                await asyncio.sleep(0.01)
        assert await amounts(desk) == list(range(1, LIMIT + 1))


async def is_due(desk: Desk) -> bool:
    async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
        return bool(
            await tx.db.fetchval(
                "select exists (select from inbound_messages where status = 'pending'"
                " and not paused)"
            )
        )


class TestWaitingCostsOthersNothing:
    async def test_rows_that_wait_are_not_looked_at_by_a_lease(self, desk: Desk) -> None:
        """The index the leases walk does not hold them."""
        await write(desk, 3 * LIMIT)
        await work(desk)
        async with desk.ground.superuser() as db:
            for index in ("inbox_order", "inbox_chat"):
                says = await db.fetchval("select pg_get_indexdef($1::regclass)", index)
                assert "NOT paused" in says

    async def test_two_at_once_pass_the_last_place_once(self, desk: Desk) -> None:
        await desk.member(STAFF)
        await write(desk, LIMIT - 1)
        await work(desk)
        await desk.arrive("PINJAM Sari 1rb")
        await desk.arrive("PINJAM Tono 1rb", sender=STAFF)
        leased = await desk.lease()
        outcomes = await asyncio.gather(
            *(handle(desk.ground.database, one, desk.now) for one in leased)
        )
        assert sorted(outcomes) == ["answered", "waits: rate"]

    async def test_another_tenants_row_cannot_be_made_to_wait(
        self, ground: Ground, desk: Desk
    ) -> None:
        other = await open_desk(ground, "6281955555502", "Warung Rina")
        await other.arrive("STATUS")
        async with ground.database.tenant_tx(TenantId(desk.tenant_id)) as tx:
            done = await tx.db.execute(
                "update inbound_messages set paused = true, not_before = $1", desk.now
            )
        assert done == "UPDATE 0"


class TestBorrowers:
    @pytest.fixture
    async def known(self, desk: Desk) -> Desk:
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        return desk

    async def test_after_six_answers_one_line_then_silence(self, known: Desk) -> None:
        said = [
            await known.say("sisa hutang saya?", sender=BUDI)
            for _ in range(CHAT_MESSAGES_A_MINUTE + 3)
        ]
        assert [len(one) for one in said] == [1] * (CHAT_MESSAGES_A_MINUTE + 1) + [0, 0]
        [(chat, line)] = said[CHAT_MESSAGES_A_MINUTE]
        assert chat == BUDI
        assert "12.01" in line
        assert "Toko Dani" in line
        assert (await known.inbound())[-1][1:] == ("ignored", "chat rate", None)
        known.now += timedelta(minutes=1)
        assert "Rp500.000" in await known.answer("sisa hutang saya?", sender=BUDI)

    async def test_talk_that_is_not_answered_costs_nothing_and_gets_no_line(
        self, known: Desk
    ) -> None:
        for _ in range(CHAT_MESSAGES_A_MINUTE):
            await known.say("sisa hutang saya?", sender=BUDI)
            assert await known.say("halo", sender=BUDI) == []
        assert await known.say("halo", sender=BUDI) == []

    async def test_stop_is_heard_always_and_answered_once(self, known: Desk) -> None:
        for _ in range(CHAT_MESSAGES_A_MINUTE + 2):
            await known.say("sisa hutang saya?", sender=BUDI)
        told = await known.say("STOP", sender=BUDI)
        assert {chat for chat, _ in told} == {BUDI, known.phone}
        assert await known.say("STOP", sender=BUDI) == []
        assert await known.count("rate_windows") == 1

    async def test_a_borrower_does_not_use_up_the_lenders_rate(self, known: Desk) -> None:
        for _ in range(2 * LIMIT):
            await known.say("sisa hutang saya?", sender=BUDI)
        assert "Piutang" in await known.answer("STATUS")


class TestOutbox:
    async def test_with_too_much_waiting_borrowers_are_passed_over_and_the_lender_is_told(
        self, desk: Desk
    ) -> None:
        """WhatsApp has been away for long; facts are recorded and told all the same."""
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        async with desk.ground.superuser() as db:
            await db.execute(
                "insert into outbound_messages (tenant_id, client_ref, chat_id, body, purpose,"
                " queued_at) select $1, 'full:' || n, 'x', 'x', 'notice', now()"
                " from generate_series(1, $2::int) n",
                desk.tenant_id,
                OUTBOX_WAITING_MAX,
            )
        [(chat, told)] = await desk.say("sisa hutang saya?", sender=BUDI)
        assert chat == desk.phone
        assert "5.000 pesan" in told
        assert await desk.say("sisa hutang saya?", sender=BUDI) == []
        assert (await desk.inbound())[-1][1:3] == ("ignored", "outbox full")
        assert len(await desk.say("STOP", sender=BUDI)) == 2
        assert "Tercatat" in await desk.answer("PINJAM Budi 1rb")
        pass_time(desk, days=1)
        assert len(await desk.say("sisa hutang saya?", sender=BUDI)) == 1


def test_the_minutes_are_those_of_the_clock() -> None:
    from bukuhutang.usecases.rates import minute_of

    at = datetime(2026, 2, 18, 5, 0, 59, 999_999, tzinfo=NOON.tzinfo)
    assert minute_of(at) == NOON
