"""The operator chooses a tenant's WhatsApp: over HTTP, refused where it cannot be, audited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.store.book import read_page
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.members import MemberBorrows, NewMember, add_by_operator
from bukuhutang.usecases.opened import service_book
from bukuhutang.usecases.tenants import When
from tests.web.rig import NOON, Web, problem, register

LINE = "106540352242922"
OWNER = "0812-9999-9999"
WISH = {"driver": "cloud", "phoneId": LINE, "ownerPhone": OWNER}


@pytest.fixture
def web(database: Database) -> Web:
    return Web(database)


@pytest.fixture
async def operator(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with web.client(replace(web.deps(), cloud_configured=True)) as client:
        yield client


async def channel(operator: httpx.AsyncClient, tenant_id: int, wish: Any) -> httpx.Response:
    """Ask for it."""
    return await operator.post(f"/admin/tenant/{tenant_id}/channel", json=wish)


async def lender_chat(database: Database, tenant_id: int) -> str:
    """Where the lender reads."""
    async with database.book_tx(TenantId(tenant_id)) as tx:
        return (await read_page(tx)).lender_chat


async def test_a_tenant_moves_to_the_cloud_api_and_back(
    web: Web, operator: httpx.AsyncClient
) -> None:
    tenant = await register(operator)
    number = tenant["tenantId"]
    woken = web.wishes
    answer = await channel(operator, number, WISH)
    assert answer.status_code == 200, answer.text
    shown = answer.json()["tenant"]["whatsapp"]
    assert (shown["driver"], shown["phoneId"]) == ("cloud", LINE)
    assert web.wishes == woken + 1
    assert await lender_chat(web.database, number) == "6281299999999"
    answer = await channel(operator, number, {"driver": "linked"})
    assert answer.json()["tenant"]["whatsapp"]["driver"] == "linked"
    assert await lender_chat(web.database, number) == tenant["phoneNumber"]
    # The phone id is still known, so nobody has to type it again.
    assert (await channel(operator, number, {"driver": "cloud"})).status_code == 200


async def test_what_the_operator_did_is_in_the_audit_log(
    web: Web, operator: httpx.AsyncClient
) -> None:
    number = (await register(operator))["tenantId"]
    await channel(operator, number, WISH)
    async with web.database.tenant_tx(TenantId(number)) as tx:
        acts = [row[0] for row in await tx.db.fetch("select action from audit_log order by id")]
    assert acts[-2:] == ["member_added", "channel_set"]


async def test_one_phone_id_is_one_tenants(web: Web, operator: httpx.AsyncClient) -> None:
    first = (await register(operator))["tenantId"]
    second = (await register(operator, "0812-1111-0000", "Toko Rina"))["tenantId"]
    await channel(operator, first, WISH)
    members = problem(await channel(operator, second, WISH), 409, "phone_id_taken")
    assert members["errors"][0]["field"] == "phoneId"
    assert await lender_chat(web.database, second) == "6281211110000"


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"driver": "telegram"}, 422, "driver_unknown"),
        ({"driver": "cloud", "ownerPhone": OWNER}, 422, "phone_id_invalid"),
        (WISH | {"phoneId": "12a"}, 422, "phone_id_invalid"),
        (WISH | {"phoneId": "1" * 33}, 422, "phone_id_invalid"),
        (WISH | {"ownerPhone": "12"}, 422, "phone_number_invalid"),
        ({"driver": "cloud", "phoneId": LINE}, 409, "owner_number_missing"),
        (WISH | {"ownerPhone": "0812-3456-7890"}, 409, "owner_number_missing"),  # the own one
        ({}, 422, "request_invalid"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    web: Web, operator: httpx.AsyncClient, wish: Any, status: int, code: str
) -> None:
    number = (await register(operator))["tenantId"]
    problem(await channel(operator, number, wish), status, code)
    shown = (await operator.get(f"/admin/tenant/{number}")).json()["tenant"]["whatsapp"]
    assert (shown["driver"], shown["phoneId"]) == (None, None)


async def test_a_borrower_is_no_owner_and_not_named_to_the_operator(
    web: Web, operator: httpx.AsyncClient
) -> None:
    number = TenantId((await register(operator))["tenantId"])
    async with web.database.book_tx(number) as tx:
        book = await service_book(tx, "test", NOON)
        book.add_borrower("Budi", "budi", PhoneNumber("6281299999999"))
        await book.close()
    refused = await channel(operator, number, WISH)
    problem(refused, 409, "member_borrows")
    assert "Budi" not in refused.text
    new = NewMember(OWNER, "Sari", Role.STAFF)
    with pytest.raises(MemberBorrows) as no:
        await add_by_operator(web.database, number, new, When(NOON, NOON))
    assert no.value.name is None


async def test_an_unknown_tenant_is_not_found(operator: httpx.AsyncClient) -> None:
    problem(await channel(operator, 99, WISH), 404, "tenant_not_found")


async def test_without_the_cloud_api_nobody_moves_there(web: Web) -> None:
    async with web.client() as operator:
        number = (await register(operator))["tenantId"]
        problem(await channel(operator, number, WISH), 409, "cloud_not_configured")
        assert (await channel(operator, number, {"driver": "linked"})).status_code == 200


async def test_a_tenant_of_the_cloud_api_has_nothing_to_scan(operator: httpx.AsyncClient) -> None:
    number = (await register(operator))["tenantId"]
    await channel(operator, number, WISH)
    members = problem(await operator.get(f"/admin/tenant/{number}/qr"), 404, "qr_not_available")
    assert members["reason"] == "cloud"
