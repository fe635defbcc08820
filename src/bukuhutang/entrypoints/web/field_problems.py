"""What is wrong with which field of a request, in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from bukuhutang.base.errors import Refusal
from bukuhutang.rendering.texts import render_problem
from bukuhutang.tenancy.plans import CREDITS_ADDED_MAX
from bukuhutang.tenancy.tenant import TENANT_NAME_MAX, Language
from bukuhutang.usecases.tenants import (
    CreditsOutOfRange,
    EmailInvalid,
    NameInvalid,
    PhoneNumberInvalid,
    PlanUnknown,
)

ERRORS_MAX = 20
"""More fields than any of our bodies has; the rest is counted in `moreErrors`."""

QUOTED_CHARACTERS_MAX = 60

CODES_BY_KIND = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "json_invalid": "json_invalid",
    "model_attributes_type": "body_not_object",
    "greater_than_equal": "field_too_small",
    "less_than_equal": "field_too_large",
    "string_too_long": "field_too_long",
    "too_long": "field_too_long",
    "literal_error": "field_not_one_of",
    "enum": "field_not_one_of",
    "int_type": "field_not_whole",
    "int_from_float": "field_not_whole",
    "digits": "field_not_whole",
    "string_type": "field_not_text",
    "iso_date": "field_not_date",
    "instant": "field_not_instant",
}
"""Pydantic's kinds that have a code of their own; all others are `field_invalid`."""

BODY = ("body",)


class FieldProblem(BaseModel):
    """One entry of `errors`."""

    field: str
    code: str
    detail: str


def field_problems(
    fault: RequestValidationError, path: str, language: Language
) -> tuple[list[FieldProblem], int]:
    """The first ERRORS_MAX fields that were refused, and how many more there are."""
    found = fault.errors()
    shown = [_field_problem(one, path, language) for one in found[:ERRORS_MAX]]
    return shown, len(found) - len(shown)


def _field_problem(one: dict[str, Any], path: str, language: Language) -> FieldProblem:
    where = one["loc"]
    name = "body" if one["type"] == "json_invalid" else ".".join(str(part) for part in where[1:])
    name = _printable(name) or str(where[0])
    refusal = _refusal(name, one.get("input")) if path.startswith("/admin/") else None
    if refusal is not None and one["type"] != "extra_forbidden":
        detail = render_problem(refusal.code, language, **refusal.fields())
        return FieldProblem(field=name, code=refusal.code, detail=detail)
    # The whole body: of another type, or sent as another one, as curl does when it is not told.
    kind = "model_attributes_type" if where == BODY and one["type"] != "missing" else one["type"]
    code = CODES_BY_KIND.get(kind, "field_invalid")
    told = _bounds(one.get("ctx", {}))
    return FieldProblem(field=name, code=code, detail=render_problem(code, language, **told))


def _bounds(known: dict[str, Any]) -> dict[str, Any]:
    """What would have been taken, as pydantic knows it."""
    most = known.get("le", known.get("max_length"))
    allowed = re.findall("'([^']*)'", str(known.get("expected", "")))
    return {"min": known.get("ge"), "max": most, "allowed": allowed}


def _refusal(field: str, given: object) -> Refusal | None:
    """What the use case would have said to the same field."""
    match field:
        case "phoneNumber":
            return PhoneNumberInvalid()
        case "name":
            return NameInvalid(TENANT_NAME_MAX)
        case "email":
            return EmailInvalid()
        case "plan":
            return PlanUnknown(_printable(given) if isinstance(given, str) else "")
        case "amount":
            return CreditsOutOfRange(1, CREDITS_ADDED_MAX)
    return None


def _printable(text: str) -> str:
    """The beginning; JSON may spell half of a surrogate pair, which no answer can carry."""
    return text[:QUOTED_CHARACTERS_MAX].encode("utf-8", "replace").decode()
