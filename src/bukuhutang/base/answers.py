"""What a use case says back: a code and typed fields; the words live in `rendering`."""

from __future__ import annotations

from typing import Any, ClassVar

from bukuhutang.base.errors import fields_of


class Answer:
    """A result that a person is told. A subclass is a frozen dataclass with a `code`."""

    code: ClassVar[str]

    def fields(self) -> dict[str, Any]:
        """The typed fields as the text templates receive them."""
        return fields_of(self)
