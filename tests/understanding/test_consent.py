"""SETUJU and TOLAK: a yes to a contract must be plain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.understanding.consent import Consent, Reply, read_consent

ACCEPT, REJECT, UNCLEAR = Reply.ACCEPT, Reply.REJECT, Reply.UNCLEAR


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("SETUJU", ACCEPT),
        ("setuju pak", ACCEPT),
        ("Saya setuju dengan perjanjian ini, terima kasih 🙏", ACCEPT),
        ("setju", ACCEPT),
        ("SETUUJU!!", ACCEPT),
        ("ok setuju", ACCEPT),
        ("I agree", ACCEPT),
        ("TOLAK", REJECT),
        ("saya tolak dulu", REJECT),
        ("tolk", REJECT),
        ("tidak setuju", REJECT),
        ("gak setuju bos", REJECT),
        ("decline", REJECT),
        ("ok", UNCLEAR),
        ("iya pak siap", UNCLEAR),
        ("setuju tapi tanggal 10", UNCLEAR),
        ("setuju?", UNCLEAR),
        ("belum setuju", UNCLEAR),
        ("jangan ditolak", UNCLEAR),
        ("setuju atau tolak ya", UNCLEAR),
        ("kalau setuju gimana", UNCLEAR),
    ],
)
def test_an_answer_is_taken_only_when_it_is_plain(text: str, reply: Reply) -> None:
    assert read_consent(text) == Consent(reply)


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        ("SETUJU 3", Consent(ACCEPT, 3)),
        ("setuju no 3", Consent(ACCEPT, 3)),
        ("tolak nomor 12 ya", Consent(REJECT, 12)),
        ("setuju 3 4", Consent(UNCLEAR)),
        ("setuju 3 tapi tanggal 10", Consent(UNCLEAR)),
    ],
)
def test_the_number_tells_several_apart(text: str, consent: Consent) -> None:
    assert read_consent(text) == consent


@pytest.mark.parametrize(
    "text", ["", "halo", "sisa hutang saya?", "sudah transfer 200rb", "👍", "STOP", "x" * 600]
)
def test_what_is_about_something_else_is_no_answer(text: str) -> None:
    assert read_consent(text) is None


words = st.one_of(
    st.sampled_from("setuju tolak tidak belum pak saya ok ya tapi kalau ? 3 no !".split()),
    st.text(max_size=8),
)


@given(st.one_of(st.text(max_size=700), st.lists(words, max_size=8).map(" ".join)))
def test_any_text_is_an_answer_or_none_and_never_raises(text: str) -> None:
    consent = read_consent(text)
    if consent is not None and consent.reply is ACCEPT:
        assert "?" not in text
        assert not {"tidak", "belum", "tapi", "kalau"} & set(text.lower().split())
