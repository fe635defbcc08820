"""Amounts, dates, phones and names as a person reads them on a phone; pure and fast.

Rupiah are written the Indonesian way in both languages, because that is how the coins, the bank
and the other party write them. Words (months, weekdays, "or") come from CLDR through Babel.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.lists import format_list

from bukuhutang.tenancy.tenant import Language

YEAR_OMITTED_WITHIN_DAYS = 60
"""Nearer than this, and in the same year, a reader needs no year (voice.md)."""

QUOTE_MAX = 30
"""A quotation of what was typed shows at most so many characters, then an ellipsis."""

DATES_CACHED = 4_096
"""About ten years of days in three shapes; the oldest leave first."""

FSI = "\u2068"  # first strong isolate: what follows keeps its own direction …
PDI = "\u2069"  # … up to here, where the line's own direction goes on

_LINE_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIRECTION_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Every block of Unicode that holds right-to-left letters or Arabic digits, reserved ones included.
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_WHATSAPP_MARKS = re.compile("[*_~`]")

_FULL, _INLINE, _SHORT = "EEEE, d MMMM", "EEEE d MMMM", "d MMMM"
_TODAY = {Language.INDONESIAN: "hari ini", Language.ENGLISH: "today"}
_TOMORROW = {Language.INDONESIAN: "besok", Language.ENGLISH: "tomorrow"}


def rupiah(amount: int) -> str:
    """`Rp1.250.000` in either language; the same as Babel's, seventy times faster."""
    if amount < 0:
        return "-" + rupiah(-amount)
    return f"Rp{amount:,}".replace(",", ".")


def count(number: int, language: Language) -> str:
    """A count in figures: `4.096`, in English `4,096`."""
    grouped = f"{number:,}"
    return grouped.replace(",", ".") if language is Language.INDONESIAN else grouped


def days(number: int, language: Language) -> str:
    """`5 hari`; `1 day`, `5 days`."""
    if language is Language.INDONESIAN:
        return f"{count(number, language)} hari"
    return f"{count(number, language)} {'day' if number == 1 else 'days'}"


def day(on: date, today: date, language: Language) -> str:
    """`Rabu, 4 Maret` in a sentence; with the year unless it is this one and within 60 days."""
    return _written(_FULL, on, today, language)


def day_inline(on: date, today: date, language: Language) -> str:
    """`Rabu 4 Maret`: as `day`, for a list or after a comma."""
    return _written(_INLINE, on, today, language)


def day_short(on: date, today: date, language: Language) -> str:
    """`4 Maret`: as `day`, without the weekday."""
    return _written(_SHORT, on, today, language)


def near(on: date, today: date, language: Language) -> str:
    """`hari ini`, `besok` or `Rabu 4 Maret`."""
    return _close_by(on, today, language) or day_inline(on, today, language)


def due(on: date, today: date, language: Language) -> str:
    """When something falls due: `besok, Rabu 4 Maret`; `Rabu, 4 Maret`; `… (5 hari lalu)`."""
    if close := _close_by(on, today, language):
        return f"{close}, {day_inline(on, today, language)}"
    if on < today:
        ago = "lalu" if language is Language.INDONESIAN else "ago"
        passed = days((today - on).days, language)
        return f"{day_inline(on, today, language)} ({passed} {ago})"
    return day(on, today, language)


def calendar_day(on: date, language: Language) -> str:
    """`4 Maret 2026`, for documents: the same whatever day they are read."""
    return _by_babel(f"{_SHORT} y", on, language)


def percent(rate: Decimal, language: Language) -> str:
    """`1,5%`, in English `1.5%`; without zeros that say nothing."""
    figures = f"{rate:f}"
    if "." in figures:
        figures = figures.rstrip("0").rstrip(".")
    mark = "," if language is Language.INDONESIAN else "."
    return f"{figures.replace('.', mark)}%"


def phone(number: str) -> str:
    """`0812-3456-7890` for a number of Indonesia, `+6591234567` for one from elsewhere.

    `number` is E.164 digits.
    """
    if not number.startswith("62"):
        return f"+{number}"
    local = "0" + number.removeprefix("62")
    return "-".join(part for part in (local[:4], local[4:8], local[8:]) if part)


@lru_cache(maxsize=64)
def one_of(number: int, language: Language) -> str:
    """The answers to a question with `number` choices: `1 atau 2`, `1, 2, atau 3`."""
    assert number >= 1, "a question has at least one answer"
    figures = [str(one) for one in range(1, number + 1)]
    return format_list(figures, style="or", locale=language.value)


def either(names: list[str], language: Language) -> str:
    """`Budi atau Bude`; `Budi, Bude, atau Buyung`."""
    return format_list(names, style="or", locale=language.value)


def shown(text: str) -> str:
    """User text as it may stand inside our sentences: literally, on one line, in its own isolate.

    A line break becomes a space, so that a name cannot forge a line of ours; everything else is
    shown as it was written.
    """
    if text.isascii() and text.isprintable():
        return text
    return isolate(_LINE_BREAKS.sub(" ", text))


def isolate(text: str) -> str:
    """`text` wrapped in U+2068/U+2069 when it is written from right to left.

    Without it an amount after an Arabic name changes places with it. Invisible direction controls
    inside are dropped: they have no look of their own and could end our isolate early.
    """
    text = _DIRECTION_CONTROLS.sub("", text)
    return f"{FSI}{text}{PDI}" if _RIGHT_TO_LEFT.search(text) else text


def bold(text: str) -> str:
    """`*text*`, WhatsApp's bold.

    Text that holds formatting characters itself, or nothing to see at an edge, stays as it is:
    stars around it would pair up with the wrong ones.
    """
    if not text.strip() or text != text.strip() or _WHATSAPP_MARKS.search(text):
        return text
    return f"*{text}*"


def quote(text: str) -> str:
    """What the person typed, in quotation marks, shortened with an ellipsis."""
    text = text.strip().removeprefix(FSI).removesuffix(PDI)
    if len(text) > QUOTE_MAX:
        text = text[: QUOTE_MAX - 1].rstrip() + "…"
    return f'"{isolate(text)}"'


def _close_by(on: date, today: date, language: Language) -> str | None:
    if on == today:
        return _TODAY[language]
    return _TOMORROW[language] if on - today == timedelta(days=1) else None


def _written(pattern: str, on: date, today: date, language: Language) -> str:
    with_year = on.year != today.year or abs((on - today).days) > YEAR_OMITTED_WITHIN_DAYS
    return _by_babel(f"{pattern} y" if with_year else pattern, on, language)


@lru_cache(maxsize=DATES_CACHED)
def _by_babel(pattern: str, on: date, language: Language) -> str:
    return format_date(on, pattern, locale=language.value)
