"""How much: every way an amount is written in this market becomes whole rupiah, or a question.

Integers only; a coefficient such as the 1,25 of `1,25jt` is counted in hundredths. A point or a
comma before three figures groups thousands, before one or two it is a decimal sign, and only a
unit makes decimals meaningful. Where both readings are in use the amount is asked:

    1.250 and 1,250        1250            1.250rb          1250 thousand, as it is said
    1,25jt and 1.25jt      1 250 000       1.250jt, 1,250rb, 50.000rb      asked
    1jt250                 1 250 000       1jt25, 1jt 500, 1 250 000       asked
    2jt5                   2 500 000       10rb5, sejuta dua ratus         asked
    1,5 and Rp100,50       not whole       1.5, 500.00, 500,00, 0.500      asked
    Rp 2.000.000,00        2 000 000       gocap, cepek, lima, 1M, $20     asked
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from bukuhutang.base import spelling
from bukuhutang.ledger.money import AMOUNT_MAX, AMOUNT_MIN
from bukuhutang.understanding import dates
from bukuhutang.understanding.numerals import (
    FOREIGN_MONEY,
    GROUP,
    MILLIARD,
    MILLION,
    THOUSAND,
    UNITS,
    Atom,
    atoms_of_word,
    group_value,
    kinds_of,
)


class AmountProblem(StrEnum):
    """Why there is no amount; the values are the reader's text codes."""

    UNCLEAR = "amount_unclear"
    NOT_WHOLE = "amount_not_whole"
    NOT_POSITIVE = "amount_not_positive"
    TOO_LARGE = "amount_too_large"


Amount = int | AmountProblem


class Match(NamedTuple):
    """An amount found among words; `end` is the index of the word behind it.

    `weak`: only number words without a unit ("tiga"), which may just as well be part of a name.
    `bare`: figures without unit, currency or separators.
    """

    amount: Amount
    end: int
    weak: bool = False
    bare: bool = False


_FIGURES = re.compile(
    r"(?P<currency>rp\.?|idr)?(?P<minus>-)?(?P<figures>[0-9]++(?:[.,][0-9]++)*+)(?P<dash>[.,]-+)?"
    r"(?:(?P<unit>[a-z]++)(?:(?P<tail>[0-9]++)(?P<tail_unit>[a-z]++)?)?)?"
)
_CURRENCY = frozenset(("rp", "idr"))
_SIGNS = "-+~±≈<>$€£¥₹"
_POINTS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,([0-9]{1,2}))?")
_COMMAS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.([0-9]{1,2}))?")
_CENTS = re.compile(r"([0-9]+),([0-9]{1,2})")
_DECIMALS = re.compile(r"(0|[1-9][0-9]{0,3})[.,]([0-9]{1,2})")
_ONE_GROUP = re.compile(r"[1-9]\.(?!000)[0-9]{3}")
_WHOLE_DIGITS_MAX = 15
"""Longer figures are too large whatever they say; none are converted."""
_BEYOND = 10**17
_FRACTION_OF = {1: 10, 3: 1_000}
_WORDS_MAX = 24
"""The longest amount in words has nineteen; the limit keeps hostile text from costing time."""
_REDUNDANT_UNIT_DIGITS = 5
"""From here on ("50000rb") the unit is more likely said twice than meant."""

# What may be an amount, over the kinds of `numerals`.
_COEFFICIENT = f"(?:{GROUP}|n|x|s)"
_TERM = f"(?:{_COEFFICIENT}h?|h)[kK]"
_SHAPE = re.compile(f"(?:{_TERM})+(?:h|g|{GROUP})?u?|(?:{GROUP}|x|n)u|eu?|n")
_ONE_TERM = re.compile(f"({_COEFFICIENT})?(h)?[kK]")
_WEAK = re.compile(f"{GROUP}|x|h")
_UNFINISHED = frozenset("dstTbprn")


def read_amount(text: str) -> Amount | None:
    """The amount that `text` and nothing else spells; None when it is not about an amount."""
    words = [one.rstrip(".,;:!") or one for one in spelling.fold(spelling.clean(text)).split()]
    found = match(words, 0) if words else None
    if found is None:
        return None
    return found.amount if found.end == len(words) else AmountProblem.UNCLEAR


