"""Recomputes the meters of each month from the facts: documents queued, AI credits spent.

A document counts while it waits and when it was made; what was given up or called off gave its
place back. Each credit is an act in the audit log, which says from where it was taken.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from bukuhutang.store.scope import TenantTx

METERS = """
with facts as (
    select 'pdfs' as meter, counted_in as month, count(*) as used, 0 as used_added
      from document_jobs where tenant_id = $1 and counted_in is not null
        and (status = 'pending' or file_id is not null) group by 2
    union all
    select 'ai_credits', (detail ->> 'month')::date, count(*),
        count(*) filter (where detail ->> 'from' = 'added')
      from audit_log where tenant_id = $1 and action = 'ai_credit_spent' group by 2)
select coalesce(m.meter, f.meter) as meter,
    to_char(coalesce(m.month, f.month), 'YYYYMM')::int as month,
    coalesce(m.used, 0) as used, coalesce(f.used, 0) as used_facts,
    coalesce(m.used_added, 0) as used_added, coalesce(f.used_added, 0) as added_facts
  from (select * from usage_meters where tenant_id = $1) m
  full join facts f on f.meter = m.meter and f.month = m.month
 order by 1, 2"""

# What was granted, against what the audit log says; and nobody spends more than was granted.
GRANTS = """
select (select coalesce(sum(amount), 0) from ai_credit_grants where tenant_id = $1)::bigint
        as granted,
    (select coalesce(sum((detail ->> 'amount')::bigint), 0) from audit_log
      where tenant_id = $1 and action = 'credits_added')::bigint as said,
    (select coalesce(sum(used_added), 0) from usage_meters where tenant_id = $1
        and meter = 'ai_credits')::bigint as spent"""


async def wrong(tx: TenantTx) -> AsyncIterator[tuple[str, int, object, object]]:
    """What may differ of the meters: its name, the month as YYYYMM, stored and computed."""
    for row in await tx.db.fetch(METERS, tx.tenant_id):
        meter, month = row["meter"], row["month"]
        yield f"meter.{meter}", month, row["used"], row["used_facts"]
        yield f"meter.{meter}.added", month, row["used_added"], row["added_facts"]
    grants = await tx.db.fetchrow(GRANTS, tx.tenant_id)
    assert grants is not None
    yield "credits.granted", 0, grants["granted"], grants["said"]
    yield "credits.spent", 0, grants["spent"], min(grants["spent"], grants["granted"])
