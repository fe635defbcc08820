"""Reminders sent to borrowers; the outbound row of each tells its fate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bukuhutang.base.ids import BorrowerId
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class Fate:
    """What became of a reminder, read off the message that carries it."""

    created_at: datetime
    status: str  # of the outbound message
    reason: str | None
    not_before: datetime | None
    sent_at: datetime | None


FATE = """
select r.created_at, o.status, o.reason, o.not_before, o.sent_at from reminders r
  join outbound_messages o on o.tenant_id = r.tenant_id and o.client_ref = r.client_ref
 where r.tenant_id = $1 and r.borrower_id = $2"""


async def sent_on(tx: TenantTx, borrower_id: BorrowerId, day: date) -> Fate | None:
    """The reminder of this local day, or None; one that did not go out is none."""
    row = await tx.db.fetchrow(
        f"{FATE} and r.local_date = $3 and o.status not in ('failed', 'skipped')"
        " order by r.id desc limit 1",
        tx.tenant_id,
        borrower_id,
        day,
    )
    return None if row is None else Fate(*row)


async def latest(tx: TenantTx, borrower_id: BorrowerId) -> Fate | None:
    """The newest reminder of this borrower, whatever became of it."""
    row = await tx.db.fetchrow(f"{FATE} order by r.id desc limit 1", tx.tenant_id, borrower_id)
    return None if row is None else Fate(*row)


DUES_ACTS = (
    *("installment_paid", "installment_undone", "agreement_paid_off", "agreement_forgiven"),
    *("forgiveness_undone", "agreement_written_off", "write_off_undone", "agreement_rescheduled"),
)
"""What changes how much is due of an agreement, or when."""


async def outdated(tx: TenantTx, client_ref: str) -> str | None:
    """Why a queued reminder says what is no longer so: `opted_out`, `settled`, `changed`; or None.

    A payment, an undone record or another schedule since then changes what is owed; a further debt
    does not make the older one untrue.
    """
    reason: str | None = await tx.db.fetchval(
        "select case when b.opted_out_at is not null then 'opted_out'"
        " when not exists (select from debts d where d.tenant_id = b.tenant_id"
        "   and d.borrower_id = b.id and d.direction = 'piutang' and d.status = 'open')"
        " and not exists (select from loan_agreements l where l.tenant_id = b.tenant_id"
        "   and l.borrower_id = b.id and l.status = 'active')"
        "   then 'settled'"
        " when exists (select from audit_log a where a.tenant_id = b.tenant_id"
        "   and a.borrower_id = b.id and a.at > r.created_at"
        "   and (a.detail ->> 'direction' = 'piutang'"
        "     and a.action in ('payment_recorded', 'payment_undone', 'debt_undone')"
        "     or a.action = any($3)))"
        "   then 'changed' end"
        " from reminders r join borrowers b"
        "   on b.tenant_id = r.tenant_id and b.id = r.borrower_id"
        " where r.tenant_id = $1 and r.client_ref = $2",
        tx.tenant_id,
        client_ref,
        DUES_ACTS,
    )
    return reason


@dataclass(frozen=True)
class ReminderRow:
    """A reminder with whom it was for and what became of it."""

    number: int
    borrower_id: BorrowerId
    borrower_name: str
    kind: str  # manual, automatic
    local_date: date
    fate: Fate


PAGE = """
select r.id, r.borrower_id, b.name, r.kind, r.local_date, r.created_at, o.status, o.reason,
    o.not_before, o.sent_at
  from reminders r
  join borrowers b on b.tenant_id = r.tenant_id and b.id = r.borrower_id
  join outbound_messages o on o.tenant_id = r.tenant_id and o.client_ref = r.client_ref
 where r.tenant_id = $1 and {which} order by r.id desc limit {limit}"""


async def page(
    tx: TenantTx, *, borrower: BorrowerId | None, before: int, limit: int
) -> list[ReminderRow]:
    """Reminders numbered below `before`, of one person if named; the newest first."""
    which = "r.id < $2 and ($3::bigint is null or r.borrower_id = $3)"
    text = PAGE.format(which=which, limit=limit)
    return [_row(row) for row in await tx.db.fetch(text, tx.tenant_id, before, borrower)]


async def read(tx: TenantTx, number: int) -> ReminderRow | None:
    """One reminder, or None."""
    row = await tx.db.fetchrow(PAGE.format(which="r.id = $2", limit=1), tx.tenant_id, number)
    return None if row is None else _row(row)


def _row(row: Any) -> ReminderRow:
    return ReminderRow(
        row["id"],
        BorrowerId(row["borrower_id"]),
        row["name"],
        row["kind"],
        row["local_date"],
        Fate(row["created_at"], row["status"], row["reason"], row["not_before"], row["sent_at"]),
    )
