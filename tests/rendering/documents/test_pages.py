"""The pages as pictures: whatever is written, nothing is drawn where no printer prints."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from bukuhutang.rendering.documents.agreement import agreement_pdf
from bukuhutang.rendering.documents.settlement import settlement_pdf
from bukuhutang.rendering.documents.shapes import Interest, InterestKind, Party
from bukuhutang.rendering.formats import rupiah
from bukuhutang.tenancy.tenant import Language
from tests.rendering.documents.samples import (
    SCRIPTS,
    VERIFY_URL,
    a_settlement,
    an_agreement,
    text_of,
)

DOTS_PER_MM = 4
A4_MM = (210, 297)
SIDES_MM = 19  # a millimetre less than the template's margins
TOP_MM = 16
BOTTOM_MM = 8  # the footer stands in the margin

LONGEST = "Wijayakusumaningratwulandari" * 3
EVERYTHING: dict[str, Any] = {
    "interest_each": 12_500,
    "interest": Interest(InterestKind.DECLINING, Decimal("18.25")),
    "guarantor": Party("M" * 60),
    "down_payment": 999_999_999_999,
    "rules": ("R" * 300, "Motor menjadi jaminan."),
    "verify_url": VERIFY_URL + "x" * 200,
}

if shutil.which("pdftoppm") is None:
    assert not os.environ.get("CI"), "poppler-utils is missing, and no page was looked at"
    pytest.skip("NO PAGE WAS LOOKED AT: poppler-utils is missing", allow_module_level=True)


def pictures(pdf: bytes, folder: Path) -> Iterator[Image.Image]:
    """Each page in grey, its ink as light."""
    file = folder / "document.pdf"
    file.write_bytes(pdf)
    dpi = str(DOTS_PER_MM * 25.4)
    command = ["pdftoppm", "-gray", "-r", dpi, str(file), str(folder / "page")]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    # It grumbles about a tag that typst writes and it does not know; nothing else is fine.
    assert not told.stderr.replace("Syntax Error: Suspects object is wrong type (boolean)\n", "")
    for one in sorted(folder.glob("page*.pgm")):
        with Image.open(one) as picture:
            yield ImageOps.invert(picture)


def ink_mm(picture: Image.Image) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all that is drawn."""
    box = picture.getbbox()
    assert box is not None, "an empty page"
    left, top, right, bottom = (one / DOTS_PER_MM for one in box)
    return left, top, right, bottom


def assert_inside(pdf: bytes, folder: Path) -> int:
    """Nothing is drawn in a margin; returns the number of pages."""
    printed = list(pictures(pdf, folder))
    for picture in printed:
        assert [round(one / DOTS_PER_MM) for one in picture.size] == list(A4_MM)
        left, top, right, bottom = ink_mm(picture)
        assert left >= SIDES_MM
        assert right <= A4_MM[0] - SIDES_MM
        assert top >= TOP_MM
        assert bottom <= A4_MM[1] - BOTTOM_MM
    return len(printed)


@pytest.mark.parametrize(
    ("rows", "pages"), [(1, 1), (3, 1), (9, 2), (24, 2), (60, 3)], ids=lambda one: str(one)
)
@pytest.mark.parametrize("language", Language)
def test_any_number_of_rows_stays_on_the_paper(
    rows: int, pages: int, language: Language, tmp_path: Path
) -> None:
    agreement = an_agreement(rows, verify_url=VERIFY_URL)
    assert assert_inside(agreement_pdf(agreement, language), tmp_path) == pages


@pytest.mark.parametrize(
    "name",
    [
        "W" * 60,
        "😀" * 60,
        "王" * 60,
        "ꦧꦸ" * 60,
        "م" * 60,
        "ဪ" * 30,
        "﷽" * 20,
        "⸻" * 20,
        "— " * 100,
        "( " * 100,
        "! " * 100,
        "🏳️‍🌈" * 40,
        LONGEST,
        f"{LONGEST} {LONGEST}",
        "\n".join("x" * 10_000),
    ],
    ids=lambda name: f"{name[:2]} {len(name)}",
)
def test_any_name_and_note_stay_on_the_paper(name: str, tmp_path: Path) -> None:
    agreement = an_agreement(3, lender=name, borrower=name, note=name, **EVERYTHING)
    agreement = replace(agreement, guarantor=Party(name))
    assert assert_inside(agreement_pdf(agreement, Language.INDONESIAN), tmp_path) >= 2


def test_all_scripts_at_once_stay_on_the_paper(tmp_path: Path) -> None:
    everybody = " ".join(SCRIPTS.values())
    agreement = an_agreement(24, lender=everybody, borrower=everybody, note=everybody, **EVERYTHING)
    assert_inside(agreement_pdf(agreement, Language.ENGLISH), tmp_path)


@pytest.mark.parametrize("principal", [3_333_333_333, 333_333_333_333, 33_333_333_333_333])
def test_the_largest_amounts_stay_in_their_columns(principal: int, tmp_path: Path) -> None:
    declining = Interest(InterestKind.DECLINING, Decimal("18.25"))
    small = an_agreement(3, interest_each=principal // 10, interest=declining)
    rows = tuple(replace(one, principal=principal) for one in small.rows)
    pdf = agreement_pdf(replace(small, principal=principal * 3, rows=rows), Language.INDONESIAN)
    assert_inside(pdf, tmp_path)
    due = principal + principal // 10
    amounts = (principal * 3, principal // 10 * 3, due * 3)
    assert "Jumlah " + " ".join(map(rupiah, amounts)) in text_of(pdf)


@pytest.mark.parametrize("language", Language)
def test_receipts_stay_on_the_paper(language: Language, tmp_path: Path) -> None:
    settlement = a_settlement(100, verify_url=VERIFY_URL, lender=Party("W" * 60))
    assert assert_inside(settlement_pdf(settlement, language), tmp_path) >= 3


def test_something_in_the_margin_is_noticed(tmp_path: Path) -> None:
    picture = Image.new("L", (A4_MM[0] * DOTS_PER_MM, A4_MM[1] * DOTS_PER_MM))
    picture.putpixel((SIDES_MM * DOTS_PER_MM - 1, 500), 255)
    assert ink_mm(picture)[0] < SIDES_MM
