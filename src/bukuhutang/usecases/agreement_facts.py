"""Staging what happens to an agreement: the one place that turns ledger values into rows.

The ledger decides, and hands back the agreement afterwards with the entries to append; here they
become rows of the open book, so that plan, balances, money and audit are written together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bukuhutang.base.ids import AgreementNumber, BorrowerId, PaymentNumber, PhoneNumber
from bukuhutang.ledger.agreement import Agreement, Entry, EntryKind, Plan, Standing, draft
from bukuhutang.ledger.agreement_acts import Recorded
from bukuhutang.ledger.money import Direction
from bukuhutang.ledger.penalty import PenaltyRule
from bukuhutang.ledger.terms import LoanTerms
from bukuhutang.store import agreement_requests
from bukuhutang.store.agreement_seal import (
    Head,
    head_of,
    plan_digest,
    proof_digest,
    proof_of,
    state_digest,
)
from bukuhutang.store.agreement_terms import penalty_to_json, terms_to_json
from bukuhutang.store.agreements import (
    OpenRequest,
    RequestKind,
    StoredAgreement,
    balance_rows,
    installment_rows,
)
from bukuhutang.tenancy.quotas import Quota
from bukuhutang.usecases.book import Book

ANSWER_DAYS_MAX = 14
"""Product section 3: an agreement nobody answers is over after fourteen days."""

STATUS_OF = {
    Standing.ACTIVE: "active",
    Standing.COMPLETED: "completed",
    Standing.WRITTEN_OFF: "written_off",
    Standing.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class NewAgreement:
    """What was agreed to with the lender: exactly what was shown last."""

    borrower_id: BorrowerId
    terms: LoanTerms
    penalty: PenaltyRule | None
    guarantor: str | None
    language: str
    assessment: dict[str, Any] | None
    verify_token: str


def open_agreement(book: Book, new: NewAgreement) -> tuple[AgreementNumber, Agreement]:
    """A draft with its plan; its document is made and sent after this transaction."""
    book.counters.last_agreement += 1
    number = AgreementNumber(book.counters.last_agreement)
    made = draft(new.terms, new.penalty)
    now = book.occasion.now
    penalty = penalty_to_json(new.penalty)
    book.changes.agreements.append(
        {
            "id": number,
            "borrower_id": new.borrower_id,
            "principal": new.terms.principal,
            "status": "draft",
            "guarantor": new.guarantor,
            "language": new.language,
            "penalty": None if penalty is None else json.dumps(penalty),
            "assessment": None if new.assessment is None else json.dumps(new.assessment),
            "verify_token": new.verify_token,
            "created_at": now,
            "created_by": book.occasion.member_id,
        }
    )
    _add_plan(book, number, made.plan, made)
    want_document(book, number, "agreement", 1)
    book.seal(
        "agreement_drafted",
        borrower=new.borrower_id,
        subject=number,
        detail={
            "principal": new.terms.principal,
            "rows": len(made.plan.rows),
            "sealed_plan": {"1": plan_digest(made.plan)},
            "sealed_state": state_digest(_head_of(new, now), made),
        },
    )
    return number, made


def _head_of(new: NewAgreement, now: datetime) -> Head:
    return Head(
        new.borrower_id,
        "draft",
        new.terms.principal,
        new.guarantor,
        new.language,
        new.assessment,
        new.verify_token,
        now,
        None,
        None,
    )


def want_document(
    book: Book,
    number: AgreementNumber,
    kind: str,
    version: int,
    *,
    wanted: dict[str, Any] | None = None,
) -> None:
    """Have a document made outside this transaction; one of a kind for each occasion.

    An agreement is counted by the month's meter, whose room the use case has looked at; the
    receipt of settlement is free.
    """
    counted = book.occasion.today.replace(day=1) if kind == "agreement" else None
    if counted is not None:
        book.meter(Quota.PDFS, counted)
    book.changes.document_jobs.append(
        {
            "key": f"{kind}:{number}:{book.occasion.key}",
            "kind": kind,
            "agreement_id": number,
            "version": version,
            "wanted": None if wanted is None else json.dumps(wanted),
            "counted_in": counted,
            "created_at": book.occasion.now,
        }
    )


def append(
    book: Book,
    stored: StoredAgreement,
    recorded: Recorded,
    action: str,
    *,
    status: str | None = None,
    cancel_reason: str | None = None,
    detail: dict[str, Any] | None = None,
) -> PaymentNumber | None:
    """Stage what an act recorded; returns the number of the money's row, if money moved."""
    after = recorded.agreement
    assert after.plan.version == stored.book.plan.version, "replan stages another plan"
    book.changes.installments_changed += balance_rows(stored.number, stored.book, after)
    payment: PaymentNumber | None = None
    money: dict[int, PaymentNumber] = {
        one.number: number for one, number in _money(book, stored, recorded.entries)
    }
    for entry in recorded.entries:
        _add_entry(book, stored.number, entry, money.get(entry.number))
        payment = money.get(entry.number, payment)
    state = change_head(book, stored, after, status=status, cancel_reason=cancel_reason)
    if after.standing is Standing.COMPLETED and stored.status != "completed":
        want_document(book, stored.number, "settlement", after.plan.version)
    told = {**(detail or {}), "sealed_state": state}
    settled = after.standing is Standing.COMPLETED
    if settled is not (stored.status == "completed"):
        told["settled"] = settled  # in full, or again not: what a month's report counts
    book.seal(action, borrower=stored.borrower_id, subject=stored.number, detail=told)
    return payment


