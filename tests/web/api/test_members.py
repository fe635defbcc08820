"""Who speaks for the tenant, through the API: the chat's ANGGOTA, for the owner only."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import httpx
import pytest

from bukuhutang.tenancy.roles import KeyScope
from tests.store.ground import fresh_ground
from tests.support.database import Server
from tests.web.api.rig import a_debt, differences, program
from tests.web.rig import Json, Web, problem
from tests.web.sign_in_rig import OWNER, STAFF, VIEWER, Browser, Shop, open_shop

KEYS = itertools.count(1)
NEW: Json = {"name": "  Wati ", "phoneNumber": "0813-0000-0009", "role": "staff"}
SARI: Json = {"id": 2, "name": "Sari", "phoneNumber": STAFF, "role": "staff"}


@pytest.fixture
async def house(server: Server) -> AsyncIterator[Shop]:
    """A lender (member 1) with Sari of staff (2) and Tono, who looks (3)."""
    async with fresh_ground(server) as ground:
        yield await open_shop(Web(ground.database))


async def write(
    browser: Browser, method: str, path: str, body: Json | None = None, **headers: str
) -> httpx.Response:
    """A change under an idempotency key of its own."""
    named = {"Idempotency_Key": f"w-{next(KEYS)}", **headers}
    return await browser.send(method, f"/api/v1/members{path}", body, **named)


async def etag(browser: Browser, number: int) -> str:
    """Of the member as it is."""
    found: str = (await browser.send("GET", f"/api/v1/members/{number}")).headers["etag"]
    return found


async def names(browser: Browser) -> list[tuple[str, str]]:
    """Everybody with the role."""
    answer = await browser.send("GET", "/api/v1/members")
    return [(one["name"], one["role"]) for one in answer.json()["items"]]


async def test_the_owner_lists_adds_and_reads(house: Shop) -> None:
    async with house.signed_in() as owner:
        made = await write(owner, "POST", "", NEW, Idempotency_Key="once")
        assert made.status_code == 201, made.text
        wati = {"id": 4, "name": "Wati", "phoneNumber": "6281300000009", "role": "staff"}
        assert made.json() == wati
        assert made.headers["location"] == "/api/v1/members/4"
        again = await write(owner, "POST", "", NEW, Idempotency_Key="once")
        assert (again.status_code, again.text) == (201, made.text), "done once"
        read = await owner.send("GET", "/api/v1/members/4")
        assert (read.json(), read.headers["etag"]) == (wati, made.headers["etag"])
        first = (await owner.send("GET", "/api/v1/members?limit=2")).json()
        assert first["items"][1] == SARI
        mark = first["nextCursor"]
        rest = (await owner.send("GET", f"/api/v1/members?limit=2&cursor={mark}")).json()
        assert [one["id"] for one in first["items"] + rest["items"]] == [1, 2, 3, 4]
        assert rest["nextCursor"] is None
    async with house.web.database.tenant_tx(house.tenant_id) as tx:
        told = await tx.db.fetchval(
            "select count(*) from outbound_messages where chat_id = $1", wati["phoneNumber"]
        )
        actor = await tx.db.fetchval(
            "select actor from audit_log where action = 'member_added' order by id desc limit 1"
        )
    assert (told, actor) == (1, "member:1")
    assert await differences(house.web, house.tenant_id) == []


async def test_a_role_is_changed_by_whom_knows_it_and_counts_at_once(house: Shop) -> None:
    async with house.signed_in() as owner, house.signed_in(STAFF, address="198.51.100.8") as sari:
        known = await etag(owner, 2)
        body = {"role": "viewer"}
        problem(await write(owner, "PATCH", "/2", body), 428, "precondition_required")
        wrong = await write(owner, "PATCH", "/2", body, If_Match='"x"')
        problem(wrong, 412, "precondition_failed")
        done = await write(owner, "PATCH", "/2", body, If_Match=known)
        assert done.json() == {**SARI, "role": "viewer"}
        assert done.headers["etag"] == await etag(owner, 2) != known
        late = await write(owner, "PATCH", "/2", {"role": "owner"}, If_Match=known)
        problem(late, 412, "precondition_failed")
        debt = await sari.send("POST", "/api/v1/debts", a_debt(), Idempotency_Key="d")
        problem(debt, 403, "not_permitted")


async def test_who_is_removed_is_out_at_once_and_can_come_back(house: Shop) -> None:
    async with house.signed_in() as owner, house.signed_in(STAFF, address="198.51.100.8") as sari:
        gone = await write(owner, "DELETE", "/2")
        assert gone.json() == {"id": 2, "name": "Sari", "signedOut": 1}
        problem(await sari.send("GET", "/api/v1/debts"), 401, "signed_out")
        assert await names(owner) == [("Toko Dani", "owner"), ("Tono", "viewer")]
        problem(await write(owner, "DELETE", "/2"), 404, "member_unknown")
        problem(await owner.send("GET", "/api/v1/members/2"), 404, "member_unknown")
        back = await write(owner, "POST", "", {**NEW, "phoneNumber": STAFF, "name": "Sari"})
        assert (back.status_code, back.json()["id"]) == (201, 2), "the same member"


async def test_what_is_refused_changes_nothing(house: Shop) -> None:
    async with house.signed_in() as owner:
        debt = a_debt("Budi", phoneNumber="081200001111")
        await owner.send("POST", "/api/v1/debts", debt, Idempotency_Key="d")
        before = await names(owner)
        for more, status, code in (
            ({"phoneNumber": "12"}, 422, "phone_number_invalid"),
            ({"name": " "}, 422, "name_invalid"),
            ({"role": "boss"}, 422, "request_invalid"),
            ({"phoneNumber": OWNER}, 409, "member_is_tenant"),
            ({"phoneNumber": "081200001111"}, 409, "member_borrows"),
        ):
            problem(await write(owner, "POST", "", {**NEW, **more}), status, code)
        taken = await write(owner, "POST", "", {**NEW, "phoneNumber": STAFF, "role": "owner"})
        assert problem(taken, 409, "member_exists")["memberId"] == 2
        for method, body in (("PATCH", {"role": "staff"}), ("DELETE", None)):
            own = await write(owner, method, "/1", body, If_Match="*")
            problem(own, 409, "member_is_tenant")
            nobody = await write(owner, method, "/9", body, If_Match="*")
            problem(nobody, 404, "member_unknown")
        for number in range(27):
            phone = f"0815{number:08}"
            made = await write(owner, "POST", "", {**NEW, "phoneNumber": phone})
            assert made.status_code == 201, made.text
        full = await write(owner, "POST", "", {**NEW, "phoneNumber": "081600000000"})
        assert problem(full, 409, "too_many_members")["max"] == 30
        assert (await names(owner))[:3] == before


async def test_the_last_who_reads_notices_stays(house: Shop) -> None:
    await house.execute("update tenants set driver = 'cloud', cloud_phone_id = '1234567'")
    await house.execute("update users set role = 'owner' where id = 2")
    async with house.signed_in(STAFF) as sari:
        refused = await write(sari, "PATCH", "/2", {"role": "staff"}, If_Match="*")
        problem(refused, 409, "last_owner")
        problem(await write(sari, "DELETE", "/2"), 409, "last_owner")


@pytest.mark.parametrize("phone", [STAFF, VIEWER])
async def test_staff_and_viewers_neither_see_nor_change_members(house: Shop, phone: str) -> None:
    async with house.signed_in(phone) as browser:
        problem(await browser.send("GET", "/api/v1/members"), 403, "not_permitted")
        problem(await browser.send("GET", "/api/v1/members/1"), 403, "not_permitted")
        for method, path, body in (
            ("POST", "", NEW),
            ("PATCH", "/3", {"role": "owner"}),
            ("DELETE", "/3", None),
        ):
            refused = await write(browser, method, path, body, If_Match="*")
            problem(refused, 403, "not_permitted")


@pytest.mark.parametrize("scope", list(KeyScope))
async def test_a_key_cannot_make_somebody_owner(house: Shop, scope: KeyScope) -> None:
    async with program(house.web, house.tenant_id, scope) as key:
        problem(await key.get("/members"), 403, "not_permitted")
        problem(await key.post("/members", NEW), 403, "not_permitted")
        answer = await key.patch("/members/3", {"role": "owner"}, if_match="*")
        problem(answer, 403, "not_permitted")
        problem(await key.delete("/members/3"), 403, "not_permitted")
