"""Who changed what of a tenant, and when: the audit trail through the admin API."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import httpx

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.cursors import write_cursor
from bukuhutang.store.scope import TenantTx
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.opened import service_book
from tests.support.filled import record_debts, spend_credits
from tests.web.rig import NOON, Web, problem, register

Json = dict[str, Any]


async def trail(operator: httpx.AsyncClient, query: str = "", tenant: int = 1) -> list[Json]:
    """The entries of one page."""
    answer = await operator.get(f"/admin/tenant/{tenant}/audit{query}")
    assert answer.status_code == 200, answer.text
    entries: list[Json] = answer.json()["entries"]
    return entries


async def test_every_change_of_the_operator_says_who_what_and_when(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    await web.log_in(1, "connected")
    await operator.post("/admin/tenant/1/activate")
    await operator.post("/admin/tenant/1/plan", json={"plan": "basic"})
    await operator.post("/admin/tenant/1/credits", json={"amount": 40})
    await operator.post("/admin/tenant/1/credits", json={"amount": 2})
    await operator.post("/admin/tenant/1/toggle")
    entries = await trail(operator)
    assert [(one["id"], one["actor"], one["action"]) for one in entries] == [
        (6, "operator", "tenant_toggled"),
        (5, "operator", "credits_added"),
        (4, "operator", "credits_added"),
        (3, "operator", "plan_set"),
        (2, "operator", "tenant_activated"),
        (1, "operator", "tenant_registered"),
    ]
    assert entries[0]["detail"] == {"from": "active", "status": "inactive"}
    assert entries[1]["detail"] == {"amount": 2, "sum": 42}
    assert entries[3]["detail"] == {
        "from": "free",
        "to": "basic",
        "limitsBefore": {"debts": 50, "agreements": 5, "aiCredits": 100},
        "limits": {"debts": 200, "agreements": 20, "aiCredits": 500},
    }
    assert all(one["at"] == "2026-03-04T05:00:00Z" for one in entries)


async def test_the_entries_are_a_chain_newest_first_page_by_page(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    await record_debts(web.database, TenantId(1), 6, now=NOON)
    first = (await operator.get("/admin/tenant/1/audit?limit=4")).json()
    cursor = first["nextCursor"]
    second = (await operator.get(f"/admin/tenant/1/audit?limit=4&cursor={cursor}")).json()
    assert second["nextCursor"] is None
    entries = first["entries"] + second["entries"]
    assert [one["id"] for one in entries] == [7, 6, 5, 4, 3, 2, 1]
    for newer, older in itertools.pairwise(entries):
        assert newer["previousHash"] == older["hash"]
        assert len(bytes.fromhex(newer["hash"])) == 32


async def test_one_kind_of_act_can_be_asked_for(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    await spend_credits(web.database, TenantId(1), 3, now=NOON)
    await operator.post("/admin/tenant/1/plan", json={"plan": "pro"})
    assert [one["id"] for one in await trail(operator, "?action=ai_credit_spent")] == [4, 3, 2]
    [plan] = await trail(operator, "?action=plan_set")
    assert plan["detail"]["to"] == "pro"
    assert await trail(operator, "?action=nothing_of_the_kind") == []


async def test_no_name_and_no_number_of_anybody_is_shown(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator, "0812-3456-7890", "Toko Rahasia")
    async with web.database.book_tx(TenantId(1)) as tx:
        book = await _book_in_chat(tx, "6281234567890")
        book.seal("contact_set", detail={"deep": [{"number": "6281234567890"}], "amount": 5})
        await book.close()
    answer = await operator.get("/admin/tenant/1/audit")
    assert "6281234567890" not in answer.text
    assert "Rahasia" not in answer.text
    newest = answer.json()["entries"][0]
    assert newest["chat"] == "…890"
    assert newest["detail"] == {"deep": [{"number": "…890"}], "amount": 5}


async def _book_in_chat(tx: TenantTx, chat_id: str) -> Book:
    book = await service_book(tx, "test", NOON)
    book.occasion = replace(book.occasion, actor="member:1", chat_id=chat_id)
    return book


async def test_another_tenants_trail_stays_its_own(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    await register(operator, "0812-0000-9999", "Toko Lain")
    await operator.post("/admin/tenant/2/plan", json={"plan": "pro"})
    assert [one["action"] for one in await trail(operator)] == ["tenant_registered"]
    foreign = write_cursor("audit", 2, 2)
    problem(await operator.get(f"/admin/tenant/1/audit?cursor={foreign}"), 422, "cursor_invalid")
    problem(await operator.get("/admin/tenant/99/audit"), 404, "tenant_not_found")


async def test_who_holds_no_key_sees_no_trail(web: Web) -> None:
    async with web.client(key=None) as stranger:
        problem(await stranger.get("/admin/tenant/1/audit"), 401, "key_missing")


async def test_the_details_show_the_use_that_the_lender_reads(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    await record_debts(web.database, TenantId(1), 3, now=NOON)
    await operator.post("/admin/tenant/1/credits", json={"amount": 10})
    await spend_credits(web.database, TenantId(1), 104, now=NOON)
    usage = (await operator.get("/admin/tenant/1")).json()["usage"]
    assert (usage["debtsOpen"], usage["maxDebts"]) == (3, 50)
    assert (usage["aiCreditsUsed"], usage["maxAiCredits"]) == (100, 100)
    assert (usage["aiCreditsAddedUsed"], usage["aiCreditsAddedLeft"]) == (4, 6)
    counted = (await operator.get("/admin/stats")).json()
    assert counted["aiCredits"] == {"added": 10, "used": 104, "usedAdded": 4}
