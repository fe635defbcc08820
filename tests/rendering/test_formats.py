"""Amounts, dates, phones and names as a person reads them."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_date
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.rendering import formats
from bukuhutang.rendering.formats import FSI, PDI
from bukuhutang.tenancy.tenant import Language

ID, EN = Language.INDONESIAN, Language.ENGLISH
WEDNESDAY = date(2026, 3, 4)
TODAY = date(2026, 2, 18)


@given(st.integers(-(10**15), 10**15))
def test_rupiah_are_written_as_babel_writes_them(amount: int) -> None:
    by_babel = format_currency(
        amount, "IDR", "¤#,##0", locale="id_ID", currency_digits=False
    )  # design section 4
    assert formats.rupiah(amount) == by_babel


def test_rupiah_look_the_same_to_every_reader() -> None:
    assert formats.rupiah(0) == "Rp0"
    assert formats.rupiah(500) == "Rp500"
    assert formats.rupiah(1_250_000) == "Rp1.250.000"


def test_counts_and_days_follow_the_language() -> None:
    assert formats.count(4_096, ID) == "4.096"
    assert formats.count(4_096, EN) == "4,096"
    assert [formats.days(number, ID) for number in (1, 5)] == ["1 hari", "5 hari"]
    assert [formats.days(number, EN) for number in (1, 5)] == ["1 day", "5 days"]


def test_a_day_in_a_document_always_has_its_year() -> None:
    assert formats.calendar_day(WEDNESDAY, ID) == "4 Maret 2026"
    assert formats.calendar_day(WEDNESDAY, EN) == "4 March 2026"


@pytest.mark.parametrize(
    ("rate", "indonesian", "english"),
    [
        ("12", "12%", "12%"),
        ("0.10", "0,1%", "0.1%"),
        ("10.50", "10,5%", "10.5%"),
        ("100", "100%", "100%"),
        ("0.00", "0%", "0%"),
        ("1E+1", "10%", "10%"),
    ],
)
def test_a_rate_has_no_zeros_that_say_nothing(rate: str, indonesian: str, english: str) -> None:
    assert formats.percent(Decimal(rate), ID) == indonesian
    assert formats.percent(Decimal(rate), EN) == english


def test_a_near_day_of_this_year_has_no_year() -> None:
    assert formats.day(WEDNESDAY, TODAY, ID) == "Rabu, 4 Maret"
    assert formats.day(WEDNESDAY, TODAY, EN) == "Wednesday, 4 March"
    assert formats.day_inline(WEDNESDAY, TODAY, ID) == "Rabu 4 Maret"
    assert formats.day_short(WEDNESDAY, TODAY, EN) == "4 March"


@pytest.mark.parametrize(
    ("on", "today", "written"),
    [
        (date(2026, 4, 19), TODAY, "Minggu, 19 April"),  # 60 days ahead
        (date(2026, 4, 20), TODAY, "Senin, 20 April 2026"),  # 61 days ahead
        (date(2026, 1, 1), date(2026, 3, 2), "Kamis, 1 Januari"),  # 60 days ago
        (date(2026, 1, 1), date(2026, 3, 3), "Kamis, 1 Januari 2026"),
        (date(2027, 1, 1), date(2026, 12, 31), "Jumat, 1 Januari 2027"),  # tomorrow, another year
        (date(2026, 12, 31), date(2027, 1, 1), "Kamis, 31 Desember 2026"),
    ],
)
def test_the_year_is_shown_beyond_60_days_or_in_another_year(
    on: date, today: date, written: str
) -> None:
    assert formats.day(on, today, ID) == written


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from([ID, EN]))
def test_days_are_written_as_babel_writes_them(on: date, language: Language) -> None:
    far = on + timedelta(days=400)
    by_babel = format_date(on, "EEEE, d MMMM y", locale=language.value)
    assert formats.day(on, far, language) == by_babel
    assert formats.day(on, on, language) == by_babel.removesuffix(f" {on.year}")


def test_what_is_due_says_how_close_it_is() -> None:
    assert formats.due(TODAY, TODAY, ID) == "hari ini, Rabu 18 Februari"
    assert formats.due(TODAY + timedelta(days=1), TODAY, ID) == "besok, Kamis 19 Februari"
    assert formats.due(WEDNESDAY, TODAY, ID) == "Rabu, 4 Maret"
    assert formats.due(date(2026, 2, 13), TODAY, ID) == "Jumat 13 Februari (5 hari lalu)"
    assert formats.due(date(2026, 2, 17), TODAY, EN) == "Tuesday 17 February (1 day ago)"
    assert formats.near(TODAY, TODAY, EN) == "today"
    assert formats.near(TODAY + timedelta(days=1), TODAY, EN) == "tomorrow"
    assert formats.near(WEDNESDAY, TODAY, EN) == "Wednesday 4 March"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("6281234567890", "0812-3456-7890"),
        ("628123456789", "0812-3456-789"),
        ("62812345678901", "0812-3456-78901"),
        ("6591234567", "+6591234567"),
    ],
)
def test_a_phone_is_written_as_people_dial_it(number: str, written: str) -> None:
    assert formats.phone(number) == written


def test_answers_are_listed_as_one_says_them() -> None:
    assert [formats.one_of(number, ID) for number in (1, 2, 3)] == ["1", "1 atau 2", "1, 2, atau 3"]
    assert [formats.one_of(number, EN) for number in (2, 3)] == ["1 or 2", "1, 2, or 3"]
    assert formats.either(["Budi", "Bude"], ID) == "Budi atau Bude"


def test_bold_stands_around_names_and_amounts() -> None:
    assert formats.bold("Pak Haji Slamet") == "*Pak Haji Slamet*"
    assert formats.bold("Rp500.000") == "*Rp500.000*"


@pytest.mark.parametrize("name", ["Budi*", "*", "_Budi_", "~Budi", "`Budi`", " Budi", "", "  "])
def test_a_name_that_would_break_the_bold_is_left_as_it_is(name: str) -> None:
    assert formats.bold(name) == name


def test_a_name_from_right_to_left_keeps_the_amount_in_its_place() -> None:
    assert formats.shown("محمد") == f"{FSI}محمد{PDI}"
    assert formats.shown("Budi 🙂 semen") == "Budi 🙂 semen"
    assert formats.shown("a\u200bb") == "a\u200bb"  # invisible, but it disturbs nothing


@given(st.text(max_size=60))
def test_no_user_text_reaches_beyond_itself(text: str) -> None:
    """No line break and no direction but inside one balanced isolate."""
    shown = formats.shown(text)
    assert len(shown.splitlines()) <= 1
    inside = shown.removeprefix(FSI).removesuffix(PDI)
    controls = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not controls & {unicodedata.bidirectional(one) for one in inside}
    strong = {"R", "AL", "AN"} & {unicodedata.bidirectional(one) for one in inside}
    if strong:
        assert shown == f"{FSI}{inside}{PDI}"


def test_every_right_to_left_character_of_unicode_is_isolated() -> None:
    everything = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    letters = [one for one in everything if unicodedata.bidirectional(one) in {"R", "AL", "AN"}]
    marks = "\u061c\u200f"  # controls without a look of their own are dropped instead
    missed = [one for one in letters if one not in marks and not formats.shown(one).startswith(FSI)]
    assert not missed


def test_a_line_break_in_user_text_becomes_a_space() -> None:
    assert formats.shown("Budi\n✅ Tercatat") == "Budi ✅ Tercatat"
    assert formats.shown("Budi\r\n\tRina") == "Budi Rina"


def test_a_quotation_is_short_and_keeps_its_direction() -> None:
    assert formats.quote("5oorb") == '"5oorb"'
    assert formats.quote("x" * 100) == f'"{"x" * 29}…"'
    assert formats.quote(formats.shown("م" * 100)) == f'"{FSI}{"م" * 29}…{PDI}"'
