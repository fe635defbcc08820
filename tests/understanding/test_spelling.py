"""What is shown keeps its signs and loses what nobody sees; what is read has the same length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.base.spelling import clean, fold

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  Budi \t\n Santoso ", "Budi Santoso"),
        ("Budi\u00a0Santoso\u3000Jaya\u2028Abadi", "Budi Santoso Jaya Abadi"),
        ("Bu\x00di\x07", "Budi"),
        ("\ud83dBudi\ude00", "Budi"),
        ("\u202eBudi\u202c \u2066x\u2069", "Budi x"),
        ("\ufeffBu\u200bdi\u00ad\u2060", "Budi"),
        ("Bu\u200ddi\u200c", "Budi"),
        ("a \u200d b", "a b"),
        ("Jose\u0301", "José"),
        (f"{FAMILY} ❤️‍🔥 🇮🇩", f"{FAMILY} ❤️‍🔥 🇮🇩"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u3164\u2800", ""),
    ],
)
def test_shown_text_is_what_a_person_sees(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("PINJAM Budi", "pinjam budi"),
        ("ＰＩＮＪＡＭ ５００ｒｂ", "pinjam 500rb"),
        ("𝐏𝐈𝐍𝐉𝐀𝐌", "pinjam"),
        ("٥٠٠ ५००", "500 500"),
        ("5² ① ½", "5² ① ½"),
        ("“semen” «x»", '"semen" "x"'),
        ("boleh؟", "boleh?"),
        ("500\u212a", "500k"),
        ("İ", "İ"),
    ],
)
def test_read_form_is_plain_where_there_is_a_plain_character(shown: str, read: str) -> None:
    assert fold(shown) == read


@given(st.text(max_size=300))
def test_any_text_becomes_one_line_that_every_store_can_keep(text: str) -> None:
    shown = clean(text)
    assert clean(shown) == shown
    assert "\x00" not in shown
    assert shown == " ".join(shown.split())
    assert not any(unicodedata.category(one) in ("Cc", "Cs") for one in shown)
    shown.encode()


@given(st.text(max_size=300))
def test_words_of_both_forms_stand_at_the_same_places(text: str) -> None:
    shown = clean(text)
    folded = fold(shown)
    assert [len(one) for one in shown.split()] == [len(one) for one in folded.split()]
