"""Who may call the tenant API, and how often."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from bukuhutang.store.api_keys import living
from bukuhutang.tenancy.roles import KeyScope
from bukuhutang.usecases.api_keys import revoke_key_of
from bukuhutang.usecases.tenants import set_plan, toggle_tenant
from tests.web.api.rig import Program, a_debt, a_key, a_tenant, count, program, when
from tests.web.rig import FAILURES_MAX, KEY, Web, problem
from tests.web.sign_in_rig import COOKIE, HOST, open_shop

RATE_HEADERS = ("limit", "remaining", "reset", "policy")


def rates(answer: httpx.Response) -> list[str | None]:
    """The four headers."""
    return [answer.headers.get(f"ratelimit-{name}") for name in RATE_HEADERS]


async def test_both_headers_are_taken(web: Web) -> None:
    key = await a_key(web, await a_tenant(web))
    async with web.client(key=None) as http:
        for headers in (
            {"Authorization": f"Bearer {key}"},
            {"Authorization": f"bearer  {key} "},
            {"X-API-Key": key},
        ):
            answer = await http.get("/api/v1/debts", headers=headers)
            assert answer.status_code == 200, answer.text


async def test_every_wrong_key_gets_the_very_same_answer(web: Web) -> None:
    tenant_id = await a_tenant(web)
    key = await a_key(web, tenant_id)
    secret = key[-43:]
    wrong = {
        "another secret": f"bh_live_{tenant_id}_{'x' * 43}",
        "another tenant": f"bh_live_{await a_tenant(web)}_{secret}",
        "no such tenant": f"bh_live_999999_{secret}",
        "a number beyond all": f"bh_live_{'9' * 18}_{secret}",
        "far beyond": f"bh_live_{'9' * 30}_{secret}",
        "no form": "guess",
        "the operator's": KEY,
        "too long": key + "x",
        "not ascii": "bh_live_1_é",
    }
    said = set()
    for number, offered in enumerate(wrong.values()):
        async with web.client(key=None, address=f"203.0.113.{number}") as stranger:
            header = (b"Authorization", f"Bearer {offered}".encode())
            answer = await stranger.get("/api/v1/debts", headers=[header])
            members = problem(answer, 403, "key_wrong")
            members.pop("instance")
            said.add(repr((members, sorted(set(answer.headers) - {"date"}))))
            assert rates(answer) == [None] * 4, "who we do not know is told no rate"
    assert len(said) == 1
    async with web.client(key=None) as stranger:
        missing = await stranger.get("/api/v1/debts")
        problem(missing, 401, "key_missing")
        assert missing.headers["www-authenticate"] == 'Bearer realm="bukuhutang"'
        basic = {"Authorization": "Basic eDp5"}
        problem(await stranger.get("/api/v1/debts", headers=basic), 401, "key_missing")


async def test_a_strangers_body_is_not_even_read(web: Web) -> None:
    async with web.client(key=None) as stranger:
        for path in ("/api/v1/debts", "/api/v1/no-such-route", "/api/v1"):
            answer = await stranger.post(path, content=b"{not")
            problem(answer, 401, "key_missing")


async def test_guessing_is_limited_apart_from_the_operators_key(web: Web) -> None:
    deps = web.deps()
    key = await a_key(web, await a_tenant(web))
    async with web.client(deps, key=KEY) as client:
        for _ in range(FAILURES_MAX):
            guess = {"Authorization": "Bearer guess"}
            problem(await client.get("/api/v1/debts", headers=guess), 403, "key_wrong")
        right = {"Authorization": f"Bearer {key}"}
        blocked = await client.get("/api/v1/debts", headers=right)
        members = problem(blocked, 429, "too_many_attempts")
        assert blocked.headers["retry-after"] == str(members["retryAfterSeconds"])
        assert (await client.get("/admin/stats")).status_code == 200
    async with web.client(deps, key=None, address="203.0.113.9") as elsewhere:
        assert (await elsewhere.get("/api/v1/debts", headers=right)).status_code == 200


async def test_a_key_ends_by_revocation_and_by_its_date(web: Web) -> None:
    tenant_id = await a_tenant(web)
    ends = web.clock.at + timedelta(hours=1)
    short = await a_key(web, tenant_id, expires_at=ends)
    long = await a_key(web, tenant_id)
    async with web.client(key=None) as http:

        async def status(key: str) -> int:
            headers = {"Authorization": f"Bearer {key}"}
            return (await http.get("/api/v1/debts", headers=headers)).status_code

        assert [await status(short), await status(long)] == [200, 200]
        web.clock.at = ends
        assert [await status(short), await status(long)] == [403, 200]
        await revoke_key_of(web.database, tenant_id, 2, when(web))
        assert await status(long) == 403


async def test_a_key_that_may_read_writes_nothing(web: Web) -> None:
    tenant_id = await a_tenant(web)
    async with program(web, tenant_id, KeyScope.READ) as reader:
        assert (await reader.get("/debts")).status_code == 200
        answer = await reader.post("/debts", a_debt())
        assert problem(answer, 403, "not_permitted")["permission"] == "record"
        bare = await reader.http.post("/api/v1/debts", content=b"{not")
        problem(bare, 403, "not_permitted")
    assert await count(web, tenant_id, "debts") == 0


async def test_no_key_manages_keys(shop: Program) -> None:
    problem(await shop.get("/keys"), 403, "not_permitted")
    problem(await shop.post("/keys", {"name": "x", "scope": "read"}), 403, "not_permitted")
    problem(await shop.delete("/keys/1"), 403, "not_permitted")


async def test_a_tenant_that_is_switched_off_is_read_only(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    await toggle_tenant(web.database, shop.tenant_id, when(web))
    assert (await shop.get("/debts/1")).status_code == 200
    problem(await shop.post("/debts", a_debt()), 409, "tenant_inactive")
    await toggle_tenant(web.database, shop.tenant_id, when(web))
    assert (await shop.post("/debts", a_debt())).status_code == 201


async def test_requests_are_counted_by_the_minute_for_all_keys_together(web: Web) -> None:
    tenant_id = await a_tenant(web)
    web.clock.at = web.clock.at.replace(second=18)
    async with program(web, tenant_id) as one, program(web, tenant_id) as other:
        first = await one.get("/debts")
        assert rates(first) == ["60", "59", "42", "60;w=60"]
        assert rates(await other.get("/debts/9")) == ["60", "58", "42", "60;w=60"], "also a 404"
        left = [(await one.get("/debts")).status_code for _ in range(58)]
        assert set(left) == {200}
        beyond = await other.get("/debts")
        members = problem(beyond, 429, "rate_limited")
        assert (members["limit"], members["retryAfterSeconds"]) == (60, 42)
        assert beyond.headers["retry-after"] == "42"
        assert rates(beyond) == ["60", "0", "42", "60;w=60"]
        refused = await other.post("/debts", a_debt())
        problem(refused, 429, "rate_limited")
        web.clock.at += timedelta(seconds=42)
        assert rates(await other.get("/debts")) == ["60", "59", "60", "60;w=60"]
    async with program(web) as another:
        assert rates(await another.get("/debts"))[1] == "59", "tenants do not count together"


@pytest.mark.parametrize(("plan", "limit"), [("basic", 300), ("pro", 1_200), ("enterprise", 6_000)])
async def test_the_plan_says_how_many(web: Web, shop: Program, plan: str, limit: int) -> None:
    await set_plan(web.database, shop.tenant_id, plan, when(web))
    assert rates(await shop.get("/debts"))[0] == str(limit)


async def test_several_processes_count_in_one_row(web: Web) -> None:
    tenant_id = await a_tenant(web)
    key = await a_key(web, tenant_id)
    headers = {"Authorization": f"Bearer {key}"}
    async with web.client(key=None) as one, web.client(key=None) as other:
        answers = await asyncio.gather(
            *(http.get("/api/v1/debts", headers=headers) for http in (one, other) * 35)
        )
    by_status = sorted(one.status_code for one in answers)
    assert by_status == [200] * 60 + [429] * 10


async def test_a_wrong_key_takes_nothing_from_the_tenants_rate(web: Web, shop: Program) -> None:
    async with web.client(key=None, address="203.0.113.9") as stranger:
        guess = {"Authorization": f"Bearer bh_live_{shop.tenant_id}_{'x' * 43}"}
        problem(await stranger.get("/api/v1/debts", headers=guess), 403, "key_wrong")
    assert rates(await shop.get("/debts"))[1] == "59"
    assert await count(web, shop.tenant_id, "rate_windows") == 1


async def test_the_last_use_is_noted_once_a_minute(web: Web, shop: Program) -> None:
    async def used() -> object:
        async with web.database.tenant_tx(shop.tenant_id) as tx:
            return (await living(tx, web.clock.at))[0].last_used_at

    assert await used() is None
    began = web.clock.at
    await shop.get("/debts")
    web.clock.at = began + timedelta(seconds=59)
    await shop.get("/debts")
    assert await used() == began
    web.clock.at = began + timedelta(seconds=60)
    await shop.get("/debts")
    assert await used() == web.clock.at


async def test_what_is_unknown_is_a_problem_with_the_rate(shop: Program) -> None:
    answer = await shop.get("/no-such-route")
    problem(answer, 404, "not_found")
    assert rates(answer)[0] == "60"
    answer = await shop.delete("/debts/1")
    problem(answer, 405, "method_not_allowed")
    assert rates(answer)[0] == "60"
    answer = await shop.http.put("/api/v1/debts", headers={"Idempotency-Key": "put"})
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"  # of both routes, not of the first


@pytest.mark.parametrize(
    ("field", "value", "code", "said"),
    [
        ("amount", 0, "field_too_small", "At least 1."),
        ("amount", 10**12, "field_too_large", "At most 999,999,999."),
        ("amount", 1.5, "field_not_whole", "A whole number is needed."),
        ("amount", "500rb", "field_not_whole", "A whole number is needed."),
        ("direction", "lent", "field_not_one_of", "One of: piutang, hutang."),
        ("name", 7, "field_not_text", "A text is needed."),
        ("note", "x" * 2_000, "field_too_long", "Too long: at most 200."),
        ("dueDate", "18/03/2026", "field_not_date", "A date is needed, such as 2026-12-31."),
        ("newBorrower", "yes", "field_invalid", "The value of this field is not valid."),
    ],
)
async def test_a_field_is_told_what_it_may_be(
    shop: Program, field: str, value: object, code: str, said: str
) -> None:
    answer = await shop.post("/debts", {**a_debt(), field: value})
    [told] = problem(answer, 422, "request_invalid")["errors"]
    assert (told["field"], told["code"], told["detail"]) == (field, code, said)


async def test_a_body_that_is_no_json_object_is_told_what_it_must_be(shop: Program) -> None:
    """As curl sends it when it is not told of JSON."""
    for kind, body in ((None, b'{"name": "Budi"}'), ("application/json", b"[]")):
        headers = {"Idempotency-Key": "form", **({} if kind is None else {"Content-Type": kind})}
        answer = await shop.http.post("/api/v1/borrowers", content=body, headers=headers)
        [told] = problem(answer, 422, "request_invalid")["errors"]
        assert (told["field"], told["code"]) == ("body", "body_not_object")
        assert "application/json" in told["detail"]
    unread = await shop.http.post("/api/v1/borrowers", content=b"{", headers={**headers})
    assert problem(unread, 422, "request_invalid")["errors"][0]["code"] == "json_invalid"


async def test_logs_show_routes_never_keys(web: Web, shop: Program) -> None:
    with capture_logs() as lines:
        await shop.get("/debts?borrowerId=7")
        await shop.lent("Rahasia")
    written = repr(lines)
    for secret in (shop.key, shop.key[-43:], "Rahasia", "borrowerId", "write-1"):
        assert secret not in written
    assert [one["route"] for one in lines] == ["/api/v1/debts", "/api/v1/debts"]


async def test_an_owner_who_has_signed_in_manages_the_keys(web: Web) -> None:
    open_at = await open_shop(web)
    tenant_id = open_at.tenant_id
    async with open_at.signed_in() as browser, web.client(key=None) as program_http:
        browser.http.headers["Cookie"] = f"{COOKIE}={browser.cookies[COOKIE]}"
        browser.http.headers.update({"Origin": HOST, "X-CSRF-Token": browser.csrf})
        owner = Program(browser.http, tenant_id, "")
        body = {"name": "Kasir", "scope": "write", "expiresAt": "2026-12-31T17:00:00Z"}
        made = await owner.post("/keys", body, key="once")
        assert made.status_code == 201, made.text
        key = made.json()["key"]
        again = await owner.post("/keys", body, key="once")
        assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
        assert again.json() == {**made.json(), "key": None}, "it is shown once"
        listed = (await owner.get("/keys")).json()["items"]
        assert [(one["id"], one["createdBy"], one["hint"]) for one in listed] == [
            (1, "member:1", key[-4:])
        ]
        assert "key" not in listed[0]
        as_program = {"Authorization": f"Bearer {key}"}
        assert (await program_http.get("/api/v1/debts", headers=as_program)).status_code == 200
        revoked = await owner.delete("/keys/1")
        assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")
        assert (await program_http.get("/api/v1/debts", headers=as_program)).status_code == 403
        problem(await owner.delete("/keys/9"), 404, "key_not_found")
    async with web.database.tenant_tx(tenant_id) as tx:
        kept = await tx.db.fetchval("select string_agg(body, '') from idempotency_keys")
        assert key not in kept
        acts = await tx.db.fetch("select action, actor, detail from audit_log order by id")
    assert [(one["action"], one["actor"]) for one in acts[-2:]] == [
        ("key_created", "member:1"),
        ("key_revoked", "member:1"),
    ]
    assert "Kasir" not in acts[-2]["detail"]
