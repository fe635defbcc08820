"""Documents to be made: leased by a loop, made outside any transaction, finished in one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bukuhutang.base.ids import AgreementNumber, TenantId
from bukuhutang.store.scope import Connection, TenantTx

ATTEMPTS_MAX = 5
LEASE_SECONDS = 60


@dataclass(frozen=True)
class DocumentJob:
    """One document that is wanted; `attempts` counts the one that begins now."""

    tenant_id: TenantId
    id: int
    kind: str
    agreement: AgreementNumber
    version: int
    wanted: dict[str, Any] | None
    attempts: int


LEASE = """
with head as (
    select j.tenant_id, j.id from document_jobs j
     where j.status = 'pending' and (j.leased_until is null or j.leased_until <= $1)
     order by j.id limit $3 for update of j skip locked)
update document_jobs j set attempts = j.attempts + 1, leased_until = $2
  from head where j.tenant_id = head.tenant_id and j.id = head.id
returning j.tenant_id, j.id, j.kind, j.agreement_id, j.version, j.wanted, j.attempts"""


async def lease(db: Connection, *, now: datetime, until: datetime, limit: int) -> list[DocumentJob]:
    """Take what waits; nobody else gets it before `until`, machine time."""
    rows = await db.fetch(LEASE, now, until, limit)
    jobs = [
        DocumentJob(
            TenantId(row["tenant_id"]),
            row["id"],
            row["kind"],
            AgreementNumber(row["agreement_id"]),
            row["version"],
            None if row["wanted"] is None else json.loads(row["wanted"]),
            row["attempts"],
        )
        for row in rows
    ]
    return sorted(jobs, key=lambda one: one.id)


async def put_off(db: Connection, job: DocumentJob, until: datetime, reason: str) -> None:
    """Not made this time: try again from `until` on."""
    await db.execute(
        "update document_jobs set leased_until = $3, reason = $4"
        " where tenant_id = $1 and id = $2 and status = 'pending'",
        job.tenant_id,
        job.id,
        until,
        reason,
    )


async def is_waiting(db: Connection) -> bool:
    """Whether any document is still to be made."""
    found = await db.fetchval(
        "select 1 from document_jobs where status = 'pending' order by id limit 1"
    )
    return found is not None


async def is_pending(tx: TenantTx, job_id: int) -> bool:
    """Whether nobody has finished it yet; under the book's lock that stays so."""
    status = await tx.db.fetchval(
        "select status from document_jobs where tenant_id = $1 and id = $2", tx.tenant_id, job_id
    )
    return bool(status == "pending")


async def finish(
    tx: TenantTx,
    job_id: int,
    status: str,
    *,
    file_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    """The document is made, needed no longer, or given up.

    Without a file it gives its place in the month's meter back.
    """
    await tx.db.execute(
        "with job as (update document_jobs set status = $3, file_id = $4, reason = $5"
        "   where tenant_id = $1 and id = $2 returning counted_in, file_id)"
        " update usage_meters m set used = m.used - 1 from job where m.tenant_id = $1"
        " and m.meter = 'pdfs' and m.month = job.counted_in and job.file_id is null",
        tx.tenant_id,
        job_id,
        status,
        file_id,
        reason,
    )


async def call_off(tx: TenantTx, agreement: int, kind: str) -> bool:
    """What waits of this kind for an agreement is needed no longer; whether anything did.

    What was not made gives its place in the month's meter back.
    """
    count: int = await tx.db.fetchval(
        "with off as (update document_jobs set status = 'done', reason = 'called off'"
        "   where tenant_id = $1 and agreement_id = $2 and kind = $3 and status = 'pending'"
        "   returning counted_in),"
        " back as (update usage_meters m set used = m.used - freed.places"
        "   from (select counted_in, count(*) as places from off group by 1) freed"
        "   where m.tenant_id = $1 and m.meter = 'pdfs' and m.month = freed.counted_in)"
        " select count(*) from off",
        tx.tenant_id,
        agreement,
        kind,
    )
    return count > 0


async def settlement_was_sent(tx: TenantTx, agreement: int) -> bool:
    """Whether the borrower holds a receipt of settlement."""
    found = await tx.db.fetchval(
        "select 1 from document_jobs where tenant_id = $1 and agreement_id = $2"
        " and kind = 'settlement' and file_id is not null limit 1",
        tx.tenant_id,
        agreement,
    )
    return found is not None
