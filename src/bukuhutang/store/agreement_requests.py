"""Questions to borrowers that bind, beside the open one an agreement is read with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bukuhutang.base.ids import AgreementNumber, PhoneNumber, TenantId
from bukuhutang.store.agreements import RequestKind
from bukuhutang.store.scope import Connection, TenantTx


@dataclass(frozen=True)
class ClosedRequest:
    """A question that was answered, or is over."""

    agreement: AgreementNumber
    kind: RequestKind
    answer: str
    answered_at: datetime
    language: str


@dataclass(frozen=True)
class SentFile:
    """The last document a borrower was asked with."""

    file_id: UUID
    sha256: bytes
    version: int
    answer: str | None


@dataclass(frozen=True)
class OpenQuestion:
    """An open question of any tenant, as the clock sees it."""

    tenant_id: TenantId
    id: int
    agreement: AgreementNumber
    asked_at: datetime
    expires_at: datetime
    reminded_at: datetime | None


async def last_closed(
    tx: TenantTx, phone: PhoneNumber, *, agreement: int | None, since: datetime
) -> ClosedRequest | None:
    """The newest question to this number that is over since then; of one agreement if named."""
    row = await tx.db.fetchrow(
        "select r.agreement_id, r.kind, r.answer, r.answered_at, l.language"
        " from agreement_requests r join loan_agreements l"
        "   on l.tenant_id = r.tenant_id and l.id = r.agreement_id"
        " where r.tenant_id = $1 and r.phone_number = $2 and r.answer is not null"
        " and r.answered_at >= $3 and ($4::bigint is null or r.agreement_id = $4)"
        " order by r.id desc limit 1",
        tx.tenant_id,
        phone,
        since,
        agreement,
    )
    return _closed(row)


def _closed(row: Any) -> ClosedRequest | None:
    if row is None:
        return None
    return ClosedRequest(
        AgreementNumber(row["agreement_id"]),
        RequestKind(row["kind"]),
        row["answer"],
        row["answered_at"],
        row["language"],
    )


async def quoted_over(tx: TenantTx, chat_id: str, refers_to: str) -> ClosedRequest | None:
    """The question that our message with this provider's id asked, when it is over.

    None as well while the very same paper is asked about again.
    """
    row = await tx.db.fetchrow(
        "select r.agreement_id, r.kind, r.answer, r.answered_at, l.language"
        " from outbound_messages o"
        " join agreement_requests r on r.tenant_id = o.tenant_id and r.sent_ref = o.client_ref"
        " join loan_agreements l on l.tenant_id = r.tenant_id and l.id = r.agreement_id"
        " where o.tenant_id = $1 and o.provider_message_id = $2 and o.chat_id = $3"
        " and r.answer is not null and not exists (select from agreement_requests n"
        "   where n.tenant_id = r.tenant_id and n.agreement_id = r.agreement_id"
        "   and n.answer is null and n.kind = r.kind and n.sha256 is not distinct from r.sha256)"
        " order by r.id desc limit 1",
        tx.tenant_id,
        refers_to,
        chat_id,
    )
    return _closed(row)


async def last_file(tx: TenantTx, agreement: int) -> SentFile | None:
    """The newest document that was sent and not called off, or None while none was made."""
    row = await tx.db.fetchrow(
        "select file_id, sha256, version, answer from agreement_requests"
        " where tenant_id = $1 and agreement_id = $2 and file_id is not null"
        " and (answer is null or answer = 'accepted' or kind = 'accept')"
        " order by id desc limit 1",
        tx.tenant_id,
        agreement,
    )
    return None if row is None else SentFile(*row)


async def quoted_agreement(tx: TenantTx, chat_id: str, refers_to: str) -> int | None:
    """The agreement of which our message with this provider's id tells, in this chat."""
    found = await tx.db.fetchval(
        "select (about ->> 'agreement')::bigint from outbound_messages"
        " where tenant_id = $1 and provider_message_id = $2 and chat_id = $3"
        " order by id desc limit 1",
        tx.tenant_id,
        refers_to,
        chat_id,
    )
    return None if found is None else int(found)


async def withdraw(tx: TenantTx, request_id: int, at: datetime) -> None:
    """Call an open question off at once, so that another may take its place in this transaction."""
    await tx.change_one(
        "update agreement_requests set answer = 'withdrawn', answered_at = $3"
        " where tenant_id = $1 and id = $2 and answer is null",
        request_id,
        at,
    )


async def note_reminded(tx: TenantTx, request_id: int, at: datetime) -> None:
    """The borrower was reminded of the question."""
    await tx.change_one(
        "update agreement_requests set reminded_at = $3 where tenant_id = $1 and id = $2",
        request_id,
        at,
    )


async def note_clarified(tx: TenantTx, request_id: int, at: datetime) -> None:
    """A plain word was asked for."""
    await tx.db.execute(
        "update agreement_requests set clarified_at = $3 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        request_id,
        at,
    )


async def waiting(
    db: Connection, *, asked_by: datetime, expired_by: datetime, limit: int
) -> list[OpenQuestion]:
    """Open questions to be reminded of or to be ended, for the courier; of active tenants."""
    rows = await db.fetch(
        "select r.tenant_id, r.id, r.agreement_id, r.asked_at, r.expires_at, r.reminded_at"
        " from agreement_requests r where r.answer is null"
        " and ((r.reminded_at is null and r.asked_at <= $1) or r.expires_at <= $2)"
        " and (select t.status from tenants t where t.id = r.tenant_id) = 'active'"
        " order by r.asked_at limit $3",
        asked_by,
        expired_by,
        limit,
    )
    return [OpenQuestion(*row) for row in rows]
