"""What needs no key: probes, metrics, the documents, the front door; and the headers of all."""

from __future__ import annotations

import re

import httpx
from fastapi import APIRouter, Response

from bukuhutang.base.ids import TenantId
from bukuhutang.usecases.rates import OUTBOX_WAITING_MAX
from tests.web.rig import Web, register

OUTSIDE = re.compile(r"""(?:src|href|url)\s*[=:(]\s*["']?(?:https?:)?//""")
TEN_ROUTES = {
    "/admin/stats": "get",
    "/admin/tenants": "get",
    "/admin/tenants/register": "post",
    "/admin/tenant/{id}/qr": "get",
    "/admin/tenant/{id}/activate": "post",
    "/admin/tenant/{id}/toggle": "post",
    "/admin/tenant/{id}/plan": "post",
    "/admin/tenant/{id}": "get",
    "/admin/tenant/{id}/credits": "post",
    "/admin/sessions": "get",
}


async def test_health_and_readiness_need_no_key(web: Web) -> None:
    async with web.client(key=None) as anybody:
        assert (await anybody.get("/health")).json() == {"status": "ok"}
        assert (await anybody.get("/ready")).json() == {"status": "ready"}
        for path in ("/health", "/ready"):
            assert (await anybody.head(path)).status_code == 200


async def test_metrics_count_requests_by_route_and_name_nobody(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    await operator.get("/admin/tenant/1")
    await operator.get("/admin/tenant/1?nothing=1")
    await operator.request("BREW", "/coffee")
    async with web.client(key=None) as anybody:
        answer = await anybody.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    shown = answer.text
    assert 'route="/admin/tenant/{id}",status="200"' in shown
    assert 'method="other",route="unmatched"' in shown
    assert 'bukuhutang_rows{kind="session",state="unlinked"} 1.0' in shown
    assert "bukuhutang_database_up 1.0" in shown
    for private in ("Toko Dani", "6281234567890", "BREW"):
        assert private not in shown


async def test_a_state_that_nobody_is_in_any_more_leaves_the_metrics(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    assert 'state="unlinked"' in (await operator.get("/metrics")).text
    await web.log_in(1)
    shown = (await operator.get("/metrics")).text
    assert 'bukuhutang_rows{kind="session",state="connected"} 1.0' in shown
    assert 'bukuhutang_rows{kind="session",state="unlinked"}' not in shown


async def test_how_near_the_fullest_tenant_is_to_its_bound_is_shown(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    shown = (await operator.get("/metrics")).text
    assert 'bukuhutang_queue_fullest_ratio{queue="inbox"} 0.0' in shown
    assert 'bukuhutang_queue_bound{plan="free",queue="inbox"} 200.0' in shown
    assert f'bukuhutang_queue_bound{{plan="free",queue="outbox"}} {OUTBOX_WAITING_MAX}.0' in shown
    async with web.database.courier() as db:
        await db.execute(
            "insert into inbound_messages (tenant_id, provider_message_id, chat_id, sender,"
            " from_me, self_chat, body, sent_at, received_at) select 1, 'm' || n, 'c', 's', false,"
            " false, 'x', $1, $1 from generate_series(1, 50) n",
            web.clock.at,
        )
    async with web.database.tenant_tx(TenantId(1)) as tx:
        await tx.db.execute("update inbound_messages set paused = true, not_before = now()")
        await tx.db.execute(
            "insert into outbound_messages (tenant_id, client_ref, chat_id, body, purpose,"
            " queued_at) select 1, 'o' || n, 'c', 'x', 'reply', $1"
            " from generate_series(1, $2::int) n",
            web.clock.at,
            OUTBOX_WAITING_MAX // 10,
        )
    shown = (await operator.get("/metrics")).text
    assert 'bukuhutang_queue_fullest_ratio{queue="inbox"} 0.25' in shown
    assert 'bukuhutang_queue_fullest_ratio{queue="outbox"} 0.1' in shown


async def test_the_docs_load_only_our_own_files(web: Web) -> None:
    async with web.client(key=None) as anybody:
        page = await anybody.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert not OUTSIDE.search(page.text)
        assert "<script>" not in page.text
        loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
        assert len(loaded) == 3
        for path in loaded:
            assert (await anybody.get(path)).status_code == 200, path
        assert not OUTSIDE.search((await anybody.get("/docs/start.js")).text)


async def test_the_document_describes_the_ten_routes_and_their_refusals(web: Web) -> None:
    async with web.client(key=None) as anybody:
        document = (await anybody.get("/openapi.json")).json()
    for path, method in TEN_ROUTES.items():
        operation = document["paths"][path][method]
        assert operation["security"] == [{"superAdminKey": []}], path
        assert {"401", "403", "429", "503"} <= set(operation["responses"]), path
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (path, status)
    assert set(document["paths"]["/admin/tenant/{id}/qr"]["get"]["responses"]) >= {"200", "404"}
    register_route = document["paths"]["/admin/tenants/register"]["post"]
    assert {"201", "409", "422"} <= set(register_route["responses"])
    schemas = document["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert schemas["RegisterIn"]["properties"]["phoneNumber"]["examples"]
    used = set(re.findall(r"#/components/schemas/(\w+)", repr(document)))
    assert used <= set(schemas)
    scheme = document["components"]["securitySchemes"]["superAdminKey"]
    assert (scheme["in"], scheme["name"]) == ("header", "X-API-Key")


async def test_the_front_door_leads_to_the_phones_or_to_the_docs(web: Web) -> None:
    async with web.client(key=None) as anybody:
        assert (await anybody.get("/")).headers["location"] == "/docs"
    router = APIRouter()

    @router.get("/simulator")
    async def page() -> str:
        return "two phones"

    async with web.client(key=None, routers=(router,)) as anybody:
        assert (await anybody.get("/")).headers["location"] == "/simulator"


async def test_every_answer_carries_the_security_headers(
    web: Web, operator: httpx.AsyncClient
) -> None:
    for path in ("/docs", "/admin/stats", "/nothing", "/static/vendor/swagger-ui.css", "/health"):
        headers = (await operator.get(path)).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    async with web.client(key=None) as stranger:
        assert "content-security-policy" in (await stranger.get("/admin/stats")).headers


async def test_a_route_may_be_stricter_than_the_common_headers(web: Web) -> None:
    router = APIRouter()

    @router.get("/simulator/documents/x")
    async def document() -> Response:
        return Response(b"", headers={"Content-Security-Policy": "sandbox"})

    async with web.client(routers=(router,)) as client:
        answer = await client.get("/simulator/documents/x")
    assert answer.headers.get_list("content-security-policy") == ["sandbox"]
    assert answer.headers["cache-control"] == "no-store"
