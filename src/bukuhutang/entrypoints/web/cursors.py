"""Page marks: opaque to the reader, bound to the list (and tenant) they were given out for."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import ClassVar, Literal

from bukuhutang.base.errors import Refusal

ID_MAX = 2**63 - 1
CURSOR_CHARACTERS_MAX = 100

Listed = Literal[
    "tenants",
    "sessions",
    "audit",
    "keys",
    "borrowers",
    "debts",
    "payments",
    "agreements",
    "reminders",
    "members",
]


@dataclass(eq=False)
class CursorInvalid(Refusal):
    code: ClassVar[str] = "cursor_invalid"


def write_cursor(listed: Listed, after: int, tenant: int | None = None) -> str:
    """The mark of the page behind the row numbered `after`, of one tenant's list or of all."""
    assert 0 < after <= ID_MAX
    mark = f"{_list_name(listed, tenant)}:{after}"
    return base64.urlsafe_b64encode(mark.encode()).decode().rstrip("=")


def _list_name(listed: Listed, tenant: int | None) -> str:
    return listed if tenant is None else f"{listed}@{tenant}"


def read_cursor(listed: Listed, cursor: str | None, tenant: int | None = None) -> int:
    """The number that the page comes after; 0 for the first page. Raises CursorInvalid."""
    if cursor is None:
        return 0
    if len(cursor) > CURSOR_CHARACTERS_MAX:
        raise CursorInvalid
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kind, _, after = (
            base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(":")
        )
    except (binascii.Error, ValueError) as problem:
        raise CursorInvalid from problem
    named = kind == _list_name(listed, tenant)
    if not named or not (after.isascii() and after.isdigit()) or not 0 < int(after) <= ID_MAX:
        raise CursorInvalid
    return int(after)
