"""The last free place of a plan, with twenty messages for it at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bukuhutang.base.ids import MemberId, PhoneNumber, TenantId
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.store import checks, members
from bukuhutang.store.members import MemberRow
from bukuhutang.tenancy.roles import NOTHING, Role
from bukuhutang.usecases.opened import service_book
from bukuhutang.usecases.quotas import spend_ai_credit
from bukuhutang.usecases.refusals import NotPermitted
from tests.chat.desk import Desk
from tests.store.ground import NOON, Ground, fresh_ground
from tests.support.database import Server
from tests.support.filled import record_debts
from tests.support.world import World, running_world

AT_ONCE = 20
LENDER = "081111111111"
RECORDED = "✅ Tercatat"
REFUSED = "Belum dicatat: paket Free memuat 50"
TOLD = "⚠️ Semua 50"


INTERVIEW = (*("BUAT PERJANJIAN Budi 3jt", "0812-2222-2222", "gaji", "25", "4,5jt", "tidak ada"),)


@pytest.fixture
async def alone(server: Server) -> AsyncIterator[Ground]:
    """A database that no other test fills."""
    async with fresh_ground(server) as made:
        yield made


def counted(texts: list[str], opening: str) -> int:
    """How many texts begin so."""
    return sum(1 for one in texts if one.startswith(opening))


async def test_of_twenty_messages_worked_at_once_exactly_one_is_recorded(desk: Desk) -> None:
    await record_debts(desk.ground.database, desk.tenant_id, 49, now=desk.now)
    members = [await desk.member(f"62813{n:08}") for n in range(AT_ONCE)]
    for number, member in enumerate(members):
        await desk.arrive(f"PINJAM Teman{chr(97 + number)} 10rb 7hari", sender=member)
    messages = await desk.lease()
    assert len(messages) == AT_ONCE
    await asyncio.gather(*(handle(desk.ground.database, one, desk.now) for one in messages))
    said = await desk.queued()
    assert counted([text for _, text in said], RECORDED) == 1
    assert counted([text for _, text in said], REFUSED) == AT_ONCE - 1
    assert [chat for chat, text in said if text.startswith(TOLD)] == [desk.phone]
    assert await desk.count("debts") == 50
    assert await desk.audited() == []


async def test_a_message_that_arrives_twice_takes_one_place_and_tells_once(desk: Desk) -> None:
    await record_debts(desk.ground.database, desk.tenant_id, 49, now=desk.now)
    await desk.arrive("PINJAM Budi 10rb 7hari")
    [message] = await desk.lease()
    await asyncio.gather(*(handle(desk.ground.database, message, desk.now) for _ in range(5)))
    said = [text for _, text in await desk.queued()]
    assert (counted(said, RECORDED), counted(said, TOLD)) == (1, 1)
    assert await desk.count("debts") == 50


async def test_an_interview_whose_plan_filled_up_meanwhile_waits_for_room(desk: Desk) -> None:
    for said in INTERVIEW:
        assert (await desk.answer(said)).startswith("❓")
    await _most_agreements(desk, 0)
    refused = await desk.answer("SETUJU")
    assert refused.startswith("Belum dibuat: paket Free memuat 0 perjanjian")
    assert await desk.count("loan_agreements") == 0
    assert (await desk.answer("BUAT PERJANJIAN Sari 1jt")).startswith("Belum dibuat")
    await _most_agreements(desk, 5)
    assert (await desk.answer("SETUJU")).startswith("✅ Perjanjian no. 1")
    assert await desk.audited() == []


async def _most_agreements(desk: Desk, limit: int) -> None:
    async with desk.ground.superuser() as db:
        await db.execute(
            "update tenants set max_agreements = $2 where id = $1", desk.tenant_id, limit
        )


async def test_a_borrower_spends_no_credit_of_the_lender(desk: Desk) -> None:
    async with desk.ground.database.book_tx(desk.tenant_id) as tx:
        book = await service_book(tx, "test", desk.now)
        book.occasion = replace(book.occasion, actor="borrower", permissions=NOTHING)
        with pytest.raises(NotPermitted):
            await spend_ai_credit(book)


async def test_of_twenty_phones_writing_at_once_exactly_one_is_recorded(alone: Ground) -> None:
    async with running_world(alone.database, alone.dsn, at=NOON) as world:
        tenant_id = await world.lender(LENDER, "Toko Dani")
        await record_debts(alone.database, tenant_id, 49, now=world.clock.now())
        await world.rest()
        await world.heard(LENDER)
        phones = await _members(world, tenant_id)
        await asyncio.gather(
            *(
                world.phones.write(phone, LENDER, f"PINJAM Teman{chr(97 + n)} 10rb 7hari")
                for n, phone in enumerate(phones)
            )
        )
        await world.rest()
        said = [one.text for phone in phones for one in await world.heard(phone)]
        assert (counted(said, RECORDED), counted(said, REFUSED)) == (1, AT_ONCE - 1)
        assert counted([one.text for one in await world.heard(LENDER)], TOLD) == 1
    async with alone.database.book_tx(tenant_id) as tx:
        assert await tx.db.fetchval("select count(*) from debts where status = 'open'") == 50
        assert await checks.differences(tx) == []


async def _members(world: World, tenant_id: TenantId) -> list[str]:
    phones = [f"0813{number:08}" for number in range(AT_ONCE)]
    async with world.database.tenant_tx(tenant_id) as tx:
        for number, phone in enumerate(phones, start=2):
            e164 = PhoneNumber(f"62{phone[1:]}")
            row = MemberRow(MemberId(number), e164, "Staf", Role.STAFF, is_removed=False)
            await members.insert(tx, row, world.clock.now())
        await tx.db.execute("update books set last_member = $1", len(phones) + 1)
    return phones
