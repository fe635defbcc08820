"""The inbox: what WhatsApp delivered, in order per chat, until it is worked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.store.files import NewFile
from bukuhutang.store.scope import Connection, TenantTx
from bukuhutang.tenancy.roles import BY_ROLE, Permission

LEASE_SECONDS = 60
ATTEMPTS_MAX = 5


@dataclass(frozen=True)
class Arrival:
    """A message to store; `body` is a file's caption, and may be empty."""

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
    refers_to: str | None = None
    detail: dict[str, Any] | None = None  # as the column says


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
    refers_to: str | None = None
    detail: dict[str, Any] | None = None
    file_id: UUID | None = None


RECEIVE = """
insert into inbound_messages (tenant_id, provider_message_id, chat_id, sender, from_me, self_chat,
    kind, body, sent_at, received_at, refers_to, detail)
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::bool[],
    $7::text[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::jsonb[])
on conflict (tenant_id, provider_message_id) do nothing returning 1"""

RECEIVE_FILE = """
with stored as (
    insert into inbound_messages (tenant_id, provider_message_id, chat_id, sender, from_me,
        self_chat, kind, body, sent_at, received_at, refers_to, detail, file_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb, $13)
    on conflict (tenant_id, provider_message_id) do nothing returning file_id)
insert into files (tenant_id, id, file_name, mime_type, size, sha256, content, created_at)
select $1, file_id, $14, $15, $16, $17, $18, $10 from stored"""


async def is_file_wanted(tx: TenantTx, sender: PhoneNumber, provider_message_id: str) -> bool:
    """Whether a file is of a member who records, and not here yet.

    Nobody else's is fetched, and none twice.
    """
    found: bool = await tx.db.fetchval(
        "select exists (select from users where tenant_id = $1 and phone_number = $2"
        "   and removed_at is null and role = any($4))"
        " and not exists (select from inbound_messages"
        "   where tenant_id = $1 and provider_message_id = $3)",
        tx.tenant_id,
        sender,
        provider_message_id,
        [role for role, may in BY_ROLE.items() if Permission.RECORD in may],
    )
    return found


async def receive_file(db: Connection, arrival: Arrival, file: NewFile) -> None:
    """Store one message together with its file, or neither; a repetition stores nothing."""
    await db.execute(
        RECEIVE_FILE,
        arrival.tenant_id,
        arrival.provider_message_id,
        arrival.chat_id,
        arrival.sender,
        arrival.from_me,
        arrival.self_chat,
        arrival.kind,
        arrival.body,
        arrival.sent_at,
        arrival.received_at,
        arrival.refers_to,
        None if arrival.detail is None else json.dumps(arrival.detail),
        file.id,
        file.file_name,
        file.mime_type,
        file.size,
        file.sha256,
        file.content,
    )


async def receive(db: Connection, arrivals: Sequence[Arrival]) -> int:
    """Store what arrived, durably, in this order; returns how many were new.

    A provider message id already there is passed over: the same message arrived twice.
    """
    done = await db.fetch(
        RECEIVE,
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
        [one.refers_to for one in arrivals],
        [None if one.detail is None else json.dumps(one.detail) for one in arrivals],
    )
    return len(done)


LEASE = "select * from lease_inbox_3($1, $2, $3, $4, $5, $6) order by id"


async def lease(
    db: Connection,
    loop: str,
    *,
    now: datetime,
    until: datetime,
    business_now: datetime,
    chat_max: int,
    limit: int,
) -> list[Inbound]:
    """Take the oldest waiting messages for `loop` until `until`, in order of arrival.

    All of a chat that is under way is with one loop, at most `chat_max` of it, so that a flood in
    one chat leaves room for the others. The attempt of a chat's first message is counted
    before the work, so that a message that kills the process is counted too, and none of those
    that only stood behind it. What waits for a later minute of business time is left waiting.
    `now` and `until` are machine time.
    """
    rows = await db.fetch(LEASE, now, until, loop, chat_max, limit, business_now)
    return [_inbound(row) for row in rows]


def _inbound(row: Any) -> Inbound:
    detail = row["detail"]
    known = {**row, "detail": None if detail is None else json.loads(detail)}
    return Inbound(
        tenant_phone=known.pop("phone_number"),
        **known,
    )


async def end_leases(db: Connection) -> None:
    """End every lease now; only for who knows that no loop lives."""
    await db.execute(
        "update inbound_messages set leased_until = null"
        " where status = 'pending' and leased_until is not null"
    )


async def give_back(db: Connection, messages: Sequence[Inbound], *, loop: str) -> None:
    """End the leases of messages that this loop holds and will not work now."""
    await db.execute(
        "update inbound_messages m set leased_until = null"
        " from unnest($1::bigint[], $2::bigint[]) as x(tenant_id, id)"
        " where m.tenant_id = x.tenant_id and m.id = x.id and m.leased_by = $3"
        " and m.status = 'pending'",
        [one.tenant_id for one in messages],
        [one.id for one in messages],
        loop,
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


async def is_waiting(db: Connection, business_now: datetime) -> bool:
    """Whether any message of an active tenant is due and not worked yet."""
    found: bool = await db.fetchval(
        "select exists (select from inbound_messages m where m.status = 'pending'"
        " and not m.paused"
        " and (select t.status from tenants t where t.id = m.tenant_id) = 'active')"
        " or exists (select from inbound_messages m where m.status = 'pending'"
        " and m.paused and m.not_before <= $1"
        " and (select t.status from tenants t where t.id = m.tenant_id) = 'active')",
        business_now,
    )
    return found
