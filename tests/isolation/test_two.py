"""The ground of all attacks: the other tenant has everything, and its secrets are told apart."""

from __future__ import annotations

from tests.isolation.two import FIRST_NUMBER, Pair, leaks


async def test_the_other_tenant_has_a_row_in_every_table_and_numbers_of_its_own(pair: Pair) -> None:
    for table in ("debts", "payments", "borrowers", "loan_agreements", "reminders"):
        theirs = await pair.theirs.one(f"select min(id) from {table}")  # noqa: S608  names above
        mine = await pair.mine.one(f"select max(id) from {table}")  # noqa: S608  names above
        assert theirs > FIRST_NUMBER > mine, table


async def test_its_own_answers_are_full_of_what_would_be_a_leak(pair: Pair) -> None:
    told = await pair.theirs.desk.say("STATUS")
    assert len(leaks(str(told))) > 3
    assert leaks("Rp7.654.321")
    assert leaks("+62 813-7770-0002")
    assert leaks(f"Piutang no. {FIRST_NUMBER + 1}.")
    assert leaks("Tidak ada *Quirinus*")
    assert not leaks("Tidak ada *Quirinus*", given="BAYAR Quirinus")