def replan(book: Book, stored: StoredAgreement, recorded: Recorded, action: str) -> None:
    """Stage another version of the plan; the rows of the one before stay as they are."""
    after = recorded.agreement
    assert not recorded.entries
    assert after.plan.version == stored.book.plan.version + 1
    _add_plan(book, stored.number, after.plan, after)
    state = change_head(book, stored, after)
    book.seal(
        action,
        borrower=stored.borrower_id,
        subject=stored.number,
        detail={
            "version": after.plan.version,
            "reason": after.plan.reason.value,
            "sealed_plan": {str(after.plan.version): plan_digest(after.plan)},
            "sealed_state": state,
        },
    )


def change_head(
    book: Book,
    stored: StoredAgreement,
    after: Agreement,
    *,
    status: str | None = None,
    cancel_reason: str | None = None,
) -> str:
    """Stage the agreement's own row as it stands after an act; returns its digest, to be sealed."""
    status = status or STATUS_OF.get(after.standing, stored.status)
    completed = stored.completed_at
    if status == "completed" and completed is None:
        completed = book.occasion.now
    if status != "completed":
        completed = None  # a reversal opened it again
    book.changes.agreements_changed.append(
        {
            "id": stored.number,
            "status": status,
            "plan_version": after.plan.version,
            "accepted_on": after.accepted_on,
            "cancelled_on": after.cancelled_on,
            "cancel_reason": cancel_reason or stored.cancel_reason,
            "written_off_on": after.written_off_on,
            "completed_at": completed,
        }
    )
    head = replace(
        head_of(stored),
        status=status,
        completed_at=completed,
        cancel_reason=cancel_reason or stored.cancel_reason,
    )
    return state_digest(head, after)


def ask_borrower(
    book: Book,
    number: AgreementNumber,
    kind: RequestKind,
    *,
    phone: PhoneNumber,
    version: int | None,
    sent_ref: str,
    file: tuple[UUID, bytes] | None,
    wanted: dict[str, Any] | None = None,
) -> None:
    """Stage a question that binds; `file` is the document's id and SHA-256."""
    now = book.occasion.now
    book.changes.requests.append(
        {
            "agreement_id": number,
            "kind": kind.value,
            "version": version,
            "wanted": None if wanted is None else json.dumps(wanted),
            "phone_number": phone,
            "file_id": None if file is None else file[0],
            "sha256": None if file is None else file[1],
            "asked_at": now,
            "sent_ref": sent_ref,
            "expires_at": now + timedelta(days=ANSWER_DAYS_MAX),
        }
    )


def close_request(
    book: Book,
    request: OpenRequest,
    answer: str,
    *,
    borrower: BorrowerId,
    by: PhoneNumber | None = None,
    message: str | None = None,
) -> None:
    """Stage the answer with its proof: who, when and in which message."""
    assert answer in ("accepted", "rejected", "expired", "withdrawn")
    at = book.occasion.now
    book.changes.requests_answered.append(
        {
            "id": request.id,
            "answer": answer,
            "answered_at": at,
            "answered_by": by,
            "answered_message": message,
        }
    )
    proof = proof_of(request, answer, at=at, by=by, message=message)
    book.seal(
        "request_answered",
        borrower=borrower,
        subject=request.agreement,
        detail={"request": request.id, "answer": answer, "proof": proof_digest(proof)},
    )


async def replace_request(book: Book, stored: StoredAgreement, request: OpenRequest) -> None:
    """Call an open question off at once, so that another may take its place in this work.

    Only after everything that may refuse: it is written, not staged.
    """
    now = book.occasion.now
    await agreement_requests.withdraw(book.tx, request.id, now)
    proof = proof_of(request, "withdrawn", at=now, by=None, message=None)
    book.seal(
        "request_answered",
        borrower=stored.borrower_id,
        subject=stored.number,
        detail={"request": request.id, "answer": "withdrawn", "proof": proof_digest(proof)},
    )


def _add_plan(book: Book, number: AgreementNumber, plan: Plan, made: Agreement) -> None:
    book.changes.plans.append(
        {
            "agreement_id": number,
            "version": plan.version,
            "agreed_on": plan.agreed_on,
            "reason": plan.reason.value,
            "terms": json.dumps(terms_to_json(plan.terms)),
            "carried": plan.carried,
            "created_at": book.occasion.now,
        }
    )
    book.changes.installments += installment_rows(number, plan, made)


def _money(
    book: Book, stored: StoredAgreement, entries: tuple[Entry, ...]
) -> list[tuple[Entry, PaymentNumber]]:
    made = []
    for entry in entries:
        if entry.kind is EntryKind.REPAYMENT:
            reverses = None
            if entry.reverses is not None:
                reverses = stored.payments[entry.reverses]
            number = book.add_payment(
                stored.borrower_id,
                Direction.RECEIVABLE,
                abs(entry.paid),
                reverses=reverses,
                agreement=stored.number,
            )
            made.append((entry, number))
    return made


def _add_entry(
    book: Book, number: AgreementNumber, entry: Entry, payment: PaymentNumber | None
) -> None:
    book.changes.entries.append(
        {
            "agreement_id": number,
            "number": entry.number,
            "kind": entry.kind.value,
            "on_date": entry.on,
            "paid": entry.paid,
            "unapplied": entry.unapplied,
            "reverses": entry.reverses,
            "goes_with": entry.goes_with,
            "payment_id": payment,
            "created_at": book.occasion.now,
            "created_by": book.occasion.member_id,
        }
    )
    book.changes.portions += [
        {
            "agreement_id": number,
            "entry": entry.number,
            "installment": one.number,
            "penalty": one.penalty,
            "interest": one.interest,
            "principal": one.principal,
        }
        for one in entry.portions
    ]
