"""SETTING: who may change what, what is refused, and what the audit log keeps of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bukuhutang.store.scope import Database
from bukuhutang.store.settings import read_settings
from bukuhutang.tenancy.roles import BY_ROLE, NOTHING, Role
from bukuhutang.tenancy.tenant import Language, TenantSettings
from bukuhutang.usecases.refusals import NotPermitted
from bukuhutang.usecases.settings import (
    ChangeSettings,
    ReminderFieldsUnknown,
    ReminderTemplateEmpty,
    ReminderTemplateTooLong,
    SettingsChanged,
    TimezoneUnknown,
    change_settings,
)
from bukuhutang.usecases.tenants import When, set_language
from tests.usecases.rig import Shop


async def change(shop: Shop, role: Role | None = Role.OWNER, **wanted: Any) -> SettingsChanged:
    async with shop.book() as book:
        allowed = NOTHING if role is None else BY_ROLE[role]
        book.occasion = replace(book.occasion, permissions=allowed)
        return change_settings(book, ChangeSettings(**wanted))


async def settings(shop: Shop) -> TenantSettings:
    async with shop.database.tenant_tx(shop.tenant_id) as tx:
        return await read_settings(tx)


async def sealed(database: Database, shop: Shop) -> list[tuple[str, dict[str, Any]]]:
    async with database.tenant_tx(shop.tenant_id) as tx:
        rows = await tx.db.fetch(
            "select actor, detail from audit_log where tenant_id = $1"
            " and action = 'setting_changed' order by id",
            shop.tenant_id,
        )
    return [(row["actor"], json.loads(row["detail"])) for row in rows]


async def test_each_change_is_sealed_with_who_from_what_and_to_what(shop: Shop) -> None:
    done = await change(shop, timezone="WITA", auto_reminder=False, language=Language.ENGLISH)
    assert done.changed == ("auto_reminder", "language", "timezone")
    await change(shop, reminder_template="Halo {nama},\n{jumlah}")
    assert await settings(shop) == TenantSettings(
        "Halo {nama},\n{jumlah}", False, Language.ENGLISH, "Asia/Makassar"
    )
    acts = await sealed(shop.database, shop)
    assert [actor for actor, _ in acts] == ["member:1"] * 4
    assert [one for _, one in acts[:3]] == [
        {"setting": "auto_reminder", "from": True, "to": False},
        {"setting": "language", "from": "id", "to": "en"},
        {"setting": "timezone", "from": "Asia/Jakarta", "to": "Asia/Makassar"},
    ]
    # The audit log holds no words of people: of an own text only what tells it apart.
    assert acts[3][1]["from"] == "default"
    assert acts[3][1]["to"].startswith("own:")
    assert not await shop.differences()


async def test_what_is_so_already_is_not_sealed_again(shop: Shop) -> None:
    done = await change(shop, language=Language.INDONESIAN, timezone="wib")
    assert done.changed == ()
    assert not await sealed(shop.database, shop)


@pytest.mark.parametrize("role", [Role.STAFF, Role.VIEWER, None])
async def test_only_the_owner_changes_settings(shop: Shop, role: Role | None) -> None:
    with pytest.raises(NotPermitted):
        await change(shop, role, auto_reminder=False)
    assert (await settings(shop)).auto_reminder


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"timezone": "Europe/Paris"}, TimezoneUnknown),
        ({"timezone": "Asia/Singapore"}, TimezoneUnknown),
        ({"timezone": ""}, TimezoneUnknown),
        ({"reminder_template": " \u200b\n"}, ReminderTemplateEmpty),
        ({"reminder_template": "x" * 2_001}, ReminderTemplateTooLong),
        ({"reminder_template": "Halo {umur}"}, ReminderFieldsUnknown),
    ],
)
async def test_a_refusal_changes_nothing_of_what_was_asked_for(
    shop: Shop, wanted: dict[str, Any], refusal: type[Exception]
) -> None:
    before = await settings(shop)
    with pytest.raises(refusal):
        await change(shop, auto_reminder=False, language=Language.ENGLISH, **wanted)
    assert await settings(shop) == before
    assert not await sealed(shop.database, shop)


async def test_an_own_text_may_be_two_thousand_letters_long(shop: Shop) -> None:
    await change(shop, reminder_template="x" * 2_000)
    assert len((await settings(shop)).reminder_template) == 2_000


async def test_unknown_fields_are_named_with_those_there_are(shop: Shop) -> None:
    with pytest.raises(ReminderFieldsUnknown) as refused:
        await change(shop, reminder_template="{nama} {umur} {usia}")
    assert refused.value.names == ("{umur}", "{usia}")
    assert "{jumlah}" in refused.value.known


async def test_the_operator_changes_the_language_by_the_same_code(shop: Shop) -> None:
    when = When(shop.now + timedelta(hours=1), shop.now, "operator")
    await set_language(shop.database, shop.tenant_id, Language.ENGLISH, when)
    assert (await settings(shop)).language is Language.ENGLISH
    assert await sealed(shop.database, shop) == [
        ("operator", {"setting": "language", "from": "id", "to": "en"})
    ]


async def test_the_other_tenant_keeps_its_settings(shop: Shop, other_shop: Shop) -> None:
    await change(shop, language=Language.ENGLISH, reminder_template="formal")
    assert await settings(other_shop) == TenantSettings()
