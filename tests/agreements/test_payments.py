"""Money for agreements: paid, paid twice, too much, too early, for what; forgiven; taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import pytest

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases import agreement_payments as money
from bukuhutang.usecases.agreement_answers import (
    AgreementActUndone,
    AgreementPaidOff,
    InstallmentPaid,
    WhichAgreement,
    WhichTarget,
)
from bukuhutang.usecases.agreement_payments import PayInstallment
from bukuhutang.usecases.agreement_refusals import (
    AgreementNotAccepted,
    AgreementOver,
    AgreementUnknown,
    ForgiveTooMuch,
    InstallmentSettled,
    InstallmentUnknown,
    NoAgreementRuns,
    PayoffTooLittle,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.members import NewMember, add_by_operator
from bukuhutang.usecases.pay_person import Paid, Target, pay_person
from bukuhutang.usecases.people import WhichPerson
from bukuhutang.usecases.record_payment import PaymentRecorded, RecordPayment
from bukuhutang.usecases.refusals import AlreadyUndone, BuiltUpon, NothingOwed
from bukuhutang.usecases.tenants import When
from tests.agreements.rig import BUDI, Deal
from tests.rendering.documents.samples import text_of

SARI = "6281230000002"
T = TypeVar("T")


async def act(deal: Deal, what: Callable[[Book], Awaitable[T]], name: str | None = None) -> T:
    """One command of the lender in the lender's own chat; the books must add up after it."""
    async with deal.shop.book(name) as book:
        done = await what(book)
    assert await deal.shop.differences() == []
    return done


async def pay(
    deal: Deal, amount: int | None = None, installment: int | None = None
) -> InstallmentPaid:
    """BAYAR where no question can come up."""
    request = PayInstallment(installment, amount)
    done = await act(deal, lambda book: money.pay_installment(book, request))
    assert isinstance(done, InstallmentPaid)
    return done


async def pay_budi(
    deal: Deal, amount: int | None, target: Target | None = None, name: str = "Budi"
) -> Paid:
    """BAYAR Budi [jumlah], LUNAS Budi."""
    request = RecordPayment(name, name.lower(), amount)
    return await act(
        deal,
        lambda book: pay_person(
            book, request, target=target, chosen=book.page.people[0] if target else None
        ),
        name,
    )


async def test_an_installment_is_paid_and_split(deal: Deal) -> None:
    await deal.active(percent="12")
    done = await pay(deal, installment=1)
    assert (done.amount, done.penalty, done.interest, done.principal) == (
        531_167,
        0,
        37_000,
        494_167,
    )
    left = (await deal.stored(1)).book.outstanding.total
    assert (done.outstanding, done.next_installment) == (left, 2)
    assert not done.completed
    [row] = await deal.rows("payments", "direction, amount, agreement_id")
    assert row == ("piutang", 531_167, 1)


async def test_paid_twice_is_two_payments_and_what_is_left_shows_it(deal: Deal) -> None:
    await deal.active()
    assert (await pay(deal, 500_000, 1)).outstanding == 2_500_000
    again = await pay(deal, 500_000, 1)
    assert (again.outstanding, again.next_installment) == (2_000_000, 3)
    with pytest.raises(InstallmentSettled) as refused:
        await pay(deal, None, 1)
    assert refused.value.next_installment == 3


async def test_money_beyond_goes_ahead_and_beyond_everything_is_kept(deal: Deal) -> None:
    await deal.active()
    ahead = await pay(deal, 1_200_000)
    assert [(one.installment, one.left) for one in ahead.rows] == [(1, 0), (2, 0), (3, 300_000)]
    last = await pay(deal, 2_000_000)
    assert (last.completed, last.kept, last.outstanding) == (True, 200_000, 0)
    with pytest.raises(AgreementOver):
        async with deal.shop.book() as book:
            await money.pay_installment(book, PayInstallment(agreement=AgreementNumber(1)))


async def test_before_the_yes_nothing_can_be_paid(deal: Deal) -> None:
    await deal.sent()
    for request in (
        PayInstallment(1),
        PayInstallment(agreement=AgreementNumber(1), amount=1_000),
        PayInstallment(name="Budi", name_key="budi", amount=1_000),
    ):
        with pytest.raises(AgreementNotAccepted):
            async with deal.shop.book("Budi") as book:
                await money.pay_installment(book, request)
    assert await deal.shop.count("payments") == 0


