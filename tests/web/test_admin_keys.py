"""Who may call: missing and wrong keys, two keys at once, a limit on guessing."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from fastapi import APIRouter, Depends
from structlog.testing import capture_logs

from bukuhutang.entrypoints.web.app import operator_guard
from bukuhutang.entrypoints.web.attempts import FailedAttempts
from tests.web.rig import FAILURES_MAX, KEY, Web, problem

ROUTES = [
    ("GET", "/admin/stats"),
    ("GET", "/admin/tenants"),
    ("POST", "/admin/tenants/register"),
    ("GET", "/admin/tenant/1/qr"),
    ("GET", "/admin/tenant/1/qr.svg"),
    ("GET", "/admin/tenant/1/qr.png"),
    ("POST", "/admin/tenant/1/activate"),
    ("POST", "/admin/tenant/1/toggle"),
    ("POST", "/admin/tenant/1/plan"),
    ("GET", "/admin/tenant/1"),
    ("POST", "/admin/tenant/1/credits"),
    ("GET", "/admin/sessions"),
    ("GET", "/admin/no-such-route"),
]


async def test_no_route_answers_without_a_key_and_all_say_the_same(web: Web) -> None:
    said = set()
    for number, (method, path) in enumerate(ROUTES):
        async with web.client(key=None, address=f"203.0.113.{number}") as stranger:
            missing = problem(await stranger.request(method, path), 401, "key_missing")
            wrong = await stranger.request(method, path, headers={"X-API-Key": "guess"})
        said |= {missing["detail"], problem(wrong, 403, "key_wrong")["detail"]}
    assert len(said) == 1, "which part was wrong stays unsaid"


async def test_a_strangers_body_is_not_even_read(web: Web) -> None:
    async with web.client(key="guess") as stranger:
        json = {"Content-Type": "application/json"}
        answer = await stranger.post("/admin/tenants/register", content=b"{not", headers=json)
    problem(answer, 403, "key_wrong")


@pytest.mark.parametrize("key", ["", KEY + " x", KEY[:-1], KEY.upper(), "kunci-é".encode()])
async def test_a_key_that_only_looks_right_is_refused(web: Web, key: str | bytes) -> None:
    async with web.client(key=None) as stranger:
        answer = await stranger.get("/admin/stats", headers=[(b"X-API-Key", _bytes(key))])
    assert answer.status_code == (403 if key else 401)


def _bytes(key: str | bytes) -> bytes:
    return key if isinstance(key, bytes) else key.encode()


async def test_two_keys_are_valid_while_one_replaces_the_other(web: Web) -> None:
    both = replace(web.deps(), admin_keys=("the-old-key", "the-new-kéy"))
    for key in ("the-old-key", "the-new-kéy"):
        async with web.client(both, key=None) as operator:
            answer = await operator.get("/admin/stats", headers=[(b"X-API-Key", key.encode())])
            assert answer.status_code == 200
    async with web.client(replace(both, admin_keys=("the-new-kéy",)), key="the-old-key") as late:
        problem(await late.get("/admin/stats"), 403, "key_wrong")


def test_an_empty_key_or_a_third_one_cannot_be_configured(web: Web) -> None:
    for keys in ((), ("",), ("a", ""), ("a", "b", "c")):
        with pytest.raises(AssertionError):
            replace(web.deps(), admin_keys=keys)


async def test_after_too_many_wrong_keys_the_right_one_is_refused_too(web: Web) -> None:
    deps = web.deps()
    async with web.client(deps) as client:
        for _ in range(FAILURES_MAX):
            answer = await client.get("/admin/stats", headers={"X-API-Key": "guess"})
            problem(answer, 403, "key_wrong")
        answer = await client.get("/admin/stats")
        members = problem(answer, 429, "too_many_attempts")
        assert 1 <= members["retryAfterSeconds"] <= 60
        assert answer.headers["retry-after"] == str(members["retryAfterSeconds"])
    async with web.client(deps, address="203.0.113.9") as elsewhere:
        assert (await elsewhere.get("/admin/stats")).status_code == 200


async def test_right_keys_and_missing_ones_do_not_count(web: Web) -> None:
    async with web.client() as client:
        for _ in range(FAILURES_MAX + 1):
            assert (await client.get("/admin/stats")).status_code == 200
            assert (await client.get("/admin/stats", headers={"X-API-Key": ""})).status_code == 401
        assert (await client.get("/admin/stats")).status_code == 200


def test_the_addresses_of_one_ipv6_network_count_as_one() -> None:
    attempts = FailedAttempts()
    for number in range(30):
        attempts.note(f"2001:db8:0:1::{number:x}")
    assert 1 <= attempts.seconds_blocked("2001:db8:0:1:ffff::1") <= 60
    assert attempts.seconds_blocked("2001:db8:0:2::1") == 0
    assert attempts.seconds_blocked("unknown") == 0


async def test_the_guard_of_another_router_counts_together_with_the_admin_routes(web: Web) -> None:
    deps = web.deps()
    router = APIRouter(dependencies=[Depends(operator_guard(deps))])

    @router.get("/elsewhere")
    async def elsewhere() -> dict[str, bool]:
        return {"success": True}

    async with web.client(deps, routers=(router,)) as client:
        assert (await client.get("/elsewhere")).status_code == 200
        wrong = {"X-API-Key": "guess"}
        for path in ("/elsewhere", "/admin/stats", "/elsewhere"):
            problem(await client.get(path, headers=wrong), 403, "key_wrong")
        for path in ("/elsewhere", "/admin/stats"):
            problem(await client.get(path), 429, "too_many_attempts")


async def test_logs_show_routes_never_keys_or_queries(
    web: Web, operator: httpx.AsyncClient
) -> None:
    with capture_logs() as lines:
        await operator.get("/admin/tenants?search=Siti")
        await operator.get("/admin/tenant/77", headers={"X-API-Key": "guessed-key"})
        await operator.get("/admin/tenant/77")
    written = repr(lines)
    for secret in (KEY, "guessed-key", "Siti"):
        assert secret not in written
    assert [one["route"] for one in lines] == ["/admin/tenants", "unmatched", "/admin/tenant/{id}"]
    assert [one["status"] for one in lines] == [200, 403, 404]
