"""QR codes for linking a phone: as SVG for pages, PNG for programs, characters for a terminal.

All have a light quiet zone of their own, so that they scan on a dark page too. The codes are long
and shown on a screen, never printed or dirty: low error correction keeps the modules large.
"""

from __future__ import annotations

import io

import segno

TEXT_MAX = 1_000
"""WhatsApp's codes have about 250 characters; beyond this a phone camera has trouble."""

QUIET_ZONE_MODULES = 4
PNG_PIXELS_A_MODULE = 8


def qr_svg(text: str) -> str:
    """An `<svg>` without a size of its own: it fills the box it is put into."""
    out = io.BytesIO()
    _code(text).save(
        out,
        kind="svg",
        border=QUIET_ZONE_MODULES,
        light="white",
        xmldecl=False,
        omitsize=True,
        svgclass=None,
        lineclass=None,
        nl=False,
    )
    return out.getvalue().decode()


def qr_png(text: str) -> bytes:
    """A PNG of a few hundred pixels a side, black on white."""
    out = io.BytesIO()
    _code(text).save(
        out, kind="png", border=QUIET_ZONE_MODULES, scale=PNG_PIXELS_A_MODULE, light="white"
    )
    return out.getvalue()


def qr_terminal(text: str) -> str:
    """Lines of half-block characters for a dark terminal; each character holds two modules."""
    out = io.StringIO()
    _code(text).terminal(out, border=2, compact=True)
    return out.getvalue()


def _code(text: str) -> segno.QRCode:
    assert 0 < len(text) <= TEXT_MAX, "not a code to scan"
    return segno.make_qr(text, error="l", boost_error=True)
