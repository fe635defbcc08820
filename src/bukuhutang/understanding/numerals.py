"""Number words, Indonesian and English: a word becomes atoms, atoms make a number.

An atom is a kind and a value. The kinds are single letters, so that a sequence of atoms is a
string and the grammar of numbers is a regular expression over it:

    d  one to nine              s  se- (one, as in seratus)    T  ten to nineteen, in one word
    t  twenty, thirty, …        b  belas (plus ten)            p  puluh (times ten)
    r  ratus (times a hundred)  k  ribu, juta, …               K  k, the letter
    h  setengah                 n  figures, as written         g  figures glued behind a unit
    x  slang worth either 50 or 50.000                         e  slang with one value
    m  M: miliar or million     f  another currency            u  rupiah, perak

Which sequences are amounts and which are counts is decided by `amounts` and `dates`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

THOUSAND = 1_000
MILLION = 1_000_000
MILLIARD = 1_000_000_000


class Atom(NamedTuple):
    """One piece of a number; `text` holds figures as they were written."""

    kind: str
    value: int
    text: str = ""


_DIGITS = "satu dua tiga empat lima enam tujuh delapan sembilan".split()
_MORPHEMES: dict[str, Atom] = {
    **{word: Atom("d", value) for value, word in enumerate(_DIGITS, start=1)},
    "lapan": Atom("d", 8),
    "se": Atom("s", 1),
    "belas": Atom("b", 10),
    "puluh": Atom("p", 10),
    "ratus": Atom("r", 100),
    **dict.fromkeys(("ribu", "rebu", "rbu", "rb", "ewu"), Atom("k", THOUSAND)),
    **dict.fromkeys(("juta", "jt"), Atom("k", MILLION)),
    **dict.fromkeys(("miliar", "milyar"), Atom("k", MILLIARD)),
}
_ENGLISH_DIGITS = "one two three four five six seven eight nine".split()
_ENGLISH_TEENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
)
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS: dict[str, tuple[Atom, ...]] = {
    **{word: (Atom("d", value),) for value, word in enumerate(_ENGLISH_DIGITS, start=1)},
    **{word: (Atom("T", value),) for value, word in enumerate(_ENGLISH_TEENS, start=10)},
    **{word: (Atom("t", value * 10),) for value, word in enumerate(_ENGLISH_TENS, start=2)},
    "hundred": (Atom("r", 100),),
    **dict.fromkeys(("setengah", "stengah", "half"), (Atom("h", 0),)),
    # KBBI and the street differ by a thousand: worth asking each time.
    "selawe": (Atom("x", 25),),
    "jigo": (Atom("x", 25),),
    "gocap": (Atom("x", 50),),
    "seket": (Atom("x", 50),),
    "cepek": (Atom("x", 100),),
    "pego": (Atom("x", 150),),
    "gopek": (Atom("x", 500),),
    **dict.fromkeys(("seceng", "ceceng"), (Atom("e", 1_000),)),
    "noceng": (Atom("e", 2_000),),
    "goceng": (Atom("e", 5_000),),
    "ceban": (Atom("e", 10_000),),
    "noban": (Atom("e", 20_000),),
    "goban": (Atom("e", 50_000),),
    "cetiao": (Atom("e", 1_000_000),),
    "gotiao": (Atom("e", 5_000_000),),
}
UNITS: dict[str, Atom] = {
    **{word: atom for word, atom in _MORPHEMES.items() if atom.kind == "k"},
    **dict.fromkeys(("ribuan", "ceng", "thousand", "thousands"), Atom("k", THOUSAND)),
    **dict.fromkeys(("jta", "tiao", "million", "millions"), Atom("k", MILLION)),
    "billion": Atom("k", MILLIARD),
    **dict.fromkeys(("triliun", "trilyun", "trillion"), Atom("k", MILLIARD * THOUSAND)),
    "k": Atom("K", THOUSAND),
    "m": Atom("m", 0),
    **dict.fromkeys(("perak", "rupiah", "rp", "idr"), Atom("u", 1)),
}
FOREIGN_MONEY = frozenset(
    "usd dolar dollar dollars bucks sgd myr ringgit rm euro euros eur yen jpy riyal sar yuan cny"
    " aud gbp pound pounds won krw baht thb dirham aed".split()
)
_JOINED = re.compile(
    "(?:"
    + "|".join(sorted((one for one in _MORPHEMES if one != "se"), key=len, reverse=True))
    + "|se(?=belas|puluh|ratus|ribu|rebu|rbu|ewu|juta|jt|miliar|milyar))+"
)
_MORPHEME = re.compile("|".join(sorted(_MORPHEMES, key=len, reverse=True)))
_COUNT_WORDS_MAX = 6
"""sembilan ratus sembilan puluh sembilan, and one to see that it ends there."""
_JOINED_MAX = 80
"""Letters of the longest number written as one word."""

GROUP = "(?:[ds]r(?:dpd?|[ds]b|sp|T|td?|d)?|dpd?|[ds]b|sp|T|td?|d)"
"""One to 999 in words: lima, seratus dua puluh lima, empat belas."""
_GROUP = re.compile(GROUP)


def atoms_of_word(word: str) -> tuple[Atom, ...] | None:
    """The atoms of a folded word without figures, or None when it is not a number word."""
    if (known := _WORDS.get(word)) is not None:
        return known
    if (unit := UNITS.get(word)) is not None:
        return (unit,)
    if len(word) > _JOINED_MAX or _JOINED.fullmatch(word) is None:
        return None
    return tuple(_MORPHEMES[one] for one in _MORPHEME.findall(word))


def kinds_of(atoms: list[Atom]) -> str:
    """The sequence of kinds, for a grammar to match."""
    return "".join([one.kind for one in atoms])


def group_value(atoms: list[Atom]) -> int:
    """The value of atoms whose kinds match GROUP, or of a single one of kind x."""
    total = last = 0
    for kind, value, _text in atoms:
        if kind in "pr":
            total += last * (value - 1)
        else:
            total += value
            last = value
    return total


def read_count(words: list[str], start: int) -> tuple[int, int] | None:
    """A count in words from `start`: its value (1 to 999) and the index behind it, or None."""
    atoms: list[Atom] = []
    end = start
    last = min(len(words), start + _COUNT_WORDS_MAX)
    while end < last and (more := atoms_of_word(words[end])) is not None:
        if not all(one.kind in "dsTtbpr" for one in more):
            break
        atoms.extend(more)
        end += 1
    if not atoms or _GROUP.fullmatch(kinds_of(atoms)) is None:
        return None
    return group_value(atoms), end
