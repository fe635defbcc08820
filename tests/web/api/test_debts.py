"""Debts: recorded, read, listed, taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.web.api.rig import Program, a_debt, count, differences, program
from tests.web.rig import Web, problem


async def test_a_debt_is_recorded_and_read_again(web: Web, shop: Program) -> None:
    answer = await shop.post("/debts", a_debt(note="semen", phoneNumber="0812-0000-1111"))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/v1/debts/1"
    assert answer.json() == {
        "number": 1,
        "direction": "piutang",
        "borrower": {"id": 1, "name": "Budi"},
        "principal": 500_000,
        "paid": 0,
        "outstanding": 500_000,
        "dueDate": "2026-03-18",
        "daysPastDue": 0,
        "note": "semen",
        "status": "open",
        "createdAt": "2026-03-04T05:00:00Z",
        "allocations": [],
    }
    read = await shop.get("/debts/1")
    assert (read.status_code, read.json()) == (200, answer.json())
    assert read.headers["etag"] == answer.headers["etag"]
    assert await differences(web, shop.tenant_id) == []


async def test_without_a_due_date_it_is_due_as_in_the_chat(shop: Program) -> None:
    for direction, due_date in (("piutang", "2026-03-18"), ("hutang", "2026-04-03")):
        body = {"direction": direction, "name": "Budi", "amount": 500_000}
        answer = await shop.post("/debts", body)
        assert (answer.status_code, answer.json()["dueDate"]) == (201, due_date), answer.text


async def test_one_debt_is_not_sent_again_to_whom_has_it(shop: Program) -> None:
    await shop.lent("Budi")
    etag = (await shop.get("/debts/1")).headers["etag"]
    for named in (etag, f'"x", W/{etag}', "*"):
        again = await shop.get("/debts/1", If_None_Match=named)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert (await shop.get("/debts/1", If_None_Match='"x"')).status_code == 200
    await shop.post("/debts/1/reversal")
    assert (await shop.get("/debts/1", If_None_Match=etag)).status_code == 200


async def test_a_person_is_meant_by_number_or_by_name(shop: Program) -> None:
    first = await shop.lent("Budi")
    by_number = await shop.post("/debts", a_debt(None, borrowerId=1))
    assert by_number.json()["borrower"] == first["borrower"]
    assert (await shop.lent("BUDI"))["borrower"] == first["borrower"], "as the chat reads it"
    other = await shop.lent("Budi", newBorrower=True, phoneNumber="081200002222")
    assert other["borrower"] == {"id": 2, "name": "Budi"}


async def test_an_ambiguous_name_is_refused_with_the_candidates(web: Web, shop: Program) -> None:
    await shop.lent("Budi", 200_000, phoneNumber="081200001111")
    await shop.lent("Budi", 300_000, newBorrower=True)
    answer = await shop.post("/debts", a_debt("Budi"))
    members = problem(answer, 409, "name_ambiguous")
    assert members["candidates"] == [
        {"borrowerId": 1, "name": "Budi", "phoneTail": "1111", "outstanding": 200_000},
        {"borrowerId": 2, "name": "Budi", "phoneTail": None, "outstanding": 300_000},
    ]
    assert await count(web, shop.tenant_id, "debts") == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (a_debt(None), 422, "person_unclear"),
        (a_debt("Budi", borrowerId=1), 422, "person_unclear"),
        (a_debt(None, borrowerId=1, phoneNumber="081200001111"), 422, "person_unclear"),
        (a_debt(None, borrowerId=99), 404, "borrower_not_found"),
        (a_debt("1234"), 422, "person_name_invalid"),
        (a_debt("x" * 61), 422, "person_name_invalid"),
        (a_debt("Budi", phoneNumber="12"), 422, "phone_number_invalid"),
        (a_debt("Budi", days=0), 422, "due_date_out_of_range"),
        (a_debt("Budi", days=366), 422, "due_date_out_of_range"),
        (a_debt("Wati", phoneNumber="081200009999"), 409, "phone_taken"),
        (a_debt("Budi", 0), 422, "request_invalid"),
        (a_debt("Budi", 1_000_000_000), 422, "request_invalid"),
        (a_debt("Budi", note="x" * 201), 422, "request_invalid"),
        (a_debt("Budi", due="2026-03-18"), 422, "request_invalid"),
        ({**a_debt("Budi"), "amount": "500000"}, 422, "request_invalid"),
        ({**a_debt("Budi"), "amount": 500_000.5}, 422, "request_invalid"),
        ({**a_debt("Budi"), "direction": "credit"}, 422, "request_invalid"),
        ({**a_debt("Budi"), "dueDate": "18-03-2026"}, 422, "request_invalid"),
        ({**a_debt("Budi"), "dueDate": 20_260_318}, 422, "request_invalid"),
        ({}, 422, "request_invalid"),
    ],
)
async def test_a_debt_that_is_refused_leaves_nothing(
    web: Web, shop: Program, body: dict[str, Any], status: int, code: str
) -> None:
    await shop.lent("Sari", phoneNumber="081200009999")
    problem(await shop.post("/debts", body, key="again"), status, code)
    assert await count(web, shop.tenant_id, "debts") == 1
    assert await count(web, shop.tenant_id, "borrowers") == 1
    good = await shop.post("/debts", a_debt("Budi"), key="again")
    assert good.status_code == 201, "a refusal stores nothing"


async def test_the_plans_last_place_is_taken_once(web: Web, shop: Program) -> None:
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        await tx.db.execute("update tenants set max_debts = 5")
    answers = await asyncio.gather(*(shop.post("/debts", a_debt()) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [201] * 5 + [409] * 3
    refused = problem(await shop.post("/debts", a_debt()), 409, "debt_quota_reached")
    assert (refused["used"], refused["limit"], refused["nextPlan"]) == (5, 5, "basic")
    assert (await shop.post("/borrowers/1/payments", {"amount": 1_000})).status_code == 201
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        told = await tx.db.fetchval("select count(*) from outbound_messages")
    assert told == 2, "80 and 100 percent, as in the chat"


async def test_the_lenders_own_number_is_nobody_elses(web: Web, shop: Program) -> None:
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        own = await tx.db.fetchval("select phone_number from tenants")
    answer = await shop.post("/debts", a_debt(phoneNumber=f"+{own}"))
    problem(answer, 409, "phone_is_own")


async def test_the_list_is_filtered_and_comes_in_pages(web: Web, shop: Program) -> None:
    for number in range(1, 6):
        await shop.lent(f"Orang {number}", number * 1_000, days=number)
    await shop.post("/debts", {**a_debt("Bu Rina"), "direction": "hutang"})
    await shop.post("/debts/2/reversal")

    async def numbers(query: str) -> list[int]:
        found: list[int] = []
        cursor = ""
        while True:
            answer = await shop.get(f"/debts?limit=2{query}{cursor}")
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["items"]) <= 2
            found += [one["number"] for one in page["items"]]
            if page["nextCursor"] is None:
                return found
            cursor = f"&cursor={page['nextCursor']}"

    assert await numbers("") == [6, 5, 4, 3, 2, 1]
    assert await numbers("&direction=hutang") == [6]
    assert await numbers("&status=reversed") == [2]
    assert await numbers("&borrowerId=3") == [3]
    web.clock.at = web.clock.at.replace(day=8)
    assert await numbers("&overdue=true") == [3, 1]
    assert await numbers("&overdue=false") == [6, 5, 4, 2]
    for wrong in ("?overdue=ja", "?limit=0", "?limit=201", "?colour=red", "?borrowerId=x"):
        problem(await shop.get(f"/debts{wrong}"), 422, "request_invalid")


async def test_a_cursor_is_bound_to_its_tenant_and_list(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    await shop.lent("Sari")
    cursor = (await shop.get("/debts?limit=1")).json()["nextCursor"]
    assert (await shop.get(f"/debts?cursor={cursor}")).status_code == 200
    async with program(web) as other:
        problem(await other.get(f"/debts?cursor={cursor}"), 422, "cursor_invalid")
    problem(await shop.get("/debts?cursor=x"), 422, "cursor_invalid")


async def test_a_debt_is_taken_back_once(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    taken = await shop.post("/debts/1/reversal")
    assert (taken.status_code, taken.json()["status"]) == (200, "reversed")
    problem(await shop.post("/debts/1/reversal"), 409, "already_undone")
    problem(await shop.post("/debts/9/reversal"), 404, "debt_not_found")
    assert await differences(web, shop.tenant_id) == []


async def test_what_something_was_built_upon_stays(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    await shop.lent("Budi")
    problem(await shop.post("/debts/1/reversal"), 409, "built_upon")
    assert (await shop.post("/debts/2/reversal")).status_code == 200
    assert await differences(web, shop.tenant_id) == []


async def test_another_tenants_debt_is_not_found(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    async with program(web) as other:
        problem(await other.get("/debts/1"), 404, "debt_not_found")
        problem(await other.post("/debts/1/reversal"), 404, "debt_not_found")
        problem(await other.post("/debts", a_debt(None, borrowerId=1)), 404, "borrower_not_found")
        assert (await other.get("/debts?borrowerId=1")).json() == {"items": [], "nextCursor": None}
    assert (await shop.get("/debts/1")).json()["status"] == "open"
