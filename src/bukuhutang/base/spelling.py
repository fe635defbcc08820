"""Two forms of one message: as it is shown and kept, and as it is read.

The shown form keeps every letter, emoji and sign, and loses what cannot be seen or would turn the
line around. The read form has exactly one character for each of the shown form (lower case,
plain digits, plain quotation marks), so a stretch of words found in one is the same in the other.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Controls, soft hyphen, zero-width space, direction marks and overrides, fillers that look like
# nothing, lone surrogates: PostgreSQL refuses some, and the others make two names look alike.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff]"
)
# Joiners shape emoji, Arabic and Indic letters; beside a Latin letter, a digit or a blank they
# do nothing but hide.
_IDLE_JOINERS = re.compile(
    "(?<![^\\x00-\u024f\u2000-\u200d\u3000])[\u200c\u200d]++"
    "|[\u200c\u200d]++(?![^\\x00-\u024f\u2000-\u200d\u3000])"
)
_DOUBLE_QUOTES = frozenset("“”„‟«»〝〞")
_QUESTION_MARKS = frozenset("؟⸮፧")
_FOLDED_CHARACTERS = 4_096


def storable(text: str) -> str:
    """`text` as a database can keep it: JSON can spell NUL and half a character as well."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def clean(text: str) -> str:
    """`text` as it may be shown and stored: composed, visible, one space between words."""
    if text.isascii():
        if not text.isprintable():
            text = _UNSEEN.sub("", text)
        return " ".join(text.split())
    text = _UNSEEN.sub("", unicodedata.normalize("NFC", text)).replace("\u2800", " ")
    text = _IDLE_JOINERS.sub("", " ".join(text.split()))
    # Without the joiners two blanks may have met.
    return unicodedata.normalize("NFC", " ".join(text.split()))


def fold(shown: str) -> str:
    """The read form of a cleaned text: same length, lower case, ASCII where there is an ASCII."""
    if shown.isascii():
        return shown.lower()
    folded = "".join([one.lower() if one < "\x80" else _fold_character(one) for one in shown])
    assert len(folded) == len(shown)
    return folded


@lru_cache(maxsize=_FOLDED_CHARACTERS)
def _fold_character(one: str) -> str:
    if one in _DOUBLE_QUOTES:
        return '"'
    if one in _QUESTION_MARKS:
        return "?"
    if one.isdecimal():
        return str(unicodedata.decimal(one))
    plain = unicodedata.normalize("NFKC", one)
    # "²" would become a digit and "5²" fifty-two: only true digits count as digits.
    if len(plain) != 1 or plain.isspace() or plain.isdecimal():
        return one
    lower = plain.lower()
    return lower if len(lower) == 1 else plain
