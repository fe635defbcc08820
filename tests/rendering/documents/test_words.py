"""Amounts in words, read back by somebody else: what is written is the amount, to the rupiah."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.rendering.documents.words import AMOUNT_MAX, in_words
from bukuhutang.tenancy.tenant import Language

ID, EN = Language.INDONESIAN, Language.ENGLISH

UNITS = {
    ID: "nol satu dua tiga empat lima enam tujuh delapan sembilan sepuluh sebelas".split(),
    EN: (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    ).split(),
}
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SCALES = {
    "ribu": 10**3,
    "juta": 10**6,
    "miliar": 10**9,
    "triliun": 10**12,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
amounts = st.one_of(
    st.integers(0, AMOUNT_MAX),
    st.integers(0, 2_000_000),
    # Round ones, and groups of 0, 1 and 11, where such words go wrong.
    st.lists(st.sampled_from([0, 1, 10, 11, 12, 100, 101, 111, 999]), min_size=1, max_size=5).map(
        lambda groups: int("".join(f"{one:03}" for one in groups))
    ),
)


def read_indonesian(words: list[str]) -> int:
    """The number these words say; a second opinion, not the writer's own tables."""
    total = group = unit = 0
    for word in words:
        if word == "seribu":
            total, group, unit = total + 1_000, 0, 0
        elif word in SCALES:
            total, group, unit = total + (group + unit) * SCALES[word], 0, 0
        elif word == "seratus":
            group += 100
        elif word == "ratus":
            group, unit = group + unit * 100, 0
        elif word == "puluh":
            group, unit = group + unit * 10, 0
        elif word == "belas":
            group, unit = group + unit + 10, 0
        else:
            unit = UNITS[ID].index(word)
    return total + group + unit


def read_english(words: list[str]) -> int:
    """The number these words say."""
    total = group = 0
    for word in words:
        if word in SCALES:
            total, group = total + group * SCALES[word], 0
        elif word == "hundred":
            group *= 100
        elif word in TENS:
            group += (TENS.index(word) + 2) * 10
        elif word != "and":
            group += UNITS[EN].index(word)
    return total + group


@given(amounts)
def test_indonesian_words_say_the_amount(amount: int) -> None:
    *words, currency = in_words(amount, ID).split()
    assert currency == "rupiah"
    assert read_indonesian(words) == amount


@given(amounts)
def test_english_words_say_the_amount(amount: int) -> None:
    *words, currency = in_words(amount, EN).replace(",", "").replace("-", " ").split()
    assert currency == "rupiah"
    assert read_english(words) == amount


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "nol rupiah"),
        (1_000, "seribu rupiah"),
        (11_000, "sebelas ribu rupiah"),
        (100_000, "seratus ribu rupiah"),
        (1_250_500, "satu juta dua ratus lima puluh ribu lima ratus rupiah"),
        (5_000_000, "lima juta rupiah"),
        (1_001_111, "satu juta satu ribu seratus sebelas rupiah"),
        (2_500_000_000, "dua miliar lima ratus juta rupiah"),
    ],
)
def test_indonesian_words_are_those_a_receipt_has(amount: int, words: str) -> None:
    assert in_words(amount, ID) == words


@pytest.mark.parametrize("amount", [-1, AMOUNT_MAX + 1])
def test_what_is_no_amount_is_our_defect(amount: int) -> None:
    with pytest.raises(AssertionError):
        in_words(amount, ID)
