"""Recomputes the agreements of one tenant from their facts and their seals, for the audit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from bukuhutang.ledger.agreement import Plan, PlanReason, Standing
from bukuhutang.store import agreements
from bukuhutang.store.agreement_seal import (
    Proof,
    head_of,
    plan_digest,
    proof_digest,
    state_digest,
)
from bukuhutang.store.agreement_terms import terms_from_json
from bukuhutang.store.agreements import StoredAgreement, installment_of
from bukuhutang.store.scope import TenantTx

Said = tuple[str, int, str, str]
"""What, the agreement's number, what is stored, what the facts say."""

BALANCES = """
select r.number, r.penalty, r.penalty_paid, r.interest_paid, r.principal_paid, r.penalty_let_off,
    r.interest_let_off, r.principal_let_off, r.late_days, r.rupiah_days
  from installment_payments r join loan_agreements l on l.tenant_id = r.tenant_id
       and l.id = r.agreement_id and l.plan_version = r.version
 where r.tenant_id = $1 and r.agreement_id = $2 order by r.number"""

MONEY = """
select e.number as entry, coalesce(e.agreement_id, p.agreement_id) as agreement,
    'piutang ' || abs(e.paid) || ' of ' || l.borrower_id as told,
    p.direction || ' ' || p.amount || ' of ' || p.borrower_id as moved
  from (select * from agreement_entries where tenant_id = $1 and kind = 'repayment') e
  join loan_agreements l on l.tenant_id = e.tenant_id and l.id = e.agreement_id
  full join (select * from payments where tenant_id = $1 and agreement_id is not null) p
    on p.id = e.payment_id and p.agreement_id = e.agreement_id
 order by 2, 1"""

SEALED = """
select distinct on (subject) subject, detail ->> 'sealed_state' as state from audit_log
 where tenant_id = $1 and detail ? 'sealed_state' order by subject, id desc"""

PLANS_SEALED = """
select subject, detail -> 'sealed_plan' as plan from audit_log
 where tenant_id = $1 and detail ? 'sealed_plan' order by id"""

PLANS = """
select agreement_id, version, agreed_on, reason, terms, carried from agreement_plans
 where tenant_id = $1 order by agreement_id, version"""

ROWS = """
select number, due_date, principal, interest, balance_after, period_start, period_end, accrued,
    closed from installment_payments
 where tenant_id = $1 and agreement_id = $2 and version = $3 order by due_date, number"""

PROOFS = """
select r.id, r.agreement_id, r.kind, r.version, r.phone_number, r.sha256, r.answer, r.answered_at,
    r.answered_by, r.answered_message, l.detail ->> 'proof' as proof, f.sha256 as file_sha256
  from agreement_requests r
  left join audit_log l on l.tenant_id = r.tenant_id and l.action = 'request_answered'
       and (l.detail ->> 'request')::bigint = r.id
  left join files f on f.tenant_id = r.tenant_id and f.id = r.file_id
 where r.tenant_id = $1 order by r.id"""

FILES = """
select j.agreement_id, f.sha256, sha256(f.content) as content
  from document_jobs j join files f on f.tenant_id = j.tenant_id and f.id = j.file_id
 where j.tenant_id = $1 order by j.id"""

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
    """Everything an agreement's rows say that its plan, its entries or its seals do not."""
    sealed = {row["subject"]: row["state"] for row in await tx.db.fetch(SEALED, tx.tenant_id)}
    numbers = await tx.db.fetch(
        "select id from loan_agreements where tenant_id = $1 order by id", tx.tenant_id
    )
    for row in numbers:
        state = sealed.pop(row["id"], None)
        try:
            stored = await agreements.by_number(tx, row["id"])
            if stored is None:
                yield "agreement.plan", row["id"], "none in force", "one"
                continue
            found = [one async for one in _of_one(tx, stored, state)]
        except (AssertionError, KeyError, ValueError) as problem:
            # Rows that contradict each other cannot even be read.
            found = [("agreement.unreadable", row["id"], type(problem).__name__, "an agreement")]
        for said in found:
            yield said
    for number in sealed:
        yield "agreement.missing", number, "no row", "one"
    for check in (_plans, _money, _proofs, _files):
        async for said in check(tx):
            yield said


