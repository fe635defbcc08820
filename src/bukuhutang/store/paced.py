"""The outbox of numbers that must not hurry: what could go next, one message at a time.

Looking and taking are two steps here, because between them lie the pauses of a person who types. A
row says `sending` only after them, so a crash in a pause leaves nothing in doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.store.outbox import Outbound
from bukuhutang.store.scope import Connection

HELD = "new_chats_held"
"""Reason of a message that waits until a new chat may be begun."""

RESTRICTED = "restricted_463"
"""Reason of one that WhatsApp will not let begin; the lender forwards it."""


@dataclass(frozen=True)
class Head:
    """The next message of one number in one lane, and what is known of its chat."""

    tenant_id: TenantId
    timezone: str
    restricted: bool
    linked_at: datetime | None
    lane: str  # own, answer, begin
    id: int
    client_ref: str
    chat_id: ChatId
    characters: int
    purpose: str
    checked_at: datetime | None
    has_whatsapp: bool | None
    new_chat: bool  # nobody wrote there so far, neither they nor we
    begun_today: int  # new chats of this number on the tenant's day

    @property
    def number(self) -> PhoneNumber:
        """The number behind the chat."""
        return PhoneNumber(self.chat_id)


# Of `o`, a queued message. They wrote: any message of theirs, whatever became of it. We wrote:
# every message of a paced number leaves its mark in wa_chats with the claim.
NEW_CHAT = """not exists (select from wa_chats c where c.tenant_id = o.tenant_id
        and c.chat_id = o.chat_id and c.first_sent_at is not null)
    and not exists (select from inbound_messages i where i.tenant_id = o.tenant_id
        and i.chat_id = o.chat_id)"""

# An answer behind a held message says that they wrote: the chat is no longer new, both may go.
HEADS = f"""
with mine as (
    select s.tenant_id, g.timezone, s.state, s.linked_at, t.phone_number
      from wa_sessions s join tenants t on t.id = s.tenant_id
      join tenant_settings g on g.tenant_id = s.tenant_id
     where s.owner = $1 and s.lease_until > clock_timestamp()
       and s.state in ('connected', 'restricted')),
head as (
    select m.tenant_id, m.timezone, m.state, m.linked_at, h.*
      from mine m cross join lateral (
        select distinct on (o.lane) o.lane, o.id, o.client_ref, o.chat_id, length(o.body), o.purpose
          from (select q.*, case when q.chat_id = m.phone_number then 'own'
                    when q.purpose = 'reply' then 'answer' else 'begin' end as lane
                  from outbound_messages q
                 where q.tenant_id = m.tenant_id and q.waits and q.status = 'queued'
                   and (q.not_before is null or q.not_before <= $2
                        or (q.reason = '{HELD}' and exists (select from outbound_messages r
                            where r.tenant_id = q.tenant_id and r.chat_id = q.chat_id and r.waits
                              and r.id > q.id and r.purpose = 'reply')))) o
         where (m.tenant_id || ':' || o.lane) <> all($3)
           and not exists (select from outbound_messages e where e.tenant_id = o.tenant_id
                and e.chat_id = o.chat_id and e.waits and e.id < o.id)
         order by o.lane, o.id) h)
