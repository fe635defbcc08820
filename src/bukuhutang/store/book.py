"""One tenant's book: read all that one message needs at once, write all it decided at once.

Two statements instead of twenty, because each is a round trip inside an open transaction. Numbers
come from the `books` row under the book's lock, so every id is known before writing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from bukuhutang.base.ids import BorrowerId, DebtNumber, MemberId, PhoneNumber
from bukuhutang.ledger.chain import AuditEntry
from bukuhutang.ledger.debt import Borrower, Debt
from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import TenantTx

PEOPLE_MAX = 20
"""The most persons one name may stand for; more are asked for a longer name."""


@dataclass
class Counters:
    """The last number given out of each kind, and the head of the audit chain."""

    last_member: int
    last_borrower: int
    last_debt: int
    last_payment: int
    last_allocation: int
    last_reminder: int
    last_audit: int
    audit_hash: bytes


@dataclass(frozen=True)
class Person:
    """A borrower with every debt that is open, both directions."""

    borrower: Borrower
    open_debts: tuple[Debt, ...]


@dataclass(frozen=True)
class DialogueRow:
    """A question that waits in this chat."""

    kind: str
    form_version: int
    form: dict[str, Any]
    expires_at: datetime


@dataclass(frozen=True)
class Page:
    """What is known when a message is worked: all of it read under the book's lock."""

    tenant_name: str
    tenant_phone: PhoneNumber
    counters: Counters
    inbound_status: str | None
    member_id: MemberId | None
    sender: Person | None  # the borrower who writes from this number
    dialogue: DialogueRow | None
    is_own_echo: bool
    people: tuple[Person, ...]  # whose name is, or begins with, the name looked for


READ_PERSON = """
    json_build_array(b.id, b.name, b.name_key, b.phone_number, b.opted_out_at,
        b.credit_receivable, b.credit_payable,
        (select json_agg(json_build_array(d.id, d.direction, d.principal, d.paid, d.due_date,
                d.note) order by d.id)
           from debts d where d.tenant_id = b.tenant_id and d.borrower_id = b.id
            and d.status = 'open'))"""

READ = f"""
select t.name, t.phone_number,
    k.last_member, k.last_borrower, k.last_debt, k.last_payment, k.last_allocation,
    k.last_reminder, k.last_audit, k.audit_hash,
    (select status from inbound_messages where tenant_id = $1 and id = $2) as inbound_status,
    (select id from users where tenant_id = $1 and phone_number = $4) as member_id,
    (select {READ_PERSON} from borrowers b where b.tenant_id = $1 and b.phone_number = $4)
        as sender,
    (select json_build_array(g.kind, g.form_version, g.form, g.expires_at, g.member_id)
       from dialogues g where g.tenant_id = $1 and g.chat_id = $3 limit 1) as dialogue,
    exists (select from outbound_messages where tenant_id = $1 and provider_message_id = $6)
        or exists (select from outbound_messages where tenant_id = $1 and client_ref = $6)
        as is_own_echo,
    (select json_agg({READ_PERSON} order by b.id) from (
        select * from borrowers where tenant_id = $1 and name_key = $5
        union all
        select * from borrowers where tenant_id = $1
            and name_key > $5 || ' ' and name_key < $5 || '!'
        limit {PEOPLE_MAX + 1}) b) as people
from books k, tenants t where k.tenant_id = $1 and t.id = $1"""  # noqa: S608  our own constants


async def read_page(
    tx: TenantTx,
    *,
    inbound_id: int = 0,
    chat_id: str = "",
    sender: PhoneNumber | None = None,
    name_key: str | None = None,
    provider_message_id: str | None = None,
) -> Page:
    """Everything one message needs, in one statement. The book must be locked (`book_tx`)."""
    row = await tx.db.fetchrow(
        READ, tx.tenant_id, inbound_id, chat_id, sender, name_key, provider_message_id
    )
    assert row is not None, "a tenant always has a book"
    member = None if row["member_id"] is None else MemberId(row["member_id"])
    return Page(
        tenant_name=row["name"],
        tenant_phone=PhoneNumber(row["phone_number"]),
        counters=Counters(*row[2:10]),
        inbound_status=row["inbound_status"],
        member_id=member,
        sender=_person(json.loads(row["sender"])) if row["sender"] else None,
        dialogue=_dialogue(row["dialogue"], member),
        is_own_echo=row["is_own_echo"],
        people=tuple(_person(one) for one in json.loads(row["people"] or "[]")),
    )


