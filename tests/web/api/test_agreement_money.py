"""Money that goes into an agreement by way of the person: paid, shown, taken back."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest

from bukuhutang.store import checks
from tests.agreements.rig import Deal
from tests.store.ground import Ground
from tests.usecases.rig import Shop
from tests.web.api.rig import Program, a_debt, program
from tests.web.rig import StandingClock, Web, problem

PHONES = itertools.count(6_281_199_000_001)


@pytest.fixture
async def deal(ground: Ground) -> Deal:
    """A lender whose borrower has agreed to pay six times 500.000."""
    phone = str(next(PHONES))
    made = Deal(ground, Shop(ground.database, await ground.tenant(f"+{phone}"), phone))
    await made.active()
    return made


@pytest.fixture
async def shop(deal: Deal) -> AsyncIterator[Program]:
    """A program of that lender."""
    web = Web(deal.ground.database, StandingClock(deal.clock.at))
    async with program(web, deal.shop.tenant_id) as opened:
        yield opened


async def differences(deal: Deal) -> list[checks.Difference]:
    """What the audit says."""
    return await deal.shop.differences()


async def test_money_of_somebody_with_one_agreement_goes_into_it(deal: Deal, shop: Program) -> None:
    paid = await shop.post("/borrowers/1/payments", {"amount": 500_000})
    assert paid.status_code == 201, paid.text
    shown = paid.json()
    assert (shown["agreement"], shown["allocations"]) == (1, [])
    assert shown["settled"] == {"penalty": 0, "interest": 0, "principal": 500_000}
    assert (await shop.get("/payments?agreement=1")).json()["items"][0]["number"] == 1
    taken = await shop.post("/payments/1/reversal")
    assert taken.json()["status"] == "reversed", taken.text
    assert (await deal.stored(1)).book.outstanding.total == 3_000_000
    problem(await shop.post("/payments/1/reversal"), 409, "already_undone")
    problem(await shop.post("/payments/2/reversal"), 404, "payment_not_found")
    assert await differences(deal) == []


async def test_what_the_chat_would_ask_must_be_said(deal: Deal, shop: Program) -> None:
    due = (deal.shop.today.replace(day=28)).isoformat()
    await shop.post("/debts", {**a_debt("Budi", 200_000), "dueDate": due})
    asked = await shop.post("/borrowers/1/payments", {"amount": 100_000})
    members = problem(asked, 409, "target_ambiguous")
    assert members["targets"] == [
        {"agreement": None, "outstanding": 200_000, "nextDue": "2026-02-28"},
        {"agreement": 1, "outstanding": 3_000_000, "nextDue": "2026-03-25"},
    ]
    on_debts = {"amount": 100_000, "target": "debts"}
    assert (await shop.post("/borrowers/1/payments", on_debts)).json()["agreement"] is None
    into = {"amount": 100_000, "agreement": 1}
    assert (await shop.post("/borrowers/1/payments", into)).json()["agreement"] == 1
    problem(await shop.post("/payments/1/reversal"), 409, "built_upon")
    assert await differences(deal) == []


async def test_all_of_an_agreement_is_paid_and_both_ways_back(deal: Deal, shop: Program) -> None:
    await shop.post("/borrowers/1/payments", {"amount": 500_000})
    off = await shop.post("/borrowers/1/payments", {"amount": None, "agreement": 1})
    assert (off.status_code, off.json()["amount"]) == (201, 2_500_000), off.text
    assert (await deal.stored(1)).status == "completed"
    over = await shop.post("/borrowers/1/payments", {"amount": 1_000, "agreement": 1})
    problem(over, 409, "agreement_over")
    problem(await shop.post("/payments/1/reversal"), 409, "built_upon")
    assert (await shop.post("/payments/2/reversal")).status_code == 200
    assert (await deal.stored(1)).status == "active"
    assert await differences(deal) == []


async def test_what_others_pay_into_is_none_of_somebody_elses(deal: Deal, shop: Program) -> None:
    due = (deal.shop.today.replace(day=28)).isoformat()
    await shop.post("/debts", {**a_debt("Sari", 200_000), "dueDate": due})
    into = {"amount": 100_000, "agreement": 1}
    problem(await shop.post("/borrowers/2/payments", into), 404, "agreement_unknown")
