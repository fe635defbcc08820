"""The outbox: what is to be said, in order per chat, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bukuhutang.base.ids import ChatId, TenantId
from bukuhutang.store.scope import Connection, TenantTx

ATTEMPTS_MAX = 8
ASK_AFTER_MINUTES = 10
"""So long a receipt may still settle an unknown outcome before the lender is asked."""

CODE, EXPIRED = "code", "expired"
"""The purpose of a one-time code, and the reason of one that was too old to be sent."""


@dataclass(frozen=True)
class Outbound:
    """A message this owner has begun to send."""

    tenant_id: TenantId
    id: int
    client_ref: str
    chat_id: ChatId
    body: str
    purpose: str
    attempts: int
    file_id: UUID | None = None


@dataclass(frozen=True)
class Mark:
    """What became of one message."""

    tenant_id: TenantId
    id: int
    status: str  # sent, failed, unknown, skipped, or queued for another try
    provider_message_id: str | None
    reason: str | None
    at: datetime
    # Machine time: queued, when to try again; unknown, when to ask the lender.
    not_before: datetime | None = None


@dataclass(frozen=True)
class ReceiptMark:
    """A receipt for a message we sent, by the provider's id."""

    tenant_id: TenantId
    provider_message_id: str
    state: str  # sent, delivered, read, failed
    at: datetime
    client_ref: str | None = None  # our reference, where the provider gives it back
    reason: str | None = None


# Scalar subqueries, so that the queue is walked in order and each row asks by key; as joins they
# would be turned round into a walk over all logins.
CLAIM = """
with head as (
    select o.tenant_id, o.id from outbound_messages o
     where o.waits and o.status = 'queued' and (o.not_before is null or o.not_before <= $2)
       and (select s.owner = $1 and s.lease_until > clock_timestamp()
              and s.state in ('connected', 'restricted')
              from wa_sessions s where s.tenant_id = o.tenant_id)
       and (select count(*) = 0 from outbound_messages e where e.tenant_id = o.tenant_id
            and e.chat_id = o.chat_id and e.waits and e.id < o.id)
     order by o.id limit $3 for update of o skip locked)
update outbound_messages o set status = 'sending', attempts = o.attempts + 1,
    fencing = (select s.fencing from wa_sessions s where s.tenant_id = o.tenant_id)
  from head where o.tenant_id = head.tenant_id and o.id = head.id
returning o.tenant_id, o.id, o.client_ref, o.chat_id, o.body, o.purpose, o.attempts,
    o.file_id"""


async def claim(db: Connection, owner: str, *, now: datetime, limit: int) -> list[Outbound]:
    """Begin to send: the first waiting message of up to `limit` chats whose logins `owner` holds.

    `now` (machine time) says whose pause is over; leases end by the database's clock, which dates
    them. The row says `sending` before anything leaves, so a crash in between is seen afterwards.
    """
    rows = await db.fetch(CLAIM, owner, now, limit)
    return sorted((Outbound(*row) for row in rows), key=lambda one: one.id)


async def mark(db: Connection, marks: Sequence[Mark]) -> None:
    """Note the outcomes; a receipt that came first is not undone by a late `sent`."""
    await db.execute(
        "update outbound_messages o set status = x.status, waits = x.status = 'queued',"
        " untold = x.status in ('failed', 'unknown', 'skipped'),"
        " provider_message_id = coalesce(x.provider, o.provider_message_id), reason = x.reason,"
        " not_before = x.not_before,"
        " sent_at = case when x.status = 'sent' then x.at else o.sent_at end"
        " from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[],"
        " $6::timestamptz[], $7::timestamptz[])"
        " as x(tenant_id, id, status, provider, reason, at, not_before)"
        " where o.tenant_id = x.tenant_id and o.id = x.id and o.status = 'sending'",
        [one.tenant_id for one in marks],
        [one.id for one in marks],
        [one.status for one in marks],
        [one.provider_message_id for one in marks],
        [one.reason for one in marks],
        [one.at for one in marks],
        [one.not_before for one in marks],
    )


# {key} is the column that holds the provider's id: our own reference where the driver takes it.
RECEIPT = """
update outbound_messages o set
    status = x.state, waits = false, untold = x.state = 'failed' and o.asked_at is null,
    provider_message_id = coalesce(o.provider_message_id, x.provider),
    reason = case when x.state = 'failed' then coalesce(x.reason, o.reason) else o.reason end,
    sent_at = case when x.state = 'failed' then o.sent_at else coalesce(o.sent_at, x.at) end,
    delivered_at = case when x.state in ('delivered', 'read')
        then coalesce(o.delivered_at, x.at) else o.delivered_at end,
    read_at = case when x.state = 'read' then coalesce(o.read_at, x.at) else o.read_at end
  from (select distinct on (tenant_id, key) * from unnest($1::bigint[], $2::text[],
            $3::text[], $4::timestamptz[], $5::text[], $6::text[])
            as r(tenant_id, provider, state, at, key, reason)
        order by tenant_id, key, array_position(array['sent', 'failed', 'delivered', 'read'],
            state) desc) x
 where o.tenant_id = x.tenant_id
   and o.{key} = x.key
   and coalesce(array_position(array['queued', 'sending', 'unknown', 'sent', 'failed',
            'delivered', 'read'], o.status), 0)
     < array_position(array['queued', 'sending', 'unknown', 'sent', 'failed', 'delivered',
            'read'], x.state)"""


