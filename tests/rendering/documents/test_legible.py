"""What becomes of a name or a note before it is printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.rendering.documents.legible import (
    MARKS_MAX,
    REPLACEMENT,
    Face,
    graphemes,
    latin_only,
    legible_name,
    legible_note,
    shortened,
)
from bukuhutang.rendering.documents.press import press

LATIN = Face("Latin", ((0x20, 0x7E), (0xA0, 0x17F), (0x300, 0x36F)))
GREEK = Face("Greek", ((0x370, 0x3FF),))
FACES = (LATIN, GREEK)
any_text = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Budi Santoso", "Budi Santoso"),
        ("  Budi \t Santoso ", "Budi Santoso"),
        ("Budi\nSantoso", "Budi Santoso"),
        ("e\u0301", "é"),
        ("Ωμέγα", "Ωμέγα"),
        ("Жанна", REPLACEMENT * 5),
        ("a\u0435b", f"a{REPLACEMENT}b"),
        ("Bu\u200bdi\ufeff\u00ad", "Budi"),
        ("Bu\u202edi\u2066", "Budi"),
        ("Budi\u0000\u001b", "Budi"),
        ("\ud83d", REPLACEMENT),
        ("", REPLACEMENT),
        ("\u200d", REPLACEMENT),
    ],
)
def test_a_name_is_one_line_of_what_can_be_seen(typed: str, printed: str) -> None:
    assert legible_name(typed, FACES) == printed


def test_a_mark_that_the_letters_face_does_not_have_leaves_a_trace() -> None:
    assert legible_name("α\u0301\u0316", FACES) == f"ά{REPLACEMENT}"


def test_marks_stacked_beyond_reading_are_replaced_by_one_stand_in() -> None:
    readable = "q" + "\u0316" * MARKS_MAX
    assert legible_name(readable, FACES) == readable
    assert legible_name(readable + "\u0316", FACES) == f"q{REPLACEMENT}"


def test_a_note_keeps_its_lines() -> None:
    assert legible_note("satu\r\ndua\n\ntiga\u2028empat ", FACES) == "satu\ndua\n\ntiga\nempat"


def test_what_is_shortened_is_counted_as_people_count() -> None:
    family = "👨‍👩‍👧"
    assert shortened(family * 3, 3) == family * 3
    assert shortened(family * 4, 3) == family * 2 + "…"
    assert graphemes("🇮🇩e\u0301x") == ["🇮🇩", "e\u0301", "x"]


@given(any_text)
def test_nothing_is_left_that_our_fonts_cannot_draw(typed: str) -> None:
    printed = legible_note(typed, press().faces)
    for grapheme in graphemes(printed.replace("\n", "")):
        seen = [one for one in grapheme if one not in "\u200c\u200d"]
        assert any(all(face.has(one) for one in seen) for face in press().faces)


@given(any_text)
def test_what_is_legible_stays_as_it_is(typed: str) -> None:
    once = legible_note(typed, press().faces)
    assert legible_note(once, press().faces) == once


def test_the_plainest_letters_survive_the_last_resort() -> None:
    assert latin_only("Budi 王é…\n") == f"Budi {REPLACEMENT}é…\n"


def test_a_face_knows_the_ends_of_its_ranges() -> None:
    face = Face("x", ((0x41, 0x43), (0x61, 0x61)))
    assert [char for char in "@ABCD`ab" if face.has(char)] == ["A", "B", "C", "a"]
