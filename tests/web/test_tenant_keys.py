"""The keys of a tenant's programs, as the operator manages them."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from bukuhutang.usecases.api_keys import KEYS_MAX
from tests.web.rig import Web, problem, register

FORM = re.compile(r"bh_live_1_[A-Za-z0-9_-]{43}")
KASIR = {"name": "  Kasir   depan ", "scope": "write"}


async def test_a_key_is_told_once_and_stored_hashed(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    made = await operator.post("/admin/tenant/1/keys", json=KASIR)
    assert made.status_code == 201, made.text
    shown = made.json()["key"]
    assert FORM.fullmatch(shown["key"])
    assert {**shown, "key": ""} == {
        "id": 1,
        "name": "Kasir depan",
        "hint": shown["key"][-4:],
        "scope": "write",
        "status": "valid",
        "createdAt": "2026-03-04T05:00:00Z",
        "createdBy": "operator",
        "expiresAt": None,
        "revokedAt": None,
        "lastUsedAt": None,
        "key": "",
    }
    other = await operator.post("/admin/tenant/1/keys", json=KASIR)
    assert other.json()["key"]["key"] != shown["key"]
    listed = await operator.get("/admin/tenant/1/keys")
    assert [one["id"] for one in listed.json()["keys"]] == [2, 1]
    assert shown["key"] not in listed.text
    async with web.database.tenant_tx(1) as tx:  # type: ignore[arg-type]  # the one there is
        row = await tx.db.fetchrow("select * from api_keys where id = 1")
        acts = await tx.db.fetch("select action, actor, subject, detail from audit_log order by id")
    assert shown["key"][-43:] not in repr(row)
    assert row is not None
    assert len(row["key_hash"]) == 32
    assert [tuple(one)[:3] for one in acts[-2:]] == [
        ("key_created", "operator", 1),
        ("key_created", "operator", 2),
    ]
    assert "Kasir" not in repr(acts), "the log holds no names"


async def test_a_revoked_key_stays_in_the_list(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    made = (await operator.post("/admin/tenant/1/keys", json=KASIR)).json()["key"]["key"]
    async with web.client(key=made) as http:
        assert (await http.get("/api/v1/debts")).status_code == 200
        for _ in range(2):
            revoked = await operator.delete("/admin/tenant/1/keys/1")
            assert revoked.json()["key"]["status"] == "revoked"
        problem(await http.get("/api/v1/debts"), 403, "key_wrong")
    [listed] = (await operator.get("/admin/tenant/1/keys")).json()["keys"]
    assert (listed["status"], listed["lastUsedAt"]) == ("revoked", "2026-03-04T05:00:00Z")
    async with web.database.tenant_tx(1) as tx:  # type: ignore[arg-type]  # the one there is
        acts = await tx.db.fetch("select action from audit_log where action = 'key_revoked'")
    assert len(acts) == 1


async def test_a_key_may_end_by_itself(web: Web, operator: httpx.AsyncClient) -> None:
    await register(operator)
    body = {**KASIR, "expiresAt": "2026-03-05T12:00:00+07:00"}
    made = await operator.post("/admin/tenant/1/keys", json=body)
    assert made.json()["key"]["expiresAt"] == "2026-03-05T12:00:00+07:00"
    web.clock.at += timedelta(days=1)
    [listed] = (await operator.get("/admin/tenant/1/keys")).json()["keys"]
    assert listed["status"] == "expired"
    for wrong in ("2026-03-01T00:00:00Z", "2099-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        answer = await operator.post("/admin/tenant/1/keys", json={**KASIR, "expiresAt": wrong})
        problem(answer, 422, "key_expiry_invalid")
    for wrong in ("2026-13-01T00:00:00Z", "2027-01-01T00:00:00", "2027-01-01"):
        answer = await operator.post("/admin/tenant/1/keys", json={**KASIR, "expiresAt": wrong})
        problem(answer, 422, "request_invalid")


async def test_only_so_many_keys_live_at_once(operator: httpx.AsyncClient) -> None:
    await register(operator)
    for _ in range(KEYS_MAX):
        assert (await operator.post("/admin/tenant/1/keys", json=KASIR)).status_code == 201
    answer = await operator.post("/admin/tenant/1/keys", json=KASIR)
    assert problem(answer, 409, "too_many_keys")["max"] == KEYS_MAX
    await operator.delete("/admin/tenant/1/keys/5")
    assert (await operator.post("/admin/tenant/1/keys", json=KASIR)).status_code == 201
    first = (await operator.get("/admin/tenant/1/keys?limit=15")).json()
    path = f"/admin/tenant/1/keys?limit=15&cursor={first['nextCursor']}"
    rest = (await operator.get(path)).json()
    numbers = [one["id"] for one in first["keys"] + rest["keys"]]
    assert numbers == list(range(KEYS_MAX + 1, 0, -1))
    assert rest["nextCursor"] is None


async def test_what_cannot_be_is_refused(operator: httpx.AsyncClient) -> None:
    await register(operator)
    await register(operator, "0812-9999-8888", "Toko Lain")
    await operator.post("/admin/tenant/1/keys", json=KASIR)
    problem(await operator.delete("/admin/tenant/2/keys/1"), 404, "key_not_found")
    for method in ("get", "delete", "post"):
        path = "/admin/tenant/9/keys" + ("/1" if method == "delete" else "")
        json = {"json": KASIR} if method == "post" else {}
        problem(await operator.request(method, path, **json), 404, "tenant_not_found")  # type: ignore[arg-type]  # a body
    for body, code in (
        ({**KASIR, "name": "x" * 61}, "name_invalid"),
        ({**KASIR, "name": " "}, "name_invalid"),
        ({**KASIR, "scope": "all"}, "request_invalid"),
        ({"scope": "read"}, "request_invalid"),
    ):
        problem(await operator.post("/admin/tenant/1/keys", json=body), 422, code)
    cursor = "bm90aGluZw"
    problem(await operator.get(f"/admin/tenant/1/keys?cursor={cursor}"), 422, "cursor_invalid")
