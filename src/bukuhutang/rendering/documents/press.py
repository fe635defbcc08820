"""Typst, kept warm: a template and facts in, a PDF/A out, with the same bytes every time.

The same facts give the same bytes with the same version of typst, of the fonts and of our texts:
no clock, no machine's fonts, no random identifier takes part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Literal

import typst

from bukuhutang.rendering.documents.legible import Face, latin_only, read_faces

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
TEMPLATES = HERE / "templates"
TEMPLATE = TEMPLATES / "document.typ"

STANDARD: Literal["a-2b"] = "a-2b"
_NO_GLYPH = "could not be displayed"


@dataclass(frozen=True)
class Press:
    """A compiler and the fonts it may use. Any thread may print; one document at a time.

    Typst works outside Python's interpreter lock, so a caller with an event loop prints in a
    worker thread and the loop goes on.
    """

    faces: tuple[Face, ...]
    compiler: typst.Compiler
    _turn: Lock = field(default_factory=Lock)

    @classmethod
    def with_faces(cls, faces: tuple[Face, ...]) -> Press:
        """A press for the fonts of the build hook, of which `faces` tells what they can draw."""
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
        )
        return cls(faces, typst.Compiler(TEMPLATE, root=TEMPLATES, font_paths=fonts))

    def pdf(self, facts: Mapping[str, object], *, dated: date) -> bytes:
        """The template filled with `facts`, made at the beginning of `dated` as far as it tells.

        Text that the faces promise and cannot shape all the same is printed with stand-ins.
        """
        try:
            return self._compiled(facts, dated)
        except typst.TypstError as problem:
            if _NO_GLYPH not in problem.message:
                raise
            return self._compiled(_each_text(facts, latin_only), dated)

    def _compiled(self, facts: object, dated: date) -> bytes:
        told = {"fonts": [one.family for one in self.faces], "facts": facts}
        with self._turn:  # a compiler refuses a second caller
            made = self.compiler.compile(
                format="pdf",
                sys_inputs={"told": json.dumps(told, ensure_ascii=False)},
                pdf_standards=STANDARD,
                timestamp=datetime.combine(dated, time(), UTC),
            )
        assert isinstance(made, bytes)
        return made


@cache
def press() -> Press:
    """The one press of this process, made when the first document is printed."""
    return Press.with_faces(read_faces(FONTS / "coverage.json"))


def _each_text(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each_text(one, change) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(one, change) for one in value]
    return value
