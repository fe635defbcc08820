"""Reports against a recount by hand: random books, told act by act in plain Python."""

from __future__ import annotations

import random
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import AgreementNumber
from bukuhutang.ledger.aging import AgingBucket, aging_bucket, days_past_due
from bukuhutang.ledger.money import Direction
from bukuhutang.tenancy.roles import NOTHING
from bukuhutang.usecases.agreement_documents import ToPrint
from bukuhutang.usecases.agreement_payments import PayInstallment, forgive, pay_installment
from bukuhutang.usecases.overview import Status, show_status
from bukuhutang.usecases.record_debt import DebtRecorded
from bukuhutang.usecases.record_payment import PaymentRecorded
from bukuhutang.usecases.refusals import NotPermitted
from bukuhutang.usecases.reports import (
    Aging,
    MonthReport,
    MonthTotals,
    MonthUnknown,
    show_aging,
    show_month,
)
from bukuhutang.usecases.settings import ChangeSettings, change_settings
from bukuhutang.usecases.undo import DebtUndone, PaymentUndone
from tests.agreements.rig import Deal
from tests.store.ground import Ground
from tests.usecases.rig import Shop

MAKASSAR = ZoneInfo("Asia/Makassar")
IN, OUT = Direction.RECEIVABLE, Direction.PAYABLE
NAMES = ("Budi", "Sari", "Tono")
FIGURES = ("lent", "collected", "new", "settled")
Figures = dict[str, int]


@dataclass
class Tally:
    """What a careful person would write down, by month, direction and name."""

    figures: dict[tuple[str, Direction, str], Figures] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(FIGURES, 0))
    )

    def note(self, at: datetime, direction: Direction, name: str, **moved: int) -> None:
        month = f"{at.astimezone(MAKASSAR):%Y-%m}"
        for figure, amount in moved.items():
            self.figures[month, direction, name][figure] += amount

    def of(self, month: str) -> dict[tuple[Direction, str], Figures]:
        return {
            (direction, name): figures
            for (noted, direction, name), figures in self.figures.items()
            if noted == month and any(figures.values())
        }


def quickly(wanted: ToPrint) -> bytes:
    """Stands for the PDF, which has tests of its own."""
    return f"%PDF {wanted}".encode()


async def month(shop: Shop, text: str) -> MonthReport:
    async with shop.book() as book:
        return await show_month(book, text)


async def aging(shop: Shop) -> Aging:
    async with shop.book() as book:
        return await show_aging(book)


async def in_makassar(shop: Shop) -> None:
    async with shop.book() as book:
        change_settings(book, ChangeSettings(timezone="WITA"))


async def one_act(shop: Shop, tally: Tally, dice: random.Random) -> None:
    """Lend, pay or take back, as it falls; and noted by hand."""
    name, direction = dice.choice(NAMES), dice.choice((IN, IN, OUT))
    what = dice.random()
    if what < 0.45:
        lent = await shop.lend(
            name, dice.randint(1, 9) * 50_000, direction, days=dice.randint(1, 90)
        )
        assert isinstance(lent, DebtRecorded)
        # A credit may have paid it on the spot.
        tally.note(shop.now, direction, name, lent=lent.principal, new=1)
        tally.note(shop.now, direction, name, settled=int(lent.outstanding == 0))
    elif what < 0.8:
        paid = await shop.pay(name, dice.randint(1, 12) * 40_000, direction)
        assert isinstance(paid, PaymentRecorded)
        settled = sum(1 for one in paid.debts if one.outstanding == 0)
        tally.note(shop.now, direction, name, collected=paid.amount, settled=settled)
    else:
        before = await settled_debts(shop)
        undone = await shop.undo()
        reopened = len(before) - len(await settled_debts(shop))
        assert isinstance(undone, DebtUndone | PaymentUndone)
        tally.note(shop.now, undone.direction, undone.name, settled=-reopened)
        if isinstance(undone, DebtUndone):
            tally.note(shop.now, undone.direction, undone.name, lent=-undone.principal, new=-1)
        else:
            tally.note(shop.now, undone.direction, undone.name, collected=-undone.amount)


async def settled_debts(shop: Shop) -> set[int]:
    async with shop.database.tenant_tx(shop.tenant_id) as tx:
        rows = await tx.db.fetch("select id from debts where status = 'settled'")
    return {row["id"] for row in rows}


