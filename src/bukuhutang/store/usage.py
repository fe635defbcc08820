"""What of a plan is used: open rows, the month's meters, and what the lender was told of it.

All of it under the book's lock, so that what is read still holds when it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.tenancy.quotas import Credits, Quota

# What was said this month about this very limit: the highest percentage, or 0.
TOLD = """(select coalesce(max(percent), 0) from quota_notices where tenant_id = $1
    and quota = $2 and month = $3 and quota_max = $4)"""


@dataclass(frozen=True)
class Usage:
    """What of the plan is used, as STATUS AKUN and the admin API both show it."""

    month: date  # the first day of the calendar month in the tenant's zone
    plan: PlanName
    state: str
    debts_open: int
    max_debts: int | None
    agreements_open: int
    max_agreements: int | None
    pdfs: int
    credits: Credits
    messages: int


async def debts_open(
    tx: TenantTx, *, month: date, limit: int, without: Sequence[int]
) -> tuple[int, int]:
    """How many debts are open, those numbered in `without` left out; what was told."""
    return await _counted(
        tx,
        "select count(*) from debts where tenant_id = $1 and status = 'open' and id <> all($5)",
        (Quota.DEBTS, month, limit, list(without)),
    )


async def agreements_open(
    tx: TenantTx, *, month: date, limit: int, without: Sequence[int]
) -> tuple[int, int]:
    """How many agreements are not closed yet, those in `without` left out; what was told."""
    return await _counted(
        tx,
        "select count(*) from loan_agreements where tenant_id = $1"
        " and status in ('draft', 'sent', 'active') and id <> all($5)",
        (Quota.AGREEMENTS, month, limit, list(without)),
    )


async def pdfs(tx: TenantTx, *, month: date, limit: int, without: int | None) -> tuple[int, int]:
    """How many documents this month counts, what waits for agreement `without` left out; told."""
    return await _counted(
        tx,
        "select coalesce((select used from usage_meters where tenant_id = $1 and meter = $2"
        "   and month = $3), 0) - (select count(*) from document_jobs where tenant_id = $1"
        "   and agreement_id = $5 and kind = 'agreement' and status = 'pending'"
        "   and counted_in = $3)",
        (Quota.PDFS, month, limit, without),
    )


async def _counted(tx: TenantTx, count: str, rest: tuple[object, ...]) -> tuple[int, int]:
    # S608: every word of both is a constant of this module.
    row = await tx.db.fetchrow(f"select ({count}), {TOLD}", tx.tenant_id, *rest)
    assert row is not None
    return row[0], row[1]


async def told(tx: TenantTx, quota: Quota, *, month: date, limit: int) -> int:
    """The highest percentage said this month about this very limit; 0 for nothing."""
    found = await tx.db.fetchval(f"select {TOLD}", tx.tenant_id, quota, month, limit)
    assert isinstance(found, int)
    return found


CREDITS = """
    t.ai_credits, coalesce(m.used, 0), coalesce(m.used_added, 0),
    (select coalesce(sum(amount), 0) from ai_credit_grants where tenant_id = $1)::bigint,
    (select coalesce(sum(used_added), 0) from usage_meters where tenant_id = $1
        and meter = 'ai_credits')::bigint"""

OF_MONTH = """tenants t left join usage_meters m
    on m.tenant_id = t.id and m.meter = 'ai_credits' and m.month = $2"""

READ_CREDITS = f"select {CREDITS} from {OF_MONTH} where t.id = $1"  # noqa: S608  our own constants

READ = f"""
select t.plan, coalesce((select state from wa_sessions where tenant_id = $1), 'unlinked'),
    (select count(*) from debts where tenant_id = $1 and status = 'open'), t.max_debts,
    (select count(*) from loan_agreements where tenant_id = $1
        and status in ('draft', 'sent', 'active')), t.max_agreements,
    coalesce((select used from usage_meters where tenant_id = $1 and meter = 'pdfs'
        and month = $2), 0),
    (select count(*) from inbound_messages where tenant_id = $1 and received_at >= $3
        and status in ('done', 'quarantined')), {CREDITS}
  from {OF_MONTH} where t.id = $1"""  # noqa: S608  our own constants


async def credits(tx: TenantTx, month: date) -> Credits:
    """AI credits of one month, and the added ones of all months."""
    row = await tx.db.fetchrow(READ_CREDITS, tx.tenant_id, month)
    assert row is not None
    return Credits(*row)


async def read_usage(tx: TenantTx, month_start: datetime) -> Usage:
    """Plan, WhatsApp state and counts; `month_start` is the instant in the tenant's zone."""
    month = month_start.date()
    assert month.day == 1
    row = await tx.db.fetchrow(READ, tx.tenant_id, month, month_start)
    assert row is not None
    return Usage(
        month=month,
        plan=PlanName(row[0]),
        state=row[1],
        debts_open=row[2],
        max_debts=row[3],
        agreements_open=row[4],
        max_agreements=row[5],
        pdfs=row[6],
        credits=Credits(*row[8:13]),
        messages=row[7],
    )
