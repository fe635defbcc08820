"""What may be told of an exception: of which kind it is and where it arose, never its values.

A message such as `Key (phone_number)=(62812…) already exists` or `invalid literal: 'Budi'` names
people. What helps a developer is kept: the classes, the lines of our code, and of the database its
code, table and constraint.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

from bukuhutang.base.errors import ConfigurationProblem, InvariantBroken, TransientFault

OUR_OWN_WORDS = (ConfigurationProblem, InvariantBroken, TransientFault)
"""Their messages are written here, without values; `str` of any other may hold anything."""

DATABASE_FIELDS = ("sqlstate", "table_name", "column_name", "constraint_name")
CHAIN_MAX = 8


def described(fault: BaseException) -> str:
    """The kind of an exception in one line, without anybody's values."""
    if isinstance(fault, OUR_OWN_WORDS):
        return f"{type(fault).__name__}: {fault}"
    known = [(name, getattr(fault, name, None)) for name in DATABASE_FIELDS]
    told = " ".join(f"{name}={value}" for name, value in known if isinstance(value, str))
    return f"{type(fault).__name__} {told}".rstrip()


def traced(fault: BaseException) -> str:
    """The same with the lines of code it came through, and the exceptions before and within it."""
    parts: list[str] = []
    at: BaseException | None = fault
    while at is not None and len(parts) < CHAIN_MAX:
        within = at.exceptions if isinstance(at, BaseExceptionGroup) else ()
        inner = "".join(f"\n+ {traced(one)}" for one in within[:CHAIN_MAX])
        parts.append(f"{''.join(traceback.format_tb(at.__traceback__))}{described(at)}{inner}")
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n\nduring or because of this:\n\n".join(reversed(parts))


def exceptions_without_values(
    _: object, __: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """For structlog, as its `format_exc_info`, by our own words."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    fault = given[1] if isinstance(given, tuple) else given
    if isinstance(fault, BaseException):
        event["exception"] = traced(fault)
    return event
