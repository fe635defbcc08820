"""What /openapi.json shows is true: examples fit their schema, and are taken as they stand."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import jsonschema_rs
import pytest

from tests.agreements.rig import Deal
from tests.store.ground import Ground
from tests.usecases.rig import Shop
from tests.web.api.rig import Program, program
from tests.web.openapi_file import document
from tests.web.rig import Json, StandingClock, Web

PHONES = itertools.count(6_281_188_000_001)
TOLD: Json = json.loads(document())
BY_KEY = [
    (method, path)
    for path, methods in TOLD["paths"].items()
    for method, operation in methods.items()
    if {"tenantKey": []} in operation.get("security", ())
]
WRITES = [one for one in BY_KEY if one[0] != "get"]
READS = [one for one in BY_KEY if one[0] == "get" and "/files/" not in one[1]]
PLACES = {"borrowers": "2", "debts": "2"}
"""Whose number stands in a path; everything else is the first of its kind."""


def shown(part: Json) -> Json:
    """The JSON of a body or an answer, with its example."""
    found: Json = part.get("content", {}).get("application/json", {})
    return found


def test_every_json_of_both_interfaces_has_an_example_that_fits_its_schema() -> None:
    found = [
        shown(part)
        for methods in TOLD["paths"].values()
        for operation in methods.values()
        for part in (operation.get("requestBody", {}), *operation["responses"].values())
        if shown(part)
    ]
    assert len(found) > 80
    for one in found:
        schema = {**one["schema"], "components": TOLD["components"]}
        jsonschema_rs.Draft202012Validator(schema).validate(one["example"])


@pytest.fixture
async def shop(ground: Ground) -> AsyncIterator[Program]:
    """Sari has an agreement that runs; Joko, who has paid some, and Tono owe debts."""
    phone = str(next(PHONES))
    deal = Deal(ground, Shop(ground.database, await ground.tenant(f"+{phone}"), phone))
    await deal.active(name="Sari")
    async with program(
        Web(ground.database, StandingClock(deal.clock.at)), deal.shop.tenant_id
    ) as opened:
        for name, more in (("Joko", {}), ("Tono", {"phoneNumber": "+6281230000003"})):
            body = {"direction": "piutang", "amount": 500_000, "name": name, **more}
            assert (await opened.post("/debts", {**body, "newBorrower": True})).status_code == 201
        await opened.post("/borrowers/2/payments", {"amount": 100_000})
        yield opened


def _filled(path: str, operation: Json) -> str:
    """The path with numbers of what is in that book."""
    for one in operation["parameters"]:
        if one["in"] == "path":
            kind = path.split("/")[3]
            first = PLACES.get(kind, "1")
            value = first if one["name"] == "number" else one["schema"]["examples"][0]
            path = path.replace(f"{{{one['name']}}}", value)
    return path


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_every_body_is_taken_as_it_is_shown(shop: Program, method: str, path: str) -> None:
    operation = TOLD["paths"][path][method]
    answer = await shop.http.request(
        method,
        _filled(path, operation),
        json=shown(operation.get("requestBody", {})).get("example"),
        headers={"Idempotency-Key": "as-shown", "If-Match": "*"},
    )
    assert answer.status_code < 300, answer.text
    assert str(answer.status_code) in operation["responses"]


async def test_what_says_it_has_an_etag_answers_304_to_whoever_names_it(shop: Program) -> None:
    assert (await shop.post("/reminders", {"borrowerId": 3})).status_code == 201
    for method, path in READS:
        operation = TOLD["paths"][path][method]
        first = await shop.http.get(_filled(path, operation))
        assert first.status_code == 200, (path, first.text)
        assert ("ETag" in first.headers) is ("304" in operation["responses"]), path
        if "ETag" in first.headers:
            headers = {"If-None-Match": first.headers["ETag"]}
            again = await shop.http.get(_filled(path, operation), headers=headers)
            assert (again.status_code, again.content) == (304, b""), path


async def test_the_page_for_programs_can_be_followed_to_the_letter(shop: Program) -> None:
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    [asked] = re.findall(r'"\$API(/[^"]+\?[^"]+)"', page)
    assert (await shop.get(asked)).status_code == 200
    [(path, body)] = re.findall(r'"\$API(/[^"?]+)".*?-d \'({.*?})\'', page, re.DOTALL)
    answer = await shop.post(path, json.loads(body))
    assert answer.status_code == 201, answer.text
