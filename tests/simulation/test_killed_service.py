"""The service is killed under load; then every message counts once. `make chaos` is longer."""

from __future__ import annotations

import pytest

from tests.chaos.book import Command, Debt, ExpectedBook, Payment
from tests.chaos.run import Plan, run

pytestmark = pytest.mark.chaos


async def test_a_service_killed_under_load_loses_and_doubles_nothing() -> None:
    report = await run(Plan(kills=6, seed=20_261_101, tenants=3, seconds_between=(0.2, 0.8)))
    assert not report.violations, "\n".join([*report.lines(), *report.violations])
    assert report.found.counts["messages accepted"] > 0
    assert report.found.counts["debts"] > 0
    assert report.found.counts["payments"] > 0


def test_the_model_pays_the_oldest_debt_first_keeps_the_rest_and_takes_it_back() -> None:
    book = ExpectedBook()
    book.hear(Command("PINJAM", "", "Budi", 500))
    book.hear(Command("PINJAM", "", "Budi", 150))
    assert book.hear(Command("BAYAR", "", "Budi", 700)) == "payment_recorded"
    assert [one.paid for one in book.debts] == [500, 150]
    assert book.hear(Command("LUNAS", "", "Budi")) is None
    book.hear(Command("PINJAM", "", "Budi", 30))
    assert book.debts[-1] == Debt(3, "piutang", "Budi", 30, 30)
    assert book.hear(Command("BATAL", "")) == "debt_undone"
    assert book.credits["Budi"] == 50
    assert book.hear(Command("BATAL", "")) is None
    assert book.payments == [Payment(1, "Budi", 700)]


def test_the_model_reopens_what_an_undone_payment_had_paid() -> None:
    book = ExpectedBook()
    book.hear(Command("PINJAM", "", "Budi", 500))
    book.hear(Command("BAYAR", "", "Budi", 200))
    assert book.hear(Command("BATAL", "")) == "payment_undone"
    assert book.outstanding("piutang") == 500
    assert book.payments[-1] == Payment(2, "Budi", 200, 1)
