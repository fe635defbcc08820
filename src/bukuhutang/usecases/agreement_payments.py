"""Money for an agreement: an installment paid, paid off, forgiven, written off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.store.book import Person
from bukuhutang.usecases.agreement_answers import (
    AgreementForgiven,
    AgreementPaidOff,
    AgreementWrittenOff,
    InstallmentPaid,
    PayoffQuote,
    WhichAgreement,
    WhichTarget,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson
from bukuhutang.usecases.record_payment import PaymentRecorded, RecordPayment, WhichDirection

Target = AgreementNumber | Literal["debts"]


@dataclass(frozen=True)
class PayInstallment:
    """`installment` of the plan, the agreement's number, the person: whatever was named."""

    installment: int | None = None
    amount: int | None = None  # None: what is due on that installment, else on the next one
    name: str | None = None
    name_key: str | None = None
    agreement: AgreementNumber | None = None


async def pay_installment(
    book: Book, request: PayInstallment, *, chosen: Person | None = None
) -> InstallmentPaid | WhichAgreement | WhichPerson:
    """BAYAR 3, BAYAR CICILAN …: the ledger shares it out, oldest first.

    Asks when several agreements run (WhichAgreement: call again with `agreement`), or when the
    name fits several (call again with `chosen`). Raises AgreementUnknown, NoAgreementRuns,
    AgreementNotAccepted, AgreementOver, InstallmentUnknown, InstallmentSettled, TooManyAgreements,
    BorrowerUnknown, TooManyPeople.
    """
    raise NotImplementedError


async def pay_person(
    book: Book,
    request: RecordPayment,
    *,
    chosen: Person | None = None,
    target: Target | None = None,
) -> (
    PaymentRecorded
    | InstallmentPaid
    | AgreementPaidOff
    | WhichPerson
    | WhichDirection
    | WhichTarget
    | WhichAgreement
):
    """BAYAR [nama] [jumlah] and LUNAS: on debts, or on the agreement, asking when there are both.

    Use it instead of `record_payment`, which it calls. WhichTarget: call again with `chosen` (its
    borrower) and `target`. LUNAS (no amount) on an agreement pays it off. Raises what
    `record_payment` and `pay_installment` raise.
    """
    raise NotImplementedError


async def quote_payoff(book: Book, number: int) -> PayoffQuote:
    """PELUNASAN [nomor]. Raises AgreementUnknown, AgreementNotAccepted, AgreementOver."""
    raise NotImplementedError


async def pay_off(book: Book, number: int, amount: int | None = None) -> AgreementPaidOff:
    """All of it paid today; without an amount exactly what is needed.

    Raises PayoffTooLittle, AgreementUnknown, AgreementNotAccepted, AgreementOver.
    """
    raise NotImplementedError


async def forgive(book: Book, number: int, amount: int | None = None) -> AgreementForgiven:
    """IKHLASKAN: all that is owed, or `amount` of it.

    Raises ForgiveTooMuch, AgreementUnknown, AgreementNotAccepted, AgreementOver.
    """
    raise NotImplementedError


async def write_off(book: Book, number: int) -> AgreementWrittenOff:
    """HAPUSBUKU. Raises AgreementUnknown, AgreementNotAccepted, AgreementOver."""
    raise NotImplementedError
