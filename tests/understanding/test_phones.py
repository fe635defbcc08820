"""A number in a command is a number, an amount an amount, and what could be both is refused."""

from __future__ import annotations

import pytest

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.understanding.phones import Match, match

BUDI = PhoneNumber("6281234567890")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("081234567890", 1),
        ("0812-3456-7890", 1),
        ("0812.3456.7890", 1),
        ("(0812)34567890", 1),
        ("+6281234567890", 1),
        ("6281234567890", 1),
        ("0812 3456 7890", 3),
        ("+62 812-3456-7890", 2),
        ("+62 812 3456 7890", 4),
        ("62 812 3456 7890", 4),
        ("081234567890 500rb", 1),
        ("081234567890 14 hari", 1),
        ("081234567890 50 rb", 1),
        ("081234567890 500000", 1),
        ("0812 3456 7890 500rb", 3),
    ],
)
def test_number_in_any_spelling_is_found(text: str, words: int) -> None:
    assert match(text.split(), 0) == Match(BUDI, words)


@pytest.mark.parametrize(
    "text", ["0812345678 90", "+62 812 345 678 9012 3456", "0000000000", "+99912345678", "08123456"]
)
def test_number_that_is_none_or_might_be_two_is_refused(text: str) -> None:
    found = match(text.split(), 0)
    assert found is not None
    assert found.phone is None


@pytest.mark.parametrize("text", ["500000", "0", "0,5jt", "620000000", "62", "6200000000", "budi"])
def test_amount_is_never_a_number(text: str) -> None:
    assert match([text], 0) is None
