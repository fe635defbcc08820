"""Names of people: when two spellings are one name, and what can be a name at all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bukuhutang.base import spelling

NAME_MAX = 60
NAME_KEY_MAX = 180
"""The longest key the store keeps; compatibility folding can make a key longer than its name."""

_UNSEEN_IN_KEY = frozenset(("Cc", "Cf", "Cs"))
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u034f\u2800]")
_ONLY_FIGURES = re.compile(r"[0-9\s.,;:+\-–—/()#*'\"]*")


@dataclass(frozen=True)
class NameProblem:
    """Why words are no name; `about` is the word, or None."""

    code: str  # name_missing, name_too_long, amount_unclear, text_left_over
    about: str | None = None
    length: int = 0


def name_key(name: str) -> str:
    """What two spellings of one person share: NFKC, case folded, one space, nothing invisible."""
    if name.isascii() and name.isprintable():
        return " ".join(name.lower().split())
    folded = unicodedata.normalize("NFD", name).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    folded = _VARIATION_SELECTORS.sub("", spelling.clean(unicodedata.normalize("NFKC", folded)))
    seen = "".join(one for one in folded if unicodedata.category(one) not in _UNSEEN_IN_KEY)
    return unicodedata.normalize("NFKC", " ".join(seen.split()))


def check_name(name: str) -> str | NameProblem:
    """A name by its limits alone, as it stands in quotation marks."""
    if not _is_visible(name):
        return NameProblem("name_missing")
    if len(name) > NAME_MAX or not (name.isascii() or len(name_key(name)) <= NAME_KEY_MAX):
        return NameProblem("name_too_long", length=len(name))
    return name


def _is_visible(name: str) -> bool:
    if name.isascii():
        return _ONLY_FIGURES.fullmatch(name) is None
    if _ONLY_FIGURES.fullmatch(spelling.fold(name)) or not name_key(name):
        return False
    return any(unicodedata.category(one)[0] in "LSPN" for one in name)
