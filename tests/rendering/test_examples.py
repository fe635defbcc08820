"""The examples that refusals show."""

from __future__ import annotations

import pytest

from bukuhutang.base.errors import InvariantBroken
from bukuhutang.rendering.examples import EXAMPLES, example


def test_every_example_begins_with_its_command() -> None:
    for command, line in EXAMPLES.items():
        assert line.split(" ")[: len(command.split(" "))] == command.split(" ")


def test_without_a_command_the_example_is_the_one_to_begin_with() -> None:
    assert example(None) == EXAMPLES["PINJAM"]


def test_an_example_carries_the_name_that_is_spoken_of() -> None:
    assert example("INGATKAN", "Pak Haji Slamet") == "INGATKAN Pak Haji Slamet"
    assert example("HUTANG", "Sari") == "HUTANG Sari 1jt 30hari"
    assert example("STATUS", "Sari") == "STATUS"


@pytest.mark.parametrize(
    ("amount", "typed"),
    [(3_000_000, "3jt"), (250_000, "250rb"), (3_250_000, "3250rb"), (1_000_500, "1000500")],
)
def test_an_example_carries_the_amount_that_is_spoken_of(amount: int, typed: str) -> None:
    assert example("BUAT PERJANJIAN", "Sari", amount) == f"BUAT PERJANJIAN Sari {typed}"


@pytest.mark.parametrize(
    "name", ["Budi 2", "200rb", "{{7*7}}", "x" * 31, "", "a  b", "\u2068م\u2069"]
)
def test_a_name_that_would_not_be_read_back_is_not_put_into_an_example(name: str) -> None:
    assert example("LUNAS", name) == "LUNAS Budi"


def test_a_word_that_is_no_command_has_no_example() -> None:
    with pytest.raises(InvariantBroken):
        example("TERBANG")
