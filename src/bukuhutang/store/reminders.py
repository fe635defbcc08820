"""Reminders sent to borrowers; the outbound row of each tells its fate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bukuhutang.base.ids import BorrowerId
from bukuhutang.store.scope import TenantTx


async def sent_on(tx: TenantTx, borrower_id: BorrowerId, day: date) -> datetime | None:
    """When the borrower was reminded on this local day, or None; what did not go out is none."""
    at: datetime | None = await tx.db.fetchval(
        "select r.created_at from reminders r"
        " where r.tenant_id = $1 and r.borrower_id = $2 and r.local_date = $3"
        " and not exists (select from outbound_messages o where o.tenant_id = r.tenant_id"
        "   and o.client_ref = r.client_ref and o.status = 'failed')"
        " order by r.id desc limit 1",
        tx.tenant_id,
        borrower_id,
        day,
    )
    return at


@dataclass(frozen=True)
class Undelivered:
    """A reminder that did not go out: to whom, what it said, and the lender's language."""

    borrower_id: BorrowerId
    name: str
    body: str
    language: str


async def undelivered(tx: TenantTx, client_ref: str) -> Undelivered | None:
    """The failed reminder behind an outbound message, or None when it is none."""
    row = await tx.db.fetchrow(
        "select r.borrower_id, b.name, o.body, s.language from reminders r"
        " join borrowers b on b.tenant_id = r.tenant_id and b.id = r.borrower_id"
        " join outbound_messages o on o.tenant_id = r.tenant_id and o.client_ref = r.client_ref"
        " join tenant_settings s on s.tenant_id = r.tenant_id"
        " where r.tenant_id = $1 and r.client_ref = $2 and o.status = 'failed'",
        tx.tenant_id,
        client_ref,
    )
    return None if row is None else Undelivered(*row)
