"""BAYAR and LUNAS with a name: the money is for debts, for an agreement, or it is asked."""

from __future__ import annotations

from typing import Literal

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.ledger.money import Direction
from bukuhutang.store import agreements
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.store.book import Person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_answers import (
    AgreementPaidOff,
    InstallmentPaid,
    TargetChoice,
    WhichAgreement,
    WhichTarget,
)
from bukuhutang.usecases.agreement_payments import PayInstallment, pay_into, pay_off
from bukuhutang.usecases.agreement_reading import choice_of, running, which
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson, outstanding, person_among
from bukuhutang.usecases.record_payment import (
    PaymentRecorded,
    RecordPayment,
    WhichDirection,
    record_payment,
)

Target = AgreementNumber | Literal["debts"]

Paid = (
    PaymentRecorded
    | InstallmentPaid
    | AgreementPaidOff
    | WhichPerson
    | WhichDirection
    | WhichTarget
    | WhichAgreement
)


async def pay_person(
    book: Book,
    request: RecordPayment,
    *,
    chosen: Person | None = None,
    target: Target | None = None,
) -> Paid:
    """BAYAR [nama] [jumlah] and LUNAS: on debts, or on the agreement, asking when there are both.

    Use it instead of `record_payment`, which it calls. WhichTarget: call again with `chosen` (its
    borrower) and `target`; WhichAgreement: with `target`. LUNAS (no amount) on an agreement pays
    it off. Raises what `record_payment`, `pay_installment` and `pay_off` raise.
    """
    book.require(Permission.RECORD)
    if target == "debts" or request.direction is Direction.PAYABLE:
        return await record_payment(book, request, chosen=chosen)
    if target is not None:
        return await _into_agreement(book, await running(book, target), request)
    people = [chosen] if chosen is not None else list(book.page.people)
    found = await agreements.running_of(book.tx, [one.borrower.id for one in people])
    if not found:
        return await record_payment(book, request, chosen=chosen)
    if chosen is None:
        lending = {one.borrower_id for one in found}
        meant = person_among(
            people,
            request.name,
            request.name_key,
            lambda one: bool(outstanding(one)) or one.borrower.id in lending,
        )
        if isinstance(meant, WhichPerson):
            return meant
        chosen = meant
    theirs = [one for one in found if one.borrower_id == chosen.borrower.id]
    if not theirs:
        return await record_payment(book, request, chosen=chosen)
    if outstanding(chosen):
        return _which_target(book, chosen, theirs, request.amount)
    if len(theirs) > 1:
        return which(theirs, book.occasion.today)
    return await _into_agreement(book, theirs[0], request)


async def _into_agreement(
    book: Book, stored: StoredAgreement, request: RecordPayment
) -> InstallmentPaid | AgreementPaidOff:
    if request.amount is None:
        return await pay_off(book, stored.number)
    return pay_into(book, stored, PayInstallment(amount=request.amount))


def _which_target(
    book: Book, person: Person, found: list[StoredAgreement], amount: int | None
) -> WhichTarget:
    today = book.occasion.today
    lines = [choice_of(one, today) for one in found]
    first = min(debt.due_date for debt in person.open_debts)
    return WhichTarget(
        person.borrower.id,
        person.borrower.name,
        amount,
        (
            TargetChoice(None, outstanding(person), first),
            *(TargetChoice(one.number, one.outstanding, one.next_due) for one in lines),
        ),
    )
