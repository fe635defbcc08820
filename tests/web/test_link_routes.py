"""The pairing link over HTTP: who may open it, what it says, what a code costs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.web.rig import FAILURES_MAX, Json, Web, problem, register


@pytest.fixture
async def lender(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has no key."""
    async with web.client(key=None) as opened:
        yield opened


async def a_link(operator: httpx.AsyncClient, tenant_id: int = 1) -> str:
    """The path of a new link."""
    answer = await operator.post(f"/admin/tenant/{tenant_id}/link")
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url.removeprefix("http://web")


async def put(web: Web, **columns: Any) -> None:
    """The login of tenant 1, as its manager would have noted it."""
    names = list(columns)
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, start=1))
    async with web.database.courier() as db:
        await db.execute(f"update wa_sessions set {sets}", *columns.values())  # noqa: S608  names


async def state(http: httpx.AsyncClient, path: str) -> Json:
    answer = await http.get(f"{path}/state")
    assert answer.status_code == 200, answer.text
    shown: Json = answer.json()
    return shown


async def test_the_operator_gets_a_link_for_a_day(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    answer = await operator.post("/admin/tenant/1/link")
    assert answer.status_code == 201
    assert answer.json()["expiresAt"] == "2026-03-05T05:00:00Z"
    assert re.fullmatch(r"http://web/link/1-[0-9a-f]{48}", answer.json()["url"])
    async with web.client(replace(web.deps(), public_url="https://buku.example")) as outside:
        url = (await outside.post("/admin/tenant/1/link")).json()["url"]
    assert url.startswith("https://buku.example/link/1-")
    async with web.database.courier() as db:
        row = await db.fetchrow("select link_token_hash, s::text as all from wa_sessions s")
    assert row is not None
    assert len(row["link_token_hash"]) == 32
    assert url.rpartition("-")[2] not in row["all"], "only its hash is kept"


async def test_a_link_is_made_for_a_tenant_that_exists_by_who_has_the_key(
    web: Web, operator: httpx.AsyncClient, lender: httpx.AsyncClient
) -> None:
    problem(await operator.post("/admin/tenant/7/link"), 404, "tenant_not_found")
    problem(await lender.post("/admin/tenant/1/link"), 401, "key_missing")


async def test_the_page_needs_no_key_and_is_nobodys_to_keep(
    operator: httpx.AsyncClient, lender: httpx.AsyncClient
) -> None:
    await register(operator)
    path = await a_link(operator)
    page = await lender.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for name, value in {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex, nofollow",
    }.items():
        assert page.headers[name] == value
    shown = await state(lender, path)
    assert shown == {
        "step": "waiting",
        "language": "id",
        "timezone": "Asia/Jakarta",
        "name": "Toko Dani",
        "number": "0812-3456-7890",
        "how": "qr",
        "qrMark": None,
        "qr": None,
        "secondsLeft": None,
        "pairCode": None,
        "tail": None,
        "until": None,
    }


async def test_whatever_is_wrong_with_a_link_shows_the_same(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    await register(operator, "081234567891", "Toko Sari")
    old, other = await a_link(operator), await a_link(operator, 2)
    good = await a_link(operator)  # the one before is void
    secret = good.rpartition("-")[2]
    wrong = [
        old,
        "/link/1-" + "0" * 48,
        f"/link/2-{secret}",  # somebody else's tenant
        f"/link/99-{secret}",  # no tenant
        f"/link/99999999999999999999-{secret}",
        "/link/1",
        "/link/x",
        good.upper().replace("/LINK", "/link"),
    ]
    bodies = set()
    for number, path in enumerate(wrong):
        async with web.client(key=None, address=f"198.51.100.{number}") as visitor:
            page = await visitor.get(path)
            assert page.status_code == 404, path
            bodies.add(page.text)
            problem(await visitor.get(f"{path}/state"), 404, "link_unknown")
            refused = await visitor.post(f"{path}/code", json={"how": "qr"})
            problem(refused, 404, "link_unknown")
    assert len(bodies) == 1
    async with web.client(key=None) as visitor:
        assert (await visitor.get(other)).status_code == 200
        web.clock.at += timedelta(hours=24)
        assert (await visitor.get(other)).text in bodies, "a day later"


async def test_guessing_is_limited_and_the_right_link_waits_too(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    path = await a_link(operator)
    deps = replace(web.deps(), link_attempts=web.deps().attempts)
    async with web.client(deps, key=None) as visitor:
        for _ in range(FAILURES_MAX):
            assert (await visitor.get("/link/1-" + "0" * 48)).status_code == 404
        blocked = await visitor.get(path)
        assert blocked.status_code == 429
        assert int(blocked.headers["retry-after"]) > 0
        problem(await visitor.get(f"{path}/state"), 429, "too_many_attempts")
    async with web.client(deps, key=None, address="203.0.113.9") as elsewhere:
        assert (await elsewhere.get(path)).status_code == 200


async def test_a_code_is_asked_for_and_shown(
    web: Web, operator: httpx.AsyncClient, lender: httpx.AsyncClient
) -> None:
    await register(operator)
    path = await a_link(operator)
    await put(web, pairing_wanted_at=None)
    assert (await state(lender, path))["step"] == "start"
    before = web.wishes
    answer = await lender.post(f"{path}/code", json={"how": "qr"})
    assert answer.json()["step"] == "waiting"
    assert web.wishes == before + 1
    await web.show_qr(1, "2@abc")
    shown = await state(lender, path)
    assert (shown["step"], shown["secondsLeft"]) == ("qr", 20)
    assert shown["qr"].startswith("<svg")
    again = (await lender.get(f"{path}/state?have={shown['qrMark']}")).json()
    assert (again["qrMark"], again["qr"]) == (shown["qrMark"], None), "the page has it already"
    web.clock.at += timedelta(seconds=21)
    assert (await state(lender, path))["step"] == "waiting", "the next code is on its way"


async def test_the_only_phone_gets_eight_characters(
    web: Web, operator: httpx.AsyncClient, lender: httpx.AsyncClient
) -> None:
    await register(operator)
    path = await a_link(operator)
    await web.show_qr(1, "2@abc")
    web.clock.at += timedelta(seconds=5)
    answer = await lender.post(f"{path}/code", json={"how": "code"})
    assert (answer.json()["step"], answer.json()["how"]) == ("waiting", "code")
    impatient = await lender.post(f"{path}/code", json={"how": "qr"})
    assert impatient.json()["how"] == "code", "every code costs WhatsApp something"
    await put(web, state="pairing", pair_code="wzye1r2k", qr_code=None)
    shown = await state(lender, path)
    assert (shown["step"], shown["pairCode"]) == ("code", "WZYE-1R2K")
    problem(await lender.post(f"{path}/code", json={"how": "fax"}), 422, "request_invalid")


@pytest.mark.parametrize(
    ("columns", "step"),
    [
        ({"state": "unlinked", "reason": "pairing_timeout"}, "timeout"),
        ({"state": "unlinked", "reason": "pairing_passkey"}, "passkey"),
        ({"state": "unlinked", "reason": "pairing_error"}, "failed"),
        ({"state": "unlinked", "reason": "wrong_number", "reason_detail": "…0002"}, "wrong_number"),
        ({"state": "logged_out"}, "logged_out"),
        ({"state": "replaced"}, "replaced"),
        ({"state": "banned"}, "banned"),
        ({"state": "outdated"}, "outdated"),
        ({"state": "pairing"}, "timeout"),
        ({"state": "temporarily_banned"}, "paused"),
    ],
)
async def test_each_trouble_has_its_step_and_a_code_can_be_asked_for(
    web: Web,
    operator: httpx.AsyncClient,
    lender: httpx.AsyncClient,
    *,
    columns: dict[str, str],
    step: str,
) -> None:
    await register(operator)
    path = await a_link(operator)
    await put(web, pairing_wanted_at=None, **columns)
    shown = await state(lender, path)
    assert shown["step"] == step
    assert shown["tail"] == ("0002" if step == "wrong_number" else None)
    asked = (await lender.post(f"{path}/code", json={"how": "qr"})).json()
    assert asked["step"] == ("paused" if step == "paused" else "waiting")


@pytest.mark.parametrize("reached", ["connected", "restricted", "connecting", "interrupted"])
async def test_a_linked_phone_needs_no_code(
    web: Web, operator: httpx.AsyncClient, lender: httpx.AsyncClient, reached: str
) -> None:
    await register(operator)
    path = await a_link(operator)
    await put(web, state=reached, pairing_wanted_at=None)
    expected = "connected" if reached in ("connected", "restricted") else "connecting"
    assert (await lender.post(f"{path}/code", json={"how": "qr"})).json()["step"] == expected
    async with web.database.courier() as db:
        assert await db.fetchval("select pairing_wanted_at from wa_sessions") is None


async def test_a_ban_with_an_end_is_waited_for(
    web: Web, operator: httpx.AsyncClient, lender: httpx.AsyncClient
) -> None:
    await register(operator)
    path = await a_link(operator)
    until = web.clock.at + timedelta(hours=5)
    await put(web, state="temporarily_banned", state_until=until, pairing_wanted_at=None)
    asked = (await lender.post(f"{path}/code", json={"how": "qr"})).json()
    assert (asked["step"], asked["until"]) == ("paused", "2026-03-04T10:00:00Z")
    async with web.database.courier() as db:
        assert await db.fetchval("select pairing_wanted_at from wa_sessions") is None
    problem(await operator.get("/admin/tenant/1/qr"), 404, "qr_not_available")


async def test_a_tenant_that_is_switched_off_is_told_so(
    web: Web, operator: httpx.AsyncClient, lender: httpx.AsyncClient
) -> None:
    await register(operator)
    path = await a_link(operator)
    await web.log_in(1)
    await operator.post("/admin/tenant/1/activate")
    await operator.post("/admin/tenant/1/toggle")
    assert (await state(lender, path))["step"] == "inactive"


# --- the operator's own -----------------------------------------------------------------------


async def test_the_operator_gets_the_eight_characters_too(
    web: Web, operator: httpx.AsyncClient
) -> None:
    await register(operator)
    waiting = await operator.get("/admin/tenant/1/pair-code")
    assert problem(waiting, 404, "qr_not_available")["reason"] == "not_ready"
    async with web.database.courier() as db:
        assert await db.fetchval("select pairing_how from wa_sessions") == "code"
    await put(web, state="pairing", pair_code="WZYE1R2K")
    answer = await operator.get("/admin/tenant/1/pair-code")
    assert answer.json() == {"success": True, "code": "WZYE-1R2K"}
    await web.log_in(1)
    connected = await operator.get("/admin/tenant/1/pair-code")
    assert problem(connected, 404, "qr_not_available")["reason"] == "connected"
    problem(await operator.get("/admin/tenant/9/pair-code"), 404, "tenant_not_found")


async def test_a_login_is_explained_in_both_languages_with_what_waits_for_it(
    web: Web, operator: httpx.AsyncClient
) -> None:
    body = {"phoneNumber": "081234567890", "name": "Dani", "email": "d@example.com"}
    await operator.post("/admin/tenants/register", json=body)
    until = web.clock.at + timedelta(minutes=15)
    await put(web, state="replaced", state_until=until)
    async with web.database.tenant_tx(1) as tx:  # type: ignore[arg-type]
        await tx.db.execute(
            "insert into outbound_messages (tenant_id, client_ref, chat_id, body, purpose,"
            " queued_at) values (1, 'a', 'c', 'x', 'reply', $1), (1, 'b', 'c', 'x', 'reply', $1)",
            web.clock.at,
        )
        await tx.db.execute(
            "insert into mail_messages (tenant_id, key, recipient, subject, body, queued_at)"
            " values (1, 'k', 'd@example.com', 'S', 'B', $1)",
            web.clock.at,
        )
    async with web.client(replace(web.deps(), has_mail=True)) as mailing:
        [listed] = (await mailing.get("/admin/sessions")).json()["sessions"]
        shown = (await mailing.get("/admin/tenant/1", headers={"Accept-Language": "id"})).json()
    assert listed["explanation"] == "The same login was opened elsewhere."
    assert listed["nextStep"] == "Wait: it is connected once more by itself."
    assert (listed["waiting"], listed["otherWay"]) == (2, "mail")
    assert listed["until"] == "2026-03-04T05:15:00Z"
    login = shown["session"]
    assert login["explanation"] == "Login yang sama dibuka di tempat lain."
    assert (login["waiting"], login["otherWay"]) == (2, "mail")
    assert login["lastMail"]["status"] == "queued"
