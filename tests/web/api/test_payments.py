"""Payments: recorded on a person or a debt, read, listed, taken back."""

from __future__ import annotations

from tests.web.api.rig import Program, a_debt, count, differences, program
from tests.web.rig import Web, problem


async def test_a_payment_goes_to_the_oldest_due_debt_first(web: Web, shop: Program) -> None:
    await shop.lent("Budi", 500_000, days=14)
    await shop.lent("Budi", 150_000, days=3)
    answer = await shop.post("/borrowers/1/payments", {"amount": 200_000})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/v1/payments/1"
    assert answer.json() == {
        "number": 1,
        "direction": "piutang",
        "borrower": {"id": 1, "name": "Budi"},
        "amount": 200_000,
        "agreement": None,
        "status": "recorded",
        "createdAt": "2026-03-04T05:00:00Z",
        "reversedAt": None,
        "allocations": [{"debt": 1, "amount": 50_000}, {"debt": 2, "amount": 150_000}],
        "settled": None,
        "unapplied": 0,
    }
    assert (await shop.get("/payments/1")).json() == answer.json()
    debt = (await shop.get("/debts/1")).json()
    assert debt["allocations"] == [
        {"payment": 1, "amount": 50_000, "paidAt": "2026-03-04T05:00:00Z"}
    ]
    assert (await shop.get("/debts/2")).json()["status"] == "settled"
    assert await differences(web, shop.tenant_id) == []


async def test_all_that_is_open_is_paid_without_an_amount(shop: Program) -> None:
    await shop.lent("Budi", 500_000)
    await shop.lent("Budi", 150_000)
    assert (await shop.post("/borrowers/1/payments", {"amount": None})).json()["amount"] == 650_000
    problem(await shop.post("/borrowers/1/payments", {"amount": None}), 409, "nothing_owed")
    problem(await shop.post("/borrowers/1/payments", {}), 422, "request_invalid")


async def test_one_debt_is_paid_and_the_rest_is_kept(web: Web, shop: Program) -> None:
    await shop.lent("Budi", 100_000, days=3)
    await shop.lent("Budi", 200_000, days=14)
    partly = await shop.post("/debts/2/payments", {"amount": 50_000})
    assert partly.json()["allocations"] == [{"debt": 2, "amount": 50_000}]
    rest = await shop.post("/debts/2/payments", {"amount": None})
    assert rest.json()["amount"] == 150_000
    problem(await shop.post("/debts/2/payments", {"amount": 1_000}), 409, "debt_not_open")
    problem(await shop.post("/debts/9/payments", {"amount": 1_000}), 404, "debt_not_found")
    over = (await shop.post("/debts/1/payments", {"amount": 130_000})).json()
    assert over["unapplied"] == 30_000
    assert (await shop.get("/borrowers/1")).json()["creditReceivable"] == 30_000
    used = await shop.lent("Budi", 50_000)
    assert (used["paid"], used["allocations"][0]["payment"]) == (30_000, 3)
    assert await differences(web, shop.tenant_id) == []


async def test_who_owes_both_ways_must_be_told_apart(shop: Program) -> None:
    await shop.lent("Budi", 500_000)
    await shop.post("/debts", {**a_debt("Budi", 200_000), "direction": "hutang"})
    answer = await shop.post("/borrowers/1/payments", {"amount": 100_000})
    members = problem(answer, 409, "direction_ambiguous")
    assert (members["receivable"], members["payable"]) == (500_000, 200_000)
    body = {"amount": 100_000, "direction": "hutang"}
    assert (await shop.post("/borrowers/1/payments", body)).json()["direction"] == "hutang"


async def test_a_payment_is_taken_back_once(web: Web, shop: Program) -> None:
    await shop.lent("Budi", 500_000)
    await shop.post("/borrowers/1/payments", {"amount": 600_000})
    taken = await shop.post("/payments/1/reversal")
    assert taken.status_code == 200, taken.text
    shown = taken.json()
    assert (shown["status"], shown["allocations"], shown["unapplied"]) == ("reversed", [], 0)
    assert shown["reversedAt"] == "2026-03-04T05:00:00Z"
    assert (await shop.get("/debts/1")).json()["outstanding"] == 500_000
    problem(await shop.post("/payments/1/reversal"), 409, "already_undone")
    problem(await shop.post("/payments/2/reversal"), 404, "payment_not_found")
    assert (await shop.get("/payments/2")).status_code == 404, "a reversal is no payment"
    assert await differences(web, shop.tenant_id) == []


async def test_a_payment_that_was_built_upon_stays(web: Web, shop: Program) -> None:
    await shop.lent("Budi", 500_000)
    await shop.post("/borrowers/1/payments", {"amount": 100_000})
    await shop.post("/borrowers/1/payments", {"amount": 100_000})
    problem(await shop.post("/payments/1/reversal"), 409, "built_upon")
    problem(await shop.post("/debts/1/reversal"), 409, "built_upon")
    assert await count(web, shop.tenant_id, "payments") == 2


async def test_payments_are_listed_by_person_debt_and_direction(shop: Program) -> None:
    await shop.lent("Budi", 500_000)
    await shop.lent("Sari", 500_000)
    for borrower in (1, 2, 1):
        await shop.post(f"/borrowers/{borrower}/payments", {"amount": 100_000})

    async def numbers(query: str) -> list[int]:
        answer = await shop.get(f"/payments{query}")
        assert answer.status_code == 200, answer.text
        return [one["number"] for one in answer.json()["items"]]

    assert await numbers("") == [3, 2, 1]
    assert await numbers("?borrowerId=1") == [3, 1]
    assert await numbers("?debt=2") == [2]
    assert await numbers("?direction=hutang") == []
    assert await numbers("?agreement=1") == []
    first = (await shop.get("/payments?limit=2")).json()
    assert await numbers(f"?limit=2&cursor={first['nextCursor']}") == [1]


async def test_an_agreement_that_is_not_theirs_is_not_found(shop: Program) -> None:
    await shop.lent("Budi", 500_000)
    body = {"amount": 100_000, "agreement": 7}
    problem(await shop.post("/borrowers/1/payments", body), 404, "agreement_unknown")
    for unclear in ({"target": "debts"}, {"direction": "hutang"}):
        answer = await shop.post("/borrowers/1/payments", {**body, **unclear})
        problem(answer, 422, "target_unclear")


async def test_another_tenants_payment_is_not_found(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    await shop.post("/borrowers/1/payments", {"amount": 100_000})
    async with program(web) as other:
        problem(await other.get("/payments/1"), 404, "payment_not_found")
        problem(await other.post("/payments/1/reversal"), 404, "payment_not_found")
        paid = await other.post("/borrowers/1/payments", {"amount": 1_000})
        problem(paid, 404, "borrower_not_found")
        problem(await other.post("/debts/1/payments", {"amount": 1_000}), 404, "debt_not_found")
        assert (await other.get("/payments?borrowerId=1")).json()["items"] == []
    assert (await shop.get("/payments/1")).json()["status"] == "recorded"