async def _of_one(tx: TenantTx, stored: StoredAgreement, state: str | None) -> AsyncIterator[Said]:
    number = int(stored.number)
    if stored.book.standing not in STANDINGS[stored.status]:
        yield "agreement.status", number, stored.status, stored.book.standing.value
    read = await tx.db.fetch(BALANCES, tx.tenant_id, number)
    for said in _balances(stored, {row["number"]: tuple(row)[1:] for row in read}):
        yield said
    digest = state_digest(head_of(stored), stored.book)
    if digest != state:
        yield "agreement.state", number, digest, str(state)


def _balances(stored: StoredAgreement, rows: dict[int, tuple[Any, ...]]) -> Iterator[Said]:
    late = {one.number: (one.late_days, one.rupiah_days) for one in stored.book.lateness}
    for one in stored.book.installments:
        lateness = late.get(one.row.number, (0, 0))
        computed = (one.penalty_charged, *one.paid[1:], *one.let_off[1:], *lateness)
        if rows[one.row.number] != computed:
            what = f"agreement.installment {one.row.number}"
            yield what, int(stored.number), str(rows[one.row.number]), str(computed)


async def _plans(tx: TenantTx) -> AsyncIterator[Said]:
    """Every version of every schedule, also those that are in force no more."""
    sealed: dict[tuple[int, int], str] = {}
    for row in await tx.db.fetch(PLANS_SEALED, tx.tenant_id):
        for version, digest in json.loads(row["plan"]).items():
            sealed[row["subject"], int(version)] = digest
    for row in await tx.db.fetch(PLANS, tx.tenant_id):
        number, version = row["agreement_id"], row["version"]
        rows = await tx.db.fetch(ROWS, tx.tenant_id, number, version)
        try:
            digest = plan_digest(_plan(row, rows))
        except (AssertionError, KeyError, ValueError) as problem:
            digest = type(problem).__name__
        if digest != sealed.pop((number, version), None):
            yield f"agreement.plan {version}", number, digest, "the plan as it was agreed to"
    for number, version in sealed:
        yield f"agreement.plan {version}", number, "no row", "one"


def _plan(head: Any, rows: list[Any]) -> Plan:
    return Plan(
        head["version"],
        head["agreed_on"],
        PlanReason(head["reason"]),
        terms_from_json(json.loads(head["terms"])),
        tuple(installment_of(row) for row in rows if not row["closed"]),
        tuple(installment_of(row) for row in rows if row["closed"]),
        head["carried"],
    )


async def _money(tx: TenantTx) -> AsyncIterator[Said]:
    """Money of agreements: the row of the payment and the entry say the same."""
    for row in await tx.db.fetch(MONEY, tx.tenant_id):
        if row["moved"] != row["told"]:
            yield "agreement.paid", row["agreement"], str(row["moved"]), str(row["told"])


async def _proofs(tx: TenantTx) -> AsyncIterator[Said]:
    """Answers of borrowers as they were sealed, and the documents they are about."""
    for row in await tx.db.fetch(PROOFS, tx.tenant_id):
        number = row["agreement_id"]
        if row["sha256"] != row["file_sha256"]:
            yield "agreement.document", number, str(row["file_sha256"]), str(row["sha256"])
        if row["answer"] is None and row["proof"] is None:
            continue
        proof = Proof(
            row["kind"],
            row["version"],
            row["phone_number"],
            None if row["sha256"] is None else bytes(row["sha256"]),
            str(row["answer"]),
            row["answered_at"],
            row["answered_by"],
            row["answered_message"],
        )
        if proof_digest(proof) != row["proof"]:
            yield "agreement.answer", number, proof_digest(proof), str(row["proof"])


async def _files(tx: TenantTx) -> AsyncIterator[Said]:
    """Documents still have the hash they were stored with."""
    for row in await tx.db.fetch(FILES, tx.tenant_id):
        if row["sha256"] != row["content"]:
            number = row["agreement_id"]
            yield "agreement.file", number, row["content"].hex(), row["sha256"].hex()
