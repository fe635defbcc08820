"""Messages to somebody else that did not arrive, may not have, or wait; what is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.store.paced import HELD
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class Undelivered:
    """One message, to whom it was, and what is known of it."""

    id: int
    phone: PhoneNumber
    name: str | None  # of the borrower, when it is one
    borrower_id: int | None
    to_lender: bool  # the tenant's own number, or a member's
    body: str
    purpose: str
    file_id: UUID | None
    status: str
    reason: str | None


# A reminder knows its borrower even when the number has changed hands since.
FOUND = """
select o.id, o.chat_id, b.name, b.id,
    o.chat_id = t.phone_number or exists (select from users u
        where u.tenant_id = o.tenant_id and u.phone_number = o.chat_id and u.removed_at is null),
    o.body, o.purpose, o.file_id, o.status, o.reason
  from outbound_messages o join tenants t on t.id = o.tenant_id
  left join reminders r on r.tenant_id = o.tenant_id and r.client_ref = o.client_ref
  left join borrowers b on b.tenant_id = o.tenant_id and b.id = coalesce(r.borrower_id,
    (select p.id from borrowers p where p.tenant_id = o.tenant_id and p.phone_number = o.chat_id))
 where o.tenant_id = $1 and o.purpose <> 'code' and"""


async def untold(tx: TenantTx, now: datetime, *, limit: int) -> list[Undelivered]:
    """The oldest that the lender has not heard of; unknown ones when their time has come (machine
    time)."""
    rows = await tx.db.fetch(
        f"{FOUND} o.untold and (o.not_before is null or o.not_before <= $2) order by o.id limit $3",
        tx.tenant_id,
        now,
        limit,
    )
    return [Undelivered(*row) for row in rows]


async def mark_told(tx: TenantTx, ids: Sequence[int], now: datetime) -> None:
    """These are told, in the transaction that tells them."""
    await tx.db.execute(
        "update outbound_messages set untold = false, asked_at = $3"
        " where tenant_id = $1 and id = any($2)",
        tx.tenant_id,
        list(ids),
        now,
    )


async def held(tx: TenantTx, now: datetime, *, limit: int) -> tuple[list[Undelivered], int]:
    """What waits until a new chat may be begun, the oldest first, and how many there are."""
    waits = f"o.waits and o.status = 'queued' and o.reason = '{HELD}' and o.not_before > $2"
    rows = await tx.db.fetch(
        f"{FOUND} {waits} order by o.id limit $3",
        tx.tenant_id,
        now,
        limit,
    )
    count = await tx.db.fetchval(
        f"select count(*) from outbound_messages o where o.tenant_id = $1 and {waits}",  # noqa: S608  our own constants
        tx.tenant_id,
        now,
    )
    return [Undelivered(*row) for row in rows], count


async def begun_since(tx: TenantTx, since: datetime) -> int:
    """How many new chats this number has begun since then (machine time)."""
    count: int = await tx.db.fetchval(
        "select count(*) from wa_chats where tenant_id = $1 and new_chat and first_sent_at >= $2",
        tx.tenant_id,
        since,
    )
    return count


async def was_told_of_held(tx: TenantTx, day: date) -> bool:
    """Whether the lender was told on this day that messages are held."""
    found: bool = await tx.db.fetchval(
        "select exists (select from outbound_messages where tenant_id = $1 and client_ref = $2)",
        tx.tenant_id,
        f"{held_key(day)}:1",
    )
    return found


def held_key(day: date) -> str:
    """The idempotency key of telling what is held, once a day."""
    return f"held:{day}"
