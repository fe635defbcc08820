"""A reminder that WhatsApp refuses: the lender is told, gets the text, and may try again."""

from __future__ import annotations

from datetime import UTC, datetime

from bukuhutang.messaging.simulated import PhoneState
from bukuhutang.store.scope import connect
from tests.support.database import Server
from tests.support.world import running_world

LENDER, BUDI = "081111111111", "081222222222"
MORNING = datetime(2026, 2, 18, 3, 0, tzinfo=UTC)


async def test_the_lender_is_told_and_may_remind_again_the_same_day(server: Server) -> None:
    dsn = server.service_dsn(server.fresh())
    database = await connect(dsn)
    try:
        async with running_world(database, dsn, at=MORNING) as world:
            await world.lender(LENDER, "Toko Dani")
            await world.answer(LENDER, f"PINJAM Budi {BUDI} 500rb 14hari")
            await world.service.whatsapp.set_connection(LENDER, PhoneState.RESTRICTED)
            await world.say(LENDER, "INGATKAN Budi")
            told = [one.text for one in await world.heard(LENDER)]
            assert "sedang dikirim" in told[0]
            assert "tidak terkirim" in told[1]
            assert f"https://wa.me/62{BUDI[1:]}?text=" in told[1]
            assert told[2].startswith("🙏 Halo Budi, ini pengingat dari *Toko Dani*.")
            assert len(told) == 3
            assert await world.heard(BUDI) == []

            await world.service.whatsapp.set_connection(LENDER, PhoneState.ONLINE)
            await world.say(LENDER, "INGATKAN Budi")
            assert len(await world.heard(LENDER)) == 1
            assert len(await world.heard(BUDI)) == 1
            assert "Pengingat itu sudah sampai." in await world.answer(LENDER, "INGATKAN Budi")
            [one] = (await world.service.whatsapp.messages(BUDI)).messages
            await world.service.whatsapp.receipt(BUDI, one.id, "read")
            await world.rest()
            assert "Pengingat itu sudah dibaca." in await world.answer(LENDER, "INGATKAN Budi")
            assert "sudah dibaca" in (await world.answer(LENDER, "RIWAYAT Budi")).splitlines()[-1]

    finally:
        await database.close()
