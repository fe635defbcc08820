"""The parts of a command cover every word of it, so that nothing is dropped unseen."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.base.spelling import clean, fold
from bukuhutang.understanding.scan import Kind, scan

TODAY = date(2026, 2, 18)


def kinds(text: str) -> list[tuple[str, str]]:
    words = fold(clean(text)).split()
    return [(one.kind.value, " ".join(words[one.start : one.end])) for one in scan(words, TODAY)]


def test_leading_words_belong_to_the_part_behind_them() -> None:
    assert kinds("Bu RT sebesar 500rb jatuh tempo 4 Maret hp 081234567890 buat semen") == [
        ("words", "bu rt"),
        ("amount", "500rb"),
        ("due", "4 maret"),
        ("phone", "081234567890"),
        ("note", "buat semen"),
    ]


def test_quotation_ends_where_its_word_ends() -> None:
    assert kinds('Budi "a b" 5rb "c') == [
        ("words", "budi"),
        ("quoted", '"a b"'),
        ("amount", "5rb"),
        ("unclosed", '"c'),
    ]


pieces = st.sampled_from(
    'Budi 500rb 1 juta setengah 14 hari minggu tgl 25 Maret buat untuk "x" " 0812 3456 7890 +62'
    " jatuh tempo wa lima rp - ? semen".split()
)


@given(st.lists(st.one_of(pieces, st.text(min_size=1, max_size=6)), max_size=14))
def test_every_word_is_in_one_part_or_leads_into_the_next(words: list[str]) -> None:
    folded = fold(clean(" ".join(words))).split()
    at = 0
    for part in scan(folded, TODAY):
        assert 0 <= part.start - at <= 2  # only words such as "jatuh tempo" lie between parts
        assert part.start < part.end
        assert part.start == at or part.kind is not Kind.WORDS
        at = part.end
    assert at == len(folded)
