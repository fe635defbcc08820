"""Who is the lender, who is not answered: through the whole service and a simulated WhatsApp."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.simulated import PhoneState
from bukuhutang.store import checks
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.members import NewMember, add_by_operator
from bukuhutang.usecases.tenants import toggle_tenant
from tests.store.ground import NOON, Ground, fresh_ground
from tests.support.database import Server
from tests.support.phones import More
from tests.support.sent_files import sent_file
from tests.support.world import World, running_world

LENDER, BUDI, STAFF, FRIEND = "081111111111", "081222222222", "081333333333", "081444444444"
GROUP = "120363041234567890@g.us"


@dataclass
class House:
    """A service, and what must be kept to start it again."""

    ground: Ground
    folder: Path
    world: World
    tenant_id: TenantId

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the lender's book holds."""
        async with self.ground.database.tenant_tx(self.tenant_id) as tx:
            return [tuple(row) for row in await tx.db.fetch(statement)]

    async def stored(self) -> list[tuple[Any, ...]]:
        """Every message that was stored: text and what became of it."""
        return await self.rows("select body, status, reason from inbound_messages order by id")


@pytest.fixture
async def ground(server: Server) -> AsyncIterator[Ground]:
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
async def house(ground: Ground, tmp_path: Path) -> AsyncIterator[House]:
    """A linked lender who has lent to Budi, whose number is known."""
    folder = tmp_path / "whatsapp"
    async with running_world(ground.database, ground.dsn, at=NOON, folder=folder) as world:
        tenant_id = await world.lender(LENDER, "Toko Dani")
        await world.answer(LENDER, f"PINJAM Budi 500rb {BUDI}")
        yield House(ground, folder, world, tenant_id)


async def test_what_the_lender_types_to_oneself_is_a_command(house: House) -> None:
    assert "Rp500.000" in await house.world.answer(LENDER, "STATUS")


async def test_a_registered_number_is_answered_in_its_own_chat(house: House) -> None:
    new = NewMember(STAFF, "Rina", Role.STAFF)
    await add_by_operator(house.ground.database, house.tenant_id, new, house.world.when())
    await house.world.rest()
    [welcome] = await house.world.heard(STAFF)
    assert "staf" in welcome.text
    await house.world.say(STAFF, "BAYAR Budi 100rb", to=LENDER)
    [answer] = await house.world.heard(STAFF)
    assert "Rp400.000" in answer.text
    assert await house.world.heard(LENDER) == []


async def test_a_known_borrower_is_answered_only_when_asking(house: House) -> None:
    await house.world.say(BUDI, "sisa hutang saya?", to=LENDER)
    assert "Rp500.000" in (await house.world.heard(BUDI))[0].text
    for text in ("besok ke rumah ya", "PINJAM Budi 1jt", "BATAL", "👍"):
        await house.world.say(BUDI, text, to=LENDER)
        assert await house.world.heard(BUDI) == []
    assert all(body is None for body, status, _ in await house.stored() if status == "ignored")


async def test_a_stranger_is_not_answered_and_not_kept(house: House) -> None:
    await house.world.say(FRIEND, "PINJAM Budi 1jt", to=LENDER)
    assert await house.world.heard(FRIEND) == []
    assert (await house.stored())[-1] == (None, "ignored", "stranger")


async def test_a_group_is_not_even_stored(house: House) -> None:
    before = await house.stored()
    await house.world.say(FRIEND, "STATUS", to=GROUP)
    await house.world.say(LENDER, "PINJAM Budi 9jt", to=GROUP)
    assert await house.stored() == before
    assert await house.world.heard(LENDER) == []


async def test_what_the_lender_types_to_others_is_not_even_stored(house: House) -> None:
    before = await house.stored()
    for friend in (FRIEND, BUDI):
        await house.world.say(LENDER, "PINJAM Budi 9jt", to=friend)
        await house.world.say(LENDER, "BATAL", to=friend)
        assert await house.world.heard(friend) == []
    assert await house.stored() == before


async def test_the_bots_own_answers_are_never_read_as_commands(house: House) -> None:
    """The phone shows them in the chat with oneself, from oneself."""
    for _ in range(3):
        await house.world.answer(LENDER, "STATUS")
    assert [status for _, status, _ in await house.stored()] == ["done"] * 4


async def test_the_same_message_sent_again_records_and_answers_once(house: House) -> None:
    await house.world.say(LENDER, "BAYAR Budi 100rb", id="SAME")
    assert len(await house.world.heard(LENDER)) == 1
    await house.world.say(LENDER, "BAYAR Budi 100rb", id="SAME")
    assert await house.world.heard(LENDER) == []
    assert await house.rows("select paid from debts") == [(100_000,)]


