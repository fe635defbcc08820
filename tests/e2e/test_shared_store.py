"""Two hosts, one PostgreSQL with the keys: a takeover goes on where the other one ended."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from bukuhutang.messaging import driver as wa
from tests.e2e.rig import running_rig, second_driver
from tests.support.database import Server
from tests.support.neonize import require_neonize

pytestmark = pytest.mark.e2e


async def test_another_host_takes_a_login_over_without_a_stale_copy(server: Server) -> None:
    require_neonize()
    url = server.superuser_dsn(server.fresh())
    with tempfile.TemporaryDirectory(prefix="bh-e2e-") as name:
        folder = Path(name)
        async with running_rig(folder, store_url=url) as rig:
            dani = await rig.lender()
            await rig.fake.write(dani.friend, dani.number, "satu")
            await dani.until(wa.MessageReceived)
            assert await dani.send("dua", "ref-2") == wa.Accepted("ref-2")
            await dani.until(wa.ReceiptReceived)
            await rig.driver.stop(dani.tenant)
            while_away = await rig.fake.write(dani.friend, dani.number, "tiga")
            async with second_driver(rig, folder / "other", store_url=url):
                assert await rig.driver.is_linked(dani.tenant)
                await rig.driver.create_session(dani.tenant, dani.number)
                await rig.driver.start(dani.tenant)
                await dani.until(wa.Connected, 2)
                assert (await dani.until(wa.MessageReceived, 2)).id == while_away
                assert await dani.send("dua", "ref-2") == wa.Accepted("ref-2"), "not a second time"
                assert await dani.send("empat", "ref-4") == wa.Accepted("ref-4")
            shown = [one.text for one in await rig.fake.messages(dani.friend, count=4)]
            assert shown == ["satu", "dua", "tiga", "empat"]
