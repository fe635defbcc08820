"""Installment agreements, read whole: plan in force, entries, lateness, the open request.

What is written goes through `changes`, in the one statement of a piece of work.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from bukuhutang.base.ids import AgreementNumber, BorrowerId, PaymentNumber, PhoneNumber
from bukuhutang.ledger.agreement import (
    Agreement,
    Entry,
    EntryKind,
    InstallmentState,
    Lateness,
    Plan,
    PlanReason,
)
from bukuhutang.ledger.schedule import Installment
from bukuhutang.ledger.waterfall import Portion
from bukuhutang.store.agreement_terms import penalty_from_json, terms_from_json
from bukuhutang.store.scope import TenantTx

RUNNING = ("active", "written_off")
PENDING = ("draft", "sent")


class RequestKind(StrEnum):
    """What the borrower is asked to agree to."""

    ACCEPT = "accept"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"


@dataclass(frozen=True)
class OpenRequest:
    """A question to the borrower that waits for SETUJU or TOLAK."""

    id: int
    agreement: AgreementNumber
    kind: RequestKind
    version: int | None  # of the plan it is about
    phone: PhoneNumber  # the only number that may answer
    sha256: bytes | None
    asked_at: datetime
    sent_ref: str
    expires_at: datetime
    reminded_at: datetime | None
    clarified_at: datetime | None
    file_id: UUID | None
    wanted: dict[str, Any] | None


@dataclass(frozen=True)
class StoredAgreement:
    """An agreement with whom and how it stands; `book` is all that the ledger knows of it."""

    number: AgreementNumber
    borrower_id: BorrowerId
    borrower_name: str
    borrower_phone: PhoneNumber | None
    status: str
    principal: int
    language: str
    guarantor: str | None
    assessment: dict[str, Any] | None
    verify_token: str | None
    created_at: datetime
    completed_at: datetime | None
    cancel_reason: str | None
    book: Agreement
    payments: dict[int, PaymentNumber]  # by entry, the money's row
    request: OpenRequest | None


HEADS = """
select l.id, l.borrower_id, b.name, b.phone_number, l.status, l.principal, l.language,
    l.guarantor, l.assessment, l.verify_token, l.created_at, l.completed_at, l.cancel_reason,
    l.plan_version, l.penalty, l.accepted_on, l.cancelled_on, l.written_off_on,
    p.agreed_on, p.reason, p.terms, p.carried
  from loan_agreements l
  join borrowers b on b.tenant_id = l.tenant_id and b.id = l.borrower_id
  join agreement_plans p on p.tenant_id = l.tenant_id and p.agreement_id = l.id
       and p.version = l.plan_version
 where l.tenant_id = $1 and {which} order by l.id limit {limit}"""

ROWS = """
select r.agreement_id, r.number, r.due_date, r.principal, r.interest, r.balance_after,
    r.period_start, r.period_end, r.accrued, r.closed, r.counted_until, r.late_days, r.rupiah_days
  from installment_payments r join loan_agreements l on l.tenant_id = r.tenant_id
       and l.id = r.agreement_id and l.plan_version = r.version
 where r.tenant_id = $1 and r.agreement_id = any($2)
 order by r.agreement_id, r.due_date, r.number"""

ENTRIES = """
select e.agreement_id, e.number, e.kind, e.on_date, e.paid, e.unapplied, e.reverses, e.goes_with,
    e.payment_id,
    (select json_agg(json_build_array(a.installment, a.penalty, a.interest, a.principal)
            order by a.id)
       from installment_allocations a where a.tenant_id = e.tenant_id
        and a.agreement_id = e.agreement_id and a.entry = e.number) as portions
  from agreement_entries e
 where e.tenant_id = $1 and e.agreement_id = any($2) order by e.agreement_id, e.number"""

REQUESTS = """
select id, agreement_id, kind, version, phone_number, sha256, asked_at, sent_ref, expires_at,
    reminded_at, clarified_at, file_id, wanted
  from agreement_requests
 where tenant_id = $1 and agreement_id = any($2) and answer is null"""

LISTED_MAX = 200
"""The most agreements that one query reads; whoever needs all of them asks again for the next."""


async def by_number(tx: TenantTx, number: int) -> StoredAgreement | None:
    """One agreement, or None."""
    found = await _read(tx, "l.id = $2", number, limit=1)
    return found[0] if found else None


async def by_numbers(tx: TenantTx, numbers: list[int]) -> list[StoredAgreement]:
    """Those of these numbers that there are, by number."""
    return await _read(tx, "l.id = any($2)", numbers, limit=len(numbers)) if numbers else []


async def of_borrower(
    tx: TenantTx, borrower: BorrowerId, *, open_only: bool
) -> list[StoredAgreement]:
    """A person's agreements by number; with `open_only` those that run or wait for an answer."""
    which = "l.borrower_id = $2" + (" and l.status = any($3)" if open_only else "")
    args = (borrower, [*RUNNING, *PENDING]) if open_only else (borrower,)
    return await _read(tx, which, *args)


