"""Tenants: one at a time in their own scope, and lists of them for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.store.scope import Connection, TenantTx
from bukuhutang.tenancy.plans import Plan
from bukuhutang.tenancy.tenant import TenantStatus


@dataclass(frozen=True)
class TenantRow:
    """A tenant as the operator sees it."""

    id: TenantId
    phone_number: PhoneNumber
    name: str
    email: str | None
    status: TenantStatus
    plan: str
    ai_credits: int | None  # the plan's month; None is unlimited
    max_debts: int | None
    max_agreements: int | None
    created_at: datetime
    status_since: datetime
    credits_added: int
    wa_state: str
    wa_reason: str | None
    wa_since: datetime | None
    qr_code: str | None
    qr_expires_at: datetime | None
    driver: str | None  # linked, cloud; None is what the service was started with
    cloud_phone_id: str | None


COLUMNS = """
    t.id, t.phone_number, t.name, t.email, t.status, t.plan, t.ai_credits, t.max_debts,
    t.max_agreements, t.created_at, t.status_since,
    coalesce((select sum(g.amount) from ai_credit_grants g where g.tenant_id = t.id), 0)::bigint,
    coalesce(s.state, 'unlinked'), s.reason, s.state_since, s.qr_code, s.qr_expires_at,
    t.driver, t.cloud_phone_id"""


def _row(row: Any) -> TenantRow:
    return TenantRow(
        TenantId(row[0]), PhoneNumber(row[1]), row[2], row[3], TenantStatus(row[4]), *row[5:]
    )


async def next_id(db: Connection) -> TenantId:
    """Draw the number of a new tenant."""
    drawn: int = await db.fetchval("select nextval('tenants_id_seq')")
    return TenantId(drawn)


async def id_by_phone(db: Connection, phone: PhoneNumber) -> TenantId | None:
    """Who has registered this number, or None."""
    found: int | None = await db.fetchval("select id from tenants where phone_number = $1", phone)
    return None if found is None else TenantId(found)


async def insert(
    tx: TenantTx,
    *,
    phone: PhoneNumber,
    name: str,
    email: str | None,
    plan: Plan,
    now: datetime,
    machine_now: datetime,
) -> bool:
    """A tenant with its settings, book, owner and (unlinked) WhatsApp login, QR wanted.

    False when the number was taken meanwhile; nothing is written then.
    """
    try:
        await tx.db.execute(
            "with tenant as (insert into tenants (id, phone_number, name, email, plan, ai_credits,"
            "   max_debts, max_agreements, created_at, status_since)"
            "   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)),"
            " settings as (insert into tenant_settings (tenant_id) values ($1)),"
            " book as (insert into books (tenant_id, last_member) values ($1, 1)),"
            " owner as (insert into users (tenant_id, id, phone_number, name, created_at)"
            "   values ($1, 1, $2, $3, $9))"
            " insert into wa_sessions (tenant_id, state_since, pairing_wanted_at)"
            " values ($1, $9, $10)",
            tx.tenant_id,
            phone,
            name,
            email,
            plan.name,
            plan.ai_credits_a_month,
            plan.max_debts,
            plan.max_agreements,
            now,
            machine_now,
        )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def read(tx: TenantTx) -> TenantRow | None:
    """The tenant of this scope, or None."""
    row = await tx.db.fetchrow(
        # Our own constant, nothing of the request.
        f"select {COLUMNS} from tenants t left join wa_sessions s on s.tenant_id = t.id"  # noqa: S608
        " where t.id = $1",
        tx.tenant_id,
    )
    return None if row is None else _row(row)


async def set_status(tx: TenantTx, status: TenantStatus, now: datetime) -> None:
    """A step in the tenant's life."""
    await tx.change_one(
        "update tenants set status = $2, status_since = $3 where id = $1",
        status,
        now,
    )


