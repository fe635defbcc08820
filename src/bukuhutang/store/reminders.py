"""Reminders sent to borrowers; the outbound row of each tells its fate."""

from __future__ import annotations

from datetime import date, datetime

from bukuhutang.base.ids import BorrowerId
from bukuhutang.store.scope import TenantTx


async def sent_on(tx: TenantTx, borrower_id: BorrowerId, day: date) -> datetime | None:
    """When the borrower was reminded on this local day, or None."""
    at: datetime | None = await tx.db.fetchval(
        "select created_at from reminders"
        " where tenant_id = $1 and borrower_id = $2 and local_date = $3",
        tx.tenant_id,
        borrower_id,
        day,
    )
    return at
