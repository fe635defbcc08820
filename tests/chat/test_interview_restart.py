"""An interview outlives the process: the next answer finds it where it was left."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bukuhutang.store.scope import connect
from tests.support.database import Server
from tests.support.world import running_world

LENDER, BUDI = "0811-1111-1111", "0812-2222-2222"
MORNING = datetime(2026, 2, 18, 9, 0, tzinfo=ZoneInfo("Asia/Jakarta"))


async def test_an_interview_goes_on_after_a_restart(server: Server, tmp_path: Path) -> None:
    dsn = server.service_dsn(server.fresh())
    database = await connect(dsn)
    try:
        async with running_world(database, dsn, at=MORNING, folder=tmp_path) as world:
            tenant_id = await world.lender(LENDER, "Toko Dani")
            await world.answer(LENDER, f"BUAT PERJANJIAN Budi 3jt {BUDI}")
            asked = await world.answer(LENDER, "gajian tgl 25")
            assert "penghasilan Budi sebulan" in asked
        later = MORNING + timedelta(hours=23)
        async with running_world(database, dsn, at=later, folder=tmp_path) as world:
            await world.heard(LENDER)
            await world.answer(LENDER, "4,5jt")
            offer = await world.answer(LENDER, "tidak ada")
            assert "tiap" not in offer
            assert "*Budi* pinjam *Rp3.000.000*, dicicil 3 kali" in offer
        async with running_world(
            database, dsn, at=later + timedelta(minutes=5), folder=tmp_path
        ) as world:
            await world.heard(LENDER)
            await world.say(LENDER, "SETUJU")
            [drafted, sent] = await world.heard(LENDER)
            assert drafted.text.startswith("✅ Perjanjian no. 1 dengan *Budi*")
            assert sent.document is not None
            [agreement] = await world.heard(BUDI)
            assert agreement.document is not None
        async with database.tenant_tx(tenant_id) as tx:
            stored = await tx.db.fetchrow("select principal, status from loan_agreements")
            assert stored is not None
            assert tuple(stored) == (3_000_000, "sent")
            assert await tx.db.fetchval("select count(*) from dialogues") == 0
    finally:
        await database.close()
