"""One tenant through the admin API: registered, linked, switched, its plan and its credits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from tests.web.rig import Web, problem, register

KEYS_IN_CAMEL_CASE = re.compile(r"[a-z]+([A-Z][a-z]*)*")


def keys_of(shown: Any) -> set[str]:
    """Every key at any depth."""
    if isinstance(shown, dict):
        return set(shown) | {key for one in shown.values() for key in keys_of(one)}
    if isinstance(shown, list):
        return {key for one in shown for key in keys_of(one)}
    return set()


async def test_a_registered_tenant_waits_for_its_scan_with_the_free_plan(
    web: Web, operator: httpx.AsyncClient
) -> None:
    body = {"phoneNumber": "0812-3456-7890", "name": "Toko Dani", "email": "dani@example.com"}
    answer = await operator.post("/admin/tenants/register", json=body)
    assert answer.status_code == 201
    assert answer.json() == {
        "success": True,
        "tenant": {
            "tenantId": 1,
            "phoneNumber": "6281234567890",
            "name": "Toko Dani",
            "email": "dani@example.com",
            "status": "pending_qr",
            "statusSince": "2026-03-04T05:00:00Z",
            "plan": "free",
            "aiCredits": 100,
            "aiCreditsAdded": 0,
            "maxDebts": 50,
            "maxAgreements": 5,
            "createdAt": "2026-03-04T05:00:00Z",
            "whatsapp": {
                "state": "unlinked",
                "reason": None,
                "since": "2026-03-04T05:00:00Z",
                "driver": None,
                "phoneId": None,
            },
        },
    }
    assert web.wishes == 1, "its session is to show a code at once"


async def test_the_same_number_in_another_spelling_is_taken(operator: httpx.AsyncClient) -> None:
    await register(operator, "0812-3456-7890")
    for spelling in ("081234567890", "+62 812-3456-7890", "6281234567890"):
        body = {"phoneNumber": spelling, "name": "Another"}
        answer = await operator.post("/admin/tenants/register", json=body)
        members = problem(answer, 409, "phone_number_taken")
        assert members["errors"][0]["field"] == "phoneNumber"


FIELDS_REFUSED = [
    ("phoneNumber", "12", "phone_number_invalid"),
    ("phoneNumber", "", "phone_number_invalid"),
    ("name", "", "name_invalid"),
    ("name", " \u200b ", "name_invalid"),
    ("name", "x" * 101, "name_invalid"),
    ("email", "", "email_invalid"),
    ("email", "dani", "email_invalid"),
    ("email", "da\0ni@example.com", "email_invalid"),
]


async def test_a_field_that_cannot_be_accepted_is_named(
    web: Web, operator: httpx.AsyncClient
) -> None:
    for field, value, code in FIELDS_REFUSED:
        body = {"phoneNumber": "081234567890", "name": "Toko Dani", field: value}
        answer = await operator.post("/admin/tenants/register", json=body)
        assert answer.status_code == 422, body
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == (field, code)
        assert error["detail"]
    assert web.wishes == 0
    assert (await operator.get("/admin/tenants")).json()["tenants"] == []


async def test_details_show_settings_usage_against_limits_session_and_totals(
    web: Web, operator: httpx.AsyncClient
) -> None:
    tenant = await register(operator)
    await web.log_in(1, "banned", "number banned")
    shown = (await operator.get("/admin/tenant/1")).json()
    wa_session = {
        "state": "banned",
        "reason": "number banned",
        "since": "2026-03-04T05:00:00Z",
    }
    reached = {**wa_session, "driver": None, "phoneId": None}
    assert shown == {
        "success": True,
        "tenant": {**tenant, "whatsapp": reached},
        "settings": {
            "reminderTemplate": "default",
            "autoReminder": True,
            "language": "id",
            "timezone": "Asia/Jakarta",
        },
        "usage": {
            "month": "2026-03",
            "debtsOpen": 0,
            "maxDebts": 50,
            "agreementsOpen": 0,
            "maxAgreements": 5,
            "aiCreditsUsed": 0,
            "maxAiCredits": 100,
            "aiCreditsAddedUsed": 0,
            "aiCreditsAddedLeft": 0,
            "pdfs": 0,
            "maxPdfs": 5,
            "messages": 0,
            "messagesAMinute": 20,
            "apiRequestsAMinute": 60,
        },
        "totals": {
            "debtsTotal": 0,
            "debtsOpen": 0,
            "receivable": 0,
            "payable": 0,
            "agreementsTotal": 0,
            "agreementsOpen": 0,
        },
        "session": {
            **wa_session,
            "detail": None,
            "until": None,
            "waiting": 0,
            "explanation": "WhatsApp has blocked this number.",
            "nextStep": "The lender asks WhatsApp for a review, then links again.",
            "otherWay": None,
            "lastMail": None,
        },
    }
    assert all(KEYS_IN_CAMEL_CASE.fullmatch(key) for key in keys_of(shown))


async def test_the_month_of_usage_is_the_tenants_own(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    web.clock.at = web.clock.at.replace(day=31, hour=17)  # already April in Jakarta
    assert (await operator.get("/admin/tenant/1")).json()["usage"]["month"] == "2026-04"


async def test_activating_waits_for_whatsapp(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    members = problem(
        await operator.post("/admin/tenant/1/activate"), 409, "whatsapp_not_connected"
    )
    assert members["state"] == "unlinked"
    await web.log_in(1)
    web.clock.at += timedelta(hours=1)
    tenant = (await operator.post("/admin/tenant/1/activate")).json()["tenant"]
    assert tenant["status"] == "active"
    assert tenant["statusSince"] == "2026-03-04T06:00:00Z"
    assert tenant["whatsapp"]["state"] == "connected"


async def test_toggling_switches_off_and_on_again(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    problem(await operator.post("/admin/tenant/1/toggle"), 409, "tenant_not_activated")
    await web.log_in(1)
    await operator.post("/admin/tenant/1/activate")
    before = web.wishes
    for status in ("inactive", "active"):
        answer = await operator.post("/admin/tenant/1/toggle")
        assert answer.status_code == 200
        assert answer.json()["tenant"]["status"] == status
    assert web.wishes == before + 2, "the session is closed and opened again"


async def test_a_plan_brings_its_limits(operator: httpx.AsyncClient) -> None:
    await register(operator)
    answer = await operator.post("/admin/tenant/1/plan", json={"plan": "pro"})
    tenant = answer.json()["tenant"]
    assert (tenant["plan"], tenant["aiCredits"]) == ("pro", 2_000)
    assert (tenant["maxDebts"], tenant["maxAgreements"]) == (1_000, 100)
    answer = await operator.post("/admin/tenant/1/plan", json={"plan": "enterprise"})
    tenant = answer.json()["tenant"]
    assert (tenant["aiCredits"], tenant["maxDebts"], tenant["maxAgreements"]) == (None, None, None)


async def test_a_plan_that_does_not_exist_is_refused(operator: httpx.AsyncClient) -> None:
    await register(operator)
    for plan in ("gold", "", "FREE", "{{7*7}}", "x" * 5_000):
        answer = await operator.post("/admin/tenant/1/plan", json={"plan": plan})
        assert problem(answer, 422, "plan_unknown")["errors"][0]["field"] == "plan"
    assert (await operator.get("/admin/tenant/1")).json()["tenant"]["plan"] == "free"


async def test_added_credits_come_on_top_of_the_plans_month(operator: httpx.AsyncClient) -> None:
    await register(operator)
    for _ in range(2):
        answer = await operator.post("/admin/tenant/1/credits", json={"amount": 250})
    tenant = answer.json()["tenant"]
    assert (tenant["aiCredits"], tenant["aiCreditsAdded"]) == (600, 500)


async def test_credits_with_a_key_are_added_once(operator: httpx.AsyncClient) -> None:
    await register(operator)

    async def add(amount: int, key: str) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        path = "/admin/tenant/1/credits"
        return await operator.post(path, json={"amount": amount}, headers=headers)

    for _ in range(2):
        answer = await add(250, "invoice-42")
        assert answer.json()["tenant"]["aiCreditsAdded"] == 250
    problem(await add(251, "invoice-42"), 422, "idempotency_key_reused")
    assert (await add(250, "invoice-43")).json()["tenant"]["aiCreditsAdded"] == 500
    for invalid in ("", "x" * 201):
        problem(await add(1, invalid), 422, "request_invalid")


async def test_unlimited_credits_cannot_be_added_to(operator: httpx.AsyncClient) -> None:
    await register(operator)
    await operator.post("/admin/tenant/1/plan", json={"plan": "enterprise"})
    answer = await operator.post("/admin/tenant/1/credits", json={"amount": 1})
    problem(answer, 409, "credits_unlimited")


async def test_credits_outside_the_range_are_refused(operator: httpx.AsyncClient) -> None:
    await register(operator)
    for amount in (0, -5, 1_000_001, 10**30):
        answer = await operator.post("/admin/tenant/1/credits", json={"amount": amount})
        members = problem(answer, 422, "credits_out_of_range")
        assert (members["min"], members["max"]) == (1, 1_000_000)
        assert members["errors"][0]["field"] == "amount"


async def test_an_amount_that_is_not_a_whole_number_is_not_guessed(
    operator: httpx.AsyncClient,
) -> None:
    await register(operator)
    for amount in ("5", True, 1.5, 5.0, None, [5], {"amount": 5}):
        answer = await operator.post("/admin/tenant/1/credits", json={"amount": amount})
        assert problem(answer, 422, "request_invalid")["errors"][0]["field"] == "amount"
    assert (await operator.get("/admin/tenant/1")).json()["tenant"]["aiCreditsAdded"] == 0


ROUTES_OF_ONE_TENANT: list[tuple[str, str, object]] = [
    ("GET", "", None),
    ("GET", "/qr", None),
    ("GET", "/qr.svg", None),
    ("GET", "/qr.png", None),
    ("POST", "/activate", None),
    ("POST", "/toggle", None),
    ("POST", "/plan", {"plan": "basic"}),
    ("POST", "/credits", {"amount": 5}),
]


NUMBERS_OF_NOBODY = (
    "0", "-1", "1.0", "1_0", "+1", "abc", "%00", "%20", "\u0663", str(2**63), "9" * 400,
)  # fmt: skip


async def test_an_unknown_tenant_is_not_found(web: Web, operator: httpx.AsyncClient) -> None:
    for method, path, body in ROUTES_OF_ONE_TENANT:
        for number in (4711, 2**63 - 1):
            answer = await operator.request(method, f"/admin/tenant/{number}{path}", json=body)
            assert problem(answer, 404, "tenant_not_found")["tenantId"] == number
    assert web.wishes == 0


async def test_a_number_no_tenant_can_have_is_refused(operator: httpx.AsyncClient) -> None:
    for method, path, body in ROUTES_OF_ONE_TENANT:
        for number in NUMBERS_OF_NOBODY:
            answer = await operator.request(method, f"/admin/tenant/{number}{path}", json=body)
            assert problem(answer, 422, "request_invalid")["errors"][0]["field"] == "id"


async def test_the_qr_code_is_shown_as_text_svg_and_png(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    await web.show_qr(1, "2@abc,def")
    answer = await operator.get("/admin/tenant/1/qr")
    assert answer.json() == {
        "success": True,
        "qr": "2@abc,def",
        "expiresAt": "2026-03-04T05:00:20Z",
    }
    assert answer.headers["cache-control"] == "no-store"
    svg = await operator.get("/admin/tenant/1/qr.svg")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert svg.text.startswith("<svg")
    png = await operator.get("/admin/tenant/1/qr.png")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")


async def test_asking_for_a_qr_code_asks_the_session_for_one(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    await web.show_qr(1, "2@old", seconds=-1)
    before = web.wishes
    answer = await operator.get("/admin/tenant/1/qr")
    assert problem(answer, 404, "qr_not_available")["reason"] == "not_ready"
    assert int(answer.headers["retry-after"]) > 0
    assert web.wishes == before + 1


async def test_a_qr_code_that_comes_at_once_is_waited_for(web: Web) -> None:
    """The session manager shows the first code while the request waits."""

    async def woken() -> None:
        await web.show_qr(1, "2@fresh")

    async with web.client() as operator:
        await register(operator)
    deps = replace(web.deps(), wake_sessions=woken, qr_wait_seconds=5.0)
    async with web.client(deps) as operator:
        answer = await operator.get("/admin/tenant/1/qr")
    assert answer.json()["qr"] == "2@fresh"


async def test_a_linked_phone_has_no_qr_code(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    for state in ("connected", "restricted", "connecting", "interrupted"):
        await web.log_in(1, state)
        for form in ("qr", "qr.svg", "qr.png"):
            answer = await operator.get(f"/admin/tenant/1/{form}")
            assert problem(answer, 404, "qr_not_available")["reason"] == "connected"
            assert "retry-after" not in answer.headers


async def test_an_inactive_tenant_has_no_qr_code(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    await web.log_in(1)
    await operator.post("/admin/tenant/1/activate")
    await operator.post("/admin/tenant/1/toggle")
    answer = await operator.get("/admin/tenant/1/qr")
    assert problem(answer, 404, "qr_not_available")["reason"] == "inactive"
