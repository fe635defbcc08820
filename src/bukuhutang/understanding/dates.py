"""When something is due: days, weeks, months, weekdays and calendar dates become one date.

A month keeps the day of the month and clips to its end. A weekday is the next one, never today.
A passed day of the month rolls to the next month, a passed day of the year to the next year.
What two people could understand differently ("Senin depan", "1,5 bulan") is asked.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from bukuhutang.ledger.debt import DAYS_MAX, DAYS_MIN
from bukuhutang.ledger.due_dates import add_months
from bukuhutang.understanding.numerals import atoms_of_word, read_count


@dataclass(frozen=True)
class DueProblem:
    """Words about time that give no due date; `days` is how far away it is, where that is known."""

    code: str  # days_out_of_range or days_unclear
    days: int | None = None


UNCLEAR = DueProblem("days_unclear")

_DAY, _WEEK, _MONTH, _YEAR = "day", "week", "month", "year"
TIME_UNITS: dict[str, str] = {
    **dict.fromkeys(("hari", "hr", "hri", "day", "days"), _DAY),
    **dict.fromkeys(("minggu", "mgg", "mg", "mnggu", "pekan", "week", "weeks"), _WEEK),
    **dict.fromkeys(("bulan", "bln", "bl", "month", "months"), _MONTH),
    **dict.fromkeys(("tahun", "thn", "th", "year", "years"), _YEAR),
}
_ONE_OF: dict[str, str] = {
    "sehari": _DAY,
    "seminggu": _WEEK,
    "sepekan": _WEEK,
    "sebulan": _MONTH,
    "setahun": _YEAR,
}
_DAYS_AHEAD = {
    **dict.fromkeys(("besok", "bsk", "besuk", "tomorrow"), 1),
    "lusa": 2,
    "kemarin": -1,
    "kmrn": -1,
    "yesterday": -1,
    "today": 0,
}
_WEEKDAYS: dict[str, int] = {
    **dict.fromkeys(("senin", "monday"), 0),
    **dict.fromkeys(("selasa", "tuesday"), 1),
    **dict.fromkeys(("rabu", "wednesday"), 2),
    **dict.fromkeys(("kamis", "thursday"), 3),
    **dict.fromkeys(("jumat", "jum'at", "friday"), 4),
    **dict.fromkeys(("sabtu", "saturday"), 5),
    **dict.fromkeys(("minggu", "ahad", "sunday"), 6),
}
# "agus" is no month here: it is the commonest first name of the country.
_MONTHS: dict[str, int] = {
    one: number
    for number, names in enumerate(
        (
            "januari jan january",
            "februari feb pebruari february",
            "maret mar march",
            "april apr",
            "mei may",
            "juni jun june",
            "juli jul july",
            "agustus agt agu august aug",
            "september sep sept",
            "oktober okt october oct",
            "november nov nopember",
            "desember des december dec",
        ),
        start=1,
    )
    for one in names.split()
}
_DAY_OF_MONTH_WORDS = frozenset(("tgl", "tanggal", "tngl"))
_NEXT = frozenset(("depan", "dpn"))
_GLUED = re.compile(r"(-?[0-9]+)([a-z]+)")
_ISO = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_DAY_MONTH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_DAY_MONTH_YEAR = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_NOT_ONE_COUNT = re.compile(r"[0-9]{1,3}(?:[-/][0-9]{1,3}|[.,][0-9]{1,2})")  # 2-3, 1,5
_COUNT_DIGITS_MAX = 6
_DAYS_TOLD_MAX = 999_999
"""More figures than these are far outside any limit and need no arithmetic."""

Due = date | DueProblem
Match = tuple[Due, int]  # what was read, and the index of the word behind it


def match(words: list[str], start: int, today: date) -> Match | None:
    """A due date in the folded `words` beginning at `start`, or None when none begins there."""
    first = words[start]
    if first[0].isdecimal() or (first[0] == "-" and first[1:2].isdecimal()):
        found = _by_figures(words, start, today)
    elif first in _STARTERS:
        found = _by_words(words, start, today)
    elif (count := read_count(words, start)) and count[1] < len(words):
        unit = TIME_UNITS.get(words[count[1]])
        found = (_after(count[0], unit, today), count[1] + 1) if unit else None
    else:
        return None
    if found is None:
        return None
    due, end = found
    if end < len(words) and words[end] == "lagi":  # "2 minggu lagi"
        end += 1
    return (_within_limits(due, today) if isinstance(due, date) else due), end


def may_begin(word: str) -> bool:
    """Whether a due date may begin with the folded `word`."""
    return (
        word[0].isdecimal()
        or word[0] == "-"
        or word in _STARTERS
        or atoms_of_word(word) is not None
    )


def is_lone_weekday(words: list[str]) -> bool:
    """Whether the words are just a weekday's name, which is a person's name as well."""
    return len(words) == 1 and words[0] in _WEEKDAYS


def stops_number(words: list[str], index: int) -> bool:
    """Whether the word there makes a date of the figures before it: "14 hari", "25 Maret"."""
    return index < len(words) and (words[index] in TIME_UNITS or words[index] in _MONTHS)


def _by_figures(words: list[str], start: int, today: date) -> Match | None:
    first = words[start]
    if (glued := _GLUED.fullmatch(first)) and glued[2] in TIME_UNITS:
        return _after_figures(glued[1], TIME_UNITS[glued[2]], today), start + 1
    if (due := _calendar_date(first, today)) is not None:
        return due, start + 1
    following = words[start + 1] if start + 1 < len(words) else ""
    if following in TIME_UNITS and not _is_point_in_time(words, start + 1):
        if first.removeprefix("-").isdecimal():
            return _after_figures(first, TIME_UNITS[following], today), start + 2
        if _NOT_ONE_COUNT.fullmatch(first):
            return UNCLEAR, start + 2
    if following in _MONTHS and first.isdecimal() and len(first) <= 2 and 1 <= int(first) <= 31:
        return _day_and_month(words, start, today)
    return None


def _is_point_in_time(words: list[str], start: int) -> bool:
    """Whether the unit there needs no figures before it: minggu depan, hari Sabtu, bulan ini."""
    following = words[start + 1] if start + 1 < len(words) else ""
    return following in _NEXT or following == "ini" or following in _WEEKDAYS


def _by_words(words: list[str], start: int, today: date) -> Match | None:
    first = words[start]
    following = words[start + 1] if start + 1 < len(words) else ""
    if first in _ONE_OF:
        return _after(1, _ONE_OF[first], today), start + 1
    if first in _DAYS_AHEAD:
        return today + timedelta(days=_DAYS_AHEAD[first]), start + 1
    if first in _DAY_OF_MONTH_WORDS or first[:3] == "tgl":
        return _day_of_month(words, start, today)
    if first == "next":
        unit = TIME_UNITS.get(following)
        return (_after(1, unit, today) if unit else UNCLEAR), start + (2 if following else 1)
    if first in ("akhir", "awal", "pertengahan", "setengah"):
        return _part_of_month(words, start, today)
    if first in ("hari", "hr"):
        if following == "ini":
            return today, start + 2
        return (_next_weekday(following, today), start + 2) if following in _WEEKDAYS else None
    if first in TIME_UNITS and following in _NEXT:
        return _after(1, TIME_UNITS[first], today), start + 2
    if first in TIME_UNITS and following == "ini":
        return UNCLEAR, start + 2
    if first in _WEEKDAYS:
        if following in _NEXT or following == "ini":
            return UNCLEAR, start + 2  # the coming one, or the one of next week?
        return _next_weekday(first, today), start + 1
    return None


def _day_of_month(words: list[str], start: int, today: date) -> Match | None:
    """`tgl 25`, `tgl25`, `tanggal 25 Maret`, `tgl 4/3/2026`."""
    glued = words[start].removeprefix("tgl").lstrip(".")
    if words[start] not in _DAY_OF_MONTH_WORDS and glued:
        if not glued.isdecimal():
            return None  # a word that only begins like it
        at, text = start, glued
    elif start + 1 < len(words):
        at, text = start + 1, words[start + 1]
    else:
        return UNCLEAR, start + 1
    if (due := _calendar_date(text, today)) is not None:
        return due, at + 1
    if not text.isdecimal() or len(text) > 2:
        return UNCLEAR, at + 1
    if at + 1 < len(words) and words[at + 1] in _MONTHS and at > start:
        return _day_and_month(words, at, today)
    first_of_month = today.replace(day=1)
    if int(text) <= today.day:
        first_of_month = add_months(first_of_month, 1)
    # "tgl 31" in a month of thirty days: its last day, or the next month that has one?
    return _date_or_unclear(first_of_month.year, first_of_month.month, int(text)), at + 1


def _day_and_month(words: list[str], at: int, today: date) -> Match:
    day, month = int(words[at]), _MONTHS[words[at + 1]]
    year = words[at + 2] if at + 2 < len(words) else ""
    if year.isdecimal() and len(year) == 4:
        return _date_or_unclear(int(year), month, day), at + 3
    return _coming(month, day, today), at + 2


def _part_of_month(words: list[str], start: int, today: date) -> Match | None:
    following = words[start + 1] if start + 1 < len(words) else ""
    if following not in TIME_UNITS and following not in _MONTHS:
        return None
    end = start + 2
    if words[start] != "akhir" or (following in TIME_UNITS and TIME_UNITS[following] != _MONTH):
        return UNCLEAR, end
    if following in _MONTHS:
        month = _MONTHS[following]
        year = today.year + (month < today.month)
        return date(year, month, monthrange(year, month)[1]), end
    month_start = today.replace(day=1)
    if end < len(words) and words[end] in (*_NEXT, "ini"):
        month_start = add_months(month_start, 1) if words[end] in _NEXT else month_start
        end += 1
    return add_months(month_start, 1) - timedelta(days=1), end


def _calendar_date(text: str, today: date) -> Due | None:
    if not 3 <= len(text) <= 10:
        return None
    if found := _ISO.fullmatch(text):
        return _date_or_unclear(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_MONTH.fullmatch(text):
        return _coming(int(found[2]), int(found[1]), today)
    if found := _DAY_MONTH_YEAR.fullmatch(text):
        year = int(found[4])
        if year < 100:
            year += 2000
        return _date_or_unclear(year, int(found[3]), int(found[1]))
    return None


def _coming(month: int, day: int, today: date) -> Due:
    this_year = _date_or_unclear(today.year, month, day)
    if isinstance(this_year, date) and this_year < today:
        return _date_or_unclear(today.year + 1, month, day)
    return this_year


def _date_or_unclear(year: int, month: int, day: int) -> Due:
    try:
        return date(year, month, day)
    except ValueError:
        return UNCLEAR


def _next_weekday(word: str, today: date) -> date:
    ahead = (_WEEKDAYS[word] - today.weekday()) % 7
    return today + timedelta(days=ahead or 7)


def _after_figures(figures: str, unit: str, today: date) -> Due:
    if len(figures) > _COUNT_DIGITS_MAX:
        far = -_DAYS_TOLD_MAX if figures[0] == "-" else _DAYS_TOLD_MAX
        return DueProblem("days_out_of_range", far)
    return _after(int(figures), unit, today)


def _after(count: int, unit: str, today: date) -> Due:
    try:
        if unit in (_DAY, _WEEK):
            return today + timedelta(days=count * (7 if unit == _WEEK else 1))
        return add_months(today, count * (12 if unit == _YEAR else 1))
    except OverflowError:
        return DueProblem("days_out_of_range", _DAYS_TOLD_MAX if count > 0 else -_DAYS_TOLD_MAX)


def _within_limits(due: date, today: date) -> Due:
    days = (due - today).days
    return due if DAYS_MIN <= days <= DAYS_MAX else DueProblem("days_out_of_range", days)


_STARTERS = (
    frozenset(_ONE_OF)
    | frozenset(_DAYS_AHEAD)
    | frozenset(_WEEKDAYS)
    | frozenset(TIME_UNITS)
    | _DAY_OF_MONTH_WORDS
    | frozenset(f"tgl{day}" for day in range(1, 32))
    | frozenset(f"tgl.{day}" for day in range(1, 32))
    | frozenset(("next", "akhir", "awal", "pertengahan", "setengah"))
)
