"""Every document is a PDF/A whose bytes depend on nothing but the facts."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import page
import pytest
import typst
from fontTools.cffLib import CFFFontSet
from fontTools.pens.basePen import NullPen
from pypdf.generic import IndirectObject

from bukuhutang.rendering.documents.agreement import agreement_pdf
from bukuhutang.rendering.documents.legible import REPLACEMENT, Face
from bukuhutang.rendering.documents.press import FONTS, TEMPLATE, Press, press
from bukuhutang.rendering.documents.settlement import settlement_pdf
from bukuhutang.tenancy.tenant import Language
from tests.rendering.documents.samples import (
    SCRIPTS,
    VERIFY_URL,
    a_settlement,
    an_agreement,
    in_indonesian,
    opened,
    text_of,
)

ROOT = Path(__file__).parents[3]
CJK = ("Chinese", "Japanese", "Korean")
VERIFY: dict[str, Any] = {"verify_url": VERIFY_URL}
FULL: dict[str, Any] = {"verify_url": VERIFY_URL, "note": "\n".join(SCRIPTS.values())}
ELSEWHERE = (
    "import hashlib;"
    "from tests.rendering.documents.samples import *;"
    "from tests.rendering.documents.test_press import FULL;"
    "print(hashlib.sha256(in_indonesian(an_agreement(24, **FULL))).hexdigest())"
)


def sha256(pdf: bytes) -> str:
    return hashlib.sha256(pdf).hexdigest()


def fonts_of(pdf: bytes) -> Iterator[dict[str, Any]]:
    """The font of every page that has glyphs: the descendant, where the file is."""
    for one in opened(pdf).pages:
        for font in one["/Resources"]["/Font"].values():
            yield font.get_object()["/DescendantFonts"][0].get_object()


def test_another_process_in_another_place_prints_the_same_bytes() -> None:
    here = sha256(in_indonesian(an_agreement(24, **FULL)))
    env = {"PATH": os.environ["PATH"], "TZ": "Asia/Jayapura", "LC_ALL": "C", "HOME": "/nowhere"}
    for seed in ("1", "2"):
        elsewhere = subprocess.run(
            [sys.executable, "-c", ELSEWHERE],
            env={**env, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert elsewhere.stdout.strip() == here


def test_what_was_printed_before_changes_nothing() -> None:
    first = in_indonesian(an_agreement(24, **FULL))
    for turn in range(20):  # more than typst keeps
        in_indonesian(an_agreement(2, borrower=f"Budi {turn} {SCRIPTS['Chinese']}"))
    assert in_indonesian(an_agreement(24, **FULL)) == first
    fresh = Press.with_faces(press().faces)
    again = agreement_pdf(an_agreement(24, **FULL), Language.INDONESIAN, printer=fresh)
    assert again == first


def test_any_change_of_the_facts_changes_the_bytes() -> None:
    printed = {
        sha256(one)
        for one in (
            in_indonesian(an_agreement()),
            agreement_pdf(an_agreement(), Language.ENGLISH),
            in_indonesian(an_agreement(borrower="Budi Santosa")),
            in_indonesian(an_agreement(4)),
            in_indonesian(an_agreement(verify_url=VERIFY_URL)),
            in_indonesian(an_agreement(verify_url=VERIFY_URL + "x")),
            in_indonesian(an_agreement(note="x")),
        )
    }
    assert len(printed) == 7


def test_many_threads_may_print_at_once() -> None:
    agreements = [an_agreement(3, borrower=f"Budi {number}") for number in range(24)]
    alone = [in_indonesian(one) for one in agreements]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(in_indonesian, agreements)) == alone


def test_metadata_names_title_author_language_and_the_documents_own_day() -> None:
    reader = opened(in_indonesian(an_agreement(lender="Toko “Dani” <&> 王")))
    told = reader.metadata
    assert told is not None
    title = "Perjanjian Pinjaman dengan Cicilan · Nomor 7 · versi 1 · 18 Februari 2026"
    assert told.title == title
    assert told.author == "Toko “Dani” <&> 王"
    assert str(told.creation_date) == str(told.modification_date) == "2026-02-18 00:00:00+00:00"
    assert reader.root_object["/Lang"] == "id"
    english = opened(settlement_pdf(a_settlement(), Language.ENGLISH))
    assert english.root_object["/Lang"] == "en"
    assert english.metadata is not None
    assert str(english.metadata.creation_date) == "2026-05-25 00:00:00+00:00"


def test_it_declares_itself_a_pdf_a_2b_with_an_output_intent() -> None:
    reader = opened(in_indonesian(an_agreement(**FULL)))
    xmp = reader.root_object["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in xmp
    intent = reader.root_object["/OutputIntents"][0].get_object()
    assert isinstance(intent.raw_get("/DestOutputProfile"), IndirectObject)
    assert not reader.is_encrypted


def test_every_font_is_embedded_and_none_is_a_machines_own() -> None:
    found = list(fonts_of(in_indonesian(an_agreement(**FULL))))
    names = {str(one["/BaseFont"]).partition("+")[2] for one in found}
    assert all(name.startswith("Noto") for name in names)
    assert {"NotoSans-Bold", "NotoSansJavanese-Regular", "NotoEmoji-Regular"} <= names
    for one in found:
        assert {"/FontFile2", "/FontFile3"} & one["/FontDescriptor"].get_object().keys()


def complaints(pdf: bytes) -> list[str]:
    """What the checker finds, less one thing that it misreads and we read ourselves.

    It takes a stream whose last byte happens to be a carriage return for one byte too long.
    """
    for found in re.finditer(rb"/Length (\d+)[^>]*>>\s*stream\r?\n", pdf):
        end = found.end() + int(found[1])
        assert pdf[end : end + 10] == b"\nendstream"
    report = page.validate_pdf_bytes(pdf, profile=page.ValidationProfile.PDF_A_2B)
    assert report.rules.total > 100
    return [str(one) for one in report.failures if one.rule_id != "PDFA2B-STREAM-LENGTH-001"]


@pytest.mark.parametrize("language", Language)
def test_a_public_checker_finds_nothing_against_pdf_a_2b(language: Language) -> None:
    # Not Chinese, see the next test.
    scripts = "\n".join(SCRIPTS[one] for one in SCRIPTS if one not in CJK)
    assert not complaints(agreement_pdf(an_agreement(3, note=scripts, **VERIFY), language))
    assert not complaints(agreement_pdf(an_agreement(24, **VERIFY), language))
    assert not complaints(settlement_pdf(a_settlement(**VERIFY), language))


def test_the_widths_of_chinese_glyphs_are_those_of_the_embedded_font() -> None:
    # The checker overlooks where such a font keeps its widths, so we look ourselves.
    pdf = in_indonesian(an_agreement(note="\n".join(SCRIPTS[one] for one in CJK)))
    (font,) = [one for one in fonts_of(pdf) if one["/Subtype"] == "/CIDFontType0"]
    told: dict[int, int] = {}
    spans = font["/W"]
    for first, last, width in zip(spans[::3], spans[1::3], spans[2::3], strict=True):
        told |= dict.fromkeys(range(first, last + 1), int(width))
    file = font["/FontDescriptor"]["/FontFile3"].get_object().get_data()
    embedded = CFFFontSet()
    embedded.decompile(io.BytesIO(file), None)
    glyphs = embedded[0].CharStrings
    assert len(glyphs) == len(told) > 8
    for number, name in enumerate(embedded[0].charset):
        glyph = glyphs[name]
        glyph.draw(NullPen())  # sets its width
        assert glyph.width == told[number]


def test_the_checker_does_find_something_against_another_pdf() -> None:
    plain = typst.Compiler(b"Halo").compile(format="pdf")
    assert isinstance(plain, bytes)
    assert complaints(plain)


def test_the_fonts_arrived_and_typst_knows_each_by_the_name_we_ask_for() -> None:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
    )
    assert {one.family for one in press().faces} <= set(fonts.families())
    assert press().faces[0].family == "Noto Sans"
    assert {one.weight for one in fonts.fonts() if one.family == "Noto Sans"} == {400, 700}
    assert sum(one.stat().st_size for one in FONTS.iterdir()) < 40_000_000
    assert "SIL OPEN FONT LICENSE" in (FONTS / "LICENSE").read_text().upper()


def test_what_no_font_can_shape_after_all_is_printed_with_stand_ins() -> None:
    # A coverage that promises everything: typst finds out, and must not fail the document.
    liar = Press.with_faces((Face("Noto Sans", ((0, 0x10FFFF),)),))
    agreement = an_agreement(borrower="Budi ᯅᯖᯂ", verify_url=VERIFY_URL)
    pdf = agreement_pdf(agreement, Language.INDONESIAN, printer=liar)
    assert f"Budi {REPLACEMENT * 3}" in text_of(pdf)
    assert not complaints(pdf)


def test_another_complaint_of_typst_is_not_swallowed() -> None:
    with pytest.raises(typst.TypstError):
        press().pdf({"lang": "id"}, dated=an_agreement().agreed_on)


def test_the_template_holds_no_words_of_its_own() -> None:
    template = TEMPLATE.read_text()
    for language in Language:
        words = (TEMPLATE.parents[1] / f"texts/{language.value}.toml").read_text()
        assert json.dumps("Rp10.000") in words
    assert "Rp" not in template
