"""The parts that all documents have, as the template expects them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import segno

from bukuhutang.base.errors import InvariantBroken
from bukuhutang.rendering import formats
from bukuhutang.rendering.documents.legible import (
    REPLACEMENT,
    Face,
    legible_name,
    legible_note,
    shortened,
)
from bukuhutang.rendering.documents.shapes import Party
from bukuhutang.rendering.documents.wording import Wording
from bukuhutang.rendering.documents.words import in_words
from bukuhutang.tenancy.tenant import Language

VERIFY_URL_MAX = 300
LABEL_NAME_MAX = 80
"""Under a line to sign on, where the parties' full names stand above."""


class Page:
    """Collects what one document says, in one language, legible for `faces`."""

    def __init__(self, words: Wording, language: Language, faces: Iterable[Face]) -> None:
        self.words = words
        self.language = language
        self._faces = tuple(faces)
        self._sections: list[dict[str, object]] = []
        self._facts: dict[str, object] = {
            "lang": language.value,
            "page": words("page", page="{page}", pages="{pages}"),
            "parties_title": words("parties"),
            "parties": [],
            "badge": None,
            "verify": None,
            "unprintable": None,
            "sections": self._sections,
            "note": None,
            "table": None,
        }

    def facts(self) -> dict[str, object]:
        """All of it, with a word on stand-ins where there are any."""
        told = dict(self._facts)
        if REPLACEMENT in repr(told):
            told["unprintable"] = self.words("unprintable", mark=REPLACEMENT)
        return told

    def put(self, **facts: object) -> None:
        """Lines of our own words, by the template's name for them."""
        self._facts.update(facts)

    def parties(self, people: Sequence[tuple[str, Party | None]]) -> None:
        """Who stands in the document, by the key of the role; the first is its author."""
        shown = []
        for role, party in people:
            if party is not None:
                phone = party.phone and self.words("whatsapp", phone=formats.phone(party.phone))
                name = self.name(party)
                shown.append({"role": self.words(role), "name": name, "contact": phone or None})
        self.put(parties=shown, author=shown[0]["name"])

    def signing(self, people: Sequence[tuple[str, Party | None]]) -> None:
        """Lines to sign on, with the place for the stamp."""
        boxes = [
            {"role": self.words(role), "name": shortened(self.name(party), LABEL_NAME_MAX)}
            for role, party in people
            if party is not None
        ]
        place_date, stamp = self.words("place_date"), self.words.lines("stamp")
        self.put(signing={"place_date": place_date, "stamp": stamp, "boxes": boxes})

    def section(self, title: str, items: Sequence[str], *, theirs: bool = False) -> None:
        """A heading with sentences, numbered when there are several; `theirs` if people's own."""
        self._sections.append({"title": title, "items": items, "theirs": theirs})

    def closing(self, title: str, items: Sequence[str]) -> None:
        """The section right above the signatures, kept with them on one page."""
        self.put(closing={"title": title, "items": items, "theirs": False})

    def note(self, text: str | None) -> None:
        """What the lender noted, with its line breaks."""
        if text and (seen := legible_note(text, self._faces)):
            self.put(note={"title": self.words("note"), "lines": seen.split("\n")})

    def name(self, party: Party) -> str:
        """The name as it can be printed."""
        return legible_name(party.name, self._faces)

    def legible(self, text: str) -> str:
        """Another text of a person, as it can be printed."""
        return legible_note(text, self._faces)

    def verify(self, url: str | None) -> None:
        """A code that opens `url`, and the address for those who cannot scan."""
        if url is not None:
            if not url.isascii() or not url.isprintable() or len(url) > VERIFY_URL_MAX:
                raise InvariantBroken("a verification address is short and plain")
            self.put(verify={"caption": self.words("verify"), "url": url, "svg": _qr(url)})

    def amount_in_words(self, amount: int) -> str:
        """An amount as words of this document's language."""
        return in_words(amount, self.language)


def term(label: str, value: str, words: str | None = None) -> dict[str, str | None]:
    """One line of the terms: its name, the figure, and the words under it."""
    return {"label": label, "value": value, "words": words}


def _qr(url: str) -> str:
    """The code as SVG. On paper some of it may get dirty: a fifth may be lost."""
    out = io.BytesIO()
    segno.make_qr(url, error="m", boost_error=True).save(
        out, kind="svg", border=0, xmldecl=False, omitsize=True, svgclass=None, lineclass=None
    )
    return out.getvalue().decode()
