"""Documents of agreements: what is to be printed, and what is done when it was.

Printing happens between the two, outside any transaction. The facts are read again under the
book's lock before a document counts: what was printed is what both will hold, or it is not sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bukuhutang.base.answers import Answer
from bukuhutang.ledger.agreement import Plan
from bukuhutang.ledger.agreement_acts import Recorded
from bukuhutang.rendering.documents.shapes import AgreementDocument, Party, SettlementDocument
from bukuhutang.store import agreements, document_jobs, files
from bukuhutang.store.agreements import PENDING, RequestKind, StoredAgreement
from bukuhutang.store.book import Page, read_page
from bukuhutang.store.document_jobs import DocumentJob
from bukuhutang.store.files import NewFile
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.agreement_facts import ask_borrower, change_head, replace_request
from bukuhutang.usecases.agreement_notices import (
    AgreementCaption,
    AgreementSent,
    DocumentFailed,
    SettlementCaption,
    SettlementSent,
)
from bukuhutang.usecases.agreement_papers import (
    agreement_paper,
    forgiven,
    installments_of,
    settlement_paper,
)
from bukuhutang.usecases.agreement_plans import replanned, shown_rows
from bukuhutang.usecases.agreement_voice import (
    answer_until,
    local_date,
    tell_borrower,
    tell_lender,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.opened import service_book

PDF = "application/pdf"


@dataclass(frozen=True)
class ToPrint:
    """The facts of one document, and the language it is printed in."""

    paper: AgreementDocument | SettlementDocument
    language: Language


def verify_address(base_url: str, tenant_id: int, stored: StoredAgreement) -> str | None:
    """The page that knows this agreement; the secret in it is what opens it."""
    if stored.verify_token is None:
        return None
    return f"{base_url.rstrip('/')}/verify/{tenant_id}-{stored.number}-{stored.verify_token}"


async def read_facts(database: Database, job: DocumentJob, base_url: str) -> ToPrint | None:
    """What is to be printed for a job; None when the document is needed no longer.

    Raises TransientFault.
    """
    async with database.tenant_tx(job.tenant_id) as tx:
        if not await document_jobs.is_pending(tx, job.id):
            return None
        stored = await agreements.by_number(tx, job.agreement)
        assert stored is not None, "agreements are never deleted"
        return _facts(tx, await read_page(tx), stored, job, base_url)


def _facts(
    tx: TenantTx, page: Page, stored: StoredAgreement, job: DocumentJob, base_url: str
) -> ToPrint | None:
    lender = Party(page.tenant_name, page.tenant_phone)
    url = verify_address(base_url, tx.tenant_id, stored)
    if job.kind == "settlement":
        if stored.status != "completed":
            return None  # taken back since
        return ToPrint(settlement_paper(stored, lender, url), Language(stored.language))
    plan = plan_of(stored, job.wanted)
    if plan is None or plan.version != job.version:
        return None
    return ToPrint(agreement_paper(stored, plan, lender, url), Language(stored.language))


def plan_of(stored: StoredAgreement, wanted: dict[str, Any] | None) -> Plan | None:
    """The plan a document is about: the first, or the one that is asked for; None if impossible."""
    if wanted is None:
        return stored.book.plan if stored.status in PENDING else None
    outcome = replanned(stored.book, wanted)
    return outcome.agreement.plan if isinstance(outcome, Recorded) else None


async def drop(database: Database, job: DocumentJob) -> None:
    """The document is needed no longer. Raises TransientFault."""
    async with database.book_tx(job.tenant_id) as tx:
        if await document_jobs.is_pending(tx, job.id):
            await document_jobs.finish(tx, job.id, "done", reason="needed no longer")


async def finish(
    database: Database,
    job: DocumentJob,
    printed: ToPrint,
    file: tuple[UUID, bytes],
    *,
    base_url: str,
    now: datetime,
) -> bool:
    """Store a printed document and send it; once, however often and by whomever it is called.

    False when the facts have changed since they were read: print again. Raises TransientFault.
    """
    async with database.book_tx(job.tenant_id) as tx:
        if not await document_jobs.is_pending(tx, job.id):
            return True
        stored = await agreements.by_number(tx, job.agreement)
        assert stored is not None
        book = await service_book(tx, f"document:{job.id}", now)
        if _facts(tx, book.page, stored, job, base_url) != printed:
            return False
        made = NewFile(file[0], file_name(job, printed.language), PDF, file[1])
        await files.insert(tx, made, now)
        if job.kind == "settlement":
            await _send_settlement(book, stored, made)
        else:
            await _send_agreement(book, stored, job, made)
        await document_jobs.finish(tx, job.id, "done", file_id=made.id)
        await book.close()
    return True


def file_name(job: DocumentJob, language: Language) -> str:
    """What the file is called on a phone."""
    names = {
        ("agreement", Language.INDONESIAN): "Perjanjian",
        ("agreement", Language.ENGLISH): "Agreement",
        ("settlement", Language.INDONESIAN): "Tanda-Lunas",
        ("settlement", Language.ENGLISH): "Settlement",
    }
    version = f"-v{job.version}" if job.kind == "agreement" and job.version > 1 else ""
    return f"{names[job.kind, language]}-{job.agreement}{version}.pdf"


async def _send_agreement(
    book: Book, stored: StoredAgreement, job: DocumentJob, made: NewFile
) -> None:
    kind = RequestKind.ACCEPT if job.wanted is None else RequestKind.RESCHEDULE
    phone = stored.borrower_phone
    assert phone is not None, "whoever is asked to agree has a number"
    wanted = job.wanted
    if wanted is not None:
        plan = plan_of(stored, wanted)
        assert plan is not None
        wanted = {**wanted, "rows": shown_rows(plan)}
    if stored.request is not None:
        await replace_request(book, stored, stored.request)
        stored = replace(stored, request=None)
    caption = await caption_of(book, stored, kind, wanted)
    ask_borrower(
        book,
        stored.number,
        kind,
        phone=phone,
        version=job.version,
        sent_ref=tell_borrower(book, stored, caption, file_id=made.id),
        file=(made.id, made.sha256),
        wanted=wanted,
    )
    detail: dict[str, Any] = {
        "kind": kind.value,
        "version": job.version,
        "sha256": made.sha256.hex(),
    }
    if kind is RequestKind.ACCEPT:
        detail["sealed_state"] = change_head(book, stored, stored.book, status="sent")
    told = AgreementSent(kind.value, stored.borrower_name, stored.number, answer_until(book))
    tell_lender(book, stored, told, file_id=made.id)
    book.seal(
        "agreement_sent",
        borrower=stored.borrower_id,
        subject=stored.number,
        detail=detail,
    )


async def caption_of(
    book: Book, stored: StoredAgreement, kind: RequestKind | None, wanted: dict[str, Any] | None
) -> Answer:
    """The short summary under the PDF; without a `kind` it is a copy and asks nothing."""
    plan = stored.book.plan
    if kind is RequestKind.RESCHEDULE:
        changed = plan_of(stored, wanted)
        plan = plan if changed is None else changed
    rows = installments_of(plan)
    rule = stored.book.penalty
    until = answer_until(book)
    if kind is not None and stored.request is not None and stored.request.kind is kind:
        until = local_date(book, stored.request.expires_at)
    return AgreementCaption(
        kind="copy" if kind is None else kind.value,
        lender=book.page.tenant_name,
        name=stored.borrower_name,
        number=stored.number,
        principal=stored.principal,
        installments=len(rows),
        installment=max(row.due for row in rows),
        is_level=len({row.due for row in rows}) == 1,
        first_due=rows[0].due_date,
        last_due=rows[-1].due_date,
        interest=sum(row.interest for row in rows),
        penalty=0 if rule is None else rule.amount,
        penalty_kind=None if rule is None else rule.kind.value,
        until=until,
    )


async def _send_settlement(book: Book, stored: StoredAgreement, made: NewFile) -> None:
    let_go = forgiven(stored.book)
    paid = stored.book.paid
    if stored.borrower_phone is not None:
        caption = settlement_caption(book, stored)
        tell_borrower(book, stored, caption, file_id=made.id)
    told = SettlementSent(stored.borrower_name, stored.number, paid, let_go)
    tell_lender(book, stored, told, file_id=made.id)
    book.seal(
        "settlement_sent",
        borrower=stored.borrower_id,
        subject=stored.number,
        detail={"sha256": made.sha256.hex()},
    )


def settlement_caption(book: Book, stored: StoredAgreement) -> SettlementCaption:
    """That all is paid, in words."""
    return SettlementCaption(
        book.page.tenant_name,
        stored.borrower_name,
        stored.number,
        stored.book.paid,
        forgiven(stored.book),
        stored.book.unapplied,
    )


async def give_up(database: Database, job: DocumentJob, *, now: datetime, reason: str) -> None:
    """The document cannot be made: the lender is told, once. Raises TransientFault.

    That a loan is settled is said all the same, without the receipt.
    """
    async with database.book_tx(job.tenant_id) as tx:
        if not await document_jobs.is_pending(tx, job.id):
            return
        stored = await agreements.by_number(tx, job.agreement)
        assert stored is not None
        book = await service_book(tx, f"document:{job.id}", now)
        if job.kind == "settlement" and stored.status == "completed" and stored.borrower_phone:
            tell_borrower(book, stored, settlement_caption(book, stored))
        tell_lender(book, stored, DocumentFailed(job.kind, stored.borrower_name, stored.number))
        book.seal(
            "document_failed",
            borrower=stored.borrower_id,
            subject=stored.number,
            detail={"kind": job.kind, "version": job.version},
        )
        await document_jobs.finish(tx, job.id, "failed", reason=reason)
        await book.close()
