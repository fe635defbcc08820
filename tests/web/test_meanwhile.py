"""A request whose right ends while its body is still on the way writes nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.api_keys import revoke_key_of
from bukuhutang.usecases.members import NewMember, add_by_operator, remove_by_operator
from bukuhutang.usecases.tenants import When, toggle_tenant
from tests.web.api.rig import a_debt, a_key, count
from tests.web.rig import Web, problem
from tests.web.sign_in_rig import HOST, STAFF, Browser, Shop, open_shop

Meanwhile = Callable[[], Awaitable[object]]


@pytest.fixture
async def shop(web: Web) -> Shop:
    """A lender with staff."""
    return await open_shop(web)


def when(shop: Shop) -> When:
    """Now."""
    return When(shop.web.clock.at, shop.web.clock.at)


async def lend_slowly(
    http: httpx.AsyncClient, headers: dict[str, str], meanwhile: Meanwhile
) -> httpx.Response:
    """POST a debt; between the head and its body something happens."""

    async def body() -> AsyncIterator[bytes]:
        await meanwhile()
        yield json.dumps(a_debt()).encode()

    sent = {"Content-Type": "application/json", "Idempotency-Key": "slow", **headers}
    return await http.post("/api/v1/debts", content=body(), headers=sent)


def proof_of(browser: Browser) -> dict[str, str]:
    """What the browser sends along."""
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return {"Cookie": cookie, "X-CSRF-Token": browser.csrf, "Origin": HOST}


async def lend_by_key(shop: Shop, meanwhile: Meanwhile) -> httpx.Response:
    """As a program."""
    key = await a_key(shop.web, shop.tenant_id)
    async with shop.browser() as browser:
        return await lend_slowly(browser.http, {"Authorization": f"Bearer {key}"}, meanwhile)


async def lend_by_cookie(shop: Shop, meanwhile: Meanwhile) -> httpx.Response:
    """As staff who have signed in."""
    async with shop.signed_in(STAFF) as browser:
        return await lend_slowly(browser.http, proof_of(browser), meanwhile)


async def test_a_key_that_is_revoked_meanwhile_writes_nothing(shop: Shop) -> None:
    answer = await lend_by_key(
        shop, lambda: revoke_key_of(shop.web.database, shop.tenant_id, 1, when(shop))
    )
    problem(answer, 403, "key_wrong")
    assert await count(shop.web, shop.tenant_id, "debts") == 0


async def test_a_tenant_that_is_switched_off_meanwhile_is_not_written(shop: Shop) -> None:
    answer = await lend_by_key(
        shop, lambda: toggle_tenant(shop.web.database, shop.tenant_id, when(shop))
    )
    problem(answer, 409, "tenant_inactive")
    assert await count(shop.web, shop.tenant_id, "debts") == 0


async def test_who_has_signed_in_at_a_tenant_switched_off_meanwhile_is_signed_out(
    shop: Shop,
) -> None:
    """As at the door of a tenant that is off."""
    answer = await lend_by_cookie(
        shop, lambda: toggle_tenant(shop.web.database, shop.tenant_id, when(shop))
    )
    problem(answer, 401, "signed_out")
    assert await count(shop.web, shop.tenant_id, "debts") == 0


async def test_a_member_who_is_removed_meanwhile_writes_nothing(shop: Shop) -> None:
    answer = await lend_by_cookie(
        shop, lambda: remove_by_operator(shop.web.database, shop.tenant_id, STAFF, when(shop))
    )
    problem(answer, 401, "signed_out")
    assert await count(shop.web, shop.tenant_id, "debts") == 0


async def test_the_role_of_the_moment_of_writing_counts(shop: Shop) -> None:
    as_viewer = NewMember(f"+{STAFF}", "Sari", Role.VIEWER)
    answer = await lend_by_cookie(
        shop, lambda: add_by_operator(shop.web.database, shop.tenant_id, as_viewer, when(shop))
    )
    problem(answer, 403, "not_permitted")
    assert await count(shop.web, shop.tenant_id, "debts") == 0
