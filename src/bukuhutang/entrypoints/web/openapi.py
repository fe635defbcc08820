"""What /openapi.json says about refusals: each status with its problems as RFC 9457 has them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.auth import KeyMissing, KeyWrong, TooManyAttempts
from bukuhutang.entrypoints.web.field_problems import FieldProblem
from bukuhutang.entrypoints.web.problems import STATUSES, TYPE
from bukuhutang.rendering.texts import render_problem
from bukuhutang.tenancy.tenant import Language

Responses = dict[int | str, dict[str, Any]]

DESCRIPTION = """
The operator's interface: tenants, their WhatsApp logins, plans and credits.

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
        responses["422"] = INVALID
    if "security" in operation:
        for status, response in refusals(KeyMissing(), KeyWrong(), TooManyAttempts(60)).items():
            responses[str(status)] = response
        responses["503"] = AWAY
