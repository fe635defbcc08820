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
from bukuhutang.entrypoints.web.body_limit import BODY_BYTES_MAX
from bukuhutang.entrypoints.web.cookies import MEMBER_COOKIE
from bukuhutang.entrypoints.web.field_problems import FieldProblem
from bukuhutang.entrypoints.web.openapi_examples import add_examples
from bukuhutang.entrypoints.web.problems import STATUSES, TYPE
from bukuhutang.rendering.texts import render_problem
from bukuhutang.tenancy.roles import Permission
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.refusals import IdempotencyKeyReused, NotPermitted

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
TOO_LARGE = _problem_response(
    413,
    {"body_too_large": render_problem("body_too_large", Language.ENGLISH, max=BODY_BYTES_MAX)},
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

ETAG: dict[str, Any] = {"description": "what stands here now", "schema": {"type": "string"}}
IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "the ETag of what is to be changed; * changes it however it stands",
    "example": '"655f3a47b59174847c5e1e09b10a1089"',
}
IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "an ETag that you have: 304 when it is still this one",
}
COOKIE_SCHEME: dict[str, Any] = {
    "type": "apiKey",
    "in": "cookie",
    "name": MEMBER_COOKIE,
    "description": "A member who has signed in (POST /sign-in). Every change also carries"
    " X-CSRF-Token, from GET /sign-in, and the Origin of this service.",
}
TENANT_API = "/api/v1/"
OWNER_ONLY = ("/api/v1/keys", "/api/v1/members")
"""No key opens these: an owner must have signed in."""


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
            for path, methods in made["paths"].items():
                for operation in methods.values():
                    _declare(operation)
                    if path.startswith(TENANT_API):
                        _declare_tenant_api(path, operation)
            made["components"]["securitySchemes"]["signedIn"] = COOKIE_SCHEME
            add_examples(made)
        return made


def _declare(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        responses["422"] = deepcopy(INVALID)
    if "requestBody" in operation:
        responses["413"] = deepcopy(TOO_LARGE)
    if "security" in operation:
        _add(responses, refusals(KeyMissing(), KeyWrong(), TooManyAttempts(60)))
        responses["503"] = deepcopy(AWAY)


def _declare_tenant_api(path: str, operation: dict[str, Any]) -> None:
    """Who may call, what the gate may say before a route is asked, and what ETags are for."""
    responses = operation["responses"]
    by_cookie: dict[str, list[str]] = {"signedIn": []}
    operation["security"] = [by_cookie]
    if not path.startswith(OWNER_ONLY):
        operation["security"].insert(0, {"tenantKey": []})
    _declare_etags(operation)
    _add(responses, refusals(api.RateLimited(60, 42)))
    named = [one["name"] for one in operation.get("parameters", ())]
    if "Idempotency-Key" in named:
        writes = refusals(
            NotPermitted(Permission.RECORD),
            api.TenantInactive(),
            api.IdempotencyKeyMissing(),
            api.IdempotencyKeyInvalid(200),
            IdempotencyKeyReused(),
        )
        _add(responses, writes)
    for response in responses.values():
        response.setdefault("headers", {}).update(RATE_HEADERS)


def _declare_etags(operation: dict[str, Any]) -> None:
    """A change demands to know what it changes; what is one resource need not be sent twice."""
    parameters = operation.setdefault("parameters", [])
    responses = operation["responses"]
    if "428" in responses:
        parameters.append(deepcopy(IF_MATCH))
    schema = responses.get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    is_read = all(one["name"] != "Idempotency-Key" for one in parameters)
    if is_read and schema is not None and "/Page_" not in schema.get("$ref", ""):
        responses["304"] = {"description": IF_NONE_MATCH["description"]}
    if "304" in responses:
        parameters.append(deepcopy(IF_NONE_MATCH))
        for status in ("200", "304"):
            responses[status].setdefault("headers", {})["ETag"] = ETAG


def _add(responses: dict[str, Any], further: Responses) -> None:
    """Further problems of an operation, beside those it declares with the same status."""
    for number, added in further.items():
        known = responses.setdefault(str(number), deepcopy(added))
        examples = known["content"]["application/problem+json"].setdefault("examples", {})
        for code, example in added["content"]["application/problem+json"]["examples"].items():
            if code not in examples:
                examples[code] = example
                known["description"] += f" / {example['value']['detail']}"
