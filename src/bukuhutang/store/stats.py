"""Counts over all tenants, every one of them from rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bukuhutang.store.scope import Connection, TenantTx
from bukuhutang.tenancy.plans import PlanName

STATS = """
select json_build_object(
    'tenants', json_build_object(
        'total', (select count(*) from tenants),
        'byStatus', (select json_object_agg(status, n) from
            (select status, count(*) n from tenants group by 1) x),
        'byPlan', (select json_object_agg(plan, n) from
            (select plan, count(*) n from tenants group by 1) x)),
    'sessions', json_build_object(
        'total', (select count(*) from wa_sessions),
        'byState', (select json_object_agg(state, n) from
            (select state, count(*) n from wa_sessions group by 1) x)),
    'debts', (select json_build_object('total', coalesce(sum(n), 0),
            'open', coalesce(sum(n) filter (where status = 'open'), 0),
            'settled', coalesce(sum(n) filter (where status = 'settled'), 0),
            'reversed', coalesce(sum(n) filter (where status = 'reversed'), 0),
            'outstandingReceivable', coalesce(sum(rest) filter (where status = 'open'
                and direction = 'piutang'), 0),
            'outstandingPayable', coalesce(sum(rest) filter (where status = 'open'
                and direction = 'hutang'), 0))
        from (select status, direction, count(*) n, sum(principal - paid) rest
                from debts group by 1, 2) x),
    'payments', (select json_build_object(
            'total', count(*) filter (where reverses is null),
            'reversals', count(*) filter (where reverses is not null),
            'amount', coalesce(sum(case when reverses is null then amount else -amount end), 0))
        from payments),
    'agreements', json_build_object(
        'total', (select count(*) from loan_agreements),
        'byStatus', (select json_object_agg(status, n) from
            (select status, count(*) n from loan_agreements group by 1) x)),
    'messages', json_build_object(
        'inbound', (select json_object_agg(status, n) from
            (select status, count(*) n from inbound_messages group by 1) x),
        'outbound', (select json_object_agg(status, n) from
            (select status, count(*) n from outbound_messages group by 1) x)),
    'aiCredits', json_build_object(
        'added', (select coalesce(sum(amount), 0) from ai_credit_grants),
        'used', (select coalesce(sum(used), 0) from usage_meters where meter = 'ai_credits'),
        'usedAdded', (select coalesce(sum(used_added), 0) from usage_meters
            where meter = 'ai_credits')),
    'pdfs', json_build_object(
        'counted', (select coalesce(sum(used), 0) from usage_meters where meter = 'pdfs')))"""


async def system_stats(db: Connection) -> dict[str, Any]:
    """Tenants, sessions, debts, payments, agreements and messages, counted now."""
    counted: dict[str, Any] = json.loads(await db.fetchval(STATS))
    return counted


async def queue_depths(db: Connection) -> dict[str, int]:
    """What waits in inbox and outbox, by status; for /metrics."""
    rows = await db.fetch(
        "select 'inbound_' || case when paused then 'paused' else status end as what,"
        " count(*) as n from inbound_messages"
        " where status in ('pending', 'quarantined') group by 1"
        " union all select 'outbound_' || status, count(*) from outbound_messages"
        " where status in ('queued', 'sending', 'unknown') group by 1"
        # Why they wait, where it is not their turn, the login or a second try.
        " union all select 'held_' || reason, count(*) from outbound_messages"
        " where waits and status = 'queued' and reason in ('new_chats_held', 'number_unchecked')"
        " group by 1"
        " union all select 'session_' || state, count(*) from wa_sessions group by 1"
    )
    return {row["what"]: row["n"] for row in rows}


async def oldest_waiting(db: Connection, now: datetime) -> dict[str, float]:
    """How many seconds the oldest row of each queue has waited; 0 for an empty one."""
    row = await db.fetchrow(
        "select (select min(received_at) from inbound_messages"
        "   where status = 'pending' and not paused) as inbox,"
        " (select min(received_at) from inbound_messages"
        "   where status = 'pending' and paused) as paused,"
        " (select min(queued_at) from outbound_messages where waits) as outbox"
    )
    assert row is not None
    return {
        queue: 0.0 if since is None else max(0.0, (now - since).total_seconds())
        for queue, since in row.items()
    }


@dataclass(frozen=True)
class Fullest:
    """The most rows that one tenant has waiting: for their minute, by plan; and to be sent."""

    paused: dict[PlanName, int]
    outbox: int


async def fullest_queues(db: Connection) -> Fullest:
    """How much waits for the tenant that has the most waiting."""
    paused = await db.fetch(
        "select t.plan, max(w.n) from (select tenant_id, count(*) as n from inbound_messages"
        "   where status = 'pending' and paused group by tenant_id) w"
        " join tenants t on t.id = w.tenant_id group by t.plan"
    )
    outbox = await db.fetchval(
        "select coalesce(max(n), 0) from (select count(*) as n from outbound_messages"
        "   where waits group by tenant_id) w"
    )
    return Fullest({PlanName(row[0]): row[1] for row in paused}, outbox)


async def tenant_totals(tx: TenantTx) -> dict[str, int]:
    """One tenant's totals beside its usage: counts and sums, no names."""
    row = await tx.db.fetchrow(
        "select (select count(*) from debts where tenant_id = $1) as debts_total,"
        " (select coalesce(sum(principal - paid), 0)::bigint from debts where tenant_id = $1"
        "   and status = 'open' and direction = 'piutang') as receivable,"
        " (select coalesce(sum(principal - paid), 0)::bigint from debts where tenant_id = $1"
        "   and status = 'open' and direction = 'hutang') as payable,"
        " (select count(*) from loan_agreements where tenant_id = $1) as agreements_total",
        tx.tenant_id,
    )
    assert row is not None
    return dict(row)
