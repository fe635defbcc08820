"""The inbox: every message once, in order per chat, with one loop at a time."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.store import inbox
from bukuhutang.store.inbox import Inbound
from tests.store.ground import NOON, Ground, after, an_arrival

BUDI, SARI, TONO = "6281200000001", "6281200000002", "6281200000003"


@dataclass(frozen=True)
class Inbox:
    """The inbox of one tenant, as the chat door uses it."""

    ground: Ground
    tenant_id: TenantId

    async def arrive(self, *messages: tuple[str, str]) -> None:
        await self.ground.arrive(self.tenant_id, *messages)

    async def lease(
        self, loop: str = "a", *, at: float = 0, chat_max: int = 8, limit: int = 100
    ) -> list[Inbound]:
        """What `loop` gets `at` seconds after noon, for a minute."""
        async with self.ground.database.courier() as db:
            return await inbox.lease(
                db,
                loop,
                now=after(seconds=at),
                until=after(seconds=at + 60),
                business_now=after(seconds=at),
                chat_max=chat_max,
                limit=limit,
            )

    async def done(self, message: Inbound) -> None:
        async with self.ground.database.tenant_tx(message.tenant_id) as tx:
            await tx.db.execute(
                "update inbound_messages set status = 'done' where id = $1", message.id
            )

    async def quarantine(self, message: Inbound, reason: str = "poison") -> None:
        async with self.ground.database.courier() as db:
            await inbox.quarantine(db, message, now=NOON, reason=reason)

    async def try_again(self, message: Inbound, loop: str, *, at: float) -> int:
        async with self.ground.database.courier() as db:
            return await inbox.try_again(
                db, message, loop=loop, until=after(seconds=at + 60), reason="busy"
            )

    async def is_waiting(self) -> bool:
        async with self.ground.database.courier() as db:
            return await inbox.is_waiting(db, NOON)


@pytest.fixture
async def box(ground: Ground) -> Inbox:
    return Inbox(ground, await ground.tenant())


def ids(messages: list[Inbound]) -> list[str]:
    return [one.provider_message_id for one in messages]


async def test_messages_come_out_in_the_order_they_came_in(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"), (SARI, "B1"), (BUDI, "A2"), (TONO, "C1"), (SARI, "B2"))
    assert ids(await box.lease()) == ["A1", "B1", "A2", "C1", "B2"]


async def test_a_leased_message_says_whose_it_is_and_how_to_speak(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"))
    [message] = await box.lease()
    assert (message.tenant_id, message.chat_id, message.sender) == (box.tenant_id, BUDI, BUDI)
    assert (message.tenant_phone, message.language) == ("6281111111111", "id")
    assert (message.timezone, message.attempts) == ("Asia/Jakarta", 1)


async def test_the_same_provider_id_is_stored_once_per_tenant(box: Inbox) -> None:
    other = await box.ground.tenant("0811-2222-2222", "Warung Rina")
    first = an_arrival(box.tenant_id, "A1", chat=BUDI)
    resent = an_arrival(box.tenant_id, "A1", chat=BUDI, body="something else")
    theirs = an_arrival(other, "A1", chat=BUDI)
    async with box.ground.database.courier() as db:
        assert await inbox.receive(db, [first, resent, theirs]) == 2
        assert await inbox.receive(db, [first]) == 0
    assert [(one.tenant_id, one.body) for one in await box.lease()] == [
        (box.tenant_id, "halo"),
        (other, "halo"),
    ]


async def test_a_done_message_that_arrives_again_stays_done(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"))
    [message] = await box.lease()
    await box.done(message)
    await box.arrive((BUDI, "A1"))
    assert await box.lease(at=600) == []


async def test_what_is_under_way_of_a_chat_is_with_one_loop(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"), (BUDI, "A2"), (SARI, "B1"))
    assert ids(await box.lease("a", limit=1)) == ["A1"]
    assert ids(await box.lease("b")) == ["B1"]
    assert ids(await box.lease("a")) == ["A2"]


async def test_one_chat_takes_no_more_than_its_share_in_a_round(box: Inbox) -> None:
    await box.arrive(*[(BUDI, f"A{n}") for n in range(6)], (SARI, "B1"))
    await box.lease(chat_max=2, limit=2)
    assert ids(await box.lease(chat_max=2)) == ["B1"]


async def test_one_call_takes_no_more_than_a_chats_share_either(box: Inbox) -> None:
    await box.arrive(*[(BUDI, f"A{n}") for n in range(6)], (SARI, "B1"))
    assert ids(await box.lease(chat_max=2)) == ["A0", "A1", "B1"]
    assert await box.lease(chat_max=2) == []


async def test_a_lease_that_has_not_ended_is_left_alone(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"))
    assert ids(await box.lease("a", at=0)) == ["A1"]
    assert await box.lease("b", at=59) == []
    assert await box.lease("a", at=59) == []
    [again] = await box.lease("b", at=60)
    assert again.attempts == 2


async def test_two_loops_at_once_never_get_the_same_message(box: Inbox) -> None:
    chats = [f"62812000001{n:02}" for n in range(12)]
    await box.arrive(*[(chat, f"{chat}-{n}") for n in range(3) for chat in chats])
    rounds = await asyncio.gather(
        *(box.lease(loop, limit=3) for _, loop in itertools.product(range(6), "abc"))
    )
    taken = list(itertools.chain.from_iterable(rounds))
    assert len(taken) == len({one.id for one in taken}) == 36
    for chat in chats:  # and each chat is with one of them, in order
        holders = {
            loop
            for (_, loop), got in zip(itertools.product(range(6), "abc"), rounds, strict=True)
            if any(one.chat_id == chat for one in got)
        }
        assert len(holders) == 1


async def test_another_attempt_is_counted_only_while_the_lease_is_ours(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"))
    [message] = await box.lease("a")
    assert await box.try_again(message, "a", at=1) == 2
    assert await box.try_again(message, "a", at=2) == 3
    assert await box.try_again(message, "b", at=2) == 0
    await box.lease("b", at=100)
    assert await box.try_again(message, "a", at=101) == 0
    await box.done(message)
    assert await box.try_again(message, "b", at=101) == 0


async def test_a_quarantined_message_keeps_its_reason_and_frees_its_chat(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"), (BUDI, "A2"))
    [first] = await box.lease("a", limit=1)
    await box.quarantine(first, "a poem")
    assert ids(await box.lease("b")) == ["A2"]
    async with box.ground.database.operator() as db:
        [row] = await db.fetch(
            "select id, reason, handled_at from inbound_messages where status = 'quarantined'"
        )
    assert tuple(row) == (first.id, "a poem", NOON)


async def test_a_message_that_is_done_cannot_be_quarantined(box: Inbox) -> None:
    await box.arrive((BUDI, "A1"))
    [message] = await box.lease()
    await box.done(message)
    await box.quarantine(message)
    async with box.ground.database.operator() as db:
        assert await db.fetchval("select status from inbound_messages") == "done"


@pytest.mark.parametrize("status", ["inactive", "pending_qr"])
async def test_messages_of_a_tenant_that_is_not_active_wait(box: Inbox, status: str) -> None:
    await box.arrive((BUDI, "A1"))
    await box.ground.tamper(f"update tenants set status = '{status}'")  # noqa: S608  our own word
    assert await box.lease() == []
    assert not await box.is_waiting()
    await box.ground.tamper("update tenants set status = 'active'")
    assert await box.is_waiting()
    assert ids(await box.lease()) == ["A1"]


async def test_messages_behind_one_that_ends_the_process_are_not_blamed(box: Inbox) -> None:
    """Five loops die of A1; A2 was only leased along and has never been tried."""
    await box.arrive((BUDI, "A1"), (BUDI, "A2"))
    for crash in range(inbox.ATTEMPTS_MAX):
        assert ids(await box.lease(f"loop {crash}", at=crash * 61))[0] == "A1"
    killer, *_ = await box.lease("the next", at=1000)
    assert killer.attempts > inbox.ATTEMPTS_MAX
    await box.quarantine(killer, "did not come back")
    innocent = [*_, *await box.lease("another", at=2000)][-1]
    assert innocent.provider_message_id == "A2"
    assert innocent.attempts <= inbox.ATTEMPTS_MAX


async def test_a_message_that_arrives_while_the_look_waits_its_turn_is_handed_out(
    box: Inbox,
) -> None:
    """Seen by one half of the statement only, it would be leased to nobody for a minute."""
    async with box.ground.superuser() as db, asyncio.TaskGroup() as tasks:
        held = db.transaction()
        await held.start()
        await db.execute("select pg_advisory_xact_lock(7231004212)")
        waiting = tasks.create_task(box.lease())
        for _ in range(500):
            if await db.fetchval(
                "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
            ):
                break
            await asyncio.sleep(0.01)
        await box.arrive((BUDI, "A1"))
        await held.rollback()
    assert [one.provider_message_id for one in waiting.result()] == ["A1"]
