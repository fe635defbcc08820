"""Reminders through the API: sent as INGATKAN does, once a day, and listed with their fate."""

from __future__ import annotations

from datetime import timedelta

from tests.web.api.rig import Program, count, differences, program
from tests.web.rig import Web, problem


async def test_a_reminder_goes_out_once_a_day(web: Web, shop: Program) -> None:
    await shop.lent("Budi", phoneNumber="0812-0000-1111")
    sent = await shop.post("/reminders", {"borrowerId": 1})
    assert sent.status_code == 201, sent.text
    assert sent.headers["location"] == "/api/v1/reminders/1"
    told = sent.json()
    assert told["text"].startswith("🙏 Halo Budi, ini pengingat dari *Toko Dani*.")
    assert told["reminder"]["fate"] == "waiting"
    assert told["outsideHours"] is False
    assert (await shop.get("/reminders/1")).json() == told["reminder"]
    again = await shop.post("/reminders", {"name": "Budi"})
    problem(again, 409, "reminded_today")
    assert await count(web, shop.tenant_id, "outbound_messages") == 1
    web.clock.at += timedelta(days=1)
    assert (await shop.post("/reminders", {"name": "budi"})).status_code == 201
    items = (await shop.get("/reminders")).json()["items"]
    assert [one["number"] for one in items] == [2, 1]
    first = (await shop.get("/reminders?limit=1")).json()
    rest = (await shop.get(f"/reminders?limit=1&cursor={first['nextCursor']}")).json()
    assert [one["number"] for one in rest["items"]] == [1]
    assert (await shop.get("/reminders?borrowerId=2")).json()["items"] == []
    assert await differences(web, shop.tenant_id) == []


async def test_it_is_written_in_the_tenants_own_text(shop: Program) -> None:
    await shop.lent("Budi", phoneNumber="0812-0000-1111")
    template = "Hai {nama}, {jumlah} ya.\nSalam, {toko}"
    await shop.patch("/settings", {"reminderTemplate": template}, if_match="*")
    told = (await shop.post("/reminders", {"borrowerId": 1})).json()
    assert told["text"].splitlines()[:2] == ["Hai Budi, Rp500.000 ya.", "Salam, Toko Dani"]
    assert told["text"].endswith("Balas STOP.")


async def test_without_a_number_the_text_is_to_be_forwarded(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    told = await shop.post("/reminders", {"borrowerId": 1})
    assert told.status_code == 200, told.text
    assert told.json()["reminder"] is None
    assert "Budi" in told.json()["text"]
    assert "STOP" not in told.json()["text"]
    assert await count(web, shop.tenant_id, "reminders") == 0


async def test_nobody_is_reminded_in_vain(web: Web, shop: Program) -> None:
    await shop.lent("Budi", phoneNumber="0812-0000-1111")
    problem(await shop.post("/reminders", {}), 422, "person_unclear")
    problem(await shop.post("/reminders", {"name": "Wati"}), 404, "borrower_unknown")
    problem(await shop.post("/reminders", {"borrowerId": 9}), 404, "borrower_not_found")
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        await tx.db.execute("update borrowers set opted_out_at = $1", web.clock.at)
    problem(await shop.post("/reminders", {"borrowerId": 1}), 409, "borrower_opted_out_already")
    await shop.post("/debts/1/reversal")
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        await tx.db.execute("update borrowers set opted_out_at = null")
    problem(await shop.post("/reminders", {"borrowerId": 1}), 409, "nothing_owed")


async def test_another_tenants_reminder_is_not_found(web: Web, shop: Program) -> None:
    await shop.lent("Budi", phoneNumber="0812-0000-1111")
    await shop.post("/reminders", {"borrowerId": 1})
    async with program(web) as other:
        problem(await other.get("/reminders/1"), 404, "reminder_not_found")
        problem(await other.post("/reminders", {"borrowerId": 1}), 404, "borrower_not_found")
        assert (await other.get("/reminders")).json()["items"] == []
