"""QR codes that a phone can scan from a screen, light or dark."""

from __future__ import annotations

import re
import struct

import pytest
import segno

from bukuhutang.rendering.qr import QUIET_ZONE_MODULES, TEXT_MAX, qr_png, qr_svg, qr_terminal

CODE = "2@" + "Ab9/+x=," * 30  # as long as WhatsApp's own


def modules_a_side(text: str) -> int:
    return len(segno.make_qr(text, error="l").matrix)


def test_the_svg_fills_its_box_and_brings_its_own_white_border() -> None:
    svg = qr_svg(CODE)
    side = modules_a_side(CODE) + 2 * QUIET_ZONE_MODULES
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert f'viewBox="0 0 {side} {side}"' in svg
    assert f'fill="#fff" d="M0 0h{side}v{side}h-{side}z"' in svg
    assert not re.search(r"\b(width|height|style|script)\b", svg)


def test_the_png_is_large_enough_to_scan() -> None:
    png = qr_png(CODE)
    assert png.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", png[16:24])
    assert width == height >= 400


def test_the_terminal_code_is_a_block_of_even_lines_that_fits_80_columns() -> None:
    lines = qr_terminal(CODE).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 80
    assert set(lines[0]) == {"█"}  # the light border


def test_another_text_is_another_code() -> None:
    assert qr_svg(CODE) != qr_svg(CODE + "x")
    assert qr_png(CODE) != qr_png(CODE + "x")


@pytest.mark.parametrize("text", ["", "x" * (TEXT_MAX + 1)])
def test_what_no_phone_could_scan_is_our_defect(text: str) -> None:
    with pytest.raises(AssertionError):
        qr_svg(text)
