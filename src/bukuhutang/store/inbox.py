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


LEASE = "select * from lease_inbox($1, $2, $3, $4, $5) order by id"


async def lease(
    db: Connection, loop: str, *, now: datetime, until: datetime, chat_max: int, limit: int
) -> list[Inbound]:
    """Take the oldest waiting messages for `loop` until `until`, in order of arrival.

    All of a chat that is under way is with one loop, at most about `chat_max` of it, so that a
    flood in one chat leaves room for the others. The attempt of a chat's first message is counted
    before the work, so that a message that kills the process is counted too, and none of those
    that only stood behind it. Instants are machine time.
    """
    rows = await db.fetch(LEASE, now, until, loop, chat_max, limit)
    return [Inbound(*row) for row in rows]


async def end_leases(db: Connection) -> None:
    """End every lease now; only for who knows that no loop lives."""
    await db.execute(
        "update inbound_messages set leased_until = null"
        " where status = 'pending' and leased_until is not null"
    )


async def try_again(
    db: Connection, message: Inbound, *, loop: str, until: datetime, reason: str
) -> int:
    """Count another attempt of a message this loop holds; returns how many that makes.

    0 when the lease was lost or the message is done: then it is not ours to try.
    """
    attempts: int | None = await db.fetchval(
        "update inbound_messages set attempts = attempts + 1, leased_until = $4, reason = $5"
        " where tenant_id = $1 and id = $2 and leased_by = $3 and status = 'pending'"
        " returning attempts",
        message.tenant_id,
        message.id,
        loop,
        until,
        reason,
    )
    return attempts or 0


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


async def is_waiting(db: Connection) -> bool:
    """Whether any message of an active tenant is not worked yet."""
    found: bool = await db.fetchval(
        "select exists (select from inbound_messages m where m.status = 'pending'"
        " and (select t.status from tenants t where t.id = m.tenant_id) = 'active')"
    )
    return found