async def test_the_messages_of_an_inactive_tenant_wait_until_it_is_active(house: House) -> None:
    await toggle_tenant(house.ground.database, house.tenant_id, house.world.when())
    await house.world.service.wake_sessions()
    await house.world.rest()
    await house.world.say(LENDER, "BAYAR Budi 100rb")
    await house.world.say(LENDER, "BAYAR Budi 50rb")
    assert await house.rows("select paid from debts") == [(0,)]
    await toggle_tenant(house.ground.database, house.tenant_id, house.world.when())
    await house.world.service.wake_sessions()
    await house.world.rest()
    assert await house.rows("select paid from debts") == [(150_000,)]


async def test_what_was_typed_offline_is_worked_in_order_when_the_phone_is_back(
    house: House,
) -> None:
    await house.world.service.whatsapp.set_connection(LENDER, PhoneState.OFFLINE)
    for text in ("PINJAM Sari 10rb", "BAYAR Sari 4rb", "LUNAS Sari"):
        await house.world.service.whatsapp.write(LENDER, LENDER, text)
    await house.world.service.whatsapp.set_connection(LENDER, PhoneState.ONLINE)
    await house.world.rest()
    assert await house.rows("select amount from payments order by id") == [(4_000,), (6_000,)]


async def test_after_a_restart_a_question_still_waits_and_old_echoes_are_known(
    ground: Ground, tmp_path: Path
) -> None:
    folder = tmp_path / "whatsapp"
    async with running_world(ground.database, ground.dsn, at=NOON, folder=folder) as world:
        tenant_id = await world.lender(LENDER, "Toko Dani")
        for text in ("PINJAM Dewi Sartika 100rb", "PINJAM Dewi Lestari 200rb", "BAYAR Dewi 50rb"):
            answer = await world.answer(LENDER, text)
        assert "1. Dewi Sartika" in answer
    async with running_world(ground.database, ground.dsn, at=NOON, folder=folder) as again:
        await again.rest()
        before = len((await again.service.whatsapp.messages(LENDER)).messages)
        await again.say(LENDER, "2")
        shown = (await again.service.whatsapp.messages(LENDER)).messages
        assert len(shown) == before + 2
        assert "*Dewi Lestari* bayar *Rp50.000*" in shown[-1].text
        async with ground.database.book_tx(tenant_id) as tx:
            statuses = await tx.db.fetch("select status from inbound_messages order by id")
            assert [row["status"] for row in statuses] == ["done"] * 4
            assert await checks.differences(tx) == []


async def test_a_members_file_is_kept_byte_for_byte_nobody_elses_is(house: House) -> None:
    kept = sent_file("nota.pdf")
    await house.world.say(LENDER, "BAYAR Budi 20rb", more=More(file=kept))
    for sender in (BUDI, FRIEND):
        await house.world.say(sender, "", to=LENDER, more=More(file=sent_file("foto.jpg")))
    await house.world.say(LENDER, "", more=More(file=sent_file("besar.pdf")))
    rows = await house.rows("select file_name, mime_type, size, content from files")
    assert rows == [("nota.pdf", "application/pdf", kept.size, kept.content)]
    rows = await house.rows(
        "select kind, file_id is not null, detail ->> 'problem' from inbound_messages"
        " order by id offset 1"
    )
    assert rows == [
        ("document", True, None),
        ("image", False, None),
        ("image", False, None),
        ("document", False, "too_large"),
    ]


async def test_a_file_sent_again_is_kept_once(house: House) -> None:
    for _ in range(2):
        await house.world.say(LENDER, "", id="SAME", more=More(file=sent_file("foto.jpg")))
    assert len(await house.world.heard(LENDER)) == 1
    assert await house.rows("select count(*) from files") == [(1,)]


async def test_a_reply_after_a_restart_still_knows_whom_it_means(
    ground: Ground, tmp_path: Path
) -> None:
    folder = tmp_path / "whatsapp"
    async with running_world(ground.database, ground.dsn, at=NOON, folder=folder) as world:
        tenant_id = await world.lender(LENDER, "Toko Dani")
        await world.say(LENDER, "PINJAM Budi 500rb", id="A1")
        [answer] = await world.heard(LENDER)
    async with running_world(ground.database, ground.dsn, at=NOON, folder=folder) as again:
        await again.rest()
        await again.say(LENDER, "BAYAR 200rb", more=More(reply_to=answer.id))
        await again.say(LENDER, "BAYAR 300rb", more=More(edits="A1"))
        async with ground.database.book_tx(tenant_id) as tx:
            assert await tx.db.fetchval("select paid from debts") == 200_000
            assert await checks.differences(tx) == []
