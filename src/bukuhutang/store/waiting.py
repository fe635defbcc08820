"""Messages that wait for their minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class Queue:
    """Where waiting messages go: so many a minute, from `first` on, and no more than `rows_max`."""

    first: datetime  # business time, a whole minute
    a_minute: int
    rows_max: int


@dataclass(frozen=True)
class Paused:
    """How many messages were set to wait, and how many found no room and are not read."""

    waiting: int
    flooded: int


# The place of a message is the number of those of the tenant that wait and came before it. A later
# one of a chat is never due before an earlier one, also when the plan has changed in between.
PAUSE = """
with before as (
    select (select count(*) from inbound_messages where tenant_id = $1 and status = 'pending'
                and paused and id < $2) as waiting,
           (select max(not_before) from inbound_messages where tenant_id = $1 and chat_id = $3
                and status = 'pending' and paused and id < $2) as latest),
placed as (
    select m.id, before.latest,
        (row_number() over (order by m.id) - 1 + before.waiting)::int as place
      from inbound_messages m, before
     where m.tenant_id = $1 and m.chat_id = $3 and m.id >= $2 and m.status = 'pending'
       and not m.paused),
moved as (
    update inbound_messages m set
        status = case when placed.place < $6 then m.status else 'ignored' end,
        paused = placed.place < $6,
        not_before = greatest(
            $4::timestamptz + placed.place / $5 * interval '1 minute', placed.latest),
        reason = case when placed.place < $6 then null else 'flood' end,
        handled_at = case when placed.place < $6 then null else $7::timestamptz end,
        body = case when placed.place < $6 then m.body end,
        attempts = 0, leased_by = null, leased_until = null
      from placed where m.tenant_id = $1 and m.id = placed.id
    returning m.paused)
select count(*) filter (where paused) as waiting, count(*) filter (where not paused) as flooded
  from moved"""


async def pause(
    tx: TenantTx, inbound_id: int, chat_id: str, queue: Queue, *, now: datetime
) -> Paused:
    """Let this message and the later ones of its chat wait; what finds no room is not read.

    They are no loop's any more. The book must be locked.
    """
    row = await tx.db.fetchrow(
        PAUSE, tx.tenant_id, inbound_id, chat_id, queue.first, queue.a_minute, queue.rows_max, now
    )
    assert row is not None
    return Paused(row["waiting"], row["flooded"])
