"""A WhatsApp number among other words: never taken for an amount, never made of one.

A number begins with `+`, with `0` and a figure, or with `628` and is then too long for an amount;
it may be written in groups. Where two readings are possible ("0812345678 90") it is refused.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.tenancy.phone import SPELLING_MAX, read_phone
from bukuhutang.understanding import dates
from bukuhutang.understanding.numerals import UNITS

_FIRST = re.compile(r"\(?(?:\+[0-9]|0[0-9]|62)[0-9().\-/]*")
_GROUP = re.compile(r"-?\(?[0-9]{2,4}\)?(?:-[0-9]{2,5})*|-")
_HOME = re.compile(r"62[ .\-]*8(?:[ .\-()]*[0-9]){7}")
_GROUPS_MAX = 8
_ALONE_DIGITS_MIN = 9
_HOME_DIGITS_MIN = 10
_NOT_AN_AMOUNT_DIGITS = 8


class Match(NamedTuple):
    """A number found among words (None: refused) and the index of the word behind it."""

    phone: PhoneNumber | None
    end: int


def match(words: list[str], start: int) -> Match | None:
    """The phone number in the folded `words` from `start`, or None when none begins there."""
    first = words[start]
    if first[0] not in "+0(6" or len(first) > SPELLING_MAX or not _FIRST.fullmatch(first):
        return None
    end = start + 1
    last = min(len(words), start + _GROUPS_MAX)
    while end < last and _GROUP.fullmatch(words[end]) and not _has_unit(words, end):
        end += 1
    if first.startswith("62") and not _HOME.match(" ".join(words[start:end])):
        return None  # 620000000 is an amount
    alone = read_phone(first) if _digits(first) >= _ALONE_DIGITS_MIN else None
    grouped = read_phone(" ".join(words[start:end])) if end > start + 1 else None
    if alone is not None:
        return Match(None, end) if grouped is not None else Match(alone, start + 1)
    digits = sum(_digits(one) for one in words[start:end])
    if grouped is not None and digits >= _HOME_DIGITS_MIN:
        return Match(grouped, end)
    if first.startswith("62") or digits < _NOT_AN_AMOUNT_DIGITS:
        return None  # figures like any other
    return Match(None, end)


def _digits(word: str) -> int:
    return sum(one.isdecimal() for one in word)


def _has_unit(words: list[str], index: int) -> bool:
    """Whether the figures there are counted in something: "0812… 14 hari", "0812… 50 rb"."""
    following = index + 1
    return dates.stops_number(words, following) or (
        following < len(words) and words[following] in UNITS
    )
