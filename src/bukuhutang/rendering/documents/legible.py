"""User text as it can be printed: every character has a glyph in our fonts, or a visible stand-in.

PDF/A forbids the empty box that a font draws for what it does not have, and a gap in a name would
be a forgery by omission. So what no face can draw becomes U+FFFD, which ours can.
"""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import regex

REPLACEMENT = "\ufffd"
ELLIPSIS = "…"

MARKS_MAX = 4
"""More signs stacked on one letter would be drawn over the lines above and below."""

NAME_MAX = 200
NOTE_MAX = 10_000
"""In characters as a person counts them; what is longer ends in an ellipsis."""

_JOINERS = "\u200c\u200d"  # not drawn, but Indic scripts and emoji are shaped by them
_BREAKS = regex.compile(r"\r\n?|[\n\v\f\x85\u2028\u2029]")
# What has no look of its own: controls, direction marks, zero widths, variation selectors, fillers
# and the empty pattern of Braille, which pass for an empty name.
_INVISIBLE = regex.compile(r"(?![\u200c\u200d\n])[\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]")
_NEVER = regex.compile(r"[\p{Private_Use}\p{Unassigned}]")
_GRAPHEME = regex.compile(r"\X")
_MARK = regex.compile(r"\p{M}")
_SPACES = regex.compile(r"[^\S\n]+")
_LATIN = regex.compile(r"[^\n\x20-\x7e\xa1-\xac\xae-\xff…\ufffd]")


@dataclass(frozen=True)
class Face:
    """One font family and the ranges of characters it has, first and last included, in order."""

    family: str
    ranges: tuple[tuple[int, int], ...]

    @cached_property
    def _starts(self) -> list[int]:
        return [first for first, _ in self.ranges]

    def has(self, char: str) -> bool:
        """Whether this face draws `char`."""
        place = bisect_right(self._starts, ord(char)) - 1
        return place >= 0 and ord(char) <= self.ranges[place][1]


def read_faces(path: Path) -> tuple[Face, ...]:
    """The faces that the build hook told of, in the order in which they are asked."""
    return tuple(
        Face(one["family"], tuple((first, last) for first, last in one["ranges"]))
        for one in json.loads(path.read_text())
    )


def graphemes(text: str) -> list[str]:
    """The characters as a person counts them: letter with marks, emoji with its parts, flag."""
    return [str(one.group()) for one in _GRAPHEME.finditer(text)]


def whole(text: str) -> str:
    """`text` composed (NFC) and without halves of surrogate pairs, which no encoding takes."""
    paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return unicodedata.normalize("NFC", paired)


def shortened(text: str, graphemes_max: int) -> str:
    """At most `graphemes_max` characters as a person counts them, an ellipsis included."""
    # A grapheme has at least one code point: most texts need no counting.
    if len(text) <= graphemes_max or len(parts := graphemes(text)) <= graphemes_max:
        return text
    return "".join(parts[: graphemes_max - 1]).rstrip() + ELLIPSIS


def legible_name(text: str, faces: Iterable[Face]) -> str:
    """A name on one line; a stand-in when nothing of it can be seen."""
    line = legible_note(text, faces).replace("\n", " ").strip()
    return shortened(line, NAME_MAX) or REPLACEMENT


def legible_note(text: str, faces: Iterable[Face]) -> str:
    """A text that keeps its own line breaks, in composed characters that `faces` can draw."""
    faces = tuple(faces)
    lines = _BREAKS.sub("\n", whole(text))
    seen = _SPACES.sub(" ", _INVISIBLE.sub("", lines.replace("\t", " ")))
    return "".join(_drawn(one, faces) for one in graphemes(shortened(seen.strip(), NOTE_MAX)))


def latin_only(text: str) -> str:
    """`text` with a stand-in for all but the plainest letters, which need no shaping."""
    return str(_LATIN.sub(REPLACEMENT, text))


def _drawn(grapheme: str, faces: tuple[Face, ...]) -> str:
    """The grapheme when one face has all of it; else its base alone, and that something is left."""
    if grapheme.isascii():
        return grapheme
    seen = "".join(one for one in grapheme if one not in _JOINERS)
    if not seen or (len(_MARK.findall(seen)) <= MARKS_MAX and _one_face_has(seen, faces)):
        return grapheme if seen else ""
    # What hangs on the base cannot stand alone.
    return seen[0] + REPLACEMENT if _one_face_has(seen[0], faces) else REPLACEMENT


def _one_face_has(chars: str, faces: tuple[Face, ...]) -> bool:
    if _NEVER.search(chars):
        return False
    return any(all(face.has(one) for one in chars) for face in faces)
