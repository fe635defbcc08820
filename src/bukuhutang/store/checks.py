"""Recomputes balances and counters of one tenant from the facts, and lists what differs."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bukuhutang.base.ids import TenantId
from bukuhutang.ledger.chain import GENESIS, AuditEntry, entry_hash
from bukuhutang.store import agreement_checks, usage_checks
from bukuhutang.store.scope import Connection, TenantTx

CHAIN_PAGE = 2_000


@dataclass(frozen=True)
class Difference:
    """One thing the book says that the facts do not."""

    tenant_id: TenantId
    what: str
    number: int
    stored: str
    computed: str


DEBTS = """
select d.id, d.paid, d.status, coalesce(sum(a.amount), 0)::bigint as facts, d.principal,
    exists (select from audit_log l where l.tenant_id = d.tenant_id and l.subject = d.id
        and l.action = 'debt_undone') as undone
  from debts d left join payment_allocations a on a.tenant_id = d.tenant_id and a.debt_id = d.id
 where d.tenant_id = $1 group by d.tenant_id, d.id, d.paid, d.status, d.principal order by d.id"""

PAYMENTS = """
select p.id, p.amount, coalesce(sum(a.amount), 0)::bigint as allocated,
    exists (select from payments r where r.tenant_id = p.tenant_id and r.reverses = p.id)
        as reversed
  from payments p
  left join payment_allocations a on a.tenant_id = p.tenant_id and a.payment_id = p.id
 where p.tenant_id = $1 and p.reverses is null and p.agreement_id is null
 group by p.tenant_id, p.id, p.amount
 order by p.id"""

CREDITS = """
with rest as (
    select p.borrower_id, p.direction, p.amount - coalesce((select sum(a.amount)
            from payment_allocations a
            where a.tenant_id = p.tenant_id and a.payment_id = p.id), 0) as unapplied
      from payments p
     where p.tenant_id = $1 and p.reverses is null and p.agreement_id is null and not exists (
        select from payments r where r.tenant_id = p.tenant_id and r.reverses = p.id))
select b.id, b.credit_receivable, b.credit_payable,
    coalesce(sum(unapplied) filter (where direction = 'piutang'), 0)::bigint as receivable,
    coalesce(sum(unapplied) filter (where direction = 'hutang'), 0)::bigint as payable
  from borrowers b left join rest on rest.borrower_id = b.id
 where b.tenant_id = $1 group by b.id, b.credit_receivable, b.credit_payable order by b.id"""

# What the audit log says was recorded, against the rows that were recorded; either may be missing.
JOURNAL = """
select coalesce(l.subject, d.id) as number, 'debt' as what,
    l.borrower_id::text || ' ' || (l.detail ->> 'direction') || ' ' || (l.detail ->> 'amount')
        || ' ' || (l.detail ->> 'due_date') as said,
    d.borrower_id::text || ' ' || d.direction || ' ' || d.principal || ' ' || d.due_date as stored
  from (select * from audit_log where tenant_id = $1 and action = 'debt_recorded') l
  full join (select * from debts where tenant_id = $1) d on d.id = l.subject
union all
select coalesce(l.subject, p.id), 'payment',
    l.borrower_id::text || ' ' || (l.detail ->> 'direction') || ' ' || (l.detail ->> 'amount'),
    p.borrower_id::text || ' ' || p.direction || ' ' || p.amount
  from (select * from audit_log where tenant_id = $1 and action = 'payment_recorded') l
  full join (select * from payments where tenant_id = $1 and reverses is null
        and agreement_id is null) p
    on p.id = l.subject
union all
select coalesce(l.subject, p.reverses), 'reversal',
    l.borrower_id::text || ' ' || (l.detail ->> 'direction') || ' ' || (l.detail ->> 'amount'),
    p.borrower_id::text || ' ' || p.direction || ' ' || p.amount
  from (select * from audit_log where tenant_id = $1 and action = 'payment_undone') l
  full join (select * from payments where tenant_id = $1 and reverses is not null
        and agreement_id is null) p
    on p.reverses = l.subject
