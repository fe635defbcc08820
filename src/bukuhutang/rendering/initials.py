"""Initials of a name, for pages that strangers may see: whose paper it is, not who it is."""

from __future__ import annotations

import unicodedata

import regex

from bukuhutang.rendering.documents.legible import REPLACEMENT, graphemes, whole

LETTER_MAX = 6
"""Code points of one letter with its marks, conjuncts included; more could carry a message."""

_INVISIBLE = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]")
_SAYS_SOMETHING = regex.compile(r"[\p{L}\p{N}]")


def initials(name: str) -> str:
    """`B. S.` for Budi Santoso: the first letter of the first and of the last word, never more.

    Words between them are left out, for a name spelled in single letters would be told in full.
    A name without any letter or digit becomes one stand-in.
    """
    # Compatibility forms first: one ligature or circled word would be several letters.
    plain = unicodedata.normalize("NFKC", whole(name))
    words = [_INVISIBLE.sub("", one) for one in plain.split()]
    telling = [one for one in words if _SAYS_SOMETHING.search(one)]
    ends = telling[:1] + telling[1:][-1:]
    return " ".join(f"{_first_letter(one)}." for one in ends) or f"{REPLACEMENT}."


def _first_letter(word: str) -> str:
    found = next(one for one in graphemes(word) if _SAYS_SOMETHING.search(one))
    upper = found.upper()
    letter = upper if len(upper) == len(found) else found
    return letter if len(letter) <= LETTER_MAX else _SAYS_SOMETHING.findall(letter)[0]