async def test_what_cannot_be_meant_is_refused(deal: Deal) -> None:
    with pytest.raises(NoAgreementRuns):
        await pay(deal, 1_000)
    await deal.active()
    with pytest.raises(InstallmentUnknown):
        await pay(deal, 1_000, 7)
    with pytest.raises(AgreementUnknown):
        async with deal.shop.book() as book:
            await money.quote_payoff(book, 9)


async def test_of_several_running_it_is_asked_which(deal: Deal) -> None:
    await deal.active()
    second = await deal.active(name="Sari", phone=SARI, principal=1_200_000)
    asked = await act(deal, lambda book: money.pay_installment(book, PayInstallment(1)))
    assert isinstance(asked, WhichAgreement)
    assert [(one.number, one.name, one.outstanding) for one in asked.choices] == [
        (1, "Budi", 3_000_000),
        (2, "Sari", 1_200_000),
    ]
    request = PayInstallment(1, agreement=second)
    done = await act(deal, lambda book: money.pay_installment(book, request))
    assert isinstance(done, InstallmentPaid)
    assert (done.name, done.amount) == ("Sari", 200_000)


async def test_a_person_with_debts_and_an_agreement_is_asked_about(deal: Deal) -> None:
    await deal.active()
    await deal.shop.lent("Budi", 450_000)
    asked = await pay_budi(deal, 100_000)
    assert isinstance(asked, WhichTarget)
    assert [(one.agreement, one.outstanding) for one in asked.choices] == [
        (None, 450_000),
        (1, 3_000_000),
    ]
    debts = await pay_budi(deal, 100_000, "debts")
    assert isinstance(debts, PaymentRecorded)
    assert debts.total == 350_000
    agreed = await pay_budi(deal, 100_000, AgreementNumber(1))
    assert isinstance(agreed, InstallmentPaid)
    assert agreed.outstanding == 2_900_000


async def test_a_name_alone_finds_the_agreement_where_there_are_no_debts(deal: Deal) -> None:
    await deal.active()
    done = await pay_budi(deal, 100_000)
    assert isinstance(done, InstallmentPaid)
    await deal.shop.lent("Budi Santoso", 5_000, phone="6281230000003")
    wholly = await pay_budi(deal, None)
    assert isinstance(wholly, AgreementPaidOff)
    assert wholly.amount == 2_900_000
    with pytest.raises(NothingOwed):
        await pay_budi(deal, 100_000, "debts")


async def test_two_people_of_a_name_are_asked_about(deal: Deal) -> None:
    await deal.active(name="Budi Santoso")
    await deal.shop.lent("Budi Bengkel", 5_000, phone="6281230000003")
    asked = await pay_budi(deal, 1_000)
    assert isinstance(asked, WhichPerson)
    assert len(asked.choices) == 2


async def test_paying_off_early_saves_interest_and_sends_the_receipt_once(deal: Deal) -> None:
    await deal.active(percent="12")
    deal.advance(days=60)
    quote = await act(deal, lambda book: money.quote_payoff(book, 1))
    assert quote.saved > 0
    assert quote.penalty + quote.interest + quote.principal == quote.to_pay
    with pytest.raises(PayoffTooLittle):
        await act(deal, lambda book: money.pay_off(book, 1, quote.to_pay - 1))
    done = await act(deal, lambda book: money.pay_off(book, 1))
    assert (done.amount, done.saved) == (quote.to_pay, quote.saved)
    await deal.print()
    await deal.print()
    told = await deal.told()
    assert "*lunas*" in told[BUDI]
    assert "Lunas: perjanjian no. 1" in told[deal.shop.phone]
    files = await deal.rows("files", "file_name, content")
    name, content = next(one for one in files if one[0].startswith("Tanda-Lunas"))
    assert name == "Tanda-Lunas-1.pdf"
    assert "LUNAS" in text_of(content)
    assert (await deal.stored(1)).completed_at == deal.clock.at


async def test_who_may_only_look_reads_what_it_costs_and_is_asked_nothing(deal: Deal) -> None:
    await deal.active()
    viewer = NewMember(SARI, "Sari", Role.VIEWER)
    when = When(deal.clock.at, deal.clock.machine)
    await add_by_operator(deal.shop.database, deal.shop.tenant_id, viewer, when)
    await deal.heard()
    await deal.say("PELUNASAN 1", SARI)
    shown = (await deal.told())[SARI]
    assert shown.startswith("Pelunasan perjanjian no. 1 *Budi* hari ini: *Rp3.000.000*")
    assert "YA" not in shown
    assert await deal.rows("dialogues", "kind") == []


