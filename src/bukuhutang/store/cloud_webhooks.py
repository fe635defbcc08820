"""What the Cloud API posted, as it came, until it is split and worked; and the 24-hour windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.ids import ChatId, TenantId
from bukuhutang.store.scope import Connection

BODY_BYTES_MAX = 4 * 1024 * 1024
"""Meta sends at most 3 MB."""

ATTEMPTS_MAX = 5
LEASE_SECONDS = 60
REASON_MAX = 500


@dataclass(frozen=True)
class Webhook:
    """One leased body; `attempts` counts this one."""

    id: int
    body: bytes
    attempts: int


@dataclass(frozen=True)
class Heard:
    """A chat wrote to a tenant's number."""

    tenant_id: TenantId
    chat_id: ChatId
    at: datetime


async def receive(db: Connection, body: bytes, now: datetime) -> None:
    """Store a body durably; its signature was checked."""
    await db.execute("insert into cloud_webhooks (received_at, body) values ($1, $2)", now, body)


# In order of arrival, and by one loop at a time, so that the messages of a chat stay in order. What
# has failed is waiting for its next attempt and holds nobody up. One that was tried before may have
# ended the process: it is taken alone, so that it costs no other an attempt.
LEASE = """
with waiting as (
    select w.id, w.attempts from cloud_webhooks w
     where w.status = 'pending' and (w.leased_until is null or w.leased_until <= $1)
       and not exists (select from cloud_webhooks e where e.status = 'pending' and e.id < w.id
            and e.leased_until > $1 and e.reason is null)
     order by w.id limit $3 for update skip locked),
head as (select attempts from waiting order by id limit 1),
taken as (
    select id from waiting where (select attempts from head) = 0 and attempts = 0
    union all
    (select id from waiting where (select attempts from head) > 0 order by id limit 1))
update cloud_webhooks w set attempts = w.attempts + 1, leased_until = $2, reason = null
  from taken where w.id = taken.id
returning w.id, w.body, w.attempts"""


async def lease(db: Connection, *, now: datetime, until: datetime, limit: int) -> list[Webhook]:
    """Take the oldest waiting bodies until `until`, in order; instants are machine time."""
    rows = await db.fetch(LEASE, now, until, limit)
    return sorted((Webhook(*row) for row in rows), key=lambda one: one.id)


async def done(db: Connection, ids: Sequence[int]) -> None:
    """Worked: what it held is not kept (decision 0005)."""
    await db.execute(
        "update cloud_webhooks set status = 'done', body = '', leased_until = null"
        " where id = any($1)",
        list(ids),
    )


async def try_later(db: Connection, webhook_id: int, *, until: datetime, reason: str) -> None:
    """It failed: wait until then (machine time) for the next attempt."""
    await db.execute(
        "update cloud_webhooks set leased_until = $2, reason = $3"
        " where id = $1 and status = 'pending'",
        webhook_id,
        until,
        reason[:REASON_MAX],
    )


async def quarantine(db: Connection, webhook_id: int, reason: str) -> None:
    """Set aside with its reason and body; the later ones go on."""
    await db.execute(
        "update cloud_webhooks set status = 'quarantined', leased_until = null, reason = $2"
        " where id = $1 and status = 'pending'",
        webhook_id,
        reason[:REASON_MAX],
    )


async def end_leases(db: Connection) -> None:
    """End every lease now; only for who knows that no loop lives."""
    await db.execute(
        "update cloud_webhooks set leased_until = null"
        " where status = 'pending' and leased_until is not null"
    )


async def is_waiting(db: Connection) -> bool:
    """Whether any body is not worked yet."""
    found: bool = await db.fetchval(
        "select exists (select from cloud_webhooks where status = 'pending')"
    )
    return found


async def note_heard(db: Connection, heard: Sequence[Heard]) -> None:
    """Open the windows of these chats, or keep them open for longer; never shorter."""
    latest: dict[tuple[TenantId, ChatId], datetime] = {}
    for one in heard:
        key = (one.tenant_id, one.chat_id)
        latest[key] = max(one.at, latest.get(key, one.at))
    keys = sorted(latest)  # one order, so that two writers cannot wait for one another
    await db.execute(
        "insert into cloud_windows as w (tenant_id, chat_id, heard_at)"
        " select * from unnest($1::bigint[], $2::text[], $3::timestamptz[])"
        " on conflict (tenant_id, chat_id) do update"
        " set heard_at = greatest(w.heard_at, excluded.heard_at)",
        [tenant_id for tenant_id, _ in keys],
        [chat_id for _, chat_id in keys],
        [latest[key] for key in keys],
    )


async def last_heard(db: Connection, tenant_id: TenantId, chat_id: ChatId) -> datetime | None:
    """When the chat wrote last, or None when it never did."""
    found: datetime | None = await db.fetchval(
        "select heard_at from cloud_windows where tenant_id = $1 and chat_id = $2",
        tenant_id,
        chat_id,
    )
    return found
