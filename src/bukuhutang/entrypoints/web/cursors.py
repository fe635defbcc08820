"""Page marks: opaque to the reader, bound to the list they were given out for."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import ClassVar, Literal

from bukuhutang.base.errors import Refusal

ID_MAX = 2**63 - 1
CURSOR_CHARACTERS_MAX = 60

Listed = Literal["tenants", "sessions"]


@dataclass(eq=False)
class CursorInvalid(Refusal):
    code: ClassVar[str] = "cursor_invalid"


def write_cursor(listed: Listed, after: int) -> str:
    """The mark of the page behind the row numbered `after`."""
    assert 0 < after <= ID_MAX
    return base64.urlsafe_b64encode(f"{listed}:{after}".encode()).decode().rstrip("=")


def read_cursor(listed: Listed, cursor: str | None) -> int:
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
    if kind != listed or not (after.isascii() and after.isdigit()) or not 0 < int(after) <= ID_MAX:
        raise CursorInvalid
    return int(after)
