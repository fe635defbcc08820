"""The tenant's own reminder text: which fields it may name, and what they are filled with."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

TEMPLATE_MAX = 2_000
DEFAULT = "default"
READY_MADE = (DEFAULT, "friendly", "formal")
"""Texts of ours, by name; any other template is the tenant's own text."""


class Field(StrEnum):
    """What a reminder can tell."""

    NAME = "name"
    LENDER = "lender"
    AMOUNT = "amount"
    DUE = "due"
    DETAILS = "details"  # each loan and installment on a line of its own


FIELDS: dict[str, Field] = {
    **dict.fromkeys(("nama", "name", "peminjam", "borrower"), Field.NAME),
    **dict.fromkeys(("toko", "lender", "shop", "usaha", "pemberi"), Field.LENDER),
    **dict.fromkeys(("jumlah", "amount", "total", "sisa"), Field.AMOUNT),
    **dict.fromkeys(("jatuh_tempo", "tempo", "tanggal"), Field.DUE),
    **dict.fromkeys(("due", "due_date", "date"), Field.DUE),
    **dict.fromkeys(("rincian", "details"), Field.DETAILS),
}
"""Every name a field may be called by."""

SHOWN = {
    "id": ("nama", "toko", "jumlah", "jatuh_tempo", "rincian"),
    "en": ("name", "shop", "amount", "due_date", "details"),
}
"""The names that answers show, by language."""

_FIELD = re.compile(r"\{([^{}\n]{0,60})\}")
_BRACE = re.compile(r"[{}][^{}\n]{0,20}")
_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029\v\f]")
_TOO_MANY_BREAKS = re.compile(r"\n{3,}")
_JOINERS = "\u200c\u200d"


def clean(text: str) -> str:
    """The text as it is kept: without what cannot be seen; its lines stay.

    The name of a ready-made text is one in any case.
    """
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    text = "".join(one for one in text if one in "\n\t" + _JOINERS or not _is_unseen(one))
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    text = _TOO_MANY_BREAKS.sub("\n\n", lines).strip()
    return text.lower() if text.lower() in READY_MADE else text


def _is_unseen(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cf", "Cs")


def unknown_fields(text: str) -> tuple[str, ...]:
    """What stands in braces and is no field, and braces without a partner; each once."""
    named = [found for found in _FIELD.findall(text) if _key(found) not in FIELDS]
    odd = _BRACE.findall(_FIELD.sub("", text))
    return tuple(dict.fromkeys([*(f"{{{one}}}" for one in named), *odd]))


@dataclass(frozen=True)
class Piece:
    """A stretch of an own text: words, or the field that stands there."""

    text: str | None
    field: Field | None


def pieces(text: str) -> tuple[tuple[Piece, ...], ...]:
    """The text line by line, its fields taken out. Every field in it must be known."""
    return tuple(_line(line) for line in text.split("\n"))


def _line(line: str) -> tuple[Piece, ...]:
    found: list[Piece] = []
    end = 0
    for match in _FIELD.finditer(line):
        found += [Piece(line[end : match.start()], None), Piece(None, FIELDS[_key(match[1])])]
        end = match.end()
    return tuple(one for one in [*found, Piece(line[end:], None)] if one.field or one.text)


def _key(name: str) -> str:
    return "_".join(name.lower().replace("-", " ").split())