async def read_person(tx: TenantTx, borrower_id: BorrowerId) -> Person | None:
    """One person by number, or None."""
    found = await tx.db.fetchval(
        # Our own constant, nothing of the message.
        f"select {READ_PERSON} from borrowers b where b.tenant_id = $1 and b.id = $2",  # noqa: S608
        tx.tenant_id,
        borrower_id,
    )
    return _person(json.loads(found)) if found else None


def _person(row: list[Any]) -> Person:
    number, name, name_key, phone, opted_out_at, credit_in, credit_out, debts = row
    borrower = Borrower(
        BorrowerId(number),
        name,
        name_key,
        None if phone is None else PhoneNumber(phone),
        None if opted_out_at is None else datetime.fromisoformat(opted_out_at),
        credit_in,
        credit_out,
    )
    return Person(borrower, tuple(_debt(borrower.id, one) for one in debts or ()))


def _debt(borrower_id: BorrowerId, row: list[Any]) -> Debt:
    number, direction, principal, paid, due_date, note = row
    return Debt(
        DebtNumber(number),
        Direction(direction),
        borrower_id,
        principal,
        paid,
        date.fromisoformat(due_date),
        note,
    )


def _dialogue(text: str | None, member: MemberId | None) -> DialogueRow | None:
    if text is None:
        return None
    kind, version, form, expires_at, asked = json.loads(text)
    if asked != member:
        return None
    return DialogueRow(kind, version, form, datetime.fromisoformat(expires_at))


@dataclass
class Changes:
    """What one message decided, as rows; written together by `write`."""

    borrowers: list[dict[str, Any]] = field(default_factory=list)
    borrowers_changed: list[dict[str, Any]] = field(default_factory=list)
    debts: list[dict[str, Any]] = field(default_factory=list)
    balances: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    reminders: list[dict[str, Any]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)
    outbound: list[dict[str, Any]] = field(default_factory=list)
    dialogue_asked: list[dict[str, Any]] = field(default_factory=list)
    dialogue_ended: list[dict[str, Any]] = field(default_factory=list)
    inbound: list[dict[str, Any]] = field(default_factory=list)
    counters: Counters | None = None


def audit_row(entry: AuditEntry, previous: bytes, sealed: bytes) -> dict[str, Any]:
    """The row of `audit_log` for an entry and its place on the chain."""
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "chat_id": entry.chat_id,
        "action": entry.action,
        "borrower_id": entry.borrower_id,
        "subject": entry.subject,
        "detail": entry.detail,
        "idempotency_key": entry.idempotency_key,
        "previous_hash": f"\\x{previous.hex()}",
        "hash": f"\\x{sealed.hex()}",
    }


