"""Which language a request wants to read: Accept-Language, of which we have two."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

from bukuhutang.tenancy.tenant import Language

HEADER_CHARACTERS_MAX = 500
KNOWN = {
    "id": Language.INDONESIAN,
    "in": Language.INDONESIAN,  # its code until 1989; old Android still sends it
    "en": Language.ENGLISH,
}


def language_of(scope: Scope) -> Language:
    """The best of our languages for this request; English when none is asked for."""
    asked = Headers(scope=scope).get("accept-language", "")
    if len(asked) > HEADER_CHARACTERS_MAX:
        return Language.ENGLISH
    best, best_weight = Language.ENGLISH, 0.0
    for part in asked.split(","):
        tag, _, weight_text = part.partition(";")
        language = KNOWN.get(tag.strip().lower().partition("-")[0])
        weight = _weight(weight_text)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
