"""Borrowers: the people of one tenant's book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bukuhutang.base.ids import BorrowerId, PhoneNumber
from bukuhutang.ledger.debt import Borrower
from bukuhutang.store.scope import TenantTx


async def by_phone(tx: TenantTx, phone: PhoneNumber) -> Borrower | None:
    """The person who has this number, or None."""
    row = await tx.db.fetchrow(
        "select id, name, name_key, opted_out_at from borrowers"
        " where tenant_id = $1 and phone_number = $2",
        tx.tenant_id,
        phone,
    )
    if row is None:
        return None
    return Borrower(
        BorrowerId(row["id"]),
        row["name"],
        row["name_key"],
        phone,
        opted_out_at=row["opted_out_at"],
    )


async def similar_names(tx: TenantTx, name_key: str, *, limit: int) -> tuple[str, ...]:
    """Names that hold the one looked for somewhere, or share its first word; shortest first."""
    words = name_key.split()
    rows = await tx.db.fetch(
        "select name from borrowers where tenant_id = $1"
        " and (position($2 in name_key) > 0 or position($3 in name_key) > 0)"
        " order by length(name), name limit $4",
        tx.tenant_id,
        name_key,
        words[0] if words else name_key,
        limit,
    )
    return tuple(row["name"] for row in rows)


@dataclass(frozen=True)
class BorrowerRow:
    """A person of the book with what is open on debts, both ways, in whole rupiah."""

    borrower: Borrower
    receivable: int
    payable: int
    created_at: datetime


ROW = """
select b.id, b.name, b.name_key, b.phone_number, b.opted_out_at, b.credit_receivable,
    b.credit_payable, b.created_at, o.receivable, o.payable
  from borrowers b cross join lateral (
    select coalesce(sum(d.principal - d.paid) filter (where d.direction = 'piutang'), 0)::bigint
            as receivable,
        coalesce(sum(d.principal - d.paid) filter (where d.direction = 'hutang'), 0)::bigint
            as payable
      from debts d where d.tenant_id = b.tenant_id and d.borrower_id = b.id
       and d.status = 'open') o
 where b.tenant_id = $1"""


def _row(row: Any) -> BorrowerRow:
    phone = row["phone_number"]
    borrower = Borrower(
        BorrowerId(row["id"]),
        row["name"],
        row["name_key"],
        None if phone is None else PhoneNumber(phone),
        row["opted_out_at"],
        row["credit_receivable"],
        row["credit_payable"],
    )
    return BorrowerRow(borrower, row["receivable"], row["payable"], row["created_at"])


async def read(tx: TenantTx, number: BorrowerId) -> BorrowerRow | None:
    """One person, or None."""
    row = await tx.db.fetchrow(f"{ROW} and b.id = $2", tx.tenant_id, number)
    return None if row is None else _row(row)


async def page(
    tx: TenantTx, *, before: int, limit: int, name_key: str | None, digits: str | None
) -> list[BorrowerRow]:
    """People numbered below `before`, the newest first; at most `limit`.

    `name_key` is found anywhere in the name, `digits` at the start of the number; without both
    everybody is meant.
    """
    rows = await tx.db.fetch(
        f"{ROW} and b.id < $2 and (($4::text is null and $5::text is null)"
        " or position($4 in b.name_key) > 0 or starts_with(b.phone_number, $5))"
        " order by b.id desc limit $3",
        tx.tenant_id,
        before,
        limit,
        name_key,
        digits,
    )
    return [_row(row) for row in rows]
