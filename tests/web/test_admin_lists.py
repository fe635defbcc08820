"""Over all tenants: pages, filters, statistics, sessions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bukuhutang.entrypoints.web.cursors import CursorInvalid, read_cursor, write_cursor
from tests.web.rig import Web, problem, register, register_many


async def walk(operator: httpx.AsyncClient, path: str, rows: str, **asked: object) -> list[Any]:
    """Every row of a list, page by page."""
    seen: list[Any] = []
    cursor: str | None = None
    while True:
        params = {key: str(value) for key, value in asked.items()}
        answer = await operator.get(path, params=params | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["success"] is True
        assert len(page[rows]) <= int(params.get("limit", 50))
        seen += page[rows]
        cursor = page["nextCursor"]
        if cursor is None:
            return seen


async def test_walking_the_pages_meets_each_tenant_once(operator: httpx.AsyncClient) -> None:
    numbers = await register_many(operator, 7)
    for limit in (1, 2, 3, 7, 8, 200):
        for path, rows in (("/admin/tenants", "tenants"), ("/admin/sessions", "sessions")):
            seen = await walk(operator, path, rows, limit=limit)
            assert [one["tenantId"] for one in seen] == numbers


async def test_a_tenant_registered_while_walking_comes_on_a_later_page(
    operator: httpx.AsyncClient,
) -> None:
    await register_many(operator, 3)
    first = (await operator.get("/admin/tenants", params={"limit": 2})).json()
    await register(operator, "081399990000", "Late")
    rest = await operator.get("/admin/tenants", params={"cursor": first["nextCursor"]})
    assert [one["name"] for one in rest.json()["tenants"]] == ["Toko 3", "Late"]


async def test_an_empty_list_is_one_page(operator: httpx.AsyncClient) -> None:
    empty = {"success": True, "tenants": [], "nextCursor": None}
    assert (await operator.get("/admin/tenants")).json() == empty


async def test_search_finds_name_email_and_the_beginning_of_the_number(
    operator: httpx.AsyncClient,
) -> None:
    await register_many(operator, 2)
    body = {"phoneNumber": "0813-1111-2222", "name": "100%_Warung", "email": "siti@example.org"}
    await operator.post("/admin/tenants/register", json=body)
    found = {
        "toko": ["Toko 1", "Toko 2"],
        "  TOKO 2 ": ["Toko 2"],
        "SITI@": ["100%_Warung"],
        "0812-345": ["Toko 1", "Toko 2"],
        "+62 813": ["100%_Warung"],
        "62812345": ["Toko 1", "Toko 2"],
        "%": ["100%_Warung"],
        "_": ["100%_Warung"],
        "' or 1=1 --": [],
        "": ["Toko 1", "Toko 2", "100%_Warung"],
    }
    for search, names in found.items():
        page = (await operator.get("/admin/tenants", params={"search": search})).json()
        assert [one["name"] for one in page["tenants"]] == names, search


async def test_filters_narrow_the_list_and_go_together(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register_many(operator, 4)
    for tenant in (2, 3):
        await web.log_in(tenant)
        await operator.post(f"/admin/tenant/{tenant}/activate")
    for tenant in (3, 4):
        await operator.post(f"/admin/tenant/{tenant}/plan", json={"plan": "pro"})

    async def numbers(**asked: object) -> list[int]:
        rows = await walk(operator, "/admin/tenants", "tenants", limit=1, **asked)
        return [one["tenantId"] for one in rows]

    assert await numbers(status="active") == [2, 3]
    assert await numbers(status="inactive") == []
    assert await numbers(plan="pro") == [3, 4]
    assert await numbers(plan="pro", status="active") == [3]
    assert await numbers(plan="pro", status="active", search="toko 4") == []
    sessions = await walk(operator, "/admin/sessions", "sessions", state="connected")
    assert [one["tenantId"] for one in sessions] == [2, 3]


async def test_what_cannot_be_asked_for_is_refused_by_field(operator: httpx.AsyncClient) -> None:
    asked = [
        ("/admin/tenants?limit=0", "limit"),
        ("/admin/tenants?limit=201", "limit"),
        ("/admin/tenants?limit=-1", "limit"),
        ("/admin/tenants?limit=1.0", "limit"),
        ("/admin/tenants?limit=", "limit"),
        ("/admin/tenants?limit=" + "9" * 5_000, "limit"),
        ("/admin/tenants?status=gone", "status"),
        ("/admin/tenants?plan=gold", "plan"),
        ("/admin/tenants?search=%00", "search"),
        ("/admin/tenants?search=" + "x" * 101, "search"),
        ("/admin/tenants?staus=active", "staus"),
        ("/admin/sessions?state=dreaming", "state"),
        ("/admin/sessions?limit=201", "limit"),
    ]
    for path, field in asked:
        answer = await operator.get(path)
        assert problem(answer, 422, "request_invalid")["errors"][0]["field"] == field
    strange = await operator.get("/admin/tenants?search=%ff%fe%ed%a0%80")  # not UTF-8
    assert strange.json()["tenants"] == []


async def test_a_made_up_page_mark_is_refused(operator: httpx.AsyncClient) -> None:
    await register_many(operator, 2)
    of_sessions = (await operator.get("/admin/sessions?limit=1")).json()["nextCursor"]
    for cursor in ("abc", "", "!", "MQ", of_sessions, "\u0663", "x" * 60):
        answer = await operator.get("/admin/tenants", params={"cursor": cursor})
        assert problem(answer, 422, "cursor_invalid")["errors"][0]["field"] == "cursor"


def test_a_page_mark_reads_back_for_its_own_list_only() -> None:
    for after in (1, 7, 2**63 - 1):
        assert read_cursor("tenants", write_cursor("tenants", after)) == after
        with pytest.raises(CursorInvalid):
            read_cursor("sessions", write_cursor("tenants", after))
    assert read_cursor("tenants", None) == 0


async def test_statistics_are_counted_and_what_has_no_rows_is_zero(
    web: Web, operator: httpx.AsyncClient
) -> None:
    empty = (await operator.get("/admin/stats")).json()
    assert empty["success"] is True
    assert empty["countedAt"] == "2026-03-04T05:00:00Z"
    assert empty["tenants"] == {
        "total": 0,
        "byStatus": {"pending_qr": 0, "active": 0, "inactive": 0},
        "byPlan": {"free": 0, "basic": 0, "pro": 0, "enterprise": 0},
    }
    await register_many(operator, 3)
    await web.log_in(2)
    await operator.post("/admin/tenant/2/activate")
    await operator.post("/admin/tenant/1/plan", json={"plan": "basic"})
    await operator.post("/admin/tenant/1/credits", json={"amount": 40})
    counted = (await operator.get("/admin/stats")).json()
    assert counted["tenants"]["total"] == 3
    assert counted["tenants"]["byStatus"] == {"pending_qr": 2, "active": 1, "inactive": 0}
    assert counted["tenants"]["byPlan"] == {"free": 2, "basic": 1, "pro": 0, "enterprise": 0}
    assert counted["sessions"]["byState"]["connected"] == 1
    assert counted["sessions"]["byState"]["unlinked"] == 2
    assert counted["debts"]["total"] == 0
    assert counted["aiCredits"] == {"added": 40, "used": 0, "usedAdded": 0}
    assert counted["pdfs"] == {"counted": 0}


async def test_sessions_show_state_owner_and_lease(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    await web.log_in(1, "temporarily_banned")
    [shown] = (await operator.get("/admin/sessions")).json()["sessions"]
    assert shown == {
        "tenantId": 1,
        "name": "Toko Dani",
        "phoneNumber": "6281234567890",
        "state": "temporarily_banned",
        "reason": None,
        "detail": None,
        "since": "2026-03-04T05:00:00Z",
        "until": None,
        "waiting": 0,
        "explanation": "WhatsApp has paused this number for a while.",
        "nextStep": "Send the linking page; the lender decides there.",
        "otherWay": None,
        "linkedAt": None,
        "owner": None,
        "fencing": 0,
        "leaseUntil": None,
    }
