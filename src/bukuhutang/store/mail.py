"""Mail that waits to be sent: to lenders whose WhatsApp cannot tell them that it is down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import Connection, TenantTx


@dataclass(frozen=True)
class Queued:
    """A mail whose sending has begun; the attempt is counted."""

    tenant_id: TenantId
    id: int
    recipient: str
    subject: str
    body: str
    attempts: int
    queued_at: datetime


@dataclass(frozen=True)
class LastMail:
    """The latest mail to a tenant, as the operator sees what became of it."""

    subject: str
    status: str
    reason: str | None
    queued_at: datetime
    sent_at: datetime | None


async def queue(
    tx: TenantTx, *, key: str, recipient: str, subject: str, body: str, now: datetime
) -> bool:
    """Say it by mail, once for each `key`; False when it was said before."""
    done = await tx.db.execute(
        "insert into mail_messages (tenant_id, key, recipient, subject, body, queued_at)"
        " values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, key) do nothing",
        tx.tenant_id,
        key,
        recipient,
        subject,
        body,
        now,
    )
    return done.endswith(" 1")


async def last(tx: TenantTx) -> LastMail | None:
    """The latest mail to this tenant, None without any."""
    row = await tx.db.fetchrow(
        "select subject, status, reason, queued_at, sent_at from mail_messages"
        " where tenant_id = $1 order by id desc limit 1",
        tx.tenant_id,
    )
    return None if row is None else LastMail(*row)


CLAIM = """
update mail_messages m set attempts = m.attempts + 1, not_before = $2
  from (select tenant_id, id from mail_messages
         where status = 'queued' and (not_before is null or not_before <= $1)
         order by id limit $3 for update skip locked) due
 where m.tenant_id = due.tenant_id and m.id = due.id
returning m.tenant_id, m.id, m.recipient, m.subject, m.body, m.attempts, m.queued_at"""


async def claim(db: Connection, *, now: datetime, again_at: datetime, limit: int) -> list[Queued]:
    """Begin to send the oldest; whoever dies over it leaves it to be taken again at `again_at`."""
    rows = await db.fetch(CLAIM, now, again_at, limit)
    return sorted((Queued(*row) for row in rows), key=lambda one: one.id)


async def mark(
    db: Connection,
    one: Queued,
    *,
    status: str,
    reason: str | None,
    sent_at: datetime | None = None,
    not_before: datetime | None = None,
) -> None:
    """What became of it: sent, failed, or queued for another try at `not_before`."""
    await db.execute(
        "update mail_messages set status = $3, reason = $4, sent_at = $5, not_before = $6"
        " where tenant_id = $1 and id = $2",
        one.tenant_id,
        one.id,
        status,
        reason,
        sent_at,
        not_before,
    )


async def unsent(db: Connection) -> int:
    """How many wait."""
    count: int = await db.fetchval("select count(*) from mail_messages where status = 'queued'")
    return count
