"""INGATKAN about installments alone: it goes out while they are owed as it says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bukuhutang.store import reminders
from bukuhutang.usecases.agreement_payments import (
    PayInstallment,
    forgive,
    pay_installment,
    pay_off,
    write_off,
)
from bukuhutang.usecases.reminders import Reminded, note_reminder, remind
from tests.agreements.rig import Deal


async def reminded(deal: Deal) -> str:
    """INGATKAN Budi as the chat door does it; the reference of the message, a moment later."""
    async with deal.shop.book("Budi") as book:
        done = await remind(book, "Budi", "budi")
        assert isinstance(done, Reminded)
        assert done.to is not None
        ref = book.send(done.to, "🙏 Halo Budi", purpose="reminder")
        note_reminder(book, done.person, ref)
    deal.shop.now += timedelta(seconds=1)
    return ref


async def outdated(deal: Deal, ref: str) -> str | None:
    async with deal.shop.book() as book:
        return await reminders.outdated(book.tx, ref)


async def test_a_reminder_about_installments_alone_is_sent(deal: Deal) -> None:
    await deal.active()
    ref = await reminded(deal)
    assert await outdated(deal, ref) is None


@pytest.mark.parametrize("act", ["paid", "undone", "forgiven", "written_off", "paid_off"])
async def test_what_changed_meanwhile_makes_it_untrue(deal: Deal, act: str) -> None:
    await deal.active()
    if act == "undone":
        async with deal.shop.book() as book:
            await pay_installment(book, PayInstallment(amount=100_000))
        deal.shop.now += timedelta(seconds=1)
    ref = await reminded(deal)
    assert await outdated(deal, ref) is None
    if act == "undone":
        await deal.shop.undo()
    async with deal.shop.book() as book:
        match act:
            case "paid":
                await pay_installment(book, PayInstallment(amount=100_000))
            case "forgiven":
                await forgive(book, 1, 100_000)
            case "written_off":
                await write_off(book, 1)
            case "paid_off":
                await pay_off(book, 1)
    # Of what is written off nothing is asked for any more.
    over = act in ("written_off", "paid_off")
    assert await outdated(deal, ref) == ("settled" if over else "changed")
