"""Another schedule, calling off, the document again: nothing binds before the borrower's yes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest

from bukuhutang.ledger.agreement import PlanReason
from bukuhutang.usecases import agreement_changes as changes
from bukuhutang.usecases.agreement_answers import (
    AgreementActUndone,
    AgreementWithdrawn,
    CancelProposed,
)
from bukuhutang.usecases.agreement_payments import PayInstallment, pay_installment
from bukuhutang.usecases.agreement_refusals import (
    AgreementHasPayments,
    AgreementNotAccepted,
    AgreementOver,
    DocumentNotReady,
    RequestWaits,
    RescheduleImpossible,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.refusals import BuiltUpon
from tests.agreements.rig import BUDI, Deal
from tests.rendering.documents.samples import text_of

T = TypeVar("T")


async def act(deal: Deal, what: Callable[[Book], Awaitable[T]]) -> T:
    """One command of the lender; the books must add up after it."""
    async with deal.shop.book() as book:
        done = await what(book)
    assert await deal.shop.differences() == []
    return done


async def paid(deal: Deal, amount: int) -> None:
    await act(deal, lambda book: pay_installment(book, PayInstallment(amount=amount)))


async def test_more_months_take_effect_when_the_borrower_agrees_to_the_new_document(
    deal: Deal,
) -> None:
    await deal.active(percent="12")
    await paid(deal, 531_167)
    deal.advance(days=10)
    proposed = await act(deal, lambda book: changes.reschedule(book, 1, months_more=3))
    assert proposed.installments == 8
    await deal.print()
    told = await deal.told()
    assert "jadwal baru" in told[BUDI]
    assert "Jadwal baru" in told[deal.shop.phone]
    before = await deal.stored(1)
    assert before.book.plan.version == 1
    assert before.request is not None
    shown = before.request.wanted
    assert shown is not None
    deal.advance(days=5)
    await deal.say("SETUJU")
    after = await deal.stored(1)
    assert (after.book.plan.version, after.book.plan.reason) == (2, PlanReason.TERM_EXTENDED)
    rows = [
        [row.number, row.due_date.isoformat(), row.principal, row.interest]
        for row in after.book.plan.rows
    ]
    assert rows == shown["rows"]
    assert set(await deal.told()) == {BUDI, deal.shop.phone}
    assert await deal.shop.differences() == []
    files = dict(await deal.rows("files", "file_name, content"))
    assert "versi 2" in text_of(files["Perjanjian-1-v2.pdf"])
    await paid(deal, after.book.outstanding.total)
    assert (await deal.stored(1)).status == "completed"


async def test_moved_dates_move_the_later_ones_too(deal: Deal) -> None:
    await deal.active()
    first = deal.shop.today + timedelta(days=40)
    await act(deal, lambda book: changes.reschedule(book, 1, first_due=first))
    await deal.print()
    await deal.say("SETUJU")
    dates = [row.due_date for row in (await deal.stored(1)).book.plan.rows]
    assert dates[0] == first
    assert dates == sorted(set(dates))


async def test_refused_everything_stays_as_it_was(deal: Deal) -> None:
    await deal.active()
    before = (await deal.stored(1)).book
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=2))
    await deal.print()
    await deal.say("TOLAK")
    after = await deal.stored(1)
    assert (after.status, after.book) == ("active", before)


async def test_paid_in_between_the_shown_plan_fits_no_longer(deal: Deal) -> None:
    await deal.active()
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=2))
    await deal.print()
    await paid(deal, 500_000)
    await deal.heard()
    await deal.say("SETUJU")
    told = await deal.told()
    assert "Belum berlaku" in told[BUDI]
    assert "tidak cocok lagi" in told[deal.shop.phone]
    after = await deal.stored(1)
    assert (after.book.plan.version, after.request) == (1, None)


async def test_a_newer_proposal_takes_the_place_of_the_older(deal: Deal) -> None:
    await deal.active()
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=2))
    await deal.print()
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=4))
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=6))
    await deal.print()
    await deal.say("SETUJU")
    assert len((await deal.stored(1)).book.plan.rows) == 12
    answers = [row[0] for row in await deal.rows("agreement_requests", "answer")]
    assert answers == ["accepted", "withdrawn", "accepted"]


async def test_impossible_schedules_are_refused_at_once(deal: Deal) -> None:
    await deal.sent()
    with pytest.raises(AgreementNotAccepted):
        await act(deal, lambda book: changes.reschedule(book, 1, months_more=1))
    await deal.say("SETUJU")
    for wish in ({"first_due": deal.shop.today}, {"months_more": 60}):
        with pytest.raises(RescheduleImpossible):
            await act(deal, lambda book, wish=wish: changes.reschedule(book, 1, **wish))  # type: ignore[misc]
    with pytest.raises(RescheduleImpossible) as refused:
        await act(deal, lambda book: changes.reschedule(book, 1, first_due=date(2040, 1, 1)))
    assert refused.value.why == "too_long"


async def test_batal_takes_a_proposal_back(deal: Deal) -> None:
    await deal.active()
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=2))
    await deal.print()
    await deal.heard()
    done = await deal.shop.undo()
    assert isinstance(done, AgreementActUndone)
    assert done.what == "asked"
    assert "menarik kembali" in (await deal.told())[BUDI]
    await deal.say("SETUJU")
    assert (await deal.stored(1)).book.plan.version == 1


async def test_a_draft_is_called_off_at_once(deal: Deal) -> None:
    number = await deal.draft()
    done = await act(deal, lambda book: changes.cancel_agreement(book, number))
    assert isinstance(done, AgreementWithdrawn)
    assert not done.told
    await deal.print()
    assert await deal.heard() == []
    stored = await deal.stored(number)
    assert (stored.status, stored.cancel_reason) == ("cancelled", "withdrawn")


async def test_what_was_sent_is_called_off_and_the_borrower_told(deal: Deal) -> None:
    await deal.sent()
    done = await act(deal, lambda book: changes.cancel_agreement(book, 1))
    assert isinstance(done, AgreementWithdrawn)
    assert done.told
    assert "menarik kembali" in (await deal.told())[BUDI]
    await deal.say("SETUJU")
    assert "sudah ditarik" in (await deal.told())[BUDI]
    assert (await deal.stored(1)).status == "cancelled"


async def test_what_runs_is_called_off_by_both(deal: Deal) -> None:
    await deal.active()
    done = await act(deal, lambda book: changes.cancel_agreement(book, 1))
    assert isinstance(done, CancelProposed)
    with pytest.raises(RequestWaits):
        await act(deal, lambda book: changes.cancel_agreement(book, 1))
    with pytest.raises(RequestWaits):
        await act(deal, lambda book: changes.reschedule(book, 1, months_more=1))
    assert (await deal.stored(1)).status == "active"
    await deal.heard()
    await deal.say("setuju")
    assert set(await deal.told()) == {BUDI, deal.shop.phone}
    stored = await deal.stored(1)
    assert (stored.status, stored.cancel_reason) == ("cancelled", "mutual")
    assert await deal.shop.differences() == []


async def test_a_yes_to_calling_off_after_a_payment_changes_nothing(deal: Deal) -> None:
    await deal.active()
    await act(deal, lambda book: changes.cancel_agreement(book, 1))
    await paid(deal, 500_000)
    with pytest.raises(AgreementHasPayments):
        await act(deal, lambda book: changes.cancel_agreement(book, 1))
    await deal.say("setuju")
    assert (await deal.stored(1)).status == "active"


async def test_the_document_is_sent_again_and_asked_at_a_new_number(deal: Deal) -> None:
    await deal.draft()
    with pytest.raises(DocumentNotReady):
        await act(deal, lambda book: changes.resend_document(book, 1))
    await deal.print()
    await deal.heard()
    await act(deal, lambda book: changes.resend_document(book, 1))
    [again] = await deal.heard()
    assert (again.to, again.has_file) == (BUDI, True)
    await deal.shop.number("Budi", "6281230000055")
    await act(deal, lambda book: changes.resend_document(book, 1))
    assert await deal.say("SETUJU") == "ignored: stranger"
    await deal.say("SETUJU", "6281230000055")
    assert (await deal.stored(1)).status == "active"
    await deal.heard()
    await act(deal, lambda book: changes.resend_document(book, 1))
    [copy] = await deal.heard()
    assert "SETUJU" not in copy.text


async def test_batal_of_a_draft_and_of_one_that_was_agreed_to(deal: Deal) -> None:
    await deal.draft()
    done = await deal.shop.undo()
    assert isinstance(done, AgreementActUndone)
    assert (done.what, done.amount) == ("drafted", 3_000_000)
    with pytest.raises(AgreementOver):
        await act(deal, lambda book: changes.resend_document(book, 1))
    await deal.active()
    with pytest.raises(BuiltUpon):
        await deal.shop.undo()


async def test_a_yes_under_a_replaced_paper_is_none_to_the_newer_one(deal: Deal) -> None:
    await deal.active()
    papers = []
    for months in (2, 4):
        await act(deal, lambda book, more=months: changes.reschedule(book, 1, months_more=more))  # type: ignore[misc]
        await deal.print()
        papers.append(await deal.last_sent(BUDI))
        await deal.heard()
    await deal.say("SETUJU", quotes=papers[0])
    said = (await deal.told())[BUDI]
    assert "sudah ditarik" in said
    assert "*SETUJU 1*" in said
    waiting = await deal.stored(1)
    assert waiting.request is not None
    assert waiting.book.plan.version == 1
    await deal.say("SETUJU", quotes=papers[1])
    assert len((await deal.stored(1)).book.plan.rows) == 10