async def set_plan(tx: TenantTx, plan: Plan) -> None:
    """The plan and the limits that come with it."""
    await tx.change_one(
        "update tenants set plan = $2, ai_credits = $3, max_debts = $4, max_agreements = $5"
        " where id = $1",
        plan.name,
        plan.ai_credits_a_month,
        plan.max_debts,
        plan.max_agreements,
    )


async def set_channel(tx: TenantTx, driver: str, cloud_phone_id: str | None) -> bool:
    """Which WhatsApp the tenant is reached through; a phone id of None leaves the one there is.

    False when another tenant has that phone id; the transaction cannot go on then.
    """
    try:
        await tx.db.execute(
            "update tenants set driver = $2, cloud_phone_id = coalesce($3, cloud_phone_id)"
            " where id = $1",
            tx.tenant_id,
            driver,
            cloud_phone_id,
        )
    except asyncpg.UniqueViolationError:
        return False
    return True


async def has_number_beside(tx: TenantTx, phone: PhoneNumber) -> bool:
    """Whether somebody speaks for this tenant from another number than `phone`."""
    found: bool = await tx.db.fetchval(
        "select exists (select from users where tenant_id = $1 and phone_number <> $2"
        " and role = 'owner' and removed_at is null)",
        tx.tenant_id,
        phone,
    )
    return found


async def grant_credits(tx: TenantTx, amount: int, *, actor: str, now: datetime) -> None:
    """Credits on top of the plan's month; a fact."""
    await tx.db.execute(
        "insert into ai_credit_grants (tenant_id, amount, created_at, actor)"
        " values ($1, $2, $3, $4)",
        tx.tenant_id,
        amount,
        now,
        actor,
    )


async def page(
    db: Connection,
    *,
    after: int,
    limit: int,
    search: str | None,
    status: str | None,
    plan: str | None,
) -> list[TenantRow]:
    """Tenants after number `after`, oldest first; at most `limit`. Filters may be None.

    `search` is found anywhere in name or email, or at the start of the number; `%` and `_` in it
    are ordinary characters.
    """
    rows = await db.fetch(
        # Our own constant, nothing of the request.
        f"select {COLUMNS} from tenants t left join wa_sessions s on s.tenant_id = t.id"  # noqa: S608
        " where t.id > $1 and ($3::text is null or t.status = $3)"
        " and ($4::text is null or t.plan = $4)"
        " and ($5::text is null or position(lower($5) in lower(t.name)) > 0"
        "   or position(lower($5) in lower(coalesce(t.email, ''))) > 0"
        "   or starts_with(t.phone_number, $5))"
        " order by t.id limit $2",
        after,
        limit,
        status,
        plan,
        search,
    )
    return [_row(row) for row in rows]


@dataclass(frozen=True)
class SessionRow:
    """One WhatsApp login as the operator sees it."""

    tenant_id: TenantId
    name: str
    phone_number: PhoneNumber
    state: str
    reason: str | None
    since: datetime
    owner: str | None
    fencing: int
    lease_until: datetime | None
    linked_at: datetime | None
    detail: str | None
    until: datetime | None
    waiting: int
    email: str | None


async def sessions_page(
    db: Connection, *, after: int, limit: int, state: str | None
) -> list[SessionRow]:
    """WhatsApp logins after tenant number `after`; at most `limit`."""
    rows = await db.fetch(
        "select s.tenant_id, t.name, t.phone_number, s.state, s.reason, s.state_since, s.owner,"
        " s.fencing, s.lease_until, s.linked_at, s.reason_detail, s.state_until,"
        " (select count(*) from outbound_messages o where o.tenant_id = s.tenant_id and o.waits),"
        " t.email from wa_sessions s"
        " join tenants t on t.id = s.tenant_id"
        " where s.tenant_id > $1 and ($3::text is null or s.state = $3)"
        " order by s.tenant_id limit $2",
        after,
        limit,
        state,
    )
    return [SessionRow(*row) for row in rows]
