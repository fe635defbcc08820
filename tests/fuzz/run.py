"""schemathesis over every operation: no 5xx, no answer that the document does not declare."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.rig import Target

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SECONDS_MAX = 30
ROWS = 4
"""So many debts, people, agreements a tenant has at least."""


def operations(target: Target) -> Iterator[Any]:
    """Every operation of the document."""
    document = copy.deepcopy(target.document)
    for methods in document["paths"].values():  # else it makes up keys, and is barred for guessing
        for operation in methods.values():
            operation.pop("security", None)
    document["components"].pop("securitySchemes", None)
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=target.address)
    for found in schema.get_all_operations():
        one: Any = found.ok()  # type: ignore[union-attr]  # the other kind raises
        yield one


def fuzz(target: Target, operation: Any, *, examples: int, number: int) -> list[str]:
    """What is wrong with one operation after so many requests of each kind."""
    found: dict[str, str] = {}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            one = problem_of(target, operation, case)
            if one is not None:
                found.setdefault(one.splitlines()[0], one)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what its libraries deprecate is not ours to mend
            with suppress(Unsatisfiable):  # an operation without a body can only be asked rightly
                ask()
    return list(found.values())


def aim_at_rows(path: str, case: Any) -> None:
    """Most numbers made up are nobody's: bring them down to where there are rows."""
    for name, value in (case.path_parameters or {}).items():
        if type(value) is int and value > ROWS:
            # Of tenants only the first, or its key would soon be worth nothing.
            case.path_parameters[name] = 1 if path.startswith("/admin") else value % ROWS + 1


def problem_of(target: Target, operation: Any, case: Any) -> str | None:
    """What is wrong with the answer to one request, or None."""
    aim_at_rows(operation.path, case)
    headers = target.headers_for(operation.path)
    if operation.method == "patch":
        headers["If-Match"] = "*"  # else none of them passes the door
    answer = case.call(headers=headers, timeout=SECONDS_MAX)
    asked = f"{operation.method.upper()} {operation.path}"
    given_to = f"{answer.request.url} {answer.request.headers} {answer.request.body!r}"
    if told := target.leaked(operation.path, answer.text, given_to):
        return f"{asked} tells {told}\n{given_to}"
    try:
        case.validate_response(answer, checks=CHECKS, headers=headers)
    except FailureGroup as failures:
        titles = "; ".join(sorted({one.title for one in failures.exceptions}))
        said = f"{given_to}\n{answer.text[:500]}\n{failures}"
        return f"{asked}: {titles} {answer.status_code}\n{said}"
    return None
