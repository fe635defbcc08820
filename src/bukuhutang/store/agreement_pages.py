"""Agreements as pages show them: lists, the versions of a plan, the questions and answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bukuhutang.base.ids import BorrowerId
from bukuhutang.store import agreements
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class PlanVersion:
    """One version of the schedule; the last that was agreed to is in force."""

    version: int
    agreed_on: date
    reason: str  # agreed, due_date_moved, term_extended
    installments: int  # rows, the down payment left out
    total: int  # all of them, in rupiah


@dataclass(frozen=True)
class AskedRequest:
    """A question to the borrower that binds, open or answered."""

    kind: str  # accept, reschedule, cancel
    version: int | None
    asked_at: datetime
    expires_at: datetime
    reminded_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    sha256: bytes | None  # of the document it was about


async def page(
    tx: TenantTx, *, status: str | None, borrower: BorrowerId | None, before: int, limit: int
) -> list[StoredAgreement]:
    """Agreements numbered below `before`, the newest first."""
    rows = await tx.db.fetch(
        "select id from loan_agreements where tenant_id = $1 and id < $2"
        " and ($3::text is null or status = $3) and ($4::bigint is null or borrower_id = $4)"
        " order by id desc limit $5",
        tx.tenant_id,
        before,
        status,
        borrower,
        limit,
    )
    return (await agreements.by_numbers(tx, [row["id"] for row in rows]))[::-1]


async def versions(tx: TenantTx, number: int) -> list[PlanVersion]:
    """Every version of an agreement's plan, in order."""
    rows = await tx.db.fetch(
        "select p.version, p.agreed_on, p.reason,"
        " count(*) filter (where r.number > 0 and not r.closed) as installments,"
        " coalesce(sum(r.principal + r.interest) filter (where not r.closed), 0)::bigint as total"
        " from agreement_plans p join installment_payments r on r.tenant_id = p.tenant_id"
        "   and r.agreement_id = p.agreement_id and r.version = p.version"
        " where p.tenant_id = $1 and p.agreement_id = $2"
        " group by p.version, p.agreed_on, p.reason order by p.version",
        tx.tenant_id,
        number,
    )
    return [PlanVersion(*row) for row in rows]


async def requests(tx: TenantTx, number: int) -> list[AskedRequest]:
    """Every question of an agreement, in the order of asking."""
    rows = await tx.db.fetch(
        "select kind, version, asked_at, expires_at, reminded_at, answer, answered_at, sha256"
        " from agreement_requests where tenant_id = $1 and agreement_id = $2 order by id",
        tx.tenant_id,
        number,
    )
    return [AskedRequest(*row) for row in rows]
