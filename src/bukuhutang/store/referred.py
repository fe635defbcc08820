"""What a message refers to: the one it quotes, reacts to, edits or deletes.

Read only for the messages that refer to another one; a plain text pays nothing for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bukuhutang.base.ids import ChatId
from bukuhutang.store.scope import TenantTx

LED_MAX = 20
"""Messages looked through from a first one to what finished it: corrections and answers."""

ANSWERS_MAX = 3
"""Messages queued for one inbound message that may tell what it was about."""

ACTS_MAX = 10
"""Acts one inbound message can have done: a number noted for each card in it."""


@dataclass(frozen=True)
class Ours:
    """A message the bot sent into this chat."""

    client_ref: str
    about: dict[str, Any]  # as `Book.send` has noted it


@dataclass(frozen=True)
class Theirs:
    """A message that was received in this chat."""

    id: int
    sender: str
    status: str
    kind: str
    refers_to: str | None
    led: tuple[int, ...]  # its number, then those that finished what it began
    about: dict[str, Any]  # what the last answer to those told of


@dataclass(frozen=True)
class Referred:
    """The message referred to; neither when we know nothing of it."""

    ours: Ours | None = None
    theirs: Theirs | None = None


NOTHING = Referred()

READ = f"""
with recursive chain(id, led_to, place) as (
    select m.id, (m.detail ->> 'led_to')::bigint, 1 from inbound_messages m
     where m.tenant_id = $1 and m.provider_message_id = $2 and m.chat_id = $3
    union all
    select m.id, (m.detail ->> 'led_to')::bigint, c.place + 1
      from chain c, inbound_messages m
     where m.tenant_id = $1 and m.id = c.led_to and c.place < {LED_MAX})
select
    (select json_build_array(o.client_ref, o.about) from (
        select * from outbound_messages where tenant_id = $1 and client_ref = $2
        union all
        select * from outbound_messages where tenant_id = $1 and provider_message_id = $2) o
      where o.chat_id = $3 limit 1) as ours,
    (select json_build_array(m.id, m.sender, m.status, m.kind, m.refers_to)
       from inbound_messages m where m.tenant_id = $1 and m.provider_message_id = $2
        and m.chat_id = $3) as theirs,
    (select json_agg(c.id order by c.place) from chain c) as led,
    (select o.about from chain c, generate_series(1, {ANSWERS_MAX}) n, outbound_messages o
      where o.tenant_id = $1 and o.client_ref = 'in:' || c.id || ':' || n and o.chat_id = $3
        and o.about is not null
      order by c.place desc, n desc limit 1) as told"""  # noqa: S608  our own constants


async def read_referred(tx: TenantTx, chat_id: ChatId, refers_to: str) -> Referred:
    """What is known of the message with this provider id, or reference of ours, in this chat."""
    row = await tx.db.fetchrow(READ, tx.tenant_id, refers_to, chat_id)
    assert row is not None
    ours = theirs = None
    if row["ours"] is not None:
        client_ref, about = json.loads(row["ours"])
        ours = Ours(client_ref, about or {})
    if row["theirs"] is not None:
        number, sender, status, kind, refers_to = json.loads(row["theirs"])
        led = tuple(json.loads(row["led"]))
        about = json.loads(row["told"] or "{}")
        theirs = Theirs(number, sender, status, kind, refers_to, led, about)
    return Referred(ours, theirs)
