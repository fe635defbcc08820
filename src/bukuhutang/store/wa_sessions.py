"""WhatsApp logins: state, owner, lease and fencing number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import Connection, TenantTx

DETAIL_MAX = 200
"""Characters kept of what a provider says."""


@dataclass(frozen=True)
class Channels:
    """Through which kinds of WhatsApp an owner serves tenants: `linked`, `cloud`.

    `default` is the kind of tenants for whom none was chosen.
    """

    default: str = "linked"
    served: tuple[str, ...] = ("linked",)


LINKED_ONLY = Channels()

HOLD = """
with held as (
    update wa_sessions s set lease_until = $3, owner = $1,
        fencing = s.fencing + (s.owner is distinct from $1)::int,
        -- Nothing runs at the new owner yet; `connected` would let the outbox claim for nothing.
        state = case when s.owner is distinct from $1 and s.state in ('connected', 'restricted')
            then 'interrupted' else s.state end
      from tenants t
     where t.id = s.tenant_id
       and (s.owner = $1 or s.owner is null or s.lease_until is null or s.lease_until < $2)
       and coalesce(t.driver, $5) = any($6)
       and (s.linked_at is not null or s.pairing_wanted_at > $4 or s.owner = $1
            or coalesce(t.driver, $5) = 'cloud') -- needs no pairing
       and (t.status <> 'inactive' or s.state <> 'closed')
    returning s.tenant_id, t.phone_number, t.status, s.state, s.fencing,
        s.linked_at is not null as linked, s.pairing_wanted_at, s.pairing_how, s.state_until,
        case coalesce(t.driver, $5) when 'cloud' then 'cloud:' || coalesce(t.cloud_phone_id, '')
            else 'linked' end as channel)
select * from held order by tenant_id"""

OTHERS_END = """
select min(lease_until) from wa_sessions
 where owner <> $1 and lease_until >= $2 and (linked_at is not null or pairing_wanted_at > $3)"""


async def hold(
    db: Connection,
    owner: str,
    *,
    now: datetime,
    until: datetime,
    wishes_since: datetime,
    channels: Channels = LINKED_ONLY,
) -> list[Any]:
    """Renew and take leases of logins that have something to do; machine time throughout.

    A lease that has not ended is never taken: two owners of one login throw each other out. The
    fencing number grows with every change of owner.
    """
    rows = await db.fetch(
        HOLD, owner, now, until, wishes_since, channels.default, list(channels.served)
    )
    return list(rows)


async def others_end(
    db: Connection, owner: str, *, now: datetime, wishes_since: datetime
) -> datetime | None:
    """When the first lease of another owner ends, unless that one renews it; None without any."""
    ends: datetime | None = await db.fetchval(OTHERS_END, owner, now, wishes_since)
    return ends


async def machine_time(db: Connection) -> datetime:
    """The database's own clock, by which all owners agree however wrong their machines are."""
    now: datetime = await db.fetchval("select clock_timestamp()")
    return now


async def end_leases(db: Connection) -> None:
    """End every lease now; only for who knows that no owner lives."""
    await db.execute("update wa_sessions set lease_until = null where lease_until is not null")


async def release(db: Connection, owner: str, tenant_ids: Sequence[TenantId]) -> None:
    """Let leases go."""
    await db.execute(
        "update wa_sessions set owner = null, lease_until = null"
        " where tenant_id = any($1) and owner = $2",
        list(tenant_ids),
        owner,
    )


NOTE = """
with before as (select state, state_since from wa_sessions where tenant_id = $1 and owner = $2
    for update)
update wa_sessions s
   set state = $3,
       state_since = case when s.state = $3 then s.state_since else $9 end,
       reason = $4, reason_detail = $10, state_until = $12,
       qr_code = $5, qr_expires_at = $6, pair_code = $11,
       linked_at = case when $7::bool is null then s.linked_at
           when $7 then coalesce(s.linked_at, $9) end,
       lid = case when $7::bool is false then null else coalesce($8, s.lid) end,
       -- A wish that came while a code is on show may want another kind of code.
       pairing_wanted_at = case when $3 = 'pairing' then s.pairing_wanted_at end
  from before
 where s.tenant_id = $1 and s.owner = $2
returning before.state, s.state_since"""


