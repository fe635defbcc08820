"""What the lender wants changed of an agreement: its schedule, its end, its document again."""

from __future__ import annotations

from datetime import date
from typing import Any

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.ledger import agreement_acts as acts
from bukuhutang.ledger.agreement import Agreement
from bukuhutang.ledger.agreement_acts import NotPossible, Outcome, Recorded, Why
from bukuhutang.store import agreement_requests, document_jobs
from bukuhutang.store.agreements import PENDING, OpenRequest, RequestKind, StoredAgreement
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_answers import (
    AgreementWithdrawn,
    CancelProposed,
    DocumentResent,
    RescheduleProposed,
)
from bukuhutang.usecases.agreement_documents import caption_of
from bukuhutang.usecases.agreement_facts import (
    append,
    ask_borrower,
    close_request,
    replace_request,
    want_document,
)
from bukuhutang.usecases.agreement_notices import (
    CancelQuestion,
    WithdrawnToBorrower,
)
from bukuhutang.usecases.agreement_plans import replanned
from bukuhutang.usecases.agreement_reading import (
    agreement_of,
    check_runs,
    next_open,
    recorded,
    refuse,
)
from bukuhutang.usecases.agreement_refusals import (
    AgreementOver,
    AgreementWithoutPhone,
    DocumentNotReady,
    RequestWaits,
    RescheduleImpossible,
)
from bukuhutang.usecases.agreement_voice import answer_until, tell_borrower
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.quotas import room_for_pdf, took_place


async def reschedule(
    book: Book, number: int, *, first_due: date | None = None, months_more: int | None = None
) -> RescheduleProposed:
    """JADWAL ULANG: due dates move to start on a day, or so many more installments; one of both.

    It takes effect when the borrower agrees to the document that is sent now; a proposal before it
    that waits is called off. Raises RescheduleImpossible, RequestWaits, AgreementWithoutPhone,
    AgreementUnknown, AgreementNotAccepted, AgreementOver, PdfQuotaReached.
    """
    book.require(Permission.RECORD)
    assert (first_due is None) != (months_more is None)
    stored = await agreement_of(book, number)
    check_runs(stored)
    _check_phone(stored)
    if stored.request is not None and stored.request.kind is RequestKind.CANCEL:
        raise RequestWaits(number, stored.borrower_name, stored.request.kind.value)
    wanted = _wanted(stored.book, book.occasion.today, first_due, months_more)
    after = _possible(stored, replanned(stored.book, wanted)).agreement
    paper = await room_for_pdf(book, replaces=stored.number)
    await document_jobs.call_off(book.tx, stored.number, "agreement")
    want_document(book, stored.number, "agreement", after.plan.version, wanted=wanted)
    took_place(book, paper)
    book.seal(
        "reschedule_asked",
        borrower=stored.borrower_id,
        subject=stored.number,
        detail={key: wanted[key] for key in ("how", "to", "installments") if key in wanted},
    )
    rows = [row for row in after.plan.rows if row.number]
    return RescheduleProposed(
        number=stored.number,
        name=stored.borrower_name,
        first_due=_first_open(after),
        last_due=rows[-1].due_date,
        installments=len(rows),
        installment=max(row.due for row in rows),
        outstanding=after.outstanding.total,
    )


def _first_open(book: Agreement) -> date:
    following = next_open(book)
    assert following is not None
    return following.row.due_date


def _wanted(
    book: Agreement, today: date, first_due: date | None, months_more: int | None
) -> dict[str, Any]:
    """The change as it is kept until it is agreed to; the day it was asked decides its amounts."""
    following = next_open(book)
    assert following is not None
    if first_due is not None:
        return {
            "how": "move",
            "installment": following.row.number,
            "to": first_due.isoformat(),
            "on": today.isoformat(),
        }
    assert months_more is not None
    left = sum(1 for one in book.installments if not one.is_settled and one.row.number)
    return {"how": "extend", "installments": left + months_more, "on": today.isoformat()}


def _possible(stored: StoredAgreement, outcome: Outcome) -> Recorded:
    if isinstance(outcome, NotPossible):
        known = {
            Why.DATE_TAKEN: "date_taken",
            Why.NO_SUCH_INSTALLMENT: "date_taken",
            Why.BAD_TERMS: "terms",
        }
        if outcome.why not in known:
            refuse(stored, outcome)
        too_long = outcome.problem is not None and outcome.problem.code == "term_too_long"
        raise RescheduleImpossible(stored.number, "too_long" if too_long else known[outcome.why])
    return outcome