async def all_open(
    tx: TenantTx, *, statuses: Iterable[str] = (*RUNNING, *PENDING), batch: int = LISTED_MAX
) -> list[StoredAgreement]:
    """Every agreement that runs or waits, by number, however many there are."""
    wanted = list(statuses)
    which = "l.status = any($2) and l.id > $3"
    found = read = await _read(tx, which, wanted, 0, limit=batch)
    while len(read) == batch:  # totals are made of them, so none may be left out
        read = await _read(tx, which, wanted, read[-1].number, limit=batch)
        found = found + read
    return found


async def running_of(tx: TenantTx, borrowers: Iterable[BorrowerId]) -> list[StoredAgreement]:
    """The agreements of these people that take money, by number."""
    wanted = list(borrowers)
    if not wanted:
        return []
    return await _read(tx, "l.borrower_id = any($2) and l.status = any($3)", wanted, list(RUNNING))


async def asked_of(tx: TenantTx, phone: PhoneNumber) -> list[StoredAgreement]:
    """Agreements with a question open that only this number may answer."""
    numbers = await tx.db.fetch(
        "select agreement_id from agreement_requests"
        " where tenant_id = $1 and phone_number = $2 and answer is null order by agreement_id",
        tx.tenant_id,
        phone,
    )
    if not numbers:
        return []
    return await _read(tx, "l.id = any($2)", [row["agreement_id"] for row in numbers])


async def _read(
    tx: TenantTx, which: str, *args: object, limit: int = LISTED_MAX
) -> list[StoredAgreement]:
    heads = await tx.db.fetch(HEADS.format(which=which, limit=limit), tx.tenant_id, *args)
    if not heads:
        return []
    numbers = [row["id"] for row in heads]
    rows, entries = defaultdict(list), defaultdict(list)
    for row in await tx.db.fetch(ROWS, tx.tenant_id, numbers):
        rows[row["agreement_id"]].append(row)
    for row in await tx.db.fetch(ENTRIES, tx.tenant_id, numbers):
        entries[row["agreement_id"]].append(row)
    asked = {
        row["agreement_id"]: _request(row)
        for row in await tx.db.fetch(REQUESTS, tx.tenant_id, numbers)
    }
    return [
        _stored(row, rows[row["id"]], entries[row["id"]], asked.get(row["id"])) for row in heads
    ]


