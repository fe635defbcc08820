"""The tenant's own reminder text: what may stand in it, and how it is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.tenancy.reminder_template import (
    FIELDS,
    SHOWN,
    Field,
    clean,
    pieces,
    unknown_fields,
)


def test_a_text_is_taken_apart_at_its_fields_line_by_line() -> None:
    found = pieces("Halo {Nama}, sisa { jumlah }\n\n{jatuh tempo}")
    assert [[one.field or one.text for one in line] for line in found] == [
        ["Halo ", Field.NAME, ", sisa ", Field.AMOUNT],
        [],
        [Field.DUE],
    ]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("Halo {nama} {name} {JUMLAH} {due-date}", ()),
        ("{umur} dan {umur}, {alamat}", ("{umur}", "{alamat}")),
        ("{}", ("{}",)),
        ("Halo {nama", ("{nama",)),
        ("Halo nama}", ("}",)),
        ("{{nama}}", ("{", "}")),
        ("{a\nb}", ("{a", "}")),
        ("{nama.__class__}", ("{nama.__class__}",)),
        ("{% raw %}", ("{% raw %}",)),
    ],
)
def test_what_is_no_field_is_named(text: str, unknown: tuple[str, ...]) -> None:
    assert unknown_fields(text) == unknown


def test_every_field_that_is_shown_is_one() -> None:
    for names in SHOWN.values():
        assert {FIELDS[one] for one in names} == set(Field)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (" Friendly ", "friendly"),
        ("DEFAULT", "default"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00\u202eb\u200b", "ab"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("  a   b \n c", "a b\nc"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("\ud800", ""),
    ],
)
def test_a_text_is_kept_without_what_cannot_be_seen(text: str, kept: str) -> None:
    assert clean(text) == kept


@given(st.text(max_size=200))
def test_a_cleaned_text_stays_as_it_is_and_can_be_stored(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\x00" not in once
    once.encode()


@given(st.lists(st.sampled_from(["{nama}", "{rincian}", " ", "x", "\n", "{due}", "é"])))
def test_a_text_of_known_fields_is_taken_apart_without_loss(parts: list[str]) -> None:
    text = "".join(parts)
    assert not unknown_fields(text)
    told = "\n".join(
        "".join(one.text or "{" + str(one.field) + "}" for one in line) for line in pieces(text)
    )
    assert told == text.replace("nama", "name").replace("rincian", "details")
