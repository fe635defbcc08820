"""What /openapi.json promises of the tenant API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.rig import Web

Operation = dict[str, Any]


BYTES = ("/pdf", "/files/{file_id}")
"""What answers with the bytes of a file."""


@pytest.fixture
async def document(web: Web) -> dict[str, Any]:
    """The document."""
    async with web.client(key=None) as anybody:
        made: dict[str, Any] = (await anybody.get("/openapi.json")).json()
    return made


def operations(document: dict[str, Any]) -> list[tuple[str, str, Operation]]:
    """Path, method and operation of the whole tenant API."""
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1/")
        for method, operation in methods.items()
    ]


def test_every_route_says_who_may_call_and_what_it_may_refuse(document: dict[str, Any]) -> None:
    found = operations(document)
    assert len(found) >= 16
    for path, method, operation in found:
        where = f"{method} {path}"
        ways: list[dict[str, list[str]]] = [{"tenantKey": []}, {"signedIn": []}]
        owners_only = path.startswith(("/api/v1/keys", "/api/v1/members"))
        assert operation["security"] == (ways[1:] if owners_only else ways), where
        assert operation["summary"], where
        assert operation["description"], where
        responses = operation["responses"]
        assert {"401", "403", "429", "503"} <= set(responses), where
        codes = {
            code
            for response in responses.values()
            for code in response.get("content", {})
            .get("application/problem+json", {})
            .get("examples", {})
        }
        assert {"key_missing", "key_wrong", "too_many_attempts", "rate_limited"} <= codes, where
        writes = {"idempotency_key_missing", "idempotency_key_reused", "tenant_inactive"}
        assert (writes <= codes) is (method != "get"), where
        for status, response in responses.items():
            assert set(response["headers"]) >= {"RateLimit-Limit", "RateLimit-Reset"}, where
            if status == "304":
                assert "content" not in response, where
                continue
            kind = "application/json" if status < "300" else "application/problem+json"
            if status >= "400" or not path.endswith(BYTES):
                assert list(response["content"]) == [kind], (where, status)
        named = {one["name"] for one in operation.get("parameters", ())}
        assert ("Idempotency-Key" in named) is (method != "get"), where
        assert ("If-Match" in named) is (method == "patch"), where
        assert ("If-None-Match" in named) is ("304" in responses), where
        if method == "patch":
            assert {"428", "412"} <= set(responses), where
    scheme = document["components"]["securitySchemes"]["tenantKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_every_field_of_a_body_and_every_parameter_has_an_example_or_a_meaning(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    for path, method, operation in operations(document):
        for part in operation.get("parameters", ()):
            schema = part["schema"]
            told = {**schema, **part}
            known = {"description", "examples", "default", "enum", "anyOf"} & set(told)
            assert known or part["name"] == "number", (path, method, part["name"])
        body = operation.get("requestBody")
        if body is not None:
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            for field, schema in schemas[name]["properties"].items():
                assert {"description", "examples"} & set(schema), (name, field)


def test_the_admin_routes_do_not_speak_of_rates(document: dict[str, Any]) -> None:
    responses = document["paths"]["/admin/stats"]["get"]["responses"]
    assert all("RateLimit-Limit" not in one.get("headers", {}) for one in responses.values())
    assert "rate_limited" not in repr(responses)