async def test_batal_takes_back_a_payment_once(deal: Deal) -> None:
    await deal.active()
    await pay(deal, 700_000)
    done = await deal.shop.undo()
    assert isinstance(done, AgreementActUndone)
    assert (done.what, done.amount, done.outstanding) == ("paid", 700_000, 3_000_000)
    with pytest.raises(AlreadyUndone):
        await deal.shop.undo()
    assert (await deal.stored(1)).book.paid == 0
    assert await deal.shop.differences() == []


async def test_batal_after_the_last_payment_opens_it_again_and_the_borrower_is_told(
    deal: Deal,
) -> None:
    await deal.active()
    await pay(deal, 3_000_000)
    await deal.print()
    await deal.heard()
    await deal.shop.undo()
    stored = await deal.stored(1)
    assert (stored.status, stored.completed_at) == ("active", None)
    assert "belum lunas" in (await deal.told())[BUDI]
    await pay(deal, 3_000_000)
    await deal.print()
    assert set(await deal.told()) == {BUDI, deal.shop.phone}
    assert await deal.shop.differences() == []


async def test_batal_before_the_receipt_was_made_stops_it(deal: Deal) -> None:
    await deal.active()
    await pay(deal, 3_000_000)
    await deal.shop.undo()
    await deal.print()
    assert await deal.heard() == []


async def test_batal_takes_back_a_payoff_with_its_rebate(deal: Deal) -> None:
    await deal.active(percent="12")
    before = (await deal.stored(1)).book
    await act(deal, lambda book: money.pay_off(book, 1))
    await deal.shop.undo()
    after = (await deal.stored(1)).book
    assert after.outstanding == before.outstanding
    assert await deal.shop.differences() == []


async def test_batal_elsewhere_or_after_something_newer_is_refused(deal: Deal) -> None:
    await deal.active()
    await pay(deal, 100_000)
    async with deal.shop.book(chat="6281111111112") as book:
        await money.pay_installment(book, PayInstallment(amount=50_000))
    with pytest.raises(BuiltUpon):
        await deal.shop.undo()


async def test_forgiving_a_part_and_then_all(deal: Deal) -> None:
    await deal.active()
    part = await act(deal, lambda book: money.forgive(book, 1, 250_000))
    assert (part.amount, part.outstanding, part.completed) == (250_000, 2_750_000, False)
    undone = await deal.shop.undo()
    assert isinstance(undone, AgreementActUndone)
    assert (undone.what, undone.outstanding) == ("forgiven", 3_000_000)
    with pytest.raises(ForgiveTooMuch):
        await act(deal, lambda book: money.forgive(book, 1, 3_000_001))
    rest = await act(deal, lambda book: money.forgive(book, 1))
    assert rest.completed
    await deal.print()
    assert "Diikhlaskan" in (await deal.told())[BUDI]


async def test_written_off_it_still_takes_money_and_can_be_taken_back(deal: Deal) -> None:
    await deal.active()
    off = await act(deal, lambda book: money.write_off(book, 1))
    assert off.outstanding == 3_000_000
    with pytest.raises(AgreementOver):
        await act(deal, lambda book: money.write_off(book, 1))
    undone = await deal.shop.undo()
    assert isinstance(undone, AgreementActUndone)
    assert (await deal.stored(1)).status == "active"
    await act(deal, lambda book: money.write_off(book, 1))
    assert (await pay(deal, 3_000_000)).completed
    assert (await deal.stored(1)).status == "completed"


async def test_a_late_installment_costs_its_penalty_first(deal: Deal) -> None:
    await deal.active(penalty=True)
    deal.advance(days=38)  # due on 25 February or March; counted beyond a day of grace
    done = await pay(deal, 600_000)
    assert done.penalty > 0
    assert done.penalty % 5_000 == 0
    assert done.penalty + done.principal == 600_000


async def test_the_same_occasion_twice_is_one_payment(deal: Deal) -> None:
    await deal.active()
    async with deal.shop.book(key="same") as book:
        await money.pay_installment(book, PayInstallment(amount=100_000))
    with pytest.raises(asyncpg.UniqueViolationError):
        async with deal.shop.book(key="same") as book:
            await money.pay_installment(book, PayInstallment(amount=100_000))
    assert (await deal.stored(1)).book.paid == 100_000