def match(words: list[str], start: int) -> Match | None:
    """The longest amount in the folded `words` from `start`, or None when none begins there."""
    if not may_begin(words[start]):
        return None
    currency = words[start] in _CURRENCY
    if currency:
        start += 1
        if start == len(words):
            return Match(AmountProblem.UNCLEAR, start)
    atoms: list[Atom] = []
    lengths: list[int] = []  # how many atoms each word gave
    end = start
    last = min(len(words), start + _WORDS_MAX)
    while end < last:
        more = _atoms(words[end], inside=bool(atoms))
        if more is None or (atoms and not _goes_on(more, words, end)):
            break
        atoms.extend(more)
        lengths.append(len(more))
        end += 1
    if not atoms:
        return Match(AmountProblem.UNCLEAR, start + 1)
    if dates.stops_number(words, end):
        # "seratus ribu dua minggu": the two belongs to the weeks, as does a half before them.
        before_weeks = _UNFINISHED | {"h"}
        while lengths and all(one.kind in before_weeks for one in atoms[-lengths[-1] :]):
            del atoms[-lengths.pop() :]
            end -= 1
            before_weeks = _UNFINISHED
        if not atoms:
            return None
    currency = currency or atoms[0].kind == "c"
    if atoms[0].kind == "c":
        atoms = atoms[1:]
    kinds = kinds_of(atoms)
    return Match(
        _evaluate(atoms, kinds, currency=currency),
        end,
        weak=not currency and _WEAK.fullmatch(kinds) is not None,
        bare=not currency and kinds == "n" and atoms[0].text.isdecimal(),
    )


def may_begin(word: str) -> bool:
    """Whether an amount may begin with the folded `word`."""
    if word in _CURRENCY:
        return True
    head = word[0]
    if head.isdecimal() or (head in _SIGNS and word[1:2].isdecimal()):
        return True
    if head.isnumeric() and not head.isalpha():
        return True  # ½, ², ①: meant as a number, but not one that is read
    if word[:2] == "rp" or word[:3] == "idr":
        return _FIGURES.fullmatch(word) is not None
    atoms = atoms_of_word(word)
    # A lone "k" or "m" is an initial, a lone "perak" or "rupiah" a word.
    return atoms is not None and atoms[0].kind not in "Kmu"


def _goes_on(more: tuple[Atom, ...], words: list[str], index: int) -> bool:
    """Whether a word's atoms continue the amount before it, or begin something else."""
    if more[0].kind == "c":
        return False
    if more[0].kind != "n" or len(more) > 1:
        return True
    following = atoms_of_word(words[index + 1]) if index + 1 < len(words) else None
    return following is not None and following[0].kind in "kKprbh"


def _atoms(word: str, *, inside: bool) -> tuple[Atom, ...] | None:
    head = word[0]
    if not (head.isdecimal() or head in "-r" or head == "i"):
        if inside and word in FOREIGN_MONEY:
            return (Atom("f", 0),)
        return atoms_of_word(word)
    found = _FIGURES.fullmatch(word)
    if found is None:
        if inside and word in FOREIGN_MONEY:
            return (Atom("f", 0),)
        return None if head.isdecimal() or head == "-" else atoms_of_word(word)
    if inside and (found["minus"] or found["currency"]):
        return None
    atoms = [Atom("c", 0)] if found["currency"] else []
    figures = found["figures"]
    atoms.append(Atom("n", -1 if found["minus"] else 1, figures))
    if found["dash"]:
        if found["unit"]:
            return None
        return tuple(atoms)
    if found["unit"]:
        unit = _glued_unit(found["unit"])
        if unit is None:
            return None
        atoms.extend(unit)
        if found["tail"]:
            tail = _glued_tail(found["tail"], found["tail_unit"])
            if tail is None:
                return None
            atoms.extend(tail)
    return tuple(atoms)


def _glued_unit(letters: str) -> tuple[Atom, ...] | None:
    if letters in FOREIGN_MONEY:
        return (Atom("f", 0),)
    if letters in UNITS:
        return (UNITS[letters],)
    atoms = atoms_of_word(letters)  # 5ratus, 2juta, 5puluhribu
    return atoms if atoms and atoms[0].kind in "kprb" else None


def _glued_tail(tail: str, unit: str | None) -> tuple[Atom, ...] | None:
    if unit is None:
        return (Atom("g", 0, tail),)
    known = UNITS.get(unit)  # 1jt250rb
    return (Atom("n", 1, tail), known) if known is not None else None


def _evaluate(atoms: list[Atom], kinds: str, *, currency: bool) -> Amount:
    if atoms[0].kind == "n" and atoms[0].value < 0:
        return AmountProblem.NOT_POSITIVE
    if "n" in kinds and len(kinds) > 1:
        atoms = [_as_digit(one, kinds[at + 1 : at + 2]) for at, one in enumerate(atoms)]
        kinds = kinds_of(atoms)
    if _SHAPE.fullmatch(kinds) is None:
        return AmountProblem.UNCLEAR
    if kinds[-1] == "u":
        currency = True
        atoms, kinds = atoms[:-1], kinds[:-1]
    if kinds == "n":
        return _plain(atoms[0].text, currency=currency)
    if "k" in kinds or "K" in kinds:
        value = _scaled(atoms, kinds)
    else:
        value = group_value(atoms)  # in words with "perak", or slang with one value
    if value is None:
        return AmountProblem.UNCLEAR
    if value < MILLIARD and any(one.kind == "k" and one.value >= MILLIARD for one in atoms):
        return AmountProblem.UNCLEAR  # "setengah miliar" is asked, see the README of the phrasings
    return _checked(value)


