"""Every route of the built application, called with ids that only one tenant has.

The routes are walked, not listed, so that a new one is called without anyone adding a test. What a
route of the document takes is filled from its schema; of a route outside the document only the
places in its path are.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi.routing import RouteContext, iter_route_contexts

from bukuhutang.entrypoints.web.openapi import Api

PLACE = re.compile(r"{(\w+)(?::\w+)?}")
INSTANCE = re.compile(r"urn:bukuhutang:request:\w+")
STRING_BY_FORMAT = {
    "date": "2026-03-25",
    "date-time": "2026-03-25T05:00:00Z",
    "email": "someone@example.com",
}
Json = dict[str, Any]
ATTACKS = itertools.count(1)


@dataclass(frozen=True)
class Aim:
    """Whose ids are filled in: numbers of rows, and what stands for a person, a file, a secret."""

    number: int
    tenant: int
    name: str
    phone: str
    file_id: UUID
    strings: Mapping[str, str] = field(default_factory=dict)  # by the place's name


@dataclass(frozen=True)
class Route:
    """A route with what the document says of it; nothing when it stands outside."""

    method: str
    path: str
    operation: Json

    @property
    def has_places(self) -> bool:
        """Whether it is about one thing, which its path names."""
        return PLACE.search(self.path) is not None

    @property
    def may_be_asked(self) -> list[str]:
        """What the query may say or leave out."""
        parameters = self.operation.get("parameters", [])
        return [one["name"] for one in parameters if one["in"] == "query"]

    @property
    def names_a_row(self) -> bool:
        """Whether the place is a row's number, and not a month or the like."""
        places = [one for one in self.operation.get("parameters", []) if one["in"] == "path"]
        return any(one["schema"].get("type") == "integer" for one in places)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(app: Api) -> list[Route]:
    """Everything that can be called."""
    document = app.openapi()
    found = []
    for context in iter_route_contexts(app.routes):
        path = getattr(context, "path_format", None) or context.path
        for method in sorted(context.methods or ()):
            operation = document["paths"].get(path, {}).get(method.lower()) or _undocumented(
                context
            )
            found.append(Route(method, str(path), operation))
    assert {one.path for one in found} >= set(document["paths"]), "the walk missed a route"
    return found


def _undocumented(context: RouteContext) -> Json:
    """What a route takes in its query although the document does not say so."""
    dependant = getattr(context.original_route, "dependant", None)
    asked = [] if dependant is None else dependant.query_params
    return {
        "parameters": [
            {"name": one.alias, "in": "query", "required": False, "schema": {"type": "integer"}}
            for one in asked
        ]
    }


def request_for(
    app: Api, route: Route, aim: Aim, headers: Mapping[str, str], *, asked: str = ""
) -> httpx.Request:
    """The call, with all that is required, all that is known and what may be `asked` besides."""
    document = app.openapi()
    parameters = route.operation.get("parameters", [])
    schemas = {one["name"]: one["schema"] for one in parameters}
    path = PLACE.sub(
        lambda found: str(_in_path(found[1], route, schemas.get(found[1], {}), aim)), route.path
    )
    query = {
        one["name"]: _value(one["name"], one["schema"], document, aim)
        for one in parameters
        if one["in"] == "query" and (one.get("required") or one["name"] == asked)
    }
    sent = {
        one["name"]: str(_value(one["name"], one["schema"], document, aim))
        for one in parameters
        if one["in"] == "header" and (one.get("required") or one["name"] == "Idempotency-Key")
    }
    body = None
    content = route.operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        body = _value("body", content["application/json"]["schema"], document, aim)
    return httpx.Request(
        route.method, f"http://web{path}", params=query, headers={**sent, **headers}, json=body
    )


def _in_path(name: str, route: Route, schema: Json, aim: Aim) -> object:
    if name in aim.strings:
        return aim.strings[name]
    if route.path.startswith("/admin/tenant/"):
        return aim.tenant
    if schema.get("format") == "uuid" or "file" in name:
        return aim.file_id
    return aim.number


def _value(name: str, schema: Json, document: Json, aim: Aim) -> Any:
    """Something the schema allows, about whom the aim is."""
    if "$ref" in schema:
        target = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return _value(name, target, document, aim)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            options = [one for one in schema[choice] if one.get("type") != "null"]
            return _value(
                name,
                {**{k: v for k, v in schema.items() if k != choice}, **options[0]},
                document,
                aim,
            )
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {
                key: _value(key, one, document, aim)
                for key, one in schema.get("properties", {}).items()
            }
        case "array":
            return [_value(name, schema.get("items", {}), document, aim)]
        case "integer" | "number":
            return _number(name, schema, aim)
        case "boolean":
            return True
        case _:
            return _string(name, schema, aim)


def _number(name: str, schema: Json, aim: Aim) -> Any:
    if re.search(r"(?i)(number|id|debt|agreement|borrower|payment|member|key)$", name):
        return aim.number
    return next(iter(schema.get("examples", ())), schema.get("example", 12_345))


def _string(name: str, schema: Json, aim: Aim) -> str:
    if re.search(r"(?i)phone", name):
        return f"+{aim.phone}"
    if schema.get("format") == "uuid":
        return str(aim.file_id)
    if schema.get("format") in STRING_BY_FORMAT:
        return STRING_BY_FORMAT[schema["format"]]
    if re.search(r"(?i)name|borrower|search", name):
        return aim.name
    if re.search(r"(?i)idempotency", name):
        return f"attack-{next(ATTACKS)}"
    return str(next(iter(schema.get("examples", ())), schema.get("example", "text")))


def words_of(answer: httpx.Response) -> str:
    """All that a caller sees of an answer, without what is new in each."""
    kept = {
        name: value
        for name, value in answer.headers.items()
        if not name.startswith("ratelimit") and name not in ("retry-after", "content-length")
    }
    return INSTANCE.sub("", f"{answer.status_code} {kept} {answer.text}")
