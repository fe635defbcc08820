"""The documents' own words: `texts/{id,en}.toml`, filled with amounts and dates.

A document's text never holds user text, so nothing a person writes can change a sentence of ours;
names and notes go into the page beside it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from bukuhutang.base.errors import InvariantBroken
from bukuhutang.tenancy.tenant import Language

TEXTS = Path(__file__).parent / "texts"


class Wording:
    """The words of one language, by key; `section` leads to a part of them."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        self._words = words

    def __call__(self, key: str, **fields: object) -> str:
        """The text of `key`. Raises InvariantBroken for a key or a field that is not there."""
        try:
            return str(self._words[key]).format_map(fields)
        except KeyError as problem:
            raise InvariantBroken(f"no words for {key!r}: {problem}") from problem

    def lines(self, key: str) -> list[str]:
        """The texts of a list, as they stand."""
        return list(self._words[key])

    def section(self, key: str) -> Wording:
        """The words of one part."""
        return Wording(self._words[key])


@cache
def wording(language: Language) -> Wording:
    """All words of one language."""
    return Wording(tomllib.loads((TEXTS / f"{language.value}.toml").read_text()))
