"""Payments and their allocations: appended, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bukuhutang.base.ids import BorrowerId, DebtNumber, PaymentNumber
from bukuhutang.ledger.debt import Debt
from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class Unapplied:
    """What one payment holds that no debt has taken, in whole rupiah."""

    number: PaymentNumber
    unapplied: int


@dataclass(frozen=True)
class PaymentRow:
    """A payment with what it put on which debt."""

    number: PaymentNumber
    borrower_id: BorrowerId
    direction: Direction
    amount: int
    allocations: tuple[tuple[int, DebtNumber, int], ...]  # payment, debt, rupiah


async def unapplied(tx: TenantTx, borrower_id: BorrowerId, direction: Direction) -> list[Unapplied]:
    """The payments of one person that still hold a rest, oldest first; reversed ones hold none."""
    rows = await tx.db.fetch(
        "select p.id, p.amount - coalesce((select sum(a.amount) from payment_allocations a"
        "   where a.tenant_id = p.tenant_id and a.payment_id = p.id), 0)::bigint as rest"
        " from payments p where p.tenant_id = $1 and p.borrower_id = $2 and p.direction = $3"
        " and p.reverses is null and p.agreement_id is null and not exists (select from payments r"
        "   where r.tenant_id = p.tenant_id and r.reverses = p.id) order by p.id",
        tx.tenant_id,
        borrower_id,
        direction,
    )
    return [Unapplied(PaymentNumber(row["id"]), row["rest"]) for row in rows if row["rest"]]


async def with_allocations(tx: TenantTx, number: PaymentNumber) -> PaymentRow | None:
    """One payment and what it put on which debt so far, or None."""
    row = await tx.db.fetchrow(
        "select id, borrower_id, direction, amount from payments"
        " where tenant_id = $1 and id = $2 and reverses is null",
        tx.tenant_id,
        number,
    )
    if row is None:
        return None
    shares = await tx.db.fetch(
        "select debt_id, sum(amount)::bigint as amount from payment_allocations"
        " where tenant_id = $1 and payment_id = $2 group by debt_id having sum(amount) <> 0"
        " order by debt_id",
        tx.tenant_id,
        number,
    )
    return PaymentRow(
        PaymentNumber(row["id"]),
        BorrowerId(row["borrower_id"]),
        Direction(row["direction"]),
        row["amount"],
        tuple((number, DebtNumber(one["debt_id"]), one["amount"]) for one in shares),
    )


async def debts_by_number(tx: TenantTx, numbers: list[DebtNumber]) -> dict[DebtNumber, Debt]:
    """Debts by number, whatever their state."""
    rows = await tx.db.fetch(
        "select id, direction, borrower_id, principal, paid, due_date, note, status"
        " from debts where tenant_id = $1 and id = any($2)",
        tx.tenant_id,
        numbers,
    )
    return {DebtNumber(row["id"]): debt_of(row) for row in rows}


def debt_of(row: Any) -> Debt:
    """A Debt from a row of `debts`."""
    return Debt(
        DebtNumber(row["id"]),
        Direction(row["direction"]),
        BorrowerId(row["borrower_id"]),
        row["principal"],
        row["paid"],
        row["due_date"],
        row["note"],
        reversed=row["status"] == "reversed",
    )


async def allocated_to(tx: TenantTx, debt: DebtNumber) -> list[tuple[PaymentNumber, int]]:
    """Which payments have put how much on one debt, reversals counted off."""
    rows = await tx.db.fetch(
        "select payment_id, sum(amount)::bigint as amount from payment_allocations"
        " where tenant_id = $1 and debt_id = $2 group by payment_id having sum(amount) <> 0"
        " order by payment_id",
        tx.tenant_id,
        debt,
    )
    return [(PaymentNumber(row["payment_id"]), row["amount"]) for row in rows]