order by 2, 1"""

COUNTERS = """
select k.last_member, k.last_borrower, k.last_debt, k.last_payment, k.last_allocation,
    k.last_reminder, k.last_agreement, k.last_api_key, k.last_audit, k.audit_hash,
    (select coalesce(max(id), 0) from users where tenant_id = $1) as members,
    (select coalesce(max(id), 0) from borrowers where tenant_id = $1) as borrowers,
    (select coalesce(max(id), 0) from debts where tenant_id = $1) as debts,
    (select coalesce(max(id), 0) from payments where tenant_id = $1) as payments,
    (select coalesce(max(id), 0) from payment_allocations where tenant_id = $1) as allocations,
    (select coalesce(max(id), 0) from reminders where tenant_id = $1) as reminders,
    (select coalesce(max(id), 0) from loan_agreements where tenant_id = $1) as agreements,
    (select coalesce(max(id), 0) from api_keys where tenant_id = $1) as api_keys,
    (select coalesce(max(id), 0) from audit_log where tenant_id = $1) as audit
  from books k where k.tenant_id = $1"""


async def tenant_ids(db: Connection) -> list[TenantId]:
    """All tenants, in order; for the operator."""
    return [TenantId(row["id"]) for row in await db.fetch("select id from tenants order by id")]


async def differences(tx: TenantTx) -> list[Difference]:
    """Every balance, counter and hash of this tenant that the facts do not bear out."""
    found: list[Difference] = []

    def compare(what: str, number: int, stored: object, computed: object) -> None:
        if stored != computed:
            found.append(Difference(tx.tenant_id, what, number, str(stored), str(computed)))

    for row in await tx.db.fetch(DEBTS, tx.tenant_id):
        compare("debt.paid", row["id"], row["paid"], row["facts"])
        status = "open" if row["facts"] < row["principal"] else "settled"
        compare("debt.status", row["id"], row["status"], "reversed" if row["undone"] else status)
    for row in await tx.db.fetch(PAYMENTS, tx.tenant_id):
        if row["reversed"]:
            compare("payment.reversed", row["id"], row["allocated"], 0)
        elif not 0 <= row["allocated"] <= row["amount"]:
            compare("payment.allocated", row["id"], row["allocated"], row["amount"])
    for row in await tx.db.fetch(CREDITS, tx.tenant_id):
        compare("borrower.credit_receivable", row["id"], row[1], row["receivable"])
        compare("borrower.credit_payable", row["id"], row[2], row["payable"])
    for row in await tx.db.fetch(JOURNAL, tx.tenant_id):
        compare(f"journal.{row['what']}", row["number"], row["stored"], row["said"])
    async for what, number, stored, computed in agreement_checks.wrong(tx):
        compare(what, number, stored, computed)
    async for meter, month, counted, facts in usage_checks.wrong(tx):
        compare(meter, month, counted, facts)
    counters = await tx.db.fetchrow(COUNTERS, tx.tenant_id)
    assert counters is not None
    names = (
        *("members", "borrowers", "debts", "payments", "allocations", "reminders", "agreements"),
        *("api_keys", "audit"),
    )
    for place, name in enumerate(names):
        compare(f"counter.{name}", 0, counters[place], counters[name])
    found += await _chain(tx, bytes(counters["audit_hash"]))
    return found


async def _chain(tx: TenantTx, head: bytes) -> list[Difference]:
    """Recompute every hash; the first row that does not fit is named, the rest follows from it."""
    previous, expected, more = GENESIS, 1, True
    while more:
        rows = await tx.db.fetch(
            "select * from audit_log where tenant_id = $1 and id >= $2 order by id limit $3",
            tx.tenant_id,
            expected,
            CHAIN_PAGE,
        )
        for row in rows:
            entry = AuditEntry(
                id=row["id"],
                at=row["at"],
                actor=row["actor"],
                chat_id=row["chat_id"],
                action=row["action"],
                borrower_id=row["borrower_id"],
                subject=row["subject"],
                detail=json.loads(row["detail"]),
                idempotency_key=row["idempotency_key"],
            )
            sealed = entry_hash(tx.tenant_id, previous, entry)
            if row["id"] != expected or row["previous_hash"] != previous or row["hash"] != sealed:
                return [
                    Difference(
                        tx.tenant_id, "audit.chain", expected, row["hash"].hex(), sealed.hex()
                    )
                ]
            previous, expected = sealed, expected + 1
        more = len(rows) == CHAIN_PAGE
    if previous != head:
        return [Difference(tx.tenant_id, "audit.head", expected - 1, head.hex(), previous.hex())]
    return []
