"""Sums over one tenant's book for reports: how old what is owed is, and what a month brought.

Months are spans of instants and of local dates, both without their end. What was taken back
counts against the month in which it was taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bukuhutang.base.ids import BorrowerId
from bukuhutang.ledger.aging import AgingBucket
from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class AgedSum:
    """What one person owes, or is owed, in one bucket; of debts without installments."""

    direction: Direction
    borrower_id: BorrowerId
    name: str
    bucket: AgingBucket
    amount: int


@dataclass(frozen=True)
class Span:
    """A calendar month where the tenant is."""

    first: date
    behind: date  # the first day of the next one
    start: datetime  # the instants at which those days begin
    end: datetime


@dataclass(frozen=True)
class MonthSums:
    """What a month brought with one person in one direction; all may be below nothing."""

    direction: Direction
    borrower_id: BorrowerId
    name: str
    lent: int  # debts recorded and agreements that began
    collected: int  # payments
    new: int  # how many of those debts and agreements
    settled: int  # how many were paid in full


# The same ends as `ledger.aging`, which a test compares.
AGED = """
select d.direction, d.borrower_id, b.name,
    case when d.due_date >= $2 then 'current' when d.due_date >= $2 - 30 then '1-30'
         when d.due_date >= $2 - 60 then '31-60' when d.due_date >= $2 - 90 then '61-90'
         else 'over_90' end as bucket,
    sum(d.principal - d.paid)::bigint as amount
  from debts d join borrowers b on b.tenant_id = d.tenant_id and b.id = d.borrower_id
 where d.tenant_id = $1 and d.status = 'open'
 group by d.direction, d.borrower_id, b.name, bucket"""

# Each act of the month as a row of four figures: lent, collected, new, settled.
MONTH = """
with moved as (
    select direction, borrower_id, principal as lent, 0::bigint as collected, 1 as new, 0 as settled
      from debts where tenant_id = $1 and created_at >= $2 and created_at < $3
    union all
    select d.direction, d.borrower_id, -d.principal, 0, -1, 0
      from audit_log a join debts d on d.tenant_id = a.tenant_id and d.id = a.subject
     where a.tenant_id = $1 and a.action = 'debt_undone' and a.at >= $2 and a.at < $3
    union all
    select 'piutang', borrower_id, principal, 0, 1, 0
      from loan_agreements where tenant_id = $1 and accepted_on >= $4 and accepted_on < $5
    union all
    select 'piutang', borrower_id, -principal, 0, -1, 0
      from loan_agreements where tenant_id = $1 and accepted_on is not null
       and cancelled_on >= $4 and cancelled_on < $5
    union all
    select direction, borrower_id, 0, case when reverses is null then amount else -amount end, 0, 0
      from payments where tenant_id = $1 and created_at >= $2 and created_at < $3
    union all
    select s.direction, s.borrower_id, 0, 0, 0, case when s.paid = s.principal then 1 else -1 end
      from (select d.direction, d.borrower_id, d.principal, l.created_at, l.amount,
                sum(l.amount) over (partition by l.debt_id order by l.id) as paid
              from payment_allocations l
              join debts d on d.tenant_id = l.tenant_id and d.id = l.debt_id
             where l.tenant_id = $1 and l.debt_id in (select t.debt_id from payment_allocations t
                where t.tenant_id = $1 and t.created_at >= $2 and t.created_at < $3)) s
     where s.created_at >= $2 and s.created_at < $3
       and (s.paid = s.principal or s.paid - s.amount = s.principal)
    union all
    select 'piutang', borrower_id, 0, 0, 0, case (detail ->> 'settled')::boolean
           when true then 1 else -1 end
      from audit_log where tenant_id = $1 and at >= $2 and at < $3 and detail ? 'settled'
)
select m.direction, m.borrower_id, b.name, sum(m.lent)::bigint as lent,
    sum(m.collected)::bigint as collected, sum(m.new)::bigint as new,
    sum(m.settled)::bigint as settled
  from moved m join borrowers b on b.tenant_id = $1 and b.id = m.borrower_id
 group by m.direction, m.borrower_id, b.name
having (sum(m.lent), sum(m.collected), sum(m.new), sum(m.settled)) <> (0, 0, 0, 0)
 order by m.direction desc, b.name, m.borrower_id"""


async def aged_debts(tx: TenantTx, today: date) -> list[AgedSum]:
    """Open debts by direction, person and bucket."""
    rows = await tx.db.fetch(AGED, tx.tenant_id, today)
    return [
        AgedSum(
            Direction(row["direction"]),
            BorrowerId(row["borrower_id"]),
            row["name"],
            AgingBucket(row["bucket"]),
            row["amount"],
        )
        for row in rows
    ]


async def month(tx: TenantTx, span: Span) -> list[MonthSums]:
    """What a month brought, by direction and person; nobody with whom nothing happened."""
    rows = await tx.db.fetch(MONTH, tx.tenant_id, span.start, span.end, span.first, span.behind)
    return [
        MonthSums(
            Direction(row["direction"]),
            BorrowerId(row["borrower_id"]),
            row["name"],
            row["lent"],
            row["collected"],
            row["new"],
            row["settled"],
        )
        for row in rows
    ]
