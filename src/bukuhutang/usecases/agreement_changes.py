"""What the lender wants changed of an agreement: its schedule, its end, its document again."""

from __future__ import annotations

from datetime import date

from bukuhutang.usecases.agreement_answers import (
    AgreementWithdrawn,
    CancelProposed,
    DocumentResent,
    RescheduleProposed,
)
from bukuhutang.usecases.book import Book


async def reschedule(
    book: Book, number: int, *, first_due: date | None = None, months_more: int | None = None
) -> RescheduleProposed:
    """JADWAL ULANG: due dates move to start on a day, or so many more installments; one of both.

    It takes effect when the borrower agrees to the document that is sent now. Raises
    RescheduleImpossible, RequestWaits, AgreementWithoutPhone, AgreementUnknown,
    AgreementNotAccepted, AgreementOver.
    """
    raise NotImplementedError


async def cancel_agreement(book: Book, number: int) -> AgreementWithdrawn | CancelProposed:
    """BATALKAN PERJANJIAN: at once while nobody agreed, else the borrower is asked.

    Raises AgreementHasPayments, RequestWaits, AgreementWithoutPhone, AgreementUnknown,
    AgreementOver.
    """
    raise NotImplementedError


async def resend_document(book: Book, number: int) -> DocumentResent:
    """KIRIM [nomor]: the last PDF to the borrower again, staged here.

    Raises DocumentNotReady, AgreementWithoutPhone, AgreementUnknown, AgreementOver.
    """
    raise NotImplementedError
