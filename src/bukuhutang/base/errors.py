"""The families of trouble, told apart by who must act.

    Refusal          an expected no; the person acts (texts by `code` live in `rendering`)
    TransientFault   the world is in the way; our loop tries again
    InvariantBroken  we are wrong; a developer acts, the message goes to quarantine

"Not understood" is none of these: it is a value of the reader, not an exception.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar


def fields_of(value: object) -> dict[str, Any]:
    """The fields of a dataclass by name, one level deep."""
    kind: Any = type(value)
    return {name: getattr(value, name) for name in _field_names(kind)}


@lru_cache(maxsize=512)
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind))


class Refusal(Exception):
    """An expected no: nothing is recorded, the person is told why, nobody is paged.

    A subclass is a dataclass with a `code` and typed fields. It holds no sentence and no HTTP
    status: `rendering` owns the words, `entrypoints.web` the number.
    """

    code: ClassVar[str]

    def fields(self) -> dict[str, Any]:
        """The typed fields as the text templates receive them."""
        return fields_of(self)


class TransientFault(Exception):
    """The outside world failed for now: roll back and try again within the attempt budget."""


class InvariantBroken(Exception):
    """A state that only a defect of ours can cause: stop this piece of work and keep it."""


@dataclass(eq=False)
class ConfigurationProblem(Exception):
    """The service cannot start as configured; `reason` is one clear line for the operator."""

    reason: str

    def __str__(self) -> str:
        return self.reason
