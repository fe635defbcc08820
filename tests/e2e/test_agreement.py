"""An agreement from the interview to the yes, over linked devices: the real library, a fake phone.

The paper on the borrower's phone is byte for byte the one that is kept, and it is what they agree
to.
"""

from __future__ import annotations

import hashlib

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.store import agreements, checks, files
from bukuhutang.store.agreements import StoredAgreement
from tests.e2e.test_service import BUDI, DANI, linked_world
from tests.support.database import Server
from tests.support.world import World

pytestmark = pytest.mark.e2e

INTERVIEW = (
    ("BUAT PERJANJIAN Budi 6jt", "Nomor WhatsApp"),
    (BUDI, "Penghasilan Budi dari mana"),
    ("gajian tgl 25, sekitar 4,5 juta", "cicilan lain"),
    ("tidak ada", "Beban CUKUP"),
    ("BUNGA 1% flat", "Rp300.000"),
    ("UBAH 6 bulan", "Rp360.000"),
)


async def agreement_1(world: World, tenant_id: TenantId) -> StoredAgreement:
    """As it is stored; the books must add up."""
    async with world.database.book_tx(tenant_id) as tx:
        found = await agreements.by_number(tx, 1)
        assert await checks.differences(tx) == []
    assert found is not None
    return found


async def test_the_pdf_arrives_byte_for_byte_and_setuju_binds_both(server: Server) -> None:
    async with linked_world(server) as (world, phones):
        tenant_id = await world.lender(DANI, "Toko Dani")
        await phones.number(BUDI)
        for typed, answered in INTERVIEW:
            assert answered in await world.answer(DANI, typed)

        await world.say(DANI, "SETUJU")
        drafted, copy = await world.heard(DANI)
        assert "no. 1" in drafted.text
        [asked] = await world.heard(BUDI)
        assert asked.file_name == copy.file_name == "Perjanjian-1.pdf"
        assert "SETUJU 1" in asked.text

        waiting = await agreement_1(world, tenant_id)
        assert waiting.status == "sent"
        assert waiting.request is not None
        assert waiting.request.file_id is not None
        async with world.database.tenant_tx(tenant_id) as tx:
            kept = await files.read(tx, waiting.request.file_id)
        assert kept is not None
        arrived = await phones.fake.file(BUDI, asked.id)
        assert arrived == kept.content
        assert arrived.startswith(b"%PDF-")
        assert hashlib.sha256(arrived).digest() == bytes(waiting.request.sha256 or b"")
        assert await phones.fake.file(DANI, copy.id) == arrived

        await world.say(BUDI, "setuju pak", to=DANI, id="YES00001")
        [taken] = await world.heard(BUDI)
        assert "SETUJU dicatat" in taken.text
        [told] = await world.heard(DANI)
        assert "menjawab SETUJU" in told.text
        running = await agreement_1(world, tenant_id)
        assert running.status == "active"
        assert running.book.outstanding.total == 6_360_000

        await world.say(BUDI, "setuju pak", to=DANI, id="YES00001")  # WhatsApp brings it again
        assert await world.heard(BUDI) == []
        assert await world.heard(DANI) == []
        assert not (await phones.fake.counts()).problems
