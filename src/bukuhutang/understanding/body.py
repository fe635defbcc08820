"""What a command says about whom, how much and until when: its parts, checked and in order.

A command names the parts it may have. Anything else, anything twice and anything left over is
refused with the words it is about: what is not understood is never dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bukuhutang.ledger.debt import DAYS_MAX, DAYS_MIN, NOTE_MAX
from bukuhutang.ledger.money import AMOUNT_MAX
from bukuhutang.ledger.names import NAME_MAX
from bukuhutang.understanding import amounts, dates
from bukuhutang.understanding.intents import Unreadable
from bukuhutang.understanding.names import NameProblem, check_name, read_name, shorten
from bukuhutang.understanding.scan import Kind, Part, problem_of, scan

_TWICE = {
    Kind.AMOUNT: "amount_unclear",
    Kind.DUE: "days_unclear",
    Kind.PHONE: "phone_invalid",
}
# Emoji and exclamation marks around a command say nothing that could be recorded.
_DECORATION = re.compile(r"[^\w\x21-\x7e]+|[!.,]+|[-–—]")
_QUOTES = '"“”„‟«»〝〞＂'
# In a note without quotation marks these would turn the record into something else.
_DOUBTS = frozenset(
    "batal jangan gajadi jadi kalau kalo klo jika misal misalnya mungkin boleh belum blm"
    " bukan tidak gak ga nggak kayaknya katanya".split()
)


@dataclass(frozen=True)
class Line:
    """A command as it was written: its word as the answer says it, and the words behind it."""

    command: str
    typed: str  # the command word in the read form: PINJAM may have been "lend"
    words: list[str]  # read form
    shown: list[str]  # the same words as they are kept
    today: date
    name: str | None = None  # who is meant when the words name nobody

    def text(self, start: int, end: int) -> str:
        """Words `start` to `end` as they were written."""
        return " ".join(self.shown[start:end])

    def unreadable(self, code: str, **fields: Any) -> Unreadable:
        """The refusal of this line."""
        return Unreadable(code, self.command, fields)

    def left_over(self, text: str) -> Unreadable:
        """The refusal because of `text`, which has no place in this command."""
        return self.unreadable("text_left_over", left_over=shorten(text))


@dataclass(frozen=True)
class Body:
    """The parts of one command; `name` is always there."""

    name: str
    found: dict[Kind, Part] = field(default_factory=dict)

    def value(self, kind: Kind) -> Any:
        """What was read for `kind`, or None when the command does not have it."""
        part = self.found.get(kind)
        return None if part is None else part.value


def read_body(
    line: Line, allowed: frozenset[Kind], *, amount_needed: bool = False
) -> Body | Unreadable:
    """The name and the `allowed` parts of a command that needs a name, and maybe an amount."""
    parts = _weak_amounts_to_words(scan(line.words, line.today))
    if refused := _doubtful(line, parts):
        return refused
    named, others = _split_name(line, parts)
    if isinstance(named, Unreadable):
        return named
    found: dict[Kind, Part] = {}
    left: Part | None = None
    for part in others:
        if part.kind in allowed and part.kind in found and part.kind in _TWICE:
            text = shorten(line.text(found[part.kind].start, part.end))
            return line.unreadable(_TWICE[part.kind], text=text)
        if part.kind in allowed and not _note_twice(part, found):
            found[part.kind] = part
        elif left is None:
            left = part
    if amount_needed and Kind.AMOUNT not in found:
        return line.unreadable("amount_missing")
    for part in found.values():
        if code := problem_of(part):
            return _problem(line, part, code)
    if left is not None:
        return line.left_over(line.text(left.start, left.end))
    return Body(named, found)


def read_note(line: Line, body: Body) -> str | Unreadable | None:
    """The note in quotation marks or behind "buat"; None when there is none."""
    quoted, spoken = body.found.get(Kind.QUOTED), body.found.get(Kind.NOTE)
    if quoted is not None:
        note = unquote(line.text(quoted.start, quoted.end))
    elif spoken is not None:
        for word in line.words[spoken.start : spoken.end]:
            if word.strip(".,;:!") in _DOUBTS:
                return line.left_over(line.text(spoken.start, spoken.end))
        note = line.text(spoken.start + 1, spoken.end)
    else:
        return None
    if len(note) > NOTE_MAX:
        return line.unreadable("note_too_long", length=len(note), max=NOTE_MAX)
    return note or None


def read_plain_name(line: Line) -> str | Unreadable:
    """All words as one name, for commands that only look something up: a "?" does no harm."""
    words, shown = list(line.words), list(line.shown)
    if words and words[0][0] == '"' and words[-1].rstrip("?.!")[-1:] == '"':
        named = check_name(unquote(line.text(0, len(words))))
    else:
        while words and not words[-1].rstrip("?!."):
            words.pop()
        if words:
            kept = len(words[-1].rstrip("?!."))
            words[-1], shown[len(words) - 1] = words[-1][:kept], shown[len(words) - 1][:kept]
        named = read_name(shown[: len(words)], words)
    if isinstance(named, str):
        return named
    if named.code == "name_too_long":
        return _name_problem(line, named)
    return line.left_over(line.text(0, len(line.shown)))


def is_decoration(words: list[str]) -> bool:
    """Whether the words are only emoji, dashes and exclamation marks."""
    return all(_DECORATION.fullmatch(one) for one in words)


def unquote(text: str) -> str:
    """Text in quotation marks without them, and without the full stop behind them."""
    return text.rstrip(".,;:!?").strip(_QUOTES).strip()


def _weak_amounts_to_words(parts: list[Part]) -> list[Part]:
    """Number words without a unit are part of a name ("Toko Tiga Putra") beside a real amount.

    Not right before that amount: "Budi lima 500rb" stays unclear.
    """
    strong = [one for one in parts if one.kind is Kind.AMOUNT and not one.weak]
    if not strong or not any(one.weak for one in parts):
        return parts
    merged: list[Part] = []
    for at, part in enumerate(parts):
        following = parts[at + 1] if at + 1 < len(parts) else None
        if part.weak and following is not None and following.kind is Kind.WORDS:
            part = Part(Kind.WORDS, part.start, part.end)
        if merged and part.kind is merged[-1].kind is Kind.WORDS:
            part = Part(Kind.WORDS, merged.pop().start, part.end)
        merged.append(part)
    return merged


def _doubtful(line: Line, parts: list[Part]) -> Unreadable | None:
    """A refusal for what makes the whole line no statement: a question, an open quotation."""
    for at, part in enumerate(parts):
        if part.kind is Kind.UNCLOSED:
            return line.left_over(line.text(part.start, part.end))
        if part.kind is Kind.QUOTED:
            continue
        for index in range(part.start, part.end):
            if line.words[index].rstrip(".,!)")[-1:] == "?":
                return line.left_over(line.text(part.start, part.end))
        # "Pak Minggu 100rb", "Yohanes Minggu 100rb": a day, or the rest of the name?
        if (
            part.kind is Kind.DUE
            and 0 < at < len(parts) - 1
            and parts[at - 1].kind is Kind.WORDS
            and parts[at + 1].kind is Kind.AMOUNT
            and dates.is_lone_weekday(line.words[part.start : part.end])
        ):
            text = line.text(parts[at - 1].start, part.end)
            return line.unreadable("days_unclear", text=shorten(text))
    return None


def _split_name(line: Line, parts: list[Part]) -> tuple[str | Unreadable, list[Part]]:
    """The name (the first words; else what is quoted first) and the other parts."""
    for at, part in enumerate(parts):
        may_be_decoration = at > 0 or line.name is not None
        if part.kind is not Kind.WORDS or (may_be_decoration and is_decoration(_words(line, part))):
            continue
        start = part.start + (_leading_to(line, part.start) if part.end > part.start + 1 else 0)
        named = read_name(line.shown[start : part.end], line.words[start : part.end])
        others = [
            one
            for index, one in enumerate(parts)
            if index != at and not (one.kind is Kind.WORDS and is_decoration(_words(line, one)))
        ]
        return (named if isinstance(named, str) else _name_problem(line, named)), others
    if parts and parts[0].kind is Kind.QUOTED:
        named = check_name(unquote(line.text(parts[0].start, parts[0].end)))
        others = [one for one in parts[1:] if one.kind is not Kind.WORDS]
        return (named if isinstance(named, str) else _name_problem(line, named)), others
    if line.name is not None:
        return line.name, [one for one in parts if one.kind is not Kind.WORDS]
    return line.unreadable("name_missing"), parts


def _words(line: Line, part: Part) -> list[str]:
    return line.words[part.start : part.end]


def _leading_to(line: Line, start: int) -> int:
    """English says whom with a little word that leaves the direction clear."""
    return int((line.typed, line.words[start]) in (("lend", "to"), ("borrow", "from")))


def _note_twice(part: Part, found: dict[Kind, Part]) -> bool:
    notes = (Kind.QUOTED, Kind.NOTE)
    return part.kind in notes and any(one in found for one in notes)


def _name_problem(line: Line, problem: NameProblem) -> Unreadable:
    if problem.code == "name_too_long":
        return line.unreadable(problem.code, length=problem.length, max=NAME_MAX)
    if problem.code == "text_left_over":
        return line.left_over(problem.about or "")
    if problem.about is not None:
        return line.unreadable(problem.code, text=shorten(problem.about))
    return line.unreadable(problem.code)


def _problem(line: Line, part: Part, code: str) -> Unreadable:
    if code == amounts.AmountProblem.TOO_LARGE.value:
        return line.unreadable(code, max=AMOUNT_MAX)
    if code == amounts.AmountProblem.NOT_POSITIVE.value:
        return line.unreadable(code)
    if code == "days_out_of_range":
        assert isinstance(part.value, dates.DueProblem)
        return line.unreadable(code, days=part.value.days, min=DAYS_MIN, max=DAYS_MAX)
    return line.unreadable(code, text=shorten(line.text(part.start, part.end)))
