"""What one message decided, written in one statement.

Each kind of row is one part of it (a CTE); which parts, and of how many rows, makes the statement.
Few combinations ever occur, so nearly every message meets one that is prepared already.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field, fields
from functools import lru_cache
from typing import Any

from bukuhutang.ledger.chain import AuditEntry
from bukuhutang.store.agreement_parts import AGREEMENT_PARTS
from bukuhutang.store.book import Counters
from bukuhutang.store.parts import Part, insert, moved
from bukuhutang.store.scope import TenantTx

Row = dict[str, Any]

PARAMETERS_MAX = 32_000
"""PostgreSQL takes 65,535 of one statement, its older protocol half of that."""


@dataclass
class Changes:
    """Rows by kind, the names and types of their columns as in PARTS."""

    borrowers: list[Row] = field(default_factory=list)
    borrowers_changed: list[Row] = field(default_factory=list)
    debts: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    allocations: list[Row] = field(default_factory=list)
    reminders: list[Row] = field(default_factory=list)
    agreements: list[Row] = field(default_factory=list)
    agreements_changed: list[Row] = field(default_factory=list)
    plans: list[Row] = field(default_factory=list)
    installments: list[Row] = field(default_factory=list)
    installments_changed: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    portions: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    requests_answered: list[Row] = field(default_factory=list)
    document_jobs: list[Row] = field(default_factory=list)
    settings: list[Row] = field(default_factory=list)
    meters: list[Row] = field(default_factory=list)
    quota_notices: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)
    outbound: list[Row] = field(default_factory=list)
    dialogue_asked: list[Row] = field(default_factory=list)
    dialogue_ended: list[Row] = field(default_factory=list)
    dialogue_set_aside: list[Row] = field(default_factory=list)
    inbound_led: list[Row] = field(default_factory=list)
    inbound: list[Row] = field(default_factory=list)
    rate_windows: list[Row] = field(default_factory=list)
    counters: Counters | None = None


def audit_row(entry: AuditEntry, previous: bytes, sealed: bytes) -> Row:
    """The row of `audit_log` for an entry and its place on the chain."""
    return {
        "id": entry.id,
        "at": entry.at,
        "actor": entry.actor,
        "chat_id": entry.chat_id,
        "action": entry.action,
        "borrower_id": entry.borrower_id,
        "subject": entry.subject,
        "detail": json.dumps(entry.detail),
        "idempotency_key": entry.idempotency_key,
        "previous_hash": previous,
        "hash": sealed,
    }


PARTS: dict[str, Part] = {
    "borrowers": insert(
        "borrowers",
        id="bigint",
        name="text",
        name_key="text",
        phone_number="text",
        created_at="timestamptz",
    ),
    "borrowers_changed": moved(
        "update borrowers b set phone_number = x.phone_number, opted_out_at = x.opted_out_at,"
        " credit_receivable = x.credit_receivable, credit_payable = x.credit_payable"
        " from {moved} where b.tenant_id = $1 and b.id = x.id",
        id="bigint",
        phone_number="text",
        opted_out_at="timestamptz",
        credit_receivable="bigint",
        credit_payable="bigint",
    ),
    "debts": insert(
        "debts",
        id="bigint",
        direction="text",
        borrower_id="bigint",
        principal="bigint",
        paid="bigint",
        due_date="date",
        note="text",
        status="text",
        created_at="timestamptz",
        created_by="bigint",
    ),
    "balances": moved(
        "update debts d set paid = x.paid, status = x.status"
        " from {moved} where d.tenant_id = $1 and d.id = x.id",
        id="bigint",
        paid="bigint",
        status="text",
    ),
    "payments": insert(
        "payments",
        id="bigint",
        direction="text",
        borrower_id="bigint",
        amount="bigint",
        reverses="bigint",
        created_at="timestamptz",
        created_by="bigint",
        agreement_id="bigint",
    ),
    "allocations": insert(
        "payment_allocations",
        id="bigint",
        payment_id="bigint",
        debt_id="bigint",
        amount="bigint",
        created_at="timestamptz",
    ),
    "reminders": insert(
        "reminders",
        id="bigint",
        borrower_id="bigint",
        kind="text",
        local_date="date",
        client_ref="text",
        created_at="timestamptz",
        created_by="bigint",
    ),
    **AGREEMENT_PARTS,
    "settings": moved(
        "update tenant_settings g set reminder_template = x.reminder_template,"
        " auto_reminder = x.auto_reminder, language = x.language, timezone = x.timezone"
        " from {moved} where g.tenant_id = $1",
        reminder_template="text",
        auto_reminder="boolean",
        language="text",
        timezone="text",
    ),
    "meters": insert(
        "usage_meters",
        " on conflict (tenant_id, meter, month) do update"
        " set used = usage_meters.used + excluded.used,"
        " used_added = usage_meters.used_added + excluded.used_added",
        meter="text",
        month="date",
        used="bigint",
        used_added="bigint",
    ),
    "quota_notices": insert(
        "quota_notices",
        quota="text",
        month="date",
        quota_max="bigint",
        percent="smallint",
        told_at="timestamptz",
    ),
    "audit": insert(
        "audit_log",
        id="bigint",
        at="timestamptz",
        actor="text",
        chat_id="text",
        action="text",
        borrower_id="bigint",
        subject="bigint",
        detail="jsonb",
        idempotency_key="text",
        previous_hash="bytea",
        hash="bytea",
    ),
    "outbound": insert(
        "outbound_messages",
        client_ref="text",
        chat_id="text",
        body="text",
        purpose="text",
        queued_at="timestamptz",
        file_id="uuid",
        about="jsonb",
    ),
    "dialogue_asked": insert(
        "dialogues",
        " on conflict (tenant_id, chat_id, member_id) do update set kind = excluded.kind,"
        " form_version = excluded.form_version, form = excluded.form,"
        " expires_at = excluded.expires_at, asked_ref = excluded.asked_ref, set_aside = false,"
        " beneath = excluded.beneath",
        chat_id="text",
        member_id="bigint",
        kind="text",
        form_version="smallint",
        form="jsonb",
        expires_at="timestamptz",
        asked_ref="text",
        beneath="jsonb",
    ),
    "dialogue_ended": moved(
        "delete from dialogues g using {moved}"
        " where g.tenant_id = $1 and g.chat_id = x.chat_id and g.member_id = x.member_id",
        chat_id="text",
        member_id="bigint",
    ),
    "dialogue_set_aside": moved(
        "update dialogues g set set_aside = true from {moved}"
        " where g.tenant_id = $1 and g.chat_id = x.chat_id and g.member_id = x.member_id",
        chat_id="text",
        member_id="bigint",
    ),
    "inbound_led": moved(
        "update inbound_messages m"
        " set detail = coalesce(m.detail, '{{}}') || jsonb_build_object('led_to', x.led_to)"
        " from {moved} where m.tenant_id = $1 and m.id = x.id",
        id="bigint",
        led_to="bigint",
    ),
    "inbound": moved(
        "update inbound_messages m set status = x.status, reason = x.reason,"
        " handled_at = x.handled_at, body = case when x.keep then m.body end"
        " from {moved} where m.tenant_id = $1 and m.id = x.id and m.status = 'pending'",
        id="bigint",
        status="text",
        reason="text",
        handled_at="timestamptz",
        keep="boolean",
    ),
    "rate_windows": insert(
        "rate_windows",
        " on conflict (tenant_id, kind, key) do update set started_at = excluded.started_at,"
        " used = excluded.used, told = excluded.told",
        kind="text",
        key="text",
        started_at="timestamptz",
        used="integer",
        told="boolean",
    ),
}

COUNTERS = (
    "update books set last_member = {}, last_borrower = {}, last_debt = {}, last_payment = {},"
    " last_allocation = {}, last_reminder = {}, last_agreement = {},"
    " last_api_key = {}, last_audit = {}, audit_hash = {},"
    " rate_minute = {}, rate_used = {}"
    " where tenant_id = $1"
)
COUNTER_COUNT = len(fields(Counters))
assert COUNTERS.count("{}") == COUNTER_COUNT

Shape = tuple[tuple[str, int], ...]


@lru_cache(maxsize=256)
def statement(shape: Shape, counters: bool) -> str:
    """The one statement for so many rows of these kinds; parameter 1 is the tenant."""
    numbers = iter(range(2, PARAMETERS_MAX))
    texts = []
    for kind, count in shape:
        part = PARTS[kind]
        rows = part.rows(count, numbers)
        texts.append(part.text.format(rows=rows, names=", ".join(part.columns)))
    if counters:
        texts.append(COUNTERS.format(*(f"${next(numbers)}" for _ in range(COUNTER_COUNT))))
    named = ", ".join(f"w{place} as ({text})" for place, text in enumerate(texts[:-1]))
    return f"with {named} {texts[-1]}" if named else texts[-1]


def parameters(changes: Changes) -> tuple[Shape, list[Any]]:
    """Which kinds of rows there are, how many of each, and their values in that order."""
    shape: list[tuple[str, int]] = []
    values: list[Any] = []
    for kind, part in PARTS.items():
        rows: list[Row] = getattr(changes, kind)
        if rows:
            shape.append((kind, len(rows)))
            for row in rows:
                values += [row[column] for column in part.columns]
    if changes.counters is not None:
        values += astuple(changes.counters)
    return tuple(shape), values


async def write(tx: TenantTx, changes: Changes) -> None:
    """Write every staged row in one statement; nothing when there is none."""
    for kind in ("borrowers_changed", "balances"):
        # One statement may move a row once; of two updates of it PostgreSQL would do either.
        moved = [row["id"] for row in getattr(changes, kind)]
        assert len(moved) == len(set(moved)), f"{kind} names a row twice"
    shape, values = parameters(changes)
    if shape or changes.counters is not None:
        text = statement(shape, changes.counters is not None)
        await tx.db.execute(text, tx.tenant_id, *values)
