"""Recomputes the agreements of one tenant from their facts, for the audit."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bukuhutang.ledger.agreement import Standing
from bukuhutang.store import agreements
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.store.scope import TenantTx

Said = tuple[str, int, str, str]
"""What, the agreement's number, what is stored, what the facts say."""

BALANCES = """
select r.number, r.penalty, r.penalty_paid, r.interest_paid, r.principal_paid, r.penalty_let_off,
    r.interest_let_off, r.principal_let_off
  from installment_payments r join loan_agreements l on l.tenant_id = r.tenant_id
       and l.id = r.agreement_id and l.plan_version = r.version
 where r.tenant_id = $1 and r.agreement_id = $2 order by r.number"""

MONEY = """
select coalesce((select sum(case when p.reverses is null then p.amount else -p.amount end)
            from payments p where p.tenant_id = $1 and p.agreement_id = $2), 0)::bigint as moved,
    coalesce((select sum(e.paid) from agreement_entries e
        where e.tenant_id = $1 and e.agreement_id = $2), 0)::bigint as told"""

STANDINGS = {
    "draft": {Standing.PENDING},
    "sent": {Standing.PENDING},
    "expired": {Standing.CANCELLED},
    "cancelled": {Standing.CANCELLED},
    "active": {Standing.ACTIVE},
    "completed": {Standing.COMPLETED},
    "written_off": {Standing.WRITTEN_OFF},
}


async def wrong(tx: TenantTx) -> AsyncIterator[Said]:
    """Everything an agreement's rows say that its plan and entries do not."""
    numbers = await tx.db.fetch(
        "select id from loan_agreements where tenant_id = $1 order by id", tx.tenant_id
    )
    for row in numbers:
        stored = await agreements.by_number(tx, row["id"])
        if stored is None:
            yield "agreement.plan", row["id"], "none in force", "one"
            continue
        async for one in _of_one(tx, stored):
            yield one


async def _of_one(tx: TenantTx, stored: StoredAgreement) -> AsyncIterator[Said]:
    number = int(stored.number)
    if stored.book.standing not in STANDINGS[stored.status]:
        yield "agreement.status", number, stored.status, stored.book.standing.value
    read = await tx.db.fetch(BALANCES, tx.tenant_id, number)
    rows = {row["number"]: tuple(row)[1:] for row in read}
    for one in stored.book.installments:
        computed = (one.penalty_charged, *one.paid[1:], *one.let_off[1:])
        if rows[one.row.number] != computed:
            what = f"installment {one.row.number}"
            yield f"agreement.{what}", number, str(rows[one.row.number]), str(computed)
    money = await tx.db.fetchrow(MONEY, tx.tenant_id, number)
    assert money is not None
    if not money["moved"] == money["told"] == stored.book.paid:
        yield "agreement.paid", number, str(money["moved"]), str(money["told"])
