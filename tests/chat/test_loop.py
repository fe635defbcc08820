"""The drain loop: retried, set aside, taken over, and never ended by one bad message."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from bukuhutang.base.errors import InvariantBroken, TransientFault
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.store import inbox
from bukuhutang.store.inbox import Inbound
from bukuhutang.store.scope import Database
from tests.chat.desk import Desk, Handle, open_desk
from tests.store.ground import Ground

APOLOGY = "tidak bisa dikerjakan"


def failing_on(word: str, trouble: Exception, *, times: int = 99) -> Handle:
    """The real handler, except that messages with `word` fail so many times."""
    left = [times]

    async def work(database: Database, message: Inbound, now: datetime) -> str:
        if word in message.body and left[0]:
            left[0] -= 1
            raise trouble
        return await handle(database, message, now)

    return work


async def on_its_last_attempt(desk: Desk) -> None:
    """What has arrived so far has failed before, again and again."""
    async with desk.ground.superuser() as db:
        await db.execute(
            "update inbound_messages set attempts = $1 where tenant_id = $2",
            inbox.ATTEMPTS_MAX - 1,
            desk.tenant_id,
        )


class TestPoison:
    async def test_a_broken_invariant_is_set_aside_at_once_and_the_chat_goes_on(
        self, desk: Desk
    ) -> None:
        for text in ("PINJAM Budi 1rb", "PINJAM poison 2rb", "PINJAM Sari 3rb"):
            await desk.arrive(text)
        async with desk.loop(failing_on("poison", InvariantBroken("the sums differ"))):
            await desk.worked()
        assert await desk.statuses() == ["done", "quarantined", "done"]
        assert (await desk.inbound())[1][2] == "invariant: the sums differ"
        said = [text for _, text in await desk.queued()]
        assert [APOLOGY in one for one in said] == [False, True, False]
        assert [debt[0] for debt in await desk.debts()] == [1_000, 3_000]

    async def test_a_message_that_keeps_failing_is_set_aside_with_its_reason(
        self, desk: Desk
    ) -> None:
        await desk.arrive("PINJAM poison 2rb")
        await on_its_last_attempt(desk)
        await desk.arrive("PINJAM Sari 3rb")
        async with desk.loop(failing_on("poison", ValueError("a poem"))):
            await desk.worked()
        assert await desk.statuses() == ["quarantined", "done"]
        assert (await desk.inbound())[0][2] == "ValueError"
        assert sum(APOLOGY in text for _, text in await desk.queued()) == 1

    async def test_the_first_failures_are_tried_again(self, desk: Desk) -> None:
        await desk.arrive("PINJAM Budi 1rb")
        async with desk.loop(failing_on("Budi", ValueError("once"), times=1)):
            await desk.worked()
        assert await desk.statuses() == ["done"]
        assert len(await desk.debts()) == len(await desk.queued()) == 1

    async def test_a_borrower_or_stranger_hears_no_apology(self, desk: Desk) -> None:
        await desk.arrive("poison", sender="6281999999999")
        async with desk.loop(failing_on("poison", InvariantBroken("x"))):
            await desk.worked()
        assert await desk.statuses() == ["quarantined"]
        assert await desk.queued() == []

    @pytest.mark.parametrize("reason", ["nul \x00 inside", "half a sign \ud83d", "x" * 9_000])
    async def test_no_reason_is_too_odd_to_be_noted(self, desk: Desk, reason: str) -> None:
        await desk.arrive("PINJAM poison 2rb")
        await on_its_last_attempt(desk)
        await desk.arrive("PINJAM Sari 3rb")
        async with desk.loop(failing_on("poison", ValueError(reason))):
            await desk.worked()
        assert await desk.statuses() == ["quarantined", "done"]

    async def test_a_book_that_cannot_be_opened_stops_nobody_else(
        self, ground: Ground, desk: Desk
    ) -> None:
        """Not even the apology can be written there; the loop must live on for the others."""
        async with ground.superuser() as db:
            await db.execute("delete from books where tenant_id = $1", desk.tenant_id)
        await desk.arrive("PINJAM Budi 1rb")
        await on_its_last_attempt(desk)
        other = await open_desk(ground, "6281988888888", "Warung Rina")
        async with desk.loop() as task:
            await desk.worked()
            await other.arrive("PINJAM Sari 3rb")
            await other.worked()
            assert not task.done()
        assert await desk.statuses() == ["quarantined"]
        assert len(await other.debts()) == 1


class TestTransient:
    async def test_a_fault_of_the_world_is_tried_again(self, desk: Desk) -> None:
        await desk.arrive("PINJAM Budi 1rb")
        await desk.arrive("PINJAM Sari 2rb")
        async with desk.loop(failing_on("Budi", TransientFault("away"), times=1)):
            await desk.worked()
        assert [debt[0] for debt in await desk.debts()] == [1_000, 2_000]  # and in order
        assert await desk.statuses() == ["done", "done"]

    async def test_a_transaction_killed_by_the_server_is_tried_again(self, desk: Desk) -> None:
        killed: list[int] = []

        async def work(database: Database, message: Inbound, now: datetime) -> str:
            if not killed:
                async with desk.ground.superuser() as db, database.book_tx(desk.tenant_id) as tx:
                    killed.append(await tx.db.fetchval("select pg_backend_pid()"))
                    await db.execute("select pg_terminate_backend($1, 1000)", killed[0])
                    await tx.db.execute("select 1")
            return await handle(database, message, now)

        await desk.arrive("PINJAM Budi 1rb")
        async with desk.loop(work):
            await desk.worked()
        assert [debt[0] for debt in await desk.debts()] == [1_000]


class TestTakeover:
    async def test_what_a_dead_process_had_leased_is_worked_after_the_lease(
        self, desk: Desk
    ) -> None:
        await desk.arrive("PINJAM Budi 1rb")
        await desk.arrive("PINJAM Sari 2rb")
        assert len(await desk.lease("dead", ago=inbox.LEASE_SECONDS + 1)) == 2
        async with desk.loop():
            await desk.worked()
        assert [debt[0] for debt in await desk.debts()] == [1_000, 2_000]

    async def test_a_lease_that_still_lives_is_respected(self, desk: Desk) -> None:
        await desk.arrive("PINJAM Budi 1rb")
        await desk.lease("alive", ago=inbox.LEASE_SECONDS - 20)
        await desk.arrive("PINJAM Sari 2rb")
        other = await open_desk(desk.ground, "6281966666666", "Warung Rina")
        await other.arrive("PINJAM Tono 3rb")
        async with desk.loop():
            await other.worked()
        assert await desk.statuses() == ["pending", "pending"]

    async def test_two_loops_on_one_inbox_have_one_effect_each_and_keep_the_order(
        self, desk: Desk
    ) -> None:
        await desk.take_plan("enterprise")
        chats = [await desk.member(f"62814{n:08}") for n in range(1, 7)]
        for n in range(5):
            for chat in chats:
                await desk.arrive(f"PINJAM Orang{chat[-1]} {n + 1}rb", sender=chat)
        async with desk.loop(name="one"), desk.loop(name="two"):
            await desk.worked()
        assert len(await desk.queued()) == len(await desk.debts()) == 30
        async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
            rows = await tx.db.fetch(
                "select array_agg(principal order by id) as lent from debts group by borrower_id"
            )
        assert {tuple(row["lent"]) for row in rows} == {(1_000, 2_000, 3_000, 4_000, 5_000)}
        assert await desk.audited() == []

    async def test_a_loop_that_lost_a_message_does_not_work_the_ones_behind_it(
        self, desk: Desk
    ) -> None:
        """Otherwise a payment could overtake the loan it pays."""
        for text in ("PINJAM Budi 1rb", "BAYAR Budi 1rb"):
            await desk.arrive(text)
        lost = asyncio.Event()

        async def work(database: Database, message: Inbound, now: datetime) -> str:
            if "PINJAM" in message.body:
                async with desk.ground.superuser() as db:
                    await db.execute(
                        "update inbound_messages set leased_by = 'another' where tenant_id = $1",
                        desk.tenant_id,
                    )
                lost.set()
                raise TransientFault("away")
            return await handle(database, message, now)

        async with desk.loop(work):
            await lost.wait()
            await asyncio.sleep(0.5)  # longer than the rest before the next attempt
        assert await desk.statuses() == ["pending", "pending"]

    async def test_messages_of_an_inactive_tenant_wait(self, desk: Desk) -> None:
        async with desk.ground.superuser() as db:
            await db.execute("update tenants set status = 'inactive' where id = $1", desk.tenant_id)
            await desk.arrive("PINJAM Budi 1rb")
            other = await open_desk(desk.ground, "6281955555555", "Warung Rina")
            await other.arrive("PINJAM Tono 3rb")
            async with desk.loop():
                await other.worked()
                assert await desk.statuses() == ["pending"]
                await db.execute(
                    "update tenants set status = 'active' where id = $1", desk.tenant_id
                )
                await desk.worked()
        assert len(await desk.debts()) == 1
