"""Everything that is refused: one shape, both languages, nothing leaked, never a 500 for input."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import httpx
import pytest
from fastapi import APIRouter, Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bukuhutang.base.errors import Refusal, TransientFault
from bukuhutang.entrypoints.web import auth, cursors
from bukuhutang.entrypoints.web.api import refusals as api
from bukuhutang.entrypoints.web.language import language_of
from bukuhutang.entrypoints.web.problems import CODES_BY_STATUS, FIELDS, STATUSES
from bukuhutang.rendering.texts import problem_codes
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases import api_keys, channel, pairing, tenants
from tests.web.rig import Web, problem, register

REGISTER = "/admin/tenants/register"


def refusals_of(module: object) -> set[type[Refusal]]:
    """The refusals that a module defines or uses."""
    return {
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Refusal) and one is not Refusal
    }


def test_every_refusal_of_the_routes_has_a_status_and_words_in_both_languages() -> None:
    raised = refusals_of(tenants) | refusals_of(channel) | refusals_of(pairing)
    raised |= refusals_of(auth) | refusals_of(cursors) | refusals_of(api_keys) | refusals_of(api)
    assert raised <= set(STATUSES)
    assert set(FIELDS) <= set(STATUSES)
    for language in Language:
        codes = {one.code for one in STATUSES} | set(CODES_BY_STATUS.values())
        assert codes | {"internal_error"} <= problem_codes(language)


async def test_a_problem_has_the_standard_members(operator: httpx.AsyncClient) -> None:
    answer = await operator.get("/admin/tenant/12")
    members = problem(answer, 404, "tenant_not_found")
    assert members.pop("instance").startswith("urn:bukuhutang:request:")
    assert members == {
        "type": "urn:bukuhutang:problem:tenant_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no tenant 12.",
        "code": "tenant_not_found",
        "tenantId": 12,
    }


async def test_the_words_follow_accept_language(operator: httpx.AsyncClient) -> None:
    answer = await operator.get("/admin/tenant/12", headers={"Accept-Language": "id-ID,en;q=0.5"})
    assert problem(answer, 404, "tenant_not_found")["detail"] == "Tidak ada tenant 12."
    assert answer.headers["content-language"] == "id"
    assert answer.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("id", "id"),
        ("ID-id", "id"),
        ("in", "id"),
        ("en;q=0.4, id;q=0.5", "id"),
        ("id;q=0, en;q=0.1", "en"),
        ("de, fr", "en"),
        ("de, id;q=0.1", "id"),
        ("*", "en"),
        ("id;q=x, en", "en"),
        ("id;q=nan", "en"),
        (";;;,,=;q", "en"),
        ("id," * 1_000, "en"),
    ],
)
def test_any_accept_language_is_understood_or_english(asked: str, language: str) -> None:
    scope = {"type": "http", "headers": [(b"accept-language", asked.encode())]}
    assert language_of(scope) == language


async def test_what_is_not_there_is_a_problem_too(operator: httpx.AsyncClient) -> None:
    for path in (
        "/nothing",
        "/admin",
        "/admin/",
        "/admin/stats/",
        "/static/no.js",
        "//admin/stats",
    ):
        problem(await operator.get(path), 404, "not_found")
    answer = await operator.delete("/admin/stats")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


MALFORMED: list[tuple[bytes, str | None]] = [
    (b"", "application/json"),
    (b"{", "application/json"),
    (b"[]", "application/json"),
    (b"null", "application/json"),
    (b'"text"', "application/json"),
    (b"\xff\xfe{}", "application/json"),
    (b"[" * 60_000, "application/json"),
    (b'{"phoneNumber":' + b"9" * 5_000 + b"}", "application/json"),
    (b'{"phoneNumber":"081234567890","name":"\\ud800"}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":"x","\\ud800":1}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":"x","email":"\\udfff@b.de"}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":NaN}', "application/json"),
    (b'{"phoneNumber":81234567890,"name":"x"}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":["x"]}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":"x","email":5}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":"x","email":"a\\u0000b@c.de"}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":"x","plan":"pro"}', "application/json"),
    (b'{"phone_number":"081234567890","name":"x"}', "application/json"),
    (b'{"phoneNumber":"\\u0000081234567890","name":"x"}', "application/json"),
    (b'{"phoneNumber":"081234567890","name":"x"}', "text/plain"),
    (b'{"phoneNumber":"081234567890","name":"x"}', None),
    (b"phoneNumber=081234567890&name=x", "application/x-www-form-urlencoded"),
]


async def test_malformed_bodies_are_problems_and_register_nobody(
    operator: httpx.AsyncClient,
) -> None:
    for body, content_type in MALFORMED:
        headers = {} if content_type is None else {"Content-Type": content_type}
        answer = await operator.post(REGISTER, content=body, headers=headers)
        assert answer.status_code in (400, 422), (body[:80], answer.text)
        problem(answer, answer.status_code, "request_invalid")
    assert (await operator.get("/admin/tenants")).json()["tenants"] == []


async def test_every_wrong_field_is_named_at_once(operator: httpx.AsyncClient) -> None:
    answer = await operator.post(REGISTER, json={"name": 5, "email": "a\0@b.cd", "nmae": "Dani"})
    errors = problem(answer, 422, "request_invalid")["errors"]
    assert {(one["field"], one["code"]) for one in errors} == {
        ("phoneNumber", "phone_number_invalid"),
        ("name", "name_invalid"),
        ("email", "email_invalid"),
        ("nmae", "field_unknown"),
    }
    assert all(one["detail"] for one in errors)


async def test_a_flood_of_unknown_fields_is_counted_not_repeated(
    operator: httpx.AsyncClient,
) -> None:
    body = {"phoneNumber": "081234567890", "name": "x"} | {f"f{n}": n for n in range(500)}
    members = problem(await operator.post(REGISTER, json=body), 422, "request_invalid")
    assert len(members["errors"]) + members["moreErrors"] == 500
    assert len(members["errors"]) == 20


# JSON can spell halves of surrogate pairs, which `st.text()` leaves out.
WORDS = st.text(alphabet=st.characters())
KEYS = st.sampled_from(["phoneNumber", "name", "email", "plan", "amount"]) | WORDS
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner),
    max_leaves=5,
)
ANYTHING = VALUES | st.dictionaries(KEYS, VALUES)


# One database for all examples: a body that is accepted by chance does no harm to the next.
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=ANYTHING,
    path=st.sampled_from([REGISTER, "/admin/tenant/1/plan", "/admin/tenant/1/credits"]),
)
async def test_no_body_breaks_a_route(operator: httpx.AsyncClient, body: object, path: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await operator.post(path, content=json.dumps(body), headers=headers)
    assert answer.status_code in (200, 201, 400, 404, 409, 422), answer.text
    if answer.status_code >= 400:
        problem(answer, answer.status_code, answer.json()["code"])


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.dictionaries(st.sampled_from(["search", "limit", "cursor", "status"]), st.text()))
async def test_no_query_breaks_a_list(operator: httpx.AsyncClient, asked: dict[str, str]) -> None:
    encoded = {key: value.encode("utf-8", "surrogatepass") for key, value in asked.items()}
    answer = await operator.get(httpx.URL("/admin/tenants", params=encoded))
    assert answer.status_code in (200, 422), answer.text


async def chunks(size: int, count: int) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(count):
        yield b" " * size


async def test_a_body_too_large_is_stopped_whatever_its_header_says(
    operator: httpx.AsyncClient,
) -> None:
    headers = {"Content-Type": "application/json"}
    lies: tuple[dict[str, str], ...] = (
        {},
        {"Content-Length": "10"},
        {"Content-Length": "x"},
        {"Content-Length": "9" * 40},
    )
    for lie in lies:
        answer = await operator.post(REGISTER, content=chunks(8_192, 9), headers=headers | lie)
        assert problem(answer, 413, "body_too_large")["max"] == 65_536
    body = b'{"phoneNumber":"081234567890","name":"Toko Dani"}'.ljust(65_536)
    assert (await operator.post(REGISTER, content=body, headers=headers)).status_code == 201


async def test_the_simulators_documents_may_be_larger(web: Web) -> None:
    router = APIRouter()

    @router.post("/simulator/size")
    async def size(request: Request) -> int:
        return len(await request.body())

    async with web.client(routers=(router,)) as client:
        answer = await client.post("/simulator/size", content=chunks(1 << 20, 23))
        assert answer.json() == 23 << 20
        answer = await client.post("/simulator/size", content=chunks(1 << 20, 25))
        assert problem(answer, 413, "body_too_large")["max"] == 24 << 20


@dataclass(eq=False)
class Unheard(Refusal):
    """Nobody gave it words or a status."""

    code: ClassVar[str] = "unheard_of"


@pytest.fixture
async def broken(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """The door with routes that fail."""
    router = APIRouter()

    @router.get("/defect")
    async def defect() -> None:
        raise ZeroDivisionError("the secret is 42")

    @router.get("/away")
    async def away() -> None:
        raise TransientFault("host 10.0.0.1 refused the connection")

    @router.get("/unheard")
    async def unheard() -> None:
        raise Unheard

    async with web.client(routers=(router,)) as client:
        yield client


async def test_a_defect_says_nothing_of_itself_and_is_logged(broken: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        answer = await broken.get("/defect", headers={"Accept-Language": "id"})
    members = problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    [failed] = [one for one in lines if one["log_level"] == "error"]
    assert members["instance"] == f"urn:bukuhutang:request:{failed['request']}"


async def test_a_refusal_without_words_is_our_defect(broken: httpx.AsyncClient) -> None:
    problem(await broken.get("/unheard"), 500, "internal_error")


async def test_trouble_outside_is_a_503_that_says_when_to_ask_again(
    broken: httpx.AsyncClient,
) -> None:
    answer = await broken.get("/away")
    problem(answer, 503, "service_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "10.0.0.1" not in answer.text


async def test_while_the_database_is_away_every_route_says_so(web: Web) -> None:
    async with web.client() as operator:
        await register(operator)
        await web.database.close()
        for path in (
            "/admin/stats",
            "/admin/tenants",
            "/admin/sessions",
            "/admin/tenant/1",
            "/ready",
        ):
            problem(await operator.get(path), 503, "service_unavailable")
        assert (await operator.get("/health")).status_code == 200
        metrics = await operator.get("/metrics")
        assert "bukuhutang_database_up 0.0" in metrics.text


async def test_half_a_character_is_refused_and_can_be_told_about(
    operator: httpx.AsyncClient,
) -> None:
    await register(operator)
    headers = {"Content-Type": "application/json"}
    for body in (b'{"plan":"\\ud800"}', b'{"plan":"basic","\\ud800":1}'):
        answer = await operator.post("/admin/tenant/1/plan", content=body, headers=headers)
        problem(answer, 422, "request_invalid")