@pytest.mark.parametrize("seed", range(4))
async def test_every_month_is_what_a_careful_person_would_write_down(shop: Shop, seed: int) -> None:
    dice, tally = random.Random(seed), Tally()  # noqa: S311  a replayable one
    await in_makassar(shop)
    shop.now = datetime(2026, 1, 31, 15, 0, tzinfo=UTC)
    for _ in range(60):
        with suppress(Refusal):
            await one_act(shop, tally, dice)
        if dice.random() < 0.5:
            shop.now += timedelta(hours=dice.choice((1, 5, 30, 90)))
    for text in ("2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05"):
        told = await month(shop, text)
        found = {
            (one.direction, one.name): {name: getattr(one, name) for name in FIGURES}
            for one in told.people
        }
        assert found == tally.of(text), text
        for direction, totals in ((IN, told.receivable), (OUT, told.payable)):
            own = [one for (way, _), one in tally.of(text).items() if way is direction]
            assert totals == MonthTotals(*(sum(one[name] for one in own) for name in FIGURES))
    assert not await shop.differences()


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_open_is_as_old_as_its_due_dates_say(shop: Shop, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  a replayable one
    for _ in range(40):
        with suppress(Refusal):
            await one_act(shop, Tally(), dice)
        shop.now += timedelta(days=dice.randint(0, 6))
    async with shop.database.tenant_tx(shop.tenant_id) as tx:
        rows = await tx.db.fetch(
            "select d.direction, b.name, d.due_date, d.principal - d.paid as left from debts d"
            " join borrowers b on b.id = d.borrower_id and b.tenant_id = d.tenant_id"
            " where d.status = 'open'"
        )
    told = await aging(shop)
    for direction, aged in ((IN, told.receivable), (OUT, told.payable)):
        own = [row for row in rows if row["direction"] == direction]
        by_bucket = dict.fromkeys(AgingBucket, 0)
        for row in own:
            late = days_past_due(row["due_date"], shop.today)
            by_bucket[aging_bucket(late)] += row["left"]
        assert aged.buckets == by_bucket
        assert {one.name: one.total for one in aged.people} == {
            name: total
            for name in NAMES
            if (total := sum(row["left"] for row in own if row["name"] == name))
        }
        assert [one.total for one in aged.people] == sorted(
            (one.total for one in aged.people), reverse=True
        )


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
     (90, "61-90"), (91, "over_90"), (400, "over_90")],
)  # fmt: skip
async def test_the_ends_of_the_buckets(shop: Shop, days: int, bucket: str) -> None:
    lent = await shop.lent("Budi", 70_000, days=10)
    shop.now += timedelta(days=10 + days)
    told = (await aging(shop)).receivable
    assert {one: amount for one, amount in told.buckets.items() if amount} == {bucket: 70_000}
    assert told.people[0].buckets == told.buckets
    assert lent.outstanding == told.total


async def test_installments_are_aged_by_their_own_dates(ground: Ground, shop: Shop) -> None:
    deal = Deal(ground, shop)
    await deal.draft(principal=3_000_000, months=3)
    await deal.print(quickly)
    await deal.say("SETUJU 1")
    first = (await deal.stored(1)).book.installments[0].row.due_date
    deal.advance(days=(first - shop.today).days + 40)  # the second is late as well
    async with shop.book("Budi") as book:
        await pay_installment(book, PayInstallment(amount=400_000, agreement=AgreementNumber(1)))
    told = await aging(shop)
    assert {one: amount for one, amount in told.receivable.buckets.items() if amount} == {
        AgingBucket.TO_60: 600_000,
        AgingBucket.TO_30: 1_000_000,
        AgingBucket.CURRENT: 1_000_000,
    }
    async with shop.book() as book:
        status = await show_status(book)
    assert isinstance(status, Status)
    assert status.receivable_total == told.receivable.total, "as STATUS says"


async def test_agreements_count_in_the_month_of_each_act(ground: Ground, shop: Shop) -> None:
    deal = Deal(ground, shop)
    await deal.draft(principal=1_000_000, months=2)
    await deal.print(quickly)
    assert (await month(shop, f"{shop.today:%Y-%m}")).receivable == MonthTotals(0, 0, 0, 0)
    await deal.say("SETUJU 1")
    begun = f"{shop.today:%Y-%m}"
    deal.advance(days=35)
    paid = f"{shop.today:%Y-%m}"
    async with shop.book("Budi") as book:
        await pay_installment(book, PayInstallment(amount=900_000, agreement=AgreementNumber(1)))
    async with shop.book("Budi") as book:
        await forgive(book, 1, None)
    deal.advance(days=31)
    undone = f"{shop.today:%Y-%m}"
    assert len({begun, paid, undone}) == 3
    await shop.undo()
    assert (await month(shop, begun)).receivable == MonthTotals(1_000_000, 0, 1, 0)
    assert (await month(shop, paid)).receivable == MonthTotals(0, 900_000, 0, 1)
    assert (await month(shop, undone)).receivable == MonthTotals(0, 0, 0, -1)
    assert not await shop.differences()


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026", "26-01", "0001-01", "9999-12", ""])
async def test_what_is_no_month_is_refused(shop: Shop, text: str) -> None:
    with pytest.raises(MonthUnknown):
        await month(shop, text)


async def test_reports_are_for_who_may_read(shop: Shop) -> None:
    async with shop.book() as book:
        object.__setattr__(book.occasion, "permissions", NOTHING)
        with pytest.raises(NotPermitted):
            await show_aging(book)
        with pytest.raises(NotPermitted):
            await show_month(book, "2026-01")


async def test_the_other_tenants_book_is_not_counted(shop: Shop, other_shop: Shop) -> None:
    await other_shop.lent("Budi", 90_000)
    assert (await aging(shop)).receivable.total == 0
    assert not (await month(shop, f"{shop.today:%Y-%m}")).people
    assert isinstance(shop.today, date)
