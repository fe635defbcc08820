"""What the ledger decides about an agreement reaches the rows, and is read back the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.ledger import agreement_acts as acts
from bukuhutang.ledger.agreement import Agreement
from bukuhutang.ledger.agreement_acts import Outcome, Recorded
from bukuhutang.ledger.penalty import PenaltyKind, PenaltyRule
from bukuhutang.ledger.rescheduling import extend_term, move_due_date
from bukuhutang.ledger.terms import InterestKind, LoanTerms
from bukuhutang.store import agreements
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.usecases.agreement_facts import NewAgreement, append, open_agreement, replan
from tests.usecases.rig import Shop

START = date(2026, 2, 18)


def recorded(outcome: Outcome) -> Recorded:
    """The act was possible."""
    assert isinstance(outcome, Recorded), outcome
    return outcome


def forgetful(one: Agreement) -> Agreement:
    """Only the plan in force is read back; the earlier ones stay in their table."""
    return Agreement(
        one.plans[-1:],
        one.penalty,
        one.entries,
        one.lateness,
        one.accepted_on,
        one.cancelled_on,
        one.written_off_on,
    )


async def stored(shop: Shop, number: AgreementNumber) -> StoredAgreement:
    """The agreement as the database has it now."""
    async with shop.database.tenant_tx(shop.tenant_id) as tx:
        found = await agreements.by_number(tx, number)
    assert found is not None
    return found


async def drafted(shop: Shop) -> AgreementNumber:
    """Six million over six months with flat interest and a penalty, nobody agreed to yet."""
    await shop.lend("Budi", 10_000)
    terms = LoanTerms(
        6_000_000,
        6,
        START,
        due_day=31,
        interest=InterestKind.FLAT,
        annual_percent=Decimal(12),
        multiple_of=100,
    )
    penalty = PenaltyRule(PenaltyKind.RUPIAH_A_DAY, amount=5_000, grace_days=2, cap=100_000)
    async with shop.book("budi") as book:
        new = NewAgreement(
            book.page.people[0].borrower.id, terms, penalty, "Pak Haji", "id", None, "x" * 40
        )
        number, _ = open_agreement(book, new)
    return number


async def act(shop: Shop, number: AgreementNumber, outcome: Outcome, action: str) -> Agreement:
    """Stage and write one act, and hold what is read back against the ledger's own value."""
    before = await stored(shop, number)
    done = recorded(outcome)
    async with shop.book() as book:
        if done.agreement.plan.version > before.book.plan.version:
            replan(book, before, done, action)
        else:
            append(book, before, done, action)
    after = await stored(shop, number)
    assert after.book == forgetful(done.agreement)
    assert after.book.installments == done.agreement.installments
    return after.book


async def test_a_whole_life_is_read_back_as_the_ledger_decided_it(shop: Shop) -> None:
    number = await drafted(shop)
    assert (await stored(shop, number)).status == "draft"
    now = (await stored(shop, number)).book
    now = await act(shop, number, acts.accept(now, on=START), "agreement_accepted")
    now = await act(shop, number, acts.repay(now, 1_500_000, on=date(2026, 3, 20)), "repaid")
    now = await act(shop, number, acts.repay(now, 700_000, on=date(2026, 5, 9)), "repaid")
    now = await act(shop, number, acts.reverse(now, 2, on=date(2026, 5, 10)), "repayment_undone")
    now = await act(
        shop, number, move_due_date(now, 3, date(2026, 6, 5), on=date(2026, 5, 11)), "replanned"
    )
    now = await act(shop, number, extend_term(now, 8, on=date(2026, 5, 12)), "replanned")
    now = await act(
        shop, number, acts.forgive(now, on=date(2026, 5, 13), amount=50_000), "forgiven"
    )
    quote = now.payoff(date(2026, 7, 1))
    await act(
        shop, number, acts.pay_off(now, quote.to_pay, on=date(2026, 7, 1)), "agreement_completed"
    )
    last = await stored(shop, number)
    assert last.status == "completed"
    assert last.completed_at is not None
    assert await shop.differences() == []


async def test_the_database_refuses_balances_that_the_facts_do_not_bear_out(shop: Shop) -> None:
    number = await drafted(shop)
    now = await act(
        shop, number, acts.accept((await stored(shop, number)).book, on=START), "agreement_accepted"
    )
    done = recorded(acts.repay(now, 1_000_000, on=START))
    before = await stored(shop, number)

    async def forget_a_balance() -> None:
        async with shop.book() as book:
            append(book, before, done, "repaid")
            book.changes.installments_changed.clear()

    with pytest.raises(asyncpg.CheckViolationError):
        await forget_a_balance()
    assert (await stored(shop, number)).book == now