async def cancel_agreement(book: Book, number: int) -> AgreementWithdrawn | CancelProposed:
    """BATALKAN PERJANJIAN: at once while nobody agreed, else the borrower is asked.

    Staff may call off what nobody agreed to, not what runs. Raises AgreementHasPayments,
    RequestWaits, AgreementWithoutPhone, AgreementUnknown, AgreementOver.
    """
    book.require(Permission.RECORD)
    stored = await agreement_of(book, number)
    if stored.status in PENDING:
        return await withdraw_draft(book, stored, "agreement_withdrawn")
    book.require(Permission.REMOVE)
    check_runs(stored)
    recorded(stored, acts.cancel(stored.book, on=book.occasion.today))
    _check_phone(stored)
    await _make_room(book, stored, RequestKind.CANCEL)
    assert stored.borrower_phone is not None
    until = answer_until(book)
    question = CancelQuestion(
        book.page.tenant_name, stored.borrower_name, stored.number, stored.principal, until
    )
    ask_borrower(
        book,
        stored.number,
        RequestKind.CANCEL,
        phone=stored.borrower_phone,
        version=None,
        sent_ref=tell_borrower(book, stored, question),
        file=None,
    )
    book.seal("cancel_asked", borrower=stored.borrower_id, subject=stored.number)
    return CancelProposed(stored.number, stored.borrower_name, until)


async def withdraw_draft(book: Book, stored: StoredAgreement, action: str) -> AgreementWithdrawn:
    """Call off what nobody agreed to yet; the borrower is told when it was sent."""
    book.require(Permission.RECORD)
    done = recorded(stored, acts.cancel(stored.book, on=book.occasion.today))
    await document_jobs.call_off(book.tx, stored.number, "agreement")
    append(book, stored, done, action, cancel_reason="withdrawn")
    told = stored.request is not None
    if stored.request is not None:
        withdraw_request(book, stored, stored.request)
    return AgreementWithdrawn(stored.number, stored.borrower_name, told)


def withdraw_request(book: Book, stored: StoredAgreement, request: OpenRequest) -> None:
    """Take a question back, and say so to whom was asked."""
    book.require(Permission.RECORD)
    close_request(book, request, "withdrawn", borrower=stored.borrower_id)
    told = WithdrawnToBorrower(request.kind.value, book.page.tenant_name, stored.number)
    tell_borrower(book, stored, told, phone=request.phone)


async def _make_room(book: Book, stored: StoredAgreement, kind: RequestKind) -> None:
    """Only one question of an agreement is open: another kind takes its place."""
    await document_jobs.call_off(book.tx, stored.number, "agreement")
    if stored.request is None:
        return
    if stored.request.kind is kind:
        raise RequestWaits(stored.number, stored.borrower_name, kind.value)
    await replace_request(book, stored, stored.request)


def _check_phone(stored: StoredAgreement) -> None:
    if stored.borrower_phone is None:
        raise AgreementWithoutPhone(stored.number, stored.borrower_name)


async def resend_document(book: Book, number: int) -> DocumentResent:
    """KIRIM [nomor]: the last PDF to the borrower again, staged here.

    While the question is open and the borrower has another number now, it is asked there anew, and
    only that number may answer. Raises DocumentNotReady, AgreementWithoutPhone, AgreementUnknown,
    AgreementOver.
    """
    book.require(Permission.RECORD)
    stored = await agreement_of(book, number)
    if stored.status in ("cancelled", "expired"):
        raise AgreementOver(stored.number, stored.borrower_name, stored.status)
    _check_phone(stored)
    sent = await agreement_requests.last_file(book.tx, stored.number)
    if sent is None:
        raise DocumentNotReady(stored.number, stored.borrower_name)
    assert stored.borrower_phone is not None
    request = stored.request
    is_open = request is not None and request.file_id == sent.file_id
    kind = request.kind if request is not None and is_open else None
    caption = await caption_of(book, stored, kind, None if request is None else request.wanted)
    sent_ref = tell_borrower(book, stored, caption, file_id=sent.file_id)
    if request is not None and is_open and request.phone != stored.borrower_phone:
        await replace_request(book, stored, request)
        ask_borrower(
            book,
            AgreementNumber(stored.number),
            request.kind,
            phone=stored.borrower_phone,
            version=request.version,
            sent_ref=sent_ref,
            file=(sent.file_id, sent.sha256),
            wanted=request.wanted,
        )
    book.seal("agreement_resent", borrower=stored.borrower_id, subject=stored.number)
    return DocumentResent(stored.number, stored.borrower_name, sent.file_id)
