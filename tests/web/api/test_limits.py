"""A plan that is full, as a program meets it."""

from __future__ import annotations

import asyncio

from tests.support.filled import record_debts
from tests.web.api.rig import Program, a_debt, count, differences
from tests.web.rig import Web, problem


async def test_of_twenty_requests_at_once_exactly_one_gets_the_last_place(
    web: Web, shop: Program
) -> None:
    await record_debts(web.database, shop.tenant_id, 49, now=web.clock.now())
    answers = await asyncio.gather(
        *(shop.post("/debts", a_debt(f"Budi {number}")) for number in range(20))
    )
    assert sorted(one.status_code for one in answers) == [201, *[409] * 19]
    no = problem(next(one for one in answers if one.status_code == 409), 409, "debt_quota_reached")
    assert (no["plan"], no["used"], no["limit"]) == ("free", 50, 50)
    assert (no["nextPlan"], no["nextLimit"]) == ("basic", 200)
    assert await count(web, shop.tenant_id, "debts") == 50
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        told = await tx.db.fetch("select body from outbound_messages where purpose = 'notice'")
    assert len(told) == 2, "80 and 100 percent, in the lender's own chat, whoever caused it"
    assert await differences(web, shop.tenant_id) == []


async def test_a_full_plan_lets_read_and_take_back(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    await record_debts(web.database, shop.tenant_id, 49, now=web.clock.now())
    assert (await shop.post("/debts", a_debt("Sari"))).status_code == 409
    assert (await shop.get("/debts")).status_code == 200
    assert (await shop.post("/debts/1/reversal")).status_code in (200, 201)
    assert (await shop.post("/debts", a_debt("Sari"))).status_code == 201


async def test_the_same_key_works_when_there_is_room_again(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    await record_debts(web.database, shop.tenant_id, 49, now=web.clock.now())
    wish = a_debt("Sari")
    assert (await shop.post("/debts", wish, key="once")).status_code == 409
    await shop.post("/debts/1/reversal")
    assert (await shop.post("/debts", wish, key="once")).status_code == 201