@dataclass(frozen=True)
class Noted:
    """The state before, and since when the one that was written holds."""

    before: str
    since: datetime


async def note(
    db: Connection,
    tenant_id: TenantId,
    owner: str,
    *,
    state: str,
    reason: str | None,
    qr_code: str | None,
    qr_expires_at: datetime | None,
    linked: bool | None,
    lid: str | None,
    now: datetime,
    detail: str | None = None,
    pair_code: str | None = None,
    until: datetime | None = None,
) -> Noted | None:
    """Write what became of a login; None when `owner` no longer holds it."""
    row = await db.fetchrow(
        NOTE,
        tenant_id,
        owner,
        state,
        reason,
        qr_code,
        qr_expires_at,
        linked,
        lid,
        now,
        detail[:DETAIL_MAX] if detail else None,
        pair_code,
        until,
    )
    return None if row is None else Noted(row["state"], row["state_since"])


async def want_pairing(tx: TenantTx, machine_now: datetime, how: str) -> None:
    """Somebody looks at the page with the codes: they are wanted, of this kind."""
    await tx.db.execute(
        "update wa_sessions set pairing_wanted_at = $2, pairing_how = $3 where tenant_id = $1"
        " and (pairing_wanted_at is null or pairing_wanted_at < $2)",
        tx.tenant_id,
        machine_now,
        how,
    )


async def set_link(tx: TenantTx, token_hash: bytes, expires_at: datetime) -> None:
    """The one link to this tenant's pairing page; the one before is void."""
    await tx.db.execute(
        "update wa_sessions set link_token_hash = $2, link_expires_at = $3 where tenant_id = $1",
        tx.tenant_id,
        token_hash,
        expires_at,
    )


@dataclass(frozen=True)
class LoginRow:
    """A login as the pairing page and the operator's details see it."""

    state: str
    reason: str | None
    detail: str | None
    since: datetime
    until: datetime | None
    pairing_how: str
    pairing_wanted_at: datetime | None
    qr_code: str | None
    qr_expires_at: datetime | None
    pair_code: str | None
    link_token_hash: bytes | None
    link_expires_at: datetime | None
    waiting: int


async def read(tx: TenantTx) -> LoginRow | None:
    """The login of this scope, and how many messages wait for it; None for no tenant."""
    row = await tx.db.fetchrow(
        "select state, reason, reason_detail, state_since, state_until, pairing_how,"
        " pairing_wanted_at, qr_code, qr_expires_at, pair_code, link_token_hash, link_expires_at,"
        " (select count(*) from outbound_messages o where o.tenant_id = $1 and o.waits)"
        " from wa_sessions where tenant_id = $1",
        tx.tenant_id,
    )
    return None if row is None else LoginRow(*row)


async def cloud_phone_id(db: Connection, tenant_id: TenantId) -> str | None:
    """The tenant's number in the Cloud API, or None."""
    found: str | None = await db.fetchval(
        "select cloud_phone_id from tenants where id = $1", tenant_id
    )
    return found


async def chosen_driver(db: Connection, tenant_id: TenantId) -> str | None:
    """Which WhatsApp was chosen for the tenant: `linked`, `cloud`, or None for the default."""
    found: str | None = await db.fetchval("select driver from tenants where id = $1", tenant_id)
    return found


async def tenant_by_phone_id(db: Connection, phone_id: str) -> TenantId | None:
    """Whose number in the Cloud API this is, or None."""
    found: int | None = await db.fetchval(
        "select id from tenants where cloud_phone_id = $1 and driver is distinct from 'linked'",
        phone_id,
    )
    return None if found is None else TenantId(found)
