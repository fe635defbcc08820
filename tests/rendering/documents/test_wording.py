"""The two languages of the documents say the same things with the same figures."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import pytest

from bukuhutang.base.errors import InvariantBroken
from bukuhutang.rendering.documents.wording import TEXTS, wording
from bukuhutang.tenancy.tenant import Language

EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
RUPIAH = re.compile(r"Rp[\d.]+")


def texts(language: Language) -> dict[str, str]:
    """Every text of a language by its path."""
    return dict(_flat("", tomllib.loads((TEXTS / f"{language.value}.toml").read_text())))


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _flat(f"{path}.{key}", one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _flat(f"{path}[{number}]", one)
    else:
        assert isinstance(value, str)
        yield path, value


def fields(text: str) -> set[str]:
    """The places in a text that a document fills."""
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_texts_with_the_same_fields() -> None:
    indonesian, english = texts(Language.INDONESIAN), texts(Language.ENGLISH)
    assert indonesian.keys() == english.keys()
    for path, text in indonesian.items():
        assert fields(text) == fields(english[path]), path
        assert {*RUPIAH.findall(text)} == {*RUPIAH.findall(english[path])}, path


@pytest.mark.parametrize("language", Language)
def test_legal_text_is_finished_and_has_no_emoji(language: Language) -> None:
    for path, text in texts(language).items():
        assert text == text.strip(), path
        assert text, path
        assert "  " not in text, path
        assert not EMOJI.search(text), path


def test_a_missing_key_or_field_is_our_defect() -> None:
    words = wording(Language.INDONESIAN)
    with pytest.raises(InvariantBroken, match="no words for 'nothing'"):
        words("nothing")
    with pytest.raises(InvariantBroken, match="pages"):
        words("page", page=1)
