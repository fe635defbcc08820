"""The operator by chat: heard from named numbers in one tenant, once, and by nobody else known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.entrypoints.chat.operator import OperatorDesk
from bukuhutang.tenancy.roles import Role
from bukuhutang.understanding.commands import read_lender
from bukuhutang.understanding.operator_commands import (
    ListTenants,
    Register,
    Switch,
    Unclear,
    read_operator,
)
from tests.chat.desk import Desk, open_desk
from tests.store.ground import NOON, Ground, fresh_ground
from tests.support.database import Server
from tests.support.world import clock_at

PUSAT = "6281111111111"
OTHER = "6281133333333"
COLLEAGUE = "6281222222222"
WORDS = ("DAFTAR 0815-1234-5678 Warung", "LIST TENANT", "NONAKTIF TENANT 2", "AKTIF TENANT 2")


@dataclass
class Office:
    """The operator's tenant and another one."""

    desk: Desk
    other: Desk
    woken: list[str] = field(default_factory=list)

    async def wake(self) -> None:
        """What main would pass on."""
        self.woken.append("sessions")

    def hears(self, *numbers: str) -> OperatorDesk:
        """As configured."""
        phones = frozenset(PhoneNumber(one) for one in numbers or (PUSAT, COLLEAGUE))
        return OperatorDesk(self.desk.tenant_id, phones, clock_at(NOON), self.wake)

    async def say(
        self, text: str, *, sender: str | None = None, desk: Desk | None = None, times: int = 1
    ) -> list[str]:
        """One message, worked as often as `times`; what was said for it."""
        desk = desk or self.desk
        before = len(await desk.queued())
        await desk.arrive(text, sender=sender)
        [message] = await desk.lease()
        for _ in range(times):
            await handle(desk.ground.database, message, desk.now, operator=self.hears())
        return [body for _, body in (await desk.queued())[before:]]

    async def tenants(self) -> dict[str, str]:
        """Status by number."""
        async with self.desk.ground.database.operator() as db:
            rows = await db.fetch("select phone_number, status from tenants order by id")
        return {row[0]: row[1] for row in rows}


@pytest.fixture
async def office(server: Server) -> AsyncIterator[Office]:
    """A database with two lenders, both active."""
    async with fresh_ground(server) as ground:
        made = Office(await open_desk(ground, PUSAT, "BukuHutang"), await open_desk(ground, OTHER))
        await activate(ground)
        yield made


async def activate(ground: Ground) -> None:
    """Everybody has scanned."""
    async with ground.database.operator() as db:
        ids = await db.fetch("select id from tenants")
    for one in ids:
        async with ground.database.tenant_tx(one["id"]) as tx:
            await tx.db.execute("update tenants set status = 'active' where id = $1", one["id"])


def test_the_words_are_read_in_several_spellings() -> None:
    phone = PhoneNumber("6281512345678")
    assert read_operator("daftar 0815-1234-5678 Warung Bu Sri") == Register(phone, "Warung Bu Sri")
    assert read_operator("DAFTAR Warung +62 815-1234-5678") == Register(phone, "Warung")
    assert read_operator("DAFTAR 0815-1234-5678") == Unclear("DAFTAR")
    assert read_operator("DAFTAR") == Unclear("DAFTAR")
    assert read_operator("LIST TENANT") == ListTenants(None)
    assert read_operator("list tenants Dani") == ListTenants("Dani")
    assert read_operator("NONAKTIF TENANT 7") == Switch(7, active=False)
    assert read_operator("aktif tenant #7") == Switch(7, active=True)
    assert read_operator("NONAKTIF TENANT") == Unclear("NONAKTIF TENANT")
    for text in ("", "PINJAM Budi 500rb", "NONAKTIF", "daftarkan Budi", "x" * 5_000):
        assert read_operator(text) is None


@pytest.mark.parametrize("text", WORDS)
def test_the_lenders_reader_does_not_know_the_words(text: str) -> None:
    assert read_lender(text, NOON.date()) == read_lender("xyzzy plugh", NOON.date())


async def test_it_is_audited_as_the_operators(office: Office) -> None:
    assert "*Warung*" in (await office.say(WORDS[0]))[0]
    assert (await office.tenants())["6281512345678"] == "pending_qr"
    assert office.woken
    async with office.desk.ground.database.operator() as db:
        made = await db.fetchval("select id from tenants where phone_number = '6281512345678'")
    async with office.desk.ground.database.tenant_tx(made) as tx:
        rows = await tx.db.fetch("select actor, action from audit_log")
    assert [tuple(row) for row in rows] == [("operator:chat:1", "tenant_registered")]


@pytest.mark.parametrize("text", WORDS)
async def test_from_anybody_else_they_are_as_unknown_as_gibberish(
    office: Office, text: str
) -> None:
    await office.desk.member("6281300000001", "Tono")
    before = await office.tenants()
    for desk, sender in ((office.other, None), (office.desk, "6281300000001")):
        [answer] = await office.say(text, desk=desk, sender=sender)
        [gibberish] = await office.say("xyzzy plugh", desk=desk, sender=sender)
        assert answer == gibberish
    assert await office.say(text, sender="6281399999999") == []
    assert await office.tenants() == before


async def test_a_named_number_must_be_a_member_and_stays_nobody_elsewhere(office: Office) -> None:
    assert await office.say(WORDS[2], sender=COLLEAGUE) == []
    await office.other.member(COLLEAGUE, "Rina", Role.OWNER)
    [answer] = await office.say(WORDS[2], sender=COLLEAGUE, desk=office.other)
    assert "belum dikenal" in answer
    assert (await office.tenants())[OTHER] == "active"
    await office.desk.member(COLLEAGUE, "Rina", Role.VIEWER)
    await office.say(WORDS[2], sender=COLLEAGUE)
    assert (await office.tenants())[OTHER] == "inactive"


@pytest.mark.parametrize("text", WORDS)
async def test_the_same_message_worked_twice_is_answered_once(office: Office, text: str) -> None:
    assert len(await office.say(text, times=2)) == 1


async def test_after_a_crash_between_the_two_transactions_it_has_one_effect(
    office: Office,
) -> None:
    hears = office.hears()
    for text in (WORDS[0], WORDS[2]):
        before = len(await office.desk.queued())
        await office.desk.arrive(text)
        [message] = await office.desk.lease()
        told = await hears.hear(office.desk.ground.database, message, NOON)  # and here it dies
        await handle(office.desk.ground.database, message, NOON, operator=hears)
        [(_, answer)] = (await office.desk.queued())[before:]
        assert told is not None
        assert answer.startswith("✅")
    assert list(await office.tenants()) == [PUSAT, OTHER, "6281512345678"]
    async with office.other.ground.database.tenant_tx(office.other.tenant_id) as tx:
        toggled = "select count(*) from audit_log where action = 'tenant_toggled'"
        assert await tx.db.fetchval(toggled) == 1


async def test_nothing_else_than_a_message_is_an_order(office: Office) -> None:
    await office.desk.arrive(WORDS[2], kind="image", detail={"problem": "unavailable"})
    [message] = await office.desk.lease()
    assert await office.hears().hear(office.desk.ground.database, message, NOON) is None
    edited = replace(message, kind="edit")
    assert await office.hears().hear(office.desk.ground.database, edited, NOON) is None
    assert (await office.tenants())[OTHER] == "active"


async def test_the_own_tenant_is_not_switched_off(office: Office) -> None:
    [answer] = await office.say(f"NONAKTIF TENANT {office.desk.tenant_id}")
    assert "tenant kamu sendiri" in answer
    assert (await office.tenants())[PUSAT] == "active"