def _insert(table: str, columns: dict[str, str]) -> str:
    names = ", ".join(columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    return (
        f"insert into {table} (tenant_id, {names}) "  # noqa: S608  our own constants
        f"select $1, {names} from json_to_recordset({{arg}}::json) as x({typed})"
    )


PARTS: dict[str, str] = {
    "borrowers": _insert(
        "borrowers",
        {
            "id": "bigint",
            "name": "text",
            "name_key": "text",
            "phone_number": "text",
            "credit_receivable": "bigint",
            "credit_payable": "bigint",
            "created_at": "timestamptz",
        },
    ),
    "borrowers_changed": (
        "update borrowers b set phone_number = x.phone_number, opted_out_at = x.opted_out_at,"
        " credit_receivable = x.credit_receivable, credit_payable = x.credit_payable"
        " from json_to_recordset({arg}::json) as x(id bigint, phone_number text,"
        " opted_out_at timestamptz, credit_receivable bigint, credit_payable bigint)"
        " where b.tenant_id = $1 and b.id = x.id"
    ),
    "debts": _insert(
        "debts",
        {
            "id": "bigint",
            "direction": "text",
            "borrower_id": "bigint",
            "principal": "bigint",
            "paid": "bigint",
            "due_date": "date",
            "note": "text",
            "status": "text",
            "created_at": "timestamptz",
            "created_by": "bigint",
        },
    ),
    "balances": (
        "update debts d set paid = x.paid, status = x.status"
        " from json_to_recordset({arg}::json) as x(id bigint, paid bigint, status text)"
        " where d.tenant_id = $1 and d.id = x.id"
    ),
    "payments": _insert(
        "payments",
        {
            "id": "bigint",
            "direction": "text",
            "borrower_id": "bigint",
            "amount": "bigint",
            "reverses": "bigint",
            "created_at": "timestamptz",
            "created_by": "bigint",
        },
    ),
    "allocations": _insert(
        "payment_allocations",
        {
            "id": "bigint",
            "payment_id": "bigint",
            "debt_id": "bigint",
            "amount": "bigint",
            "created_at": "timestamptz",
        },
    ),
    "reminders": _insert(
        "reminders",
        {
            "id": "bigint",
            "borrower_id": "bigint",
            "kind": "text",
            "local_date": "date",
            "client_ref": "text",
            "created_at": "timestamptz",
            "created_by": "bigint",
        },
    ),
    "audit": _insert(
        "audit_log",
        {
            "id": "bigint",
            "at": "timestamptz",
            "actor": "text",
            "chat_id": "text",
            "action": "text",
            "borrower_id": "bigint",
            "subject": "bigint",
            "detail": "jsonb",
            "idempotency_key": "text",
            "previous_hash": "bytea",
            "hash": "bytea",
        },
    ),
    "outbound": _insert(
        "outbound_messages",
        {
            "client_ref": "text",
            "chat_id": "text",
            "body": "text",
            "purpose": "text",
            "queued_at": "timestamptz",
        },
    ),
    "dialogue_asked": _insert(
        "dialogues",
        {
            "chat_id": "text",
            "member_id": "bigint",
            "kind": "text",
            "form_version": "smallint",
            "form": "jsonb",
            "expires_at": "timestamptz",
        },
    )
    + " on conflict (tenant_id, chat_id, member_id) do update set kind = excluded.kind,"
    " form_version = excluded.form_version, form = excluded.form, expires_at = excluded.expires_at",
    "dialogue_ended": (
        "delete from dialogues g using json_to_recordset({arg}::json)"
        " as x(chat_id text, member_id bigint)"
        " where g.tenant_id = $1 and g.chat_id = x.chat_id and g.member_id = x.member_id"
    ),
    "inbound": (
        "update inbound_messages m set status = x.status, reason = x.reason,"
        " handled_at = x.handled_at, body = case when x.keep then m.body end"
        " from json_to_recordset({arg}::json)"
        " as x(id bigint, status text, reason text, handled_at timestamptz, keep boolean)"
        " where m.tenant_id = $1 and m.id = x.id and m.status = 'pending'"
    ),
}
COUNTERS = (
    "update books set last_member = {0}, last_borrower = {1}, last_debt = {2}, last_payment = {3},"
    " last_allocation = {4}, last_reminder = {5}, last_audit = {6}, audit_hash = {7}"
    " where tenant_id = $1"
)


@lru_cache(maxsize=256)
def _statement(kinds: tuple[str, ...], counters: bool) -> str:
    """One statement for the kinds of rows at hand; few combinations ever occur."""
    parts = [PARTS[kind].format(arg=f"${n}") for n, kind in enumerate(kinds, start=2)]
    if counters:
        first = len(kinds) + 2
        parts.append(COUNTERS.format(*(f"${n}" for n in range(first, first + 8))))
    named = ", ".join(f"w{n} as ({part})" for n, part in enumerate(parts[:-1]))
    return f"with {named} {parts[-1]}" if named else parts[-1]


async def write(tx: TenantTx, changes: Changes) -> None:
    """Write every staged row in one statement; nothing when there is none."""
    kinds = tuple(kind for kind in PARTS if getattr(changes, kind))
    if not kinds and changes.counters is None:
        return
    arguments: list[Any] = [
        json.dumps(getattr(changes, kind), ensure_ascii=False) for kind in kinds
    ]
    if (head := changes.counters) is not None:
        arguments += [
            head.last_member,
            head.last_borrower,
            head.last_debt,
            head.last_payment,
            head.last_allocation,
            head.last_reminder,
            head.last_audit,
            head.audit_hash,
        ]
    for kind in ("borrowers_changed", "balances"):
        # One statement may move a row once; of two updates of it PostgreSQL would do either.
        moved = [row["id"] for row in getattr(changes, kind)]
        assert len(moved) == len(set(moved)), f"{kind} names a row twice"
    statement = _statement(kinds, changes.counters is not None)
    await tx.db.execute(statement, tx.tenant_id, *arguments)
