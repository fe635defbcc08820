"""Borrowers: the people of one tenant's book."""

from __future__ import annotations

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
