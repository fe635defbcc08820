"""The whole service with linked devices: from a phone into the book, and back."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bukuhutang.store.scope import connect
from tests.e2e.phones import FakewaPhones, on_the_fake, running_fake
from tests.fakewa.shapes import Receipts
from tests.support.database import Server
from tests.support.neonize import require_neonize
from tests.support.world import World, running_world

pytestmark = pytest.mark.e2e

DANI = "6281111110001"
BUDI = "6281222220002"


@asynccontextmanager
async def linked_world(server: Server) -> AsyncIterator[tuple[World, FakewaPhones]]:
    """The service on an empty database, and the phones of the fake."""
    require_neonize()
    dsn = server.service_dsn(server.fresh())
    database = await connect(dsn)
    with tempfile.TemporaryDirectory(prefix="bh-e2e-") as name:
        folder = Path(name)
        try:
            async with (
                running_fake(folder / "fake") as fake,
                running_world(
                    database,
                    dsn,
                    at=datetime.now(UTC),
                    folder=folder,
                    driver=on_the_fake(fake, send_seconds=5.0),
                    phones=lambda _, clock: FakewaPhones(fake, folder, clock, database),
                ) as world,
            ):
                assert isinstance(world.phones, FakewaPhones)
                yield world, world.phones
        finally:
            await database.close()


async def test_a_debt_is_recorded_answered_asked_for_and_its_receipts_reach_the_row(
    server: Server,
) -> None:
    async with linked_world(server) as (world, phones):
        fake = phones.fake
        tenant_id = await world.lender(DANI, "Toko Dani")
        await fake.phone(BUDI)
        await fake.mode(DANI, receipts=Receipts.READ)
        assert "Rp500.000" in await world.answer(DANI, f"PINJAM Budi 500rb 14hari {BUDI}")
        await world.say(BUDI, "sisa hutang saya?", to=DANI)
        assert "Rp500.000" in (await world.heard(BUDI))[0].text
        async with world.database.tenant_tx(tenant_id) as tx:
            counted = await tx.db.fetchval("select count(*) from debts")
        assert counted == 1
        statuses: list[str] = []
        for _ in range(200):
            await world.rest()
            async with world.database.tenant_tx(tenant_id) as tx:
                rows = await tx.db.fetch(
                    "select status from outbound_messages where chat_id = $1", BUDI
                )
            statuses = [row["status"] for row in rows]
            if statuses == ["read"]:
                break
        assert statuses == ["read"]


async def test_the_same_message_twice_is_one_debt_and_one_answer(server: Server) -> None:
    async with linked_world(server) as (world, phones):
        tenant_id = await world.lender(DANI, "Toko Dani")
        for _ in range(2):
            await world.say(DANI, "PINJAM Budi 500rb", id="SAME0001")
        assert len(await world.heard(DANI)) == 1
        async with world.database.tenant_tx(tenant_id) as tx:
            assert await tx.db.fetchval("select count(*) from debts") == 1
        assert not (await phones.fake.counts()).problems