select o.tenant_id, o.timezone, o.state = 'restricted', o.linked_at, o.lane, o.id, o.client_ref,
    o.chat_id, o.length, o.purpose, c.checked_at, c.has_whatsapp,
    case when o.lane <> 'begin' then false else {NEW_CHAT} end,
    case when o.lane <> 'begin' then 0 else (select count(*) from wa_chats w
        where w.tenant_id = o.tenant_id and w.new_chat and w.first_sent_at
            >= date_trunc('day', $2::timestamptz at time zone o.timezone) at time zone o.timezone)
    end
  from head o left join wa_chats c on c.tenant_id = o.tenant_id and c.chat_id = o.chat_id
 order by o.id"""  # noqa: S608  our own constants


async def heads(db: Connection, owner: str, *, now: datetime, busy: Sequence[str]) -> list[Head]:
    """The next message of each lane of each number that `owner` holds (machine time).

    `busy` names lanes to pass over, as `tenant:lane`.
    """
    return [Head(*row) for row in await db.fetch(HEADS, owner, now, list(busy))]


CLAIM_ONE = """
with head as (
    select o.tenant_id, o.id, o.chat_id, s.fencing
      from outbound_messages o join wa_sessions s on s.tenant_id = o.tenant_id
     where o.tenant_id = $2 and o.id = $3 and o.waits and o.status = 'queued'
       and s.owner = $1 and s.lease_until > clock_timestamp()
       and s.state in ('connected', 'restricted')
       and (s.state = 'connected' or not $6)
       and not exists (select from outbound_messages e where e.tenant_id = o.tenant_id
            and e.chat_id = o.chat_id and e.waits and e.id < o.id)
       for update of o skip locked),
begun as (
    insert into wa_chats as c (tenant_id, chat_id, new_chat, first_sent_at)
    select tenant_id, chat_id, $6, $4 from head where $5
    on conflict (tenant_id, chat_id) do update
       set first_sent_at = excluded.first_sent_at, new_chat = excluded.new_chat
     where c.first_sent_at is null)
update outbound_messages o set status = 'sending', attempts = o.attempts + 1,
    fencing = head.fencing
  from head where o.tenant_id = head.tenant_id and o.id = head.id
returning o.tenant_id, o.id, o.client_ref, o.chat_id, o.body, o.purpose, o.attempts,
    o.file_id"""


async def claim_one(db: Connection, owner: str, head: Head, now: datetime) -> Outbound | None:
    """Begin to send this message if it may still go: same conditions as `outbox.claim`.

    Its chat counts as begun from here on, so a crash cannot make the day's count too small. None
    when the message, the login or the lease has changed meanwhile.
    """
    row = await db.fetchrow(
        CLAIM_ONE,
        owner,
        head.tenant_id,
        head.id,
        now,
        head.lane != "own",
        head.new_chat,
    )
    return None if row is None else Outbound(*row)


# A reply never begins a chat, and the lender's own chat is no new one.
BEGINNING = f"""
  from tenants t where o.tenant_id = $1 and t.id = o.tenant_id and o.waits and o.status = 'queued'
   and o.chat_id <> t.phone_number and o.purpose <> 'reply' and {NEW_CHAT}"""


HOLD = f"""update outbound_messages o set not_before = $3, reason = '{HELD}' {BEGINNING}
   and (o.not_before is null or o.not_before <= $2)"""  # noqa: S608  our own constants
BAR = f"""update outbound_messages o set status = 'failed', waits = false, untold = true,
    not_before = null, reason = '{RESTRICTED}' {BEGINNING}"""  # noqa: S608  our own constants


async def hold_new_chats(
    db: Connection, tenant_id: TenantId, *, now: datetime, until: datetime
) -> None:
    """All that would begin a chat waits until then and says why (machine time)."""
    await db.execute(HOLD, tenant_id, now, until)


async def bar_new_chats(db: Connection, tenant_id: TenantId) -> None:
    """WhatsApp lets this number begin no chats: what would do so is the lender's to forward."""
    await db.execute(BAR, tenant_id)


async def give_up(db: Connection, head: Head, status: str, reason: str) -> None:
    """A queued message will not be sent: `failed` or `skipped`, with the reason."""
    await db.execute(
        "update outbound_messages set status = $3, waits = false, untold = true,"
        " not_before = null, reason = $4"
        " where tenant_id = $1 and id = $2 and waits and status = 'queued'",
        head.tenant_id,
        head.id,
        status,
        reason,
    )


async def put_off(db: Connection, head: Head, reason: str, until: datetime) -> None:
    """A queued message waits until then (machine time)."""
    await db.execute(
        "update outbound_messages set not_before = $3, reason = $4"
        " where tenant_id = $1 and id = $2 and waits and status = 'queued'",
        head.tenant_id,
        head.id,
        until,
        reason,
    )