async def receipts(db: Connection, marks: Sequence[ReceiptMark], *, own_message_ids: bool) -> None:
    """Move messages forward by what WhatsApp reported; never backward.

    A receipt settles a message whose outcome was unknown. `failed` also takes back a `sent`: the
    Cloud API accepts first and fails later. With `own_message_ids` a message is found by our own
    reference, which is the provider's id or came back with it.
    """
    await db.execute(
        RECEIPT.format(key="client_ref" if own_message_ids else "provider_message_id"),
        [one.tenant_id for one in marks],
        [one.provider_message_id for one in marks],
        [one.state for one in marks],
        [one.at for one in marks],
        [one.client_ref or one.provider_message_id for one in marks],
        [one.reason for one in marks],
    )


async def doubt_abandoned(
    db: Connection, tenant_ids: Sequence[TenantId], owner: str, *, ask_from: datetime
) -> int:
    """What an earlier owner had begun to send is `unknown` now; returns how many.

    Called when `owner` takes tenants over: nobody can say whether those messages left, and a
    second send of money words would be worse than a missing one. The lender may be asked about
    them from `ask_from` (machine time) on.
    """
    rows = await db.fetch(
        "update outbound_messages o set status = 'unknown', waits = false, untold = true,"
        " reason = 'the sender stopped', not_before = $3"
        " from wa_sessions s where o.tenant_id = any($1) and s.tenant_id = o.tenant_id"
        " and s.owner = $2 and o.waits and o.status = 'sending' and o.fencing < s.fencing"
        " returning 1",
        list(tenant_ids),
        owner,
        ask_from,
    )
    return len(rows)


async def queued_at(db: Connection, tenant_id: TenantId, number: int) -> datetime:
    """Since when a message waits (business time)."""
    found: datetime = await db.fetchval(
        "select queued_at from outbound_messages where tenant_id = $1 and id = $2",
        tenant_id,
        number,
    )
    return found


async def skip_codes(db: Connection, before: datetime) -> None:
    """Codes queued by then open nothing any more and will not be sent; their bodies go."""
    await db.execute(
        "update outbound_messages set status = 'skipped', waits = false, not_before = null,"
        " reason = $2 where waits and status = 'queued' and purpose = $3 and queued_at <= $1",
        before,
        EXPIRED,
        CODE,
    )


async def untold_tenants(db: Connection, now: datetime) -> list[TenantId]:
    """Whose lenders are to be told of something that did not arrive, or to be asked (machine
    time)."""
    rows = await db.fetch(
        "select distinct tenant_id from outbound_messages"
        " where untold and (not_before is null or not_before <= $1)",
        now,
    )
    return [TenantId(row["tenant_id"]) for row in rows]


@dataclass(frozen=True)
class Waiting:
    """What of one tenant waits to be sent, and since when (business time)."""

    count: int
    since: datetime


async def waiting_by_tenant(
    db: Connection, tenant_ids: Sequence[TenantId]
) -> dict[TenantId, Waiting]:
    """For the operator: how many messages wait, by tenant; who has none is left out."""
    rows = await db.fetch(
        "select tenant_id, count(*) as n, min(queued_at) as since from outbound_messages"
        " where waits and tenant_id = any($1) group by tenant_id",
        list(tenant_ids),
    )
    return {TenantId(row["tenant_id"]): Waiting(row["n"], row["since"]) for row in rows}


async def is_waiting(db: Connection) -> bool:
    """Whether any message could go out now, or is on its way."""
    found: bool = await db.fetchval(
        "select exists (select from outbound_messages o where o.waits"
        " and (select s.state in ('connected', 'restricted') from wa_sessions s"
        "   where s.tenant_id = o.tenant_id))"
    )
    return found


async def is_full(tx: TenantTx, rows_max: int) -> bool:
    """Whether so many of the tenant's messages wait to be sent."""
    found: bool = await tx.db.fetchval(
        "select exists (select from outbound_messages where tenant_id = $1 and waits offset $2)",
        tx.tenant_id,
        rows_max - 1,
    )
    return found
