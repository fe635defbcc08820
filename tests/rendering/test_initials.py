"""Initials on a page that strangers may see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.rendering.initials import LETTER_MAX, initials


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Budi Santoso", "B. S."),
        ("budi", "B."),
        ("Raden Mas Budi Santoso", "R. S."),
        ("B U D I", "B. I."),
        ("  Bu   Rina\n", "B. R."),
        ("王小明", "王."),
        ("ابو بكر", "ا. ب."),
        ("ꦧꦸꦢꦶ", "ꦧꦸ."),
        ("क्षमा देवी", "क्ष. दे."),
        ("Élodie ße", "É. ß."),
        ("E\u0301lodie", "É."),
        ("ﬁona", "F."),
        ("😀 Budi 😀", "B."),
        ("👨‍👩‍👧", "\ufffd."),
        ("\u202eBudi\u202c", "B."),
        ("", "\ufffd."),
        ("\ud800", "\ufffd."),
        ("0812-3456-7890", "0."),
        ("@budi_s", "B."),
    ],
)
def test_initials_are_the_first_and_the_last_and_no_more(name: str, shown: str) -> None:
    assert initials(name) == shown


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_no_name_tells_more_than_two_letters(name: str) -> None:
    shown = initials(name)
    assert shown.count(".") == len(shown.split(" ")) <= 2
    assert len(shown) <= 2 * (LETTER_MAX + 1) + 1
    shown.encode()
