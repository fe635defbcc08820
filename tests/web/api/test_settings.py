"""Settings and usage through the API: the chat's SETTING and STATUS AKUN, with the same code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bukuhutang.tenancy.roles import KeyScope
from tests.web.api.borrower import an_agreement
from tests.web.api.rig import Program, differences, program
from tests.web.rig import KEY, Web, problem

DEFAULTS = {
    "reminderTemplate": "default",
    "autoReminder": True,
    "language": "id",
    "timezone": "Asia/Jakarta",
}


async def etag(shop: Program) -> str:
    """Of the settings as they are."""
    found: str = (await shop.get("/settings")).headers["etag"]
    return found


async def test_settings_are_changed_by_who_knows_them(web: Web, shop: Program) -> None:
    read = await shop.get("/settings")
    assert read.json() == DEFAULTS
    known = read.headers["etag"]
    changed = await shop.patch("/settings", {"language": "en", "timezone": "WITA"}, if_match=known)
    assert changed.status_code == 200, changed.text
    told = {**DEFAULTS, "language": "en", "timezone": "Asia/Makassar"}
    assert changed.json() == told
    assert (await shop.get("/settings")).json() == told
    assert (await shop.get("/settings", If_None_Match=await etag(shop))).status_code == 304
    stale = await shop.patch("/settings", {"language": "id"}, if_match=known)
    problem(stale, 412, "precondition_failed")
    problem(await shop.patch("/settings", {"language": "id"}), 428, "precondition_required")
    assert (await shop.get("/settings")).json() == told
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        rows = await tx.db.fetch(
            "select actor, detail from audit_log where action = 'setting_changed' order by id"
        )
    assert [(row["actor"], json.loads(row["detail"])) for row in rows] == [
        ("key:1", {"setting": "language", "from": "id", "to": "en"}),
        ("key:1", {"setting": "timezone", "from": "Asia/Jakarta", "to": "Asia/Makassar"}),
    ]
    assert await differences(web, shop.tenant_id) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"timezone": "Europe/Paris"}, "timezone_unknown"),
        ({"reminderTemplate": " "}, "reminder_template_empty"),
        ({"reminderTemplate": "x" * 2_001}, "reminder_template_too_long"),
        ({"reminderTemplate": "Halo {umur}"}, "reminder_fields_unknown"),
        ({"reminderTemplate": "x" * 8_001}, "request_invalid"),
        ({"reminderTemplate": "a\x00b"}, "request_invalid"),
        ({"language": "jv"}, "request_invalid"),
        ({"autoReminder": "on"}, "request_invalid"),
        ({"colour": "red"}, "request_invalid"),
    ],
)
async def test_what_is_no_setting_is_refused(
    shop: Program, body: dict[str, Any], code: str
) -> None:
    refused = await shop.patch("/settings", {"language": "en", **body}, if_match=await etag(shop))
    problem(refused, 422, code)
    assert (await shop.get("/settings")).json() == DEFAULTS


async def test_unknown_fields_are_named(shop: Program) -> None:
    body = {"reminderTemplate": "Halo {nama} {umur} {alamat}"}
    refused = await shop.patch("/settings", body, if_match=await etag(shop))
    members = problem(refused, 422, "reminder_fields_unknown")
    assert members["names"] == ["{umur}", "{alamat}"]
    assert members["errors"][0]["field"] == "reminderTemplate"


async def test_a_reading_key_cannot_change_settings(web: Web, shop: Program) -> None:
    async with program(web, shop.tenant_id, KeyScope.READ) as reader:
        refused = await reader.patch("/settings", {"language": "en"}, if_match="*")
        problem(refused, 403, "not_permitted")


async def test_the_other_tenant_keeps_its_settings(web: Web, shop: Program) -> None:
    async with program(web) as other:
        await shop.patch("/settings", {"language": "en"}, if_match="*")
        assert (await other.get("/settings")).json() == DEFAULTS


async def test_usage_says_what_the_operator_reads(web: Web, shop: Program) -> None:
    await shop.lent("Budi")
    await shop.post("/agreements", an_agreement())
    told = (await shop.get("/usage")).json()
    assert told["plan"] == "free"
    assert (told["usage"]["debtsOpen"], told["usage"]["maxDebts"]) == (1, 50)
    assert (told["usage"]["agreementsOpen"], told["usage"]["maxAgreements"]) == (1, 5)
    async with web.client(key=KEY) as operator:
        details = (await operator.get(f"/admin/tenant/{shop.tenant_id}")).json()
    assert told["usage"] == details["usage"]