def _as_digit(atom: Atom, following: str) -> Atom:
    """The 5 of "5 ratus ribu" is a digit like lima."""
    if atom.kind == "n" and following in ("r", "p", "b") and atom.text in "123456789":
        return Atom("d", int(atom.text))
    return atom


def _scaled(atoms: list[Atom], kinds: str) -> int | None:
    """The value of terms with units, falling: sejuta dua ratus ribu, 1jt250, 2 juta setengah."""
    total, at, last_scale = 0, 0, 0
    while term := _ONE_TERM.match(kinds, at):
        scale = atoms[term.end() - 1]
        hundredths = _coefficient(atoms[at : term.end() - 1], scale)
        if hundredths is None:
            return None
        if last_scale and not (
            scale.value < last_scale
            and hundredths % 100 == 0
            and hundredths // 100 * scale.value < last_scale
            and total % last_scale == 0
        ):
            return None  # not falling: two amounts, or "dua tiga ratus"
        total += hundredths * scale.value // 100
        at, last_scale = term.end(), scale.value
    rest, left = kinds[at:], atoms[at:]
    if not rest:
        return total
    if total % last_scale:
        return None
    if rest == "h":
        return total + last_scale // 2 if last_scale == MILLION else None
    if rest == "g":
        figures = left[0].text
        # Three figures are the next three, one is the next decimal (2jt5); two are used as both.
        if len(figures) not in _FRACTION_OF or (len(figures) == 1 and last_scale != MILLION):
            return None
        return total + int(figures) * last_scale // _FRACTION_OF[len(figures)]
    # "sejuta dua ratus" is 1.200.000 to most and 1.000.200 to the dictionary.
    small = group_value(left)
    return total + small if last_scale == THOUSAND and small >= 10 else None


def _coefficient(atoms: list[Atom], scale: Atom) -> int | None:
    """What stands before a unit, in hundredths."""
    half = 50 if atoms[-1].kind == "h" else 0
    if half:
        atoms = atoms[:-1]
    if not atoms:
        return half
    if atoms[0].kind != "n":
        return group_value(atoms) * 100 + half
    figures = atoms[0].text
    if figures.isdecimal():
        if len(figures) > 1 and figures[0] == "0":
            return None
        if scale.value == THOUSAND and len(figures) >= _REDUNDANT_UNIT_DIGITS:
            return None
        if len(figures) > _WHOLE_DIGITS_MAX:
            return _BEYOND
        return int(figures) * 100 + half
    if half:
        return None
    if scale.kind == "k" and scale.value == THOUSAND and _ONE_GROUP.fullmatch(figures):
        return int(figures.replace(".", "")) * 100
    if decimals := _DECIMALS.fullmatch(figures):
        return int(decimals[1]) * 100 + int(decimals[2].ljust(2, "0"))
    return None


def _plain(figures: str, *, currency: bool) -> Amount:
    """Figures without a unit."""
    if figures.isdecimal():
        if len(figures) > 1 and figures[0] == "0" and figures.strip("0"):
            return AmountProblem.UNCLEAR
        return _whole(figures)
    for grouped in (_POINTS, _COMMAS):
        if found := grouped.fullmatch(figures):
            if (found[1] or "0").strip("0"):
                return AmountProblem.NOT_WHOLE
            whole = figures[: found.start(1) - 1] if found[1] else figures
            return _whole(whole.replace(".", "").replace(",", ""))
    if cents := _CENTS.fullmatch(figures):
        if cents[2].strip("0"):
            return AmountProblem.NOT_WHOLE
        # "500,00" may be 500.000 with a nought missing; "2000000,00" and "Rp500,00" may not.
        if (currency or len(cents[1]) > 3) and cents[1][0] != "0":
            return _whole(cents[1])
    return AmountProblem.UNCLEAR


def _whole(figures: str) -> Amount:
    figures = figures.lstrip("0")
    if len(figures) > _WHOLE_DIGITS_MAX:
        return AmountProblem.TOO_LARGE
    return _checked(int(figures or "0"))


def _checked(value: int) -> Amount:
    if value < AMOUNT_MIN:
        return AmountProblem.NOT_POSITIVE
    return value if value <= AMOUNT_MAX else AmountProblem.TOO_LARGE
