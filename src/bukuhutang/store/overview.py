"""Sums and lists over one tenant's open debts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class OpenSum:
    """What is open with one person in one direction: all that is late, or what is due one day."""

    direction: Direction
    late: bool
    name: str
    outstanding: int
    first_due: date
    rows: int  # of this direction and lateness, all of them
    total: int  # the same, in whole rupiah


@dataclass(frozen=True)
class Totals:
    """Over everything that is open in one direction."""

    people: int
    outstanding: int


async def open_sums(tx: TenantTx, today: date, *, limit: int) -> list[OpenSum]:
    """Per direction and lateness the first `limit` by due date, with totals over all of them."""
    rows = await tx.db.fetch(
        "select * from (select *, count(*) over same as rows,"
        "   sum(outstanding) over same::bigint as total,"
        "   row_number() over (partition by direction, late order by first_due, borrower_id) as n"
        " from (select d.direction, d.due_date < $2 as late, d.borrower_id, b.name,"
        "     sum(d.principal - d.paid)::bigint as outstanding, min(d.due_date) as first_due"
        "   from debts d join borrowers b on b.tenant_id = d.tenant_id and b.id = d.borrower_id"
        "   where d.tenant_id = $1 and d.status = 'open'"
        "   group by d.direction, late, d.borrower_id, b.name,"
        "     case when d.due_date < $2 then null else d.due_date end) person"
        " window same as (partition by direction, late)) ranked"
        " where n <= $3 order by direction, late, n",
        tx.tenant_id,
        today,
        limit,
    )
    return [
        OpenSum(
            Direction(row["direction"]),
            row["late"],
            row["name"],
            row["outstanding"],
            row["first_due"],
            row["rows"],
            row["total"],
        )
        for row in rows
    ]


async def totals(tx: TenantTx) -> dict[Direction, Totals]:
    """How many people and how much is open, by direction."""
    rows = await tx.db.fetch(
        "select direction, count(distinct borrower_id) as people,"
        " sum(principal - paid)::bigint as outstanding"
        " from debts where tenant_id = $1 and status = 'open' group by direction",
        tx.tenant_id,
    )
    return {Direction(row["direction"]): Totals(row["people"], row["outstanding"]) for row in rows}


async def people_owing(tx: TenantTx) -> int:
    """How many people owe on a debt or on an agreement that is counted on."""
    count = await tx.db.fetchval(
        "select count(*) from (select borrower_id from debts where tenant_id = $1"
        "   and status = 'open' and direction = $2"
        " union select borrower_id from loan_agreements where tenant_id = $1"
        "   and status = 'active') people",
        tx.tenant_id,
        Direction.RECEIVABLE,
    )
    assert isinstance(count, int)
    return count
