"""Whatever stands in a name or a note: printed as it is, or visibly replaced; never an error."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bukuhutang.rendering.documents.agreement import agreement_pdf
from bukuhutang.rendering.documents.legible import NAME_MAX, NOTE_MAX, REPLACEMENT
from bukuhutang.rendering.documents.shapes import Party
from bukuhutang.tenancy.tenant import Language
from tests.rendering.documents.samples import (
    SCRIPTS,
    an_agreement,
    in_indonesian,
    letters_of,
    pages,
    text_of,
)

MARKUP = (
    "#panic()",
    '#read("/etc/passwd")',
    "$x^2$",
    r"\ \u{41}",
    "*tebal* _miring_ `kode`",
    "\"kutip\" 'satu'",
    "= Judul",
    "- butir",
    "// komentar /* lagi */",
    "<label> @ref",
    "[isi] {kode}",
    "https://example.com/x",
    "{page} {pages} {name}",
    "---",
    "...",
)


@pytest.mark.parametrize("text", MARKUP)
@pytest.mark.parametrize("language", Language)
def test_markup_stays_text(text: str, language: Language) -> None:
    agreement = an_agreement(
        lender=text, borrower=text, guarantor=Party(text), rules=(text,), note=text
    )
    # Three names in the head, three to sign, a rule and a note.
    assert letters_of(agreement_pdf(agreement, language)).count(text.replace(" ", "")) >= 8


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_people_write_in_are_printed_without_stand_ins(script: str) -> None:
    pdf = in_indonesian(an_agreement(borrower=SCRIPTS[script]))
    assert REPLACEMENT not in text_of(pdf)


def test_chinese_and_thai_names_can_be_read_back() -> None:
    said = text_of(in_indonesian(an_agreement(lender=SCRIPTS["Chinese"], borrower="Ωμέγα Жанна")))
    assert "Pemberi pinjaman 王小明" in said
    assert "Peminjam Ωμέγα Жанна" in said


@pytest.mark.parametrize(
    "name",
    ["ᯅᯖᯂ", "\ue000", "\U000fffff", "\ufffe", "Budi\ud800", "\udc00", "z̸̡̛̤̺͍̈́͆̽"],
    ids=["Batak", "private", "plane 16", "no character", "surrogate", "low surrogate", "stacked"],
)
def test_what_has_no_glyph_is_replaced_and_the_page_says_so(name: str) -> None:
    said = text_of(in_indonesian(an_agreement(borrower=name)))
    assert f"Tanda {REPLACEMENT} menggantikan huruf" in said
    assert said.count(REPLACEMENT) >= 3
    assert "menggantikan huruf" not in text_of(in_indonesian(an_agreement()))


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u3164", "\u2800", "\u202e", "\x00\x07"])
def test_a_name_that_cannot_be_seen_is_not_a_gap(name: str) -> None:
    assert f"Peminjam {REPLACEMENT} WhatsApp" in text_of(in_indonesian(an_agreement(borrower=name)))


def test_controls_and_line_breaks_in_a_name_forge_no_line() -> None:
    name = "Budi\nPenjamin\r\nSiti\u2028x\u202e\x1b[31m\tY"
    assert "Peminjam Budi Penjamin Siti x[31m Y WhatsApp" in text_of(
        in_indonesian(an_agreement(borrower=name))
    )


def test_a_note_of_ten_thousand_characters_is_printed_to_its_last() -> None:
    pdf = in_indonesian(an_agreement(note="Q" * (NOTE_MAX - 1) + "Z"))
    assert len(pages(pdf)) > 2
    assert letters_of(pdf).count("Q") == NOTE_MAX - 1
    assert "QZ" in letters_of(pdf)


def test_beyond_the_limits_an_ellipsis_tells_that_something_is_left_out() -> None:
    pdf = in_indonesian(an_agreement(borrower="b" * 10_000, note="n" * (NOTE_MAX + 1)))
    said = letters_of(pdf)
    assert "b" * (NAME_MAX - 1) + "…" in said
    assert "b" * NAME_MAX not in said
    assert "n…" in said


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_at_all_can_be_printed(text: str) -> None:
    agreement = an_agreement(1, lender=text, borrower=text, rules=(text,), note=text)
    assert "halaman 1 dari" in text_of(in_indonesian(agreement))
