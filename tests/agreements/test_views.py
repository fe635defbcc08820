"""What the lender sees: agreements listed, one of them, installments with their marks, history."""

from __future__ import annotations

import pytest

from bukuhutang.ledger.money import Direction
from bukuhutang.store import agreements
from bukuhutang.usecases import agreement_views as views
from bukuhutang.usecases.agreement_answers import (
    AgreementList,
    AgreementsNone,
    InstallmentsRunning,
    InstallmentStatus,
    WhichAgreement,
)
from bukuhutang.usecases.agreement_payments import PayInstallment, forgive, pay_installment
from bukuhutang.usecases.agreement_refusals import NoAgreementRuns
from bukuhutang.usecases.overview import History, show_history
from tests.agreements.rig import Deal

SARI = "6281230000002"


async def pay(deal: Deal, amount: int, agreement: int | None = None) -> None:
    async with deal.shop.book() as book:
        await pay_installment(book, PayInstallment(amount=amount, agreement=agreement))  # type: ignore[arg-type]


async def test_the_list_has_what_runs_and_waits_the_most_urgent_first(deal: Deal) -> None:
    async with deal.shop.book() as book:
        assert isinstance(await views.list_agreements(book), AgreementsNone)
        assert isinstance(await views.running_installments(book), AgreementsNone)
    await deal.sent(name="Sari", phone=SARI)
    await deal.active()
    deal.advance(days=50)
    async with deal.shop.book() as book:
        shown = await views.list_agreements(book)
    assert isinstance(shown, AgreementList)
    assert [(one.name, one.status) for one in shown.lines] == [("Budi", "active"), ("Sari", "sent")]
    assert shown.lines[0].days_past_due > 0
    assert shown.outstanding == 3_000_000


async def test_one_agreement_with_what_is_paid_and_left(deal: Deal) -> None:
    await deal.active()
    await pay(deal, 700_000)
    async with deal.shop.book() as book:
        shown = await views.show_agreement(book, 1)
    assert (shown.paid, shown.outstanding, shown.installments_settled) == (700_000, 2_300_000, 1)
    assert (shown.next_installment, shown.next_amount) == (2, 300_000)


async def test_nothing_is_owed_by_what_was_called_off(deal: Deal) -> None:
    await deal.sent()
    await deal.say("TOLAK")
    async with deal.shop.book() as book:
        shown = await views.show_agreement(book, 1)
    assert (shown.outstanding, shown.next_due, shown.days_past_due) == (0, None, 0)


async def test_each_row_has_its_state(deal: Deal) -> None:
    await deal.active()
    await pay(deal, 500_000)
    first = (await deal.stored(1)).book.plan.rows
    deal.advance(days=(first[1].due_date - deal.shop.today).days + 3)
    [budi] = await deal.shop.people("Budi")
    async with deal.shop.book("Budi") as book:
        shown = await views.installment_status(book, budi)
        running = await views.running_installments(book)
    assert isinstance(shown, InstallmentStatus)
    states = [one.state for one in shown.lines]
    assert states == ["paid", "late", "next", "waiting", "waiting", "waiting"]
    assert shown.lines[1].days_past_due == 3
    assert isinstance(running, InstallmentsRunning)
    assert [one.state for one in running.lines] == ["late", "next"]
    assert running.late == 500_000


async def test_long_plans_show_what_is_open(deal: Deal) -> None:
    await deal.active(months=24, principal=2_400_000)
    await pay(deal, 1_000_000)
    [budi] = await deal.shop.people("Budi")
    async with deal.shop.book("Budi") as book:
        shown = await views.installment_status(book, budi)
    assert isinstance(shown, InstallmentStatus)
    assert (shown.before, len(shown.lines), shown.more) == (9, 7, 8)
    assert [one.installment for one in shown.lines[:2]] == [10, 11]
    assert [one.state for one in shown.lines[:2]] == ["paid", "next"]


async def test_of_two_agreements_of_a_person_it_is_asked_which(deal: Deal) -> None:
    await deal.shop.lent("Sari", 5_000)
    await deal.active()
    await deal.active(principal=1_200_000)
    [budi] = await deal.shop.people("Budi")
    [sari] = await deal.shop.people("Sari")
    async with deal.shop.book("Budi") as book:
        asked = await views.installment_status(book, budi)
        assert isinstance(asked, WhichAgreement)
        number = asked.choices[1].number
        shown = await views.installment_status(book, budi, agreement=number)
        assert isinstance(shown, InstallmentStatus)
        with pytest.raises(NoAgreementRuns):
            await views.installment_status(book, sari)
    assert shown.outstanding == 1_200_000


async def test_the_history_tells_of_installments_too(deal: Deal) -> None:
    await deal.active()
    await pay(deal, 500_000)
    async with deal.shop.book() as book:
        await forgive(book, 1, 1_000)
    await deal.shop.undo()
    [budi] = await deal.shop.people("Budi")
    async with deal.shop.book("Budi") as book:
        shown = await show_history(book, budi)
    assert isinstance(shown, History)
    assert [(one.kind, one.amount, one.number) for one in shown.lines] == [
        ("forgiven_undone", 1_000, 1),
        ("forgiven", 1_000, 1),
        ("installment", 500_000, 1),
    ]
    assert {one.direction for one in shown.lines} == {Direction.RECEIVABLE}


async def test_totals_are_of_all_agreements_however_many_one_query_reads(deal: Deal) -> None:
    for _ in range(5):
        await deal.draft()
    async with deal.shop.book() as book:
        for batch in (1, 2, 5, 6):
            found = await agreements.all_open(book.tx, batch=batch)
            assert [one.number for one in found] == [1, 2, 3, 4, 5]
