"""Looking at agreements and their installments."""

from __future__ import annotations

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.store.book import Person
from bukuhutang.usecases.agreement_answers import (
    AgreementList,
    AgreementShown,
    AgreementsNone,
    InstallmentsRunning,
    InstallmentStatus,
    WhichAgreement,
)
from bukuhutang.usecases.book import Book


async def list_agreements(book: Book) -> AgreementList | AgreementsNone:
    """PERJANJIAN: those that run or wait."""
    raise NotImplementedError


async def show_agreement(book: Book, number: int) -> AgreementShown:
    """PERJANJIAN [nomor]. Raises AgreementUnknown."""
    raise NotImplementedError


async def running_installments(book: Book) -> InstallmentsRunning | AgreementsNone:
    """CICILAN: of every running agreement what is late or next."""
    raise NotImplementedError


async def installment_status(
    book: Book, person: Person, *, agreement: AgreementNumber | None = None
) -> InstallmentStatus | WhichAgreement:
    """STATUS CICILAN [nama]: the rows of the person's agreement; asks which when several run.

    Raises NoAgreementRuns.
    """
    raise NotImplementedError