def _stored(
    head: Any, rows: list[Any], entries: list[Any], request: OpenRequest | None
) -> StoredAgreement:
    plan = Plan(
        head["plan_version"],
        head["agreed_on"],
        PlanReason(head["reason"]),
        terms_from_json(json.loads(head["terms"])),
        tuple(installment_of(row) for row in rows if not row["closed"]),
        tuple(installment_of(row) for row in rows if row["closed"]),
        head["carried"],
    )
    penalty = head["penalty"]
    book = Agreement(
        (plan,),
        penalty_from_json(None if penalty is None else json.loads(penalty)),
        tuple(_entry(row) for row in entries),
        tuple(
            Lateness(row["number"], row["counted_until"], row["late_days"], row["rupiah_days"])
            for row in sorted(rows, key=lambda row: int(row["number"]))
            if row["counted_until"] is not None
        ),
        head["accepted_on"],
        head["cancelled_on"],
        head["written_off_on"],
    )
    assessment = head["assessment"]
    return StoredAgreement(
        AgreementNumber(head["id"]),
        BorrowerId(head["borrower_id"]),
        head["name"],
        head["phone_number"],
        head["status"],
        head["principal"],
        head["language"],
        head["guarantor"],
        None if assessment is None else json.loads(assessment),
        head["verify_token"],
        head["created_at"],
        head["completed_at"],
        head["cancel_reason"],
        book,
        {row["number"]: row["payment_id"] for row in entries if row["payment_id"] is not None},
        request,
    )


def installment_of(row: Any) -> Installment:
    """A row of a plan."""
    return Installment(
        row["number"],
        row["due_date"],
        row["principal"],
        row["interest"],
        row["balance_after"],
        row["period_start"],
        row["period_end"],
        row["accrued"],
    )


def _entry(row: Any) -> Entry:
    portions = json.loads(row["portions"]) if row["portions"] else []
    return Entry(
        row["number"],
        EntryKind(row["kind"]),
        row["on_date"],
        row["paid"],
        tuple(Portion(*one) for one in portions),
        row["unapplied"],
        row["reverses"],
        row["goes_with"],
    )


def _request(row: Any) -> OpenRequest:
    return OpenRequest(
        row["id"],
        AgreementNumber(row["agreement_id"]),
        RequestKind(row["kind"]),
        row["version"],
        PhoneNumber(row["phone_number"]),
        row["sha256"],
        row["asked_at"],
        row["sent_ref"],
        row["expires_at"],
        row["reminded_at"],
        row["clarified_at"],
        row["file_id"],
        None if row["wanted"] is None else json.loads(row["wanted"]),
    )


# --- rows to be written, for `changes` ------------------------------------------------------------


def installment_rows(number: AgreementNumber, plan: Plan, book: Agreement) -> list[dict[str, Any]]:
    """Every row of a new plan with its balances as the ledger derives them."""
    closed = {row.number for row in plan.closed}
    late = {one.number: one for one in book.lateness}
    return [
        {
            "agreement_id": number,
            "version": plan.version,
            "closed": state.row.number in closed,
            "due_date": state.row.due_date,
            "principal": state.row.principal,
            "interest": state.row.interest,
            "balance_after": state.row.balance_after,
            "period_start": state.row.period_start,
            "period_end": state.row.period_end,
            "accrued": state.row.accrued,
            **_balances(state, late.get(state.row.number)),
        }
        for state in book.installments
    ]


def balance_rows(
    number: AgreementNumber, before: Agreement, after: Agreement
) -> list[dict[str, Any]]:
    """The installments of one plan whose balances an act has moved."""
    assert before.plan.version == after.plan.version
    old_late = {one.number: one for one in before.lateness}
    late = {one.number: one for one in after.lateness}
    old = {
        one.row.number: _balances(one, old_late.get(one.row.number)) for one in before.installments
    }
    moved = []
    for state in after.installments:
        new = _balances(state, late.get(state.row.number))
        if new != old[state.row.number]:
            moved.append({"agreement_id": number, "version": after.plan.version, **new})
    return moved


def _balances(state: InstallmentState, late: Lateness | None) -> dict[str, Any]:
    counted: date | None = None if late is None else late.counted_until
    return {
        "number": state.row.number,
        "penalty": state.penalty_charged,
        "penalty_paid": state.paid.penalty,
        "interest_paid": state.paid.interest,
        "principal_paid": state.paid.principal,
        "penalty_let_off": state.let_off.penalty,
        "interest_let_off": state.let_off.interest,
        "principal_let_off": state.let_off.principal,
        "counted_until": counted,
        "late_days": 0 if late is None else late.late_days,
        "rupiah_days": 0 if late is None else late.rupiah_days,
    }
