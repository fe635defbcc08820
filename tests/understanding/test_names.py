"""Whose name it is, as it was written; and when two spellings are one person."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.base.spelling import clean, fold
from bukuhutang.ledger.names import NAME_KEY_MAX
from bukuhutang.understanding.names import (
    NameProblem,
    check_name,
    name_key,
    read_name,
    shorten,
)


def named(text: str) -> str | NameProblem:
    shown = clean(text)
    return read_name(shown.split(), fold(shown).split())


@pytest.mark.parametrize(
    "name",
    "Budi|Pak Haji Slamet|Bu RT|mas Bayu|Budi bengkel|Toko Makmur|Teman kantor|Warung Madura"
    "|Ma'ruf|Nur'aini|Slamet, S.Pd.|H. Agus|Budi2|O'Neil|李小龙|محمد|Ünal|นาย|Budi 😀|😀"
    '|\'; drop table debts; --|{{7*7}}|=HYPERLINK("http://x")|{name}|%s|<b>x</b>'.split("|"),
)
def test_name_is_kept_as_it_was_written(name: str) -> None:
    assert named(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [("si Budi", "Budi"), ("Budi,", "Budi"), ("- Budi -", "Budi"), (": Bu RT :", "Bu RT")],
)
def test_particles_and_separators_around_a_name_do_not_belong_to_it(text: str, name: str) -> None:
    assert named(text) == name


@pytest.mark.parametrize(
    "text",
    ["", "-", "123", "08-12", "١٢٣", "...", "Pak", "Bu", "saya", "utang", "semua", "ya dong"],
)
def test_figures_titles_and_pronouns_name_nobody(text: str) -> None:
    assert named(text) == NameProblem("name_missing")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ke Budi", "ke"),
        ("Budi belum", "belum"),
        ("Budi Dan Andi", "Dan"),
        ("uang Budi", "uang"),
        ("Budi ya", "ya"),
    ],
)
def test_words_that_say_something_else_are_pointed_out(text: str, word: str) -> None:
    assert named(text) == NameProblem("text_left_over", about=word)


def test_approximate_amount_is_not_made_part_of_a_name() -> None:
    assert named("Budi sekitar") == NameProblem("amount_unclear", about="sekitar")


def test_quoted_name_may_hold_any_word_but_not_only_figures() -> None:
    assert check_name("Toko 99") == "Toko 99"
    assert check_name("Ibu dan Anak") == "Ibu dan Anak"
    assert check_name("99") == NameProblem("name_missing")
    assert check_name("") == NameProblem("name_missing")


def test_name_has_at_most_sixty_characters() -> None:
    assert check_name("a" * 60) == "a" * 60
    assert check_name("a" * 61) == NameProblem("name_too_long", length=61)


def test_name_whose_key_would_not_fit_the_store_is_too_long() -> None:
    name = "\ufdfa" * 60  # one sign, eighteen letters
    assert len(name_key(name)) > NAME_KEY_MAX
    assert check_name(name) == NameProblem("name_too_long", length=60)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Budi", "BUDI"),
        ("Budi  Santoso", " budi santoso "),
        ("Ｂｕｄｉ", "budi"),
        ("Budi\u200b", "Budi"),
        ("Bu\u200ddi", "Budi"),
        ("\u202eBudi\u202c", "Budi"),
        ("Jose\u0301", "José"),
        ("Straße", "STRASSE"),
        ("Budi\u00a0Santoso", "Budi Santoso"),
        ("Budi\ufe0f", "Budi"),
    ],
)
def test_two_spellings_of_one_person_share_a_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Budi", "Budy"), ("Pak Budi", "Budi"), ("é", "e")])
def test_two_people_keep_two_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.text(max_size=80))
def test_key_of_a_key_is_itself_and_shows_everything(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Cs") for one in key)
    assert key == " ".join(key.split())


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=60))
def test_case_and_blanks_make_no_second_person(name: str) -> None:
    assert name_key(f"  {name}\n") == name_key(name)


def test_long_text_is_shortened_where_one_can_see_it() -> None:
    assert shorten("a" * 60) == "a" * 60
    assert shorten("a" * 61) == "a" * 59 + "…"
