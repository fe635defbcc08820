"""The OpenAPI document that is checked in is the one that is served."""

from __future__ import annotations

import json

from tests.web.openapi_file import FILE, document


def test_the_checked_in_document_is_what_is_served() -> None:
    stale = FILE.read_text() != document()
    assert not stale, "docs/openapi.json is stale: run `make openapi`, look at the diff, commit it"


def test_every_operation_of_the_tenant_api_has_examples_and_declared_refusals() -> None:
    told = json.loads(document())
    for path, methods in told["paths"].items():
        if not path.startswith("/api/v1/"):
            continue
        for method, operation in methods.items():
            name = f"{method} {path}"
            assert operation["summary"], name
            assert {"signedIn": []} in operation["security"], name
            refused = {status for status in operation["responses"] if status[0] in "45"}
            assert {"401", "403", "429", "503"} <= refused, name
            named = [one["name"] for one in operation.get("parameters", ())]
            assert ("Idempotency-Key" in named) is (method != "get"), name
            for status in refused - {"422", "503"}:
                content = operation["responses"][status]["content"]["application/problem+json"]
                assert content["examples"], f"{name} {status}"
