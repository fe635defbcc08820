"""What /openapi.json says about refusals: each status with its problems as RFC 9457 has them."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.api import refusals as api
from bukuhutang.entrypoints.web.auth import KeyMissing, KeyWrong, TooManyAttempts
from bukuhutang.entrypoints.web.field_problems import FieldProblem
from bukuhutang.entrypoints.web.problems import STATUSES, TYPE
from bukuhutang.rendering.texts import render_problem
from bukuhutang.tenancy.roles import Permission
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.refusals import NotPermitted

Responses = dict[int | str, dict[str, Any]]

DESCRIPTION = """
Two interfaces. `/admin` is the operator's: tenants, their WhatsApp logins, plans and credits, by
the super-admin key. `/api/v1` is a lender's own book for the lender's programs, by a tenant's key.

Under `/api/v1` every write carries an `Idempotency-Key`: the same request with the same key is done
once and gets its first answer again for 30 days (`Idempotency-Replayed: true`); another request
with it is refused. One resource has an `ETag`; `If-None-Match` saves reading it again, and a PATCH
needs `If-Match`. All requests of a tenant count together, by calendar minute: see
`RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` (seconds), `RateLimit-Policy`.

Errors are RFC 9457 problem details with a stable `code`; `detail` is in the language of
`Accept-Language` (`en`, `id`). Lists come in pages: ask again with `cursor=<nextCursor>` until
`nextCursor` is null. Instants are ISO 8601 in UTC; amounts are whole rupiah.
"""

NEVER_FOUND = {"HTTPValidationError", "ValidationError"}


class Problem(BaseModel):
    """RFC 9457; some problems have further members, such as `reason` or `state`."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    errors: list[FieldProblem] | None = None


def refusals(*samples: Refusal) -> Responses:
    """The declared refusals of a route, each by an example."""
    by_status: dict[int, list[Refusal]] = defaultdict(list)
    for one in samples:
        by_status[STATUSES[type(one)]].append(one)
    return {status: _response(status, those) for status, those in by_status.items()}


def _response(status: int, samples: list[Refusal]) -> dict[str, Any]:
    said = {one.code: render_problem(one.code, Language.ENGLISH, **one.fields()) for one in samples}
    return _problem_response(status, said)


def _problem_response(status: int, said: dict[str, str]) -> dict[str, Any]:
    examples = {
        code: {
            "value": {"type": TYPE + code, "status": status, "detail": detail, "code": code},
        }
        for code, detail in said.items()
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": " / ".join(said.values()),
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    }


INVALID = _problem_response(
    422, {"request_invalid": render_problem("request_invalid", Language.ENGLISH)}
)
AWAY = _problem_response(
    503, {"service_unavailable": render_problem("service_unavailable", Language.ENGLISH)}
)


RATE_HEADERS: dict[str, Any] = {
    name: {"description": said, "schema": {"type": kind}}
    for name, said, kind in (
        ("RateLimit-Limit", "requests a minute that the plan allows", "integer"),
        ("RateLimit-Remaining", "how many are left in this minute", "integer"),
        ("RateLimit-Reset", "seconds until the next minute", "integer"),
        ("RateLimit-Policy", "limit;w=seconds", "string"),
    )
}


class Api(FastAPI):
    """FastAPI, with our problems in the document instead of its own error shape."""

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        made = super().openapi()
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            for name in NEVER_FOUND:
                schemas.pop(name, None)
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"))
            schemas["Problem"] = problem
            for methods in made["paths"].values():
                for operation in methods.values():
                    _declare(operation)
        return made


def _declare(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        responses["422"] = deepcopy(INVALID)
    if "security" in operation:
        _add(responses, refusals(KeyMissing(), KeyWrong(), TooManyAttempts(60)))
        responses["503"] = deepcopy(AWAY)
    if {"tenantKey": []} in operation.get("security", ()):
        _declare_tenant_api(operation)


def _declare_tenant_api(operation: dict[str, Any]) -> None:
    """What the gate of the tenant API may say before a route is asked."""
    responses = operation["responses"]
    _add(responses, refusals(api.RateLimited(60, 42)))
    named = [one["name"] for one in operation.get("parameters", ())]
    if "Idempotency-Key" in named:
        writes = refusals(
            NotPermitted(Permission.RECORD),
            api.TenantInactive(),
            api.IdempotencyKeyMissing(),
            api.IdempotencyKeyInvalid(200),
            api.IdempotencyKeyReused(),
        )
        _add(responses, writes)
    for response in responses.values():
        response.setdefault("headers", {}).update(RATE_HEADERS)


def _add(responses: dict[str, Any], further: Responses) -> None:
    """Further problems of an operation, beside those it declares with the same status."""
    for number, added in further.items():
        known = responses.setdefault(str(number), deepcopy(added))
        examples = known["content"]["application/problem+json"].setdefault("examples", {})
        for code, example in added["content"]["application/problem+json"]["examples"].items():
            if code not in examples:
                examples[code] = example
                known["description"] += f" / {example['value']['detail']}"
