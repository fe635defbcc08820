"""Unanswered agreements as time passes: one reminder, then the end, in order, each once."""

from __future__ import annotations

import asyncio

from tests.agreements.rig import BUDI, Deal


async def test_after_three_days_the_borrower_is_reminded_once(deal: Deal) -> None:
    await deal.sent()
    deal.advance(days=2, hours=23)
    await deal.sweep()
    assert await deal.heard() == []
    deal.advance(hours=1)
    await asyncio.gather(deal.sweep(), deal.sweep())
    told = await deal.told()
    assert set(told) == {BUDI}
    assert "masih menunggu jawaban" in told[BUDI]
    deal.advance(days=3)
    await deal.sweep()
    assert await deal.heard() == []


async def test_after_fourteen_days_it_is_over_and_both_are_told(deal: Deal) -> None:
    number = await deal.sent()
    deal.advance(days=3)
    await deal.sweep()
    await deal.heard()
    deal.advance(days=11)
    await asyncio.gather(deal.sweep(), deal.sweep())
    told = await deal.told()
    assert "sudah habis" in told[BUDI]
    assert "kedaluwarsa" in told[deal.shop.phone]
    stored = await deal.stored(number)
    assert (stored.status, stored.cancel_reason, stored.request) == ("expired", "expired", None)
    await deal.say("SETUJU")
    assert "lewat batas waktunya" in (await deal.told())[BUDI]
    assert await deal.shop.differences() == []


async def test_a_jump_of_a_month_does_what_fell_due_in_order_and_on_its_day(deal: Deal) -> None:
    first = deal.clock.at
    await deal.sent()
    deal.advance(days=1)
    await deal.sent(name="Sari", phone="6281230000002")
    deal.advance(days=29)
    await deal.sweep()
    said = await deal.heard()
    rows = await deal.rows("outbound_messages", "queued_at")
    days = [(at - first).days for (at,) in rows[-len(said) :]]
    assert days == [3, 4, 14, 14, 15, 15]
    assert [one.to for one in said[:3]] == [BUDI, "6281230000002", BUDI]


async def test_what_was_answered_is_left_in_peace(deal: Deal) -> None:
    await deal.active()
    deal.advance(days=40)
    await deal.sweep()
    assert await deal.heard() == []


async def test_who_said_stop_is_not_reminded_and_may_still_answer(deal: Deal) -> None:
    number = await deal.sent()
    await deal.say("STOP")
    await deal.heard()
    deal.advance(days=3)
    await deal.sweep()
    assert await deal.heard() == []
    await deal.say("SETUJU")
    assert (await deal.stored(number)).status == "active"
