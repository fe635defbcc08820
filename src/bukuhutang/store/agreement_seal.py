"""Fingerprints of agreements for the audit chain: whoever changes a row afterwards is found out.

What an act leaves behind is sealed as one hash of all that the agreement is; the audit makes it
again from the rows. Canonical JSON, so that it can be made again by any later version.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from bukuhutang.ledger.agreement import Agreement, Plan
from bukuhutang.store.agreement_terms import penalty_to_json, terms_to_json
from bukuhutang.store.agreements import OpenRequest, StoredAgreement


@dataclass(frozen=True)
class Head:
    """The agreement's own row, without what its plan and entries say."""

    borrower_id: int
    status: str
    principal: int
    guarantor: str | None
    language: str
    assessment: dict[str, Any] | None
    verify_token: str | None
    created_at: datetime
    completed_at: datetime | None
    cancel_reason: str | None


@dataclass(frozen=True)
class Proof:
    """What is kept of an answer."""

    kind: str
    version: int | None
    phone: str
    sha256: bytes | None
    answer: str
    answered_at: datetime
    answered_by: str | None
    message: str | None


def head_of(stored: StoredAgreement) -> Head:
    """The agreement's own row as it is sealed."""
    return Head(
        stored.borrower_id,
        stored.status,
        stored.principal,
        stored.guarantor,
        stored.language,
        stored.assessment,
        stored.verify_token,
        stored.created_at,
        stored.completed_at,
        stored.cancel_reason,
    )


def state_digest(head: Head, book: Agreement) -> str:
    """All that an agreement is, in 64 hexadecimal characters."""
    return _digest(
        [
            [getattr(head, name) for name in Head.__dataclass_fields__],
            _plan(book.plan),
            penalty_to_json(book.penalty),
            [
                [
                    *(one.number, one.kind.value, one.on, one.paid, one.unapplied),
                    *(one.reverses, one.goes_with, [list(part) for part in one.portions]),
                ]
                for one in book.entries
            ],
            [
                [one.number, one.counted_until, one.late_days, one.rupiah_days]
                for one in book.lateness
            ],
            [book.accepted_on, book.cancelled_on, book.written_off_on],
        ]
    )


def plan_digest(plan: Plan) -> str:
    """One version of the schedule, without what happened to it."""
    return _digest(_plan(plan))


def proof_digest(proof: Proof) -> str:
    """An answer with its proof."""
    return _digest([getattr(proof, name) for name in Proof.__dataclass_fields__])


def proof_of(
    request: OpenRequest, answer: str, *, at: datetime, by: str | None, message: str | None
) -> Proof:
    """What will be kept of this answer to an open question."""
    sha256 = None if request.sha256 is None else bytes(request.sha256)
    return Proof(
        request.kind.value, request.version, request.phone, sha256, answer, at, by, message
    )


def _plan(plan: Plan) -> list[Any]:
    return [
        *(plan.version, plan.agreed_on, plan.reason.value, terms_to_json(plan.terms)),
        plan.carried,
        sorted([list(row) for row in plan.rows]),
        sorted([list(row) for row in plan.closed]),
    ]


def _digest(value: object) -> str:
    text = json.dumps(value, default=_plain, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    assert isinstance(value, bytes)
    return value.hex()
