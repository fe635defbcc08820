"""WhatsApp logins: state, owner, lease and fencing number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import Connection


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
        s.linked_at is not null as linked, s.pairing_wanted_at,
        case coalesce(t.driver, $5) when 'cloud' then 'cloud:' || coalesce(t.cloud_phone_id, '')
            else 'linked' end as channel)
select * from held order by tenant_id"""


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
) -> bool:
    """Write what became of a login; False when `owner` no longer holds it."""
    done = await db.execute(
        "update wa_sessions set state = $3,"
        " state_since = case when state = $3 then state_since else $9 end,"
        " reason = $4, qr_code = $5, qr_expires_at = $6,"
        " linked_at = case when $7::bool is null then linked_at when $7 then"
        "   coalesce(linked_at, $9) end,"
        " lid = case when $7::bool is false then null else coalesce($8, lid) end,"
        " pairing_wanted_at = case when $3 in ('connecting', 'connected', 'unlinked')"
        "   then null else pairing_wanted_at end"
        " where tenant_id = $1 and owner = $2",
        tenant_id,
        owner,
        state,
        reason,
        qr_code,
        qr_expires_at,
        linked,
        lid,
        now,
    )
    return done.endswith(" 1")


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
