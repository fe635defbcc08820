"""How many agreements and papers a plan allows: asked when they are drafted, given back if not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.store.document_jobs import ATTEMPTS_MAX
from bukuhutang.usecases import agreement_changes as changes
from bukuhutang.usecases import agreement_payments as money
from bukuhutang.usecases.agreement_documents import ToPrint
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.interview import (
    AgreementDrafted,
    Told,
    check_room,
    draft_agreement,
    propose_offer,
)
from bukuhutang.usecases.quotas import AgreementQuotaReached, PdfQuotaReached, usage_now
from bukuhutang.usecases.tenants import When, set_plan
from bukuhutang.usecases.undo import undo_last
from tests.agreements.rig import BUDI, Deal
from tests.usecases.rig import JAKARTA

T = TypeVar("T")
AT_ONCE = 20


async def act(deal: Deal, what: Callable[[Book], Awaitable[T]]) -> T:
    """One command of the lender; books and meters must add up after it."""
    async with deal.shop.book() as book:
        done = await what(book)
    assert await deal.shop.differences() == []
    return done


async def drafting(book: Book, name: str = "Budi", phone: str = BUDI) -> AgreementDrafted:
    """What SETUJU does at the end of an interview."""
    told = Told(name, 3_000_000, PhoneNumber(phone), "GAJI", 25, 4_500_000, 0)
    offer = propose_offer(told, book.occasion.today)
    assert isinstance(offer, tuple), offer
    known = book.page.people[0].borrower.id if book.page.people else None
    return await draft_agreement(
        book,
        told,
        offer[1],
        borrower_id=known,
        name_key=name.lower(),
        name_was_free=True,
        language="id",
        verify_token=f"{name:s>43}",
    )


async def agreed(deal: Deal, name: str = "Budi", phone: str = BUDI) -> AgreementDrafted:
    async with deal.shop.book(name) as book:
        return await drafting(book, name, phone)


async def someone(deal: Deal, number: int) -> AgreementDrafted:
    """An agreement with another person each time."""
    return await agreed(deal, f"Orang {number}", f"62812300001{number:02}")


async def pdfs(deal: Deal) -> int:
    """What this month counts, as the lender reads it."""
    async with deal.shop.database.tenant_tx(deal.shop.tenant_id) as tx:
        return (await usage_now(tx, deal.shop.now, JAKARTA)).pdfs


async def notices(deal: Deal) -> list[str]:
    """What the lender was told of limits since the last look."""
    return [one.text.split("\n")[0] for one in await deal.heard() if one.text.startswith("⚠️")]


async def set_to(deal: Deal, plan: str) -> None:
    """The operator sets another plan."""
    when = When(deal.shop.now, deal.shop.now)
    await set_plan(deal.shop.database, deal.shop.tenant_id, plan, when)


async def test_of_twenty_at_once_exactly_one_gets_the_last_place(deal: Deal) -> None:
    for number in range(4):
        await someone(deal, number)
    outcomes = await asyncio.gather(
        *(someone(deal, 10 + number) for number in range(AT_ONCE)), return_exceptions=True
    )
    assert sum(1 for one in outcomes if isinstance(one, AgreementDrafted)) == 1
    assert sum(1 for one in outcomes if isinstance(one, AgreementQuotaReached)) == AT_ONCE - 1
    assert await deal.shop.count("loan_agreements") == 5
    assert sorted(await notices(deal)) == [
        "⚠️ 4 dari 5 PDF perjanjian bulan ini sudah terpakai.",
        "⚠️ 4 dari 5 perjanjian berjalan sudah terpakai.",
        "⚠️ Semua 5 PDF perjanjian bulan ini sudah terpakai.",
        "⚠️ Semua 5 perjanjian berjalan sudah terpakai.",
    ]
    assert await deal.shop.differences() == []


async def test_a_full_plan_is_said_before_the_first_question(deal: Deal) -> None:
    for number in range(5):
        await someone(deal, number)
    with pytest.raises(AgreementQuotaReached) as no:
        await act(deal, check_room)
    assert no.value.fields() == {
        "plan": "free",
        "used": 5,
        "limit": 5,
        "next_plan": "basic",
        "next_limit": 20,
    }


async def test_calling_off_makes_room_and_gives_an_unprinted_paper_back(deal: Deal) -> None:
    for number in range(5):
        await someone(deal, number)
    await act(deal, lambda book: changes.cancel_agreement(book, 1))
    assert await pdfs(deal) == 4
    await someone(deal, 5)
    await deal.print()
    await act(deal, lambda book: changes.cancel_agreement(book, 2))
    assert await pdfs(deal) == 5, "what was made stays counted"
    with pytest.raises(PdfQuotaReached) as no:
        await someone(deal, 6)
    assert (no.value.used, no.value.limit, no.value.next_limit) == (5, 5, 20)
    assert await deal.shop.count("loan_agreements") == 6
    assert await deal.shop.differences() == []


async def test_a_paper_that_could_not_be_made_gives_its_place_back(deal: Deal) -> None:
    await deal.print()  # what the tests before it on this database left: it would come first
    await someone(deal, 1)
    assert await pdfs(deal) == 1

    def broken(wanted: ToPrint) -> bytes:
        raise RuntimeError("no paper")

    for _ in range(ATTEMPTS_MAX + 2):
        await deal.loop(broken).work_once()
        deal.advance(seconds=5)
    assert await pdfs(deal) == 0
    assert await deal.shop.differences() == []


async def test_another_schedule_counts_and_replaces_one_that_waits(deal: Deal) -> None:
    await set_to(deal, "free")
    await deal.active()
    for months in (1, 2, 3, 4):
        await act(deal, lambda book, more=months: changes.reschedule(book, 1, months_more=more))  # type: ignore[misc]
        await deal.print()
    assert await pdfs(deal) == 5
    with pytest.raises(PdfQuotaReached):
        await act(deal, lambda book: changes.reschedule(book, 1, months_more=5))
    deal.advance(days=30)
    for months in (1, 2, 3, 4, 5, 6, 7):
        await act(deal, lambda book, more=months: changes.reschedule(book, 1, months_more=more))  # type: ignore[misc]
    assert await pdfs(deal) == 1, "each called the one before off"


async def test_the_last_paper_may_be_asked_for_again_before_it_is_made(deal: Deal) -> None:
    await deal.active()
    for months in (1, 2, 3):
        await act(deal, lambda book, more=months: changes.reschedule(book, 1, months_more=more))  # type: ignore[misc]
        await deal.print()
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=4))
    await act(deal, lambda book: changes.reschedule(book, 1, months_more=5))
    assert await pdfs(deal) == 5
    await act(deal, undo_last)
    assert await pdfs(deal) == 4


async def test_what_is_stored_and_the_receipt_are_never_refused(deal: Deal) -> None:
    await deal.active()
    for number in range(4):
        await someone(deal, number)
    await deal.print()
    assert await pdfs(deal) == 5
    await deal.heard()
    await act(deal, lambda book: changes.resend_document(book, 1))
    await act(deal, lambda book: money.pay_off(book, 1))
    await deal.print()
    told = {one.to: one for one in await deal.heard()}
    assert "*lunas*" in told[BUDI].text
    assert told[BUDI].has_file
    assert await pdfs(deal) == 5
    await act(deal, undo_last)
    assert (await deal.stored(1)).status == "active", "a correction, although all places are taken"


async def test_a_smaller_plan_keeps_what_runs_and_refuses_more(deal: Deal) -> None:
    await set_to(deal, "basic")
    for number in range(7):
        await someone(deal, number)
    await set_to(deal, "free")
    assert await deal.shop.count("loan_agreements") == 7
    with pytest.raises(AgreementQuotaReached) as no:
        await someone(deal, 8)
    assert (no.value.used, no.value.limit) == (7, 5)
    await set_to(deal, "enterprise")
    await someone(deal, 9)
    assert await pdfs(deal) == 8, "counted although there is no limit"
