"""The inbox: what WhatsApp delivered, in order per chat, until it is worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.store.scope import Connection

LEASE_SECONDS = 60
ATTEMPTS_MAX = 5


@dataclass(frozen=True)
class Arrival:
    """A message to store; `body` may be empty for a document."""

    tenant_id: TenantId
    provider_message_id: str
    chat_id: ChatId
    sender: PhoneNumber
    from_me: bool
    self_chat: bool
    kind: str
    body: str
    sent_at: datetime
    received_at: datetime


@dataclass(frozen=True)
class Inbound:
    """A leased message with what is needed to read it."""

    tenant_id: TenantId
    id: int
    provider_message_id: str
    chat_id: ChatId
    sender: PhoneNumber
    from_me: bool
    self_chat: bool
    kind: str
    body: str
    attempts: int
    tenant_phone: PhoneNumber
    timezone: str
    language: str


async def receive(db: Connection, arrivals: Sequence[Arrival]) -> int:
    """Store what arrived, durably, in this order; returns how many were new.

    A provider message id already there is passed over: the same message arrived twice.
    """
    done = await db.fetch(
        "insert into inbound_messages (tenant_id, provider_message_id, chat_id, sender, from_me,"
        " self_chat, kind, body, sent_at, received_at)"
        " select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bool[],"
        " $6::bool[], $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[])"
        " on conflict (tenant_id, provider_message_id) do nothing returning 1",
        [one.tenant_id for one in arrivals],
        [one.provider_message_id for one in arrivals],
        [one.chat_id for one in arrivals],
        [one.sender for one in arrivals],
        [one.from_me for one in arrivals],
        [one.self_chat for one in arrivals],
        [one.kind for one in arrivals],
        [one.body for one in arrivals],
        [one.sent_at for one in arrivals],
        [one.received_at for one in arrivals],
    )
    return len(done)


LEASE = """
with head as (
    select m.tenant_id, m.id from inbound_messages m
      join tenants t on t.id = m.tenant_id and t.status = 'active'
     where m.status = 'pending' and (m.leased_until is null or m.leased_until <= $1)
       and not exists (select from inbound_messages e where e.tenant_id = m.tenant_id
            and e.chat_id = m.chat_id and e.status = 'pending' and e.id < m.id)
     order by m.id limit $3 for update of m skip locked),
leased as (
    update inbound_messages m set leased_until = $2, attempts = m.attempts + 1
      from head where m.tenant_id = head.tenant_id and m.id = head.id
    returning m.tenant_id, m.id, m.provider_message_id, m.chat_id, m.sender, m.from_me,
        m.self_chat, m.kind, m.body, m.attempts)
select l.*, t.phone_number, s.timezone, s.language from leased l
  join tenants t on t.id = l.tenant_id join tenant_settings s on s.tenant_id = l.tenant_id
 order by l.id"""


async def lease(db: Connection, *, now: datetime, until: datetime, limit: int) -> list[Inbound]:
    """Take the oldest waiting message of up to `limit` chats, one per chat, until `until`.

    The attempt is counted before the work, so a message that kills the process is counted too.
    """
    rows = await db.fetch(LEASE, now, until, limit)
    return [Inbound(*row) for row in rows]


async def give_back(db: Connection, message: Inbound, *, not_before: datetime, reason: str) -> None:
    """Try again later: the lease ends at `not_before`, the reason stays visible."""
    await db.execute(
        "update inbound_messages set leased_until = $3, reason = $4"
        " where tenant_id = $1 and id = $2 and status = 'pending'",
        message.tenant_id,
        message.id,
        not_before,
        reason,
    )


async def quarantine(db: Connection, message: Inbound, *, now: datetime, reason: str) -> None:
    """Set a message aside with its reason; the later ones of its chat go on."""
    await db.execute(
        "update inbound_messages set status = 'quarantined', handled_at = $3, reason = $4"
        " where tenant_id = $1 and id = $2 and status = 'pending'",
        message.tenant_id,
        message.id,
        now,
        reason,
    )


async def next_due(db: Connection) -> datetime | None:
    """When the next given-back or abandoned message may be taken, or None."""
    at: datetime | None = await db.fetchval(
        "select min(leased_until) from inbound_messages where status = 'pending'"
    )
    return at


async def waiting(db: Connection) -> int:
    """How many messages of active tenants are not worked yet."""
    count = await db.fetchval(
        "select count(*) from inbound_messages m join tenants t on t.id = m.tenant_id"
        " and t.status = 'active' where m.status = 'pending'"
    )
    return int(count)
