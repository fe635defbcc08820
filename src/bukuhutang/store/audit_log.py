"""The audit log: what was done, in order, hash-chained per tenant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bukuhutang.base.ids import BorrowerId, PaymentNumber
from bukuhutang.store.scope import TenantTx

MONEY_ACTS = (
    *("debt_recorded", "payment_recorded", "debt_undone", "payment_undone"),
    *("installment_paid", "agreement_paid_off", "agreement_forgiven"),
    *("installment_undone", "forgiveness_undone"),
)
"""The acts that changed a balance: what BATAL looks at and RIWAYAT shows."""

INSTALLMENT_ACTS = ("installment_paid", "agreement_paid_off")
"""The acts that put money into an agreement."""

AGREEMENT_ACTS = (
    *("agreement_drafted", "agreement_accepted", "agreement_rejected", "agreement_expired"),
    *("agreement_withdrawn", "agreement_cancelled", "agreement_written_off", "write_off_undone"),
    *("reschedule_asked", "agreement_rescheduled", "cancel_asked", "request_undone"),
    *("draft_undone",),
)
"""What else happens to agreements: BATAL looks at it too, and what was built on it stays."""

RECORDS = (*MONEY_ACTS, *AGREEMENT_ACTS)
"""All that anything for the same person is built upon."""

NO_RECORDS = (
    *("contact_set", "member_added", "member_role_set", "member_removed"),
    *("signed_out", "setting_changed"),
)
"""Acts that BATAL does not take back, and does not look behind either."""


@dataclass(frozen=True)
class LastAct:
    """The newest act of a chat; `built_upon` when the person has a newer money act."""

    id: int
    action: str
    borrower_id: int | None
    subject: int | None
    built_upon: bool
    key: str
    actor: str


@dataclass(frozen=True)
class Record:
    """Who recorded a debt or payment, and what has become of it since."""

    actor: str
    borrower_id: int
    undone: bool
    built_upon: bool  # as in LastAct


@dataclass(frozen=True)
class InstallmentRecord:
    """Who paid into an agreement how, and what has become of it since."""

    actor: str
    action: str
    name: str
    undone: bool
    is_last: bool  # nothing newer for that person


@dataclass(frozen=True)
class DoneAct:
    """An act for a person of the book, and whether it is still the last word."""

    key: str
    action: str
    borrower_id: int
    name: str
    subject: int | None
    detail: dict[str, Any]
    undone: bool
    is_last: bool  # the newest of its chat, and nothing newer for that person


@dataclass(frozen=True)
class Act:
    """One line of the history."""

    action: str
    at: datetime
    name: str
    subject: int
    detail: dict[str, Any]


async def last_act_in_chat(tx: TenantTx, chat_id: str) -> LastAct | None:
    """The newest act of this chat that changed the book, or None."""
    row = await tx.db.fetchrow(
        "select a.id, a.action, a.borrower_id, a.subject, exists (select from audit_log n"
        "   where n.tenant_id = a.tenant_id and n.borrower_id = a.borrower_id"
        "   and n.id > a.id and n.action = any($3)) as built_upon, a.idempotency_key, a.actor"
        " from audit_log a where a.tenant_id = $1 and a.chat_id = $2 and a.action = any($4)"
        " order by a.id desc limit 1",
        tx.tenant_id,
        chat_id,
        RECORDS,
        [*RECORDS, *NO_RECORDS],
    )
    return None if row is None else LastAct(*row)


async def detail_of(tx: TenantTx, key: str) -> dict[str, Any] | None:
    """What was written of the act with this idempotency key; None when there is none."""
    found: str | None = await tx.db.fetchval(
        "select detail from audit_log where tenant_id = $1 and idempotency_key = $2",
        tx.tenant_id,
        key,
    )
    return None if found is None else json.loads(found)


async def record_of(tx: TenantTx, action: str, subject: int) -> Record | None:
    """The recording of the debt or payment of this number, or None."""
    row = await tx.db.fetchrow(
        "select a.actor, a.borrower_id, exists (select from audit_log u"
        "   where u.tenant_id = a.tenant_id and u.borrower_id = a.borrower_id and u.id > a.id"
        "   and u.subject = a.subject and u.action = replace(a.action, '_recorded', '_undone'))"
        "   as undone, exists (select from audit_log n where n.tenant_id = a.tenant_id"
        "   and n.borrower_id = a.borrower_id and n.id > a.id and n.action = any($4))"
        "   as built_upon"
        " from audit_log a where a.tenant_id = $1 and a.action = $2 and a.subject = $3",
        tx.tenant_id,
        action,
        subject,
        RECORDS,
    )
    return None if row is None else Record(*row)


async def record_of_installment(tx: TenantTx, payment: PaymentNumber) -> InstallmentRecord:
    """The recording of a payment into an agreement, which must exist."""
    row = await tx.db.fetchrow(
        "select a.actor, a.action, b.name, exists (select from payments r"
        "   where r.tenant_id = p.tenant_id and r.reverses = p.id) as undone,"
        " not exists (select from audit_log n where n.tenant_id = a.tenant_id"
        "   and n.borrower_id = a.borrower_id and n.id > a.id and n.action = any($4)) as is_last"
        " from payments p join agreement_entries e on e.tenant_id = p.tenant_id"
        "   and e.payment_id = p.id"
        " join audit_log a on a.tenant_id = p.tenant_id and a.borrower_id = p.borrower_id"
        "   and a.subject = p.agreement_id and a.action = any($3)"
        "   and (a.detail ->> 'entry')::int = e.number"
        " join borrowers b on b.tenant_id = p.tenant_id and b.id = p.borrower_id"
        " where p.tenant_id = $1 and p.id = $2 and p.reverses is null",
        tx.tenant_id,
        payment,
        INSTALLMENT_ACTS,
        RECORDS,
    )
    assert row is not None, "what is recorded is in the audit log"
    return InstallmentRecord(*row)


async def acts_by_key(tx: TenantTx, keys: Sequence[str]) -> list[DoneAct]:
    """The acts for a person of the book that have these idempotency keys, in order."""
    rows = await tx.db.fetch(
        "select a.idempotency_key, a.action, a.borrower_id, b.name, a.subject, a.detail,"
        " exists (select from audit_log u where u.tenant_id = a.tenant_id"
        "   and u.borrower_id = a.borrower_id and u.id > a.id and u.subject = a.subject"
        "   and u.action = replace(a.action, '_recorded', '_undone')) as undone,"
        " a.id = (select max(n.id) from audit_log n where n.tenant_id = a.tenant_id"
        "   and n.chat_id = a.chat_id and n.action = any($4))"
        " and not exists (select from audit_log n where n.tenant_id = a.tenant_id"
        "   and n.borrower_id = a.borrower_id and n.id > a.id and n.action = any($3)) as is_last"
        " from audit_log a join borrowers b on b.tenant_id = a.tenant_id and b.id = a.borrower_id"
        " where a.tenant_id = $1 and a.idempotency_key = any($2) order by a.id",
        tx.tenant_id,
        list(keys),
        MONEY_ACTS,
        [*MONEY_ACTS, *NO_RECORDS],
    )
    return [
        DoneAct(
            row["idempotency_key"],
            row["action"],
            row["borrower_id"],
            row["name"],
            row["subject"],
            json.loads(row["detail"]),
            row["undone"],
            row["is_last"],
        )
        for row in rows
    ]


async def history(
    tx: TenantTx, borrower_id: BorrowerId | None, *, limit: int
) -> tuple[list[Act], int]:
    """The newest money acts of one person or of the whole book, newest first; how many in all."""
    rows = await tx.db.fetch(
        "select a.action, a.at, b.name, a.subject, a.detail, count(*) over () from audit_log a"
        " join borrowers b on b.tenant_id = a.tenant_id and b.id = a.borrower_id"
        " where a.tenant_id = $1 and ($2::bigint is null or a.borrower_id = $2)"
        " and a.action = any($3) order by a.id desc limit $4",
        tx.tenant_id,
        borrower_id,
        MONEY_ACTS,
        limit,
    )
    acts = [Act(row[0], row[1], row[2], row[3], json.loads(row["detail"])) for row in rows]
    return acts, rows[0]["count"] if rows else 0


@dataclass(frozen=True)
class Entry:
    """One row of the log as it is sealed."""

    id: int
    at: datetime
    actor: str
    chat_id: str | None
    action: str
    borrower_id: int | None
    subject: int | None
    detail: dict[str, Any]
    previous_hash: bytes
    hash: bytes


async def entries(tx: TenantTx, *, before: int, limit: int, action: str | None) -> list[Entry]:
    """What was done, newest first, numbered below `before`; at most `limit`."""
    rows = await tx.db.fetch(
        "select id, at, actor, chat_id, action, borrower_id, subject, detail, previous_hash, hash"
        " from audit_log where tenant_id = $1 and id < $2 and ($4::text is null or action = $4)"
        " order by id desc limit $3",
        tx.tenant_id,
        before,
        limit,
        action,
    )
    return [
        Entry(
            row["id"],
            row["at"],
            row["actor"],
            row["chat_id"],
            row["action"],
            row["borrower_id"],
            row["subject"],
            json.loads(row["detail"]),
            bytes(row["previous_hash"]),
            bytes(row["hash"]),
        )
        for row in rows
    ]


async def was_asked(tx: TenantTx, action: str, asked: str | None) -> bool:
    """Whether this very message has led to such an act on the tenant."""
    found: bool = await tx.db.fetchval(
        "select exists (select from audit_log where tenant_id = $1 and action = $2"
        " and detail ->> 'asked' = $3)",
        tx.tenant_id,
        action,
        asked,
    )
    return found
