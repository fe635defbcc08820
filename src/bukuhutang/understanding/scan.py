"""The body of a command, cut into its parts: words, amount, due date, number, note.

Nothing is dropped here and nothing is decided; `commands` says which parts a command may have.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from bukuhutang.understanding import amounts, dates, phones
from bukuhutang.understanding.amounts import AmountProblem


class Kind(Enum):
    """What a stretch of words is."""

    WORDS = "words"
    AMOUNT = "amount"
    DUE = "due"
    PHONE = "phone"
    QUOTED = "quoted"
    NOTE = "note"  # without quotation marks, after "buat"
    UNCLOSED = "unclosed"


class Part(NamedTuple):
    """Words `start` to `end` of the body and what they were read as."""

    kind: Kind
    start: int
    end: int
    value: Any = None
    weak: bool = False


NOTE_MARKERS = frozenset(
    "buat bwt untuk utk for catatan ket keterangan note notes".split(),
)
# What only leads over to the next part belongs to that part.
_BEFORE_DUE = frozenset(
    "tempo tempo: jatuh jt.tempo sampai sampe smp hingga selama dalam pada due by until in for"
    " untuk utk buat".split()
)
_BEFORE_AMOUNT = frozenset("sebesar sejumlah senilai sebanyak of".split())
_BEFORE_PHONE = frozenset("wa hp no nomor nomer telp tlp tel telepon phone wa: hp: no:".split())
_LEADS: dict[Kind, frozenset[str]] = {
    Kind.DUE: _BEFORE_DUE,
    Kind.AMOUNT: _BEFORE_AMOUNT,
    Kind.PHONE: _BEFORE_PHONE,
    Kind.QUOTED: NOTE_MARKERS,
}
_LEADS_MAX = 2  # "jatuh tempo", "no hp"
_TRAILING = ".,;:!"
_COUNTS_BELOW = 1_000
_WORDS_KEPT = 8_192
_KEPT_LENGTH_MAX = 40


def scan(words: list[str], today: date) -> list[Part]:
    """The parts of the folded `words` in their order, together covering all of them."""
    plain = [one.rstrip(_TRAILING) or one for one in words]
    parts: list[Part] = []
    at, words_from, count = 0, 0, len(words)
    while at < count:
        part = _part_at(words, plain, at, today)
        if part is None and plain[at] in NOTE_MARKERS and at > 0:
            part = _note_at(plain, at, today, parts)
        if part is None:
            at += 1
            continue
        words_to = at
        leads = _LEADS.get(part.kind)
        while leads and words_to > max(words_from, at - _LEADS_MAX):
            if plain[words_to - 1] not in leads:
                break
            words_to -= 1
        if words_to > words_from:
            parts.append(Part(Kind.WORDS, words_from, words_to))
        parts.append(part)
        at = words_from = part.end
    if count > words_from:
        parts.append(Part(Kind.WORDS, words_from, count))
    return parts


def _part_at(words: list[str], plain: list[str], at: int, today: date) -> Part | None:
    if len(plain[at]) <= _KEPT_LENGTH_MAX and _is_only_a_word(plain[at]):
        return None
    if words[at][0] == '"':
        return _quoted_at(words, at)
    if (phone := phones.match(plain, at)) is not None:
        return Part(Kind.PHONE, at, phone.end, phone.phone)
    if (due := dates.match(plain, at, today)) is not None:
        return Part(Kind.DUE, at, due[1], due[0])
    if (amount := amounts.match(plain, at)) is not None:
        return Part(Kind.AMOUNT, at, amount.end, amount.amount, weak=amount.weak)
    return None


@lru_cache(maxsize=_WORDS_KEPT)
def _is_only_a_word(word: str) -> bool:
    """Whether no part begins with `word`: most words of names and notes, which come again."""
    return not (word[0] in '"+(' or dates.may_begin(word) or amounts.may_begin(word))


def _quoted_at(words: list[str], at: int) -> Part:
    """From a word that opens a quotation to the first one that closes it."""
    for end in range(at, len(words)):
        word = words[end].rstrip(_TRAILING) or words[end]
        if word[-1] == '"' and (end > at or len(word) > 1):
            return Part(Kind.QUOTED, at, end + 1)
    return Part(Kind.UNCLOSED, at, len(words))


def _note_at(plain: list[str], at: int, today: date, parts: list[Part]) -> Part | None:
    """The words behind "buat": to the end, or to the amount when that is still to come.

    A date right behind it is a due date after all ("untuk 2 minggu"). What would change the
    record, a second amount or a date at the end, is not hidden in a note: it stays a part.
    """
    count = len(plain)
    if at + 1 == count or dates.match(plain, at + 1, today) is not None:
        return None
    amount_seen = any(one.kind is Kind.AMOUNT for one in parts)
    due_seen = any(one.kind is Kind.DUE for one in parts)
    end = at + 1
    while end < count:
        if plain[end][0] == '"':
            break
        amount = amounts.match(plain, end)
        if amount is not None and not amount.weak and not (amount_seen and _is_plain(amount)):
            break
        due = dates.match(plain, end, today)
        if due is not None and not due_seen and (due[1] == count or not amount_seen):
            break
        end = amount.end if amount is not None else end + 1
    return Part(Kind.NOTE, at, end) if end > at + 1 else None


def _is_plain(amount: amounts.Match) -> bool:
    """Figures that count things in a note ("2 sak") rather than money."""
    return amount.bare and isinstance(amount.amount, int) and amount.amount < _COUNTS_BELOW


def problem_of(part: Part) -> str | None:
    """The text code of a part that was recognised but not read."""
    if part.kind is Kind.AMOUNT and isinstance(part.value, AmountProblem):
        return part.value.value
    if part.kind is Kind.DUE and isinstance(part.value, dates.DueProblem):
        return part.value.code
    return "phone_invalid" if part.kind is Kind.PHONE and part.value is None else None
