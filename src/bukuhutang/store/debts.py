"""Debts by number and in lists, as programs read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bukuhutang.base.ids import BorrowerId, DebtNumber, PaymentNumber
from bukuhutang.ledger.debt import Debt, DebtStatus
from bukuhutang.ledger.money import Direction
from bukuhutang.store.payments import debt_of
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class DebtRow:
    """A debt with whom it is with and since when."""

    debt: Debt
    borrower_name: str
    created_at: datetime


@dataclass(frozen=True)
class Filter:
    """Which debts; None is all. `overdue` compares with `today`, and concerns open ones."""

    today: date
    status: DebtStatus | None = None
    direction: Direction | None = None
    borrower: BorrowerId | None = None
    overdue: bool | None = None


@dataclass(frozen=True)
class OnDebt:
    """What one payment put on a debt; what was taken back again is not counted."""

    payment: PaymentNumber
    amount: int
    paid_at: datetime


COLUMNS = (
    "d.id, d.direction, d.borrower_id, d.principal, d.paid, d.due_date, d.note, d.status,"
    " b.name as borrower_name, d.created_at"
)
FROM = "from debts d join borrowers b on b.tenant_id = d.tenant_id and b.id = d.borrower_id"


def _row(row: Any) -> DebtRow:
    return DebtRow(debt_of(row), row["borrower_name"], row["created_at"])


async def read(tx: TenantTx, number: DebtNumber) -> DebtRow | None:
    """One debt, or None."""
    row = await tx.db.fetchrow(
        # Our own constants, nothing of the request.
        f"select {COLUMNS} {FROM} where d.tenant_id = $1 and d.id = $2",
        tx.tenant_id,
        number,
    )
    return None if row is None else _row(row)


async def page(tx: TenantTx, which: Filter, *, before: int, limit: int) -> list[DebtRow]:
    """Debts with a number below `before`, the newest first; at most `limit`."""
    rows = await tx.db.fetch(
        # Our own constants, nothing of the request.
        f"select {COLUMNS} {FROM} where d.tenant_id = $1 and d.id < $2"
        " and ($4::text is null or d.status = $4) and ($5::text is null or d.direction = $5)"
        " and ($6::bigint is null or d.borrower_id = $6)"
        " and ($7::boolean is null or (d.status = 'open' and d.due_date < $8) = $7)"
        " order by d.id desc limit $3",
        tx.tenant_id,
        before,
        limit,
        which.status,
        which.direction,
        which.borrower,
        which.overdue,
        which.today,
    )
    return [_row(row) for row in rows]


async def allocations(tx: TenantTx, number: DebtNumber) -> list[OnDebt]:
    """Which payments have put how much on one debt, the oldest first."""
    rows = await tx.db.fetch(
        "select p.id, sum(a.amount)::bigint as amount, p.created_at from payment_allocations a"
        " join payments p on p.tenant_id = a.tenant_id and p.id = a.payment_id"
        " where a.tenant_id = $1 and a.debt_id = $2 group by p.tenant_id, p.id, p.created_at"
        " having sum(a.amount) <> 0 order by p.id",
        tx.tenant_id,
        number,
    )
    return [OnDebt(PaymentNumber(row["id"]), row["amount"], row["created_at"]) for row in rows]
