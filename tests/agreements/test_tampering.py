"""The audit names what somebody changed behind the service's back, column by column."""

from __future__ import annotations

from contextlib import suppress

import asyncpg
import pytest

from bukuhutang.usecases.agreement_payments import PayInstallment, forgive, pay_installment
from tests.agreements.rig import Deal

COLUMNS = {
    "agreement_plans": ("carried = carried + 1", "agreed_on = agreed_on - 1",
        "reason = 'term_extended'", "terms = jsonb_set(terms, '{principal}', '1')"),
    "loan_agreements": ("status = 'completed'", "principal = principal + 1",
        "accepted_on = null", "accepted_on = accepted_on - 1", "cancelled_on = accepted_on",
        "written_off_on = accepted_on", "completed_at = created_at",
        "penalty = jsonb_set(penalty, '{amount}', '9999')", "guarantor = 'Someone'",
        "language = 'en'", "cancel_reason = 'mutual'", "verify_token = repeat('x', 43)"),
    "installment_payments": ("due_date = due_date + 1", "principal = principal + 1",
        "interest = interest + 1", "balance_after = balance_after + 1",
        "period_start = period_start - 1", "period_end = period_end + 1", "accrued = accrued + 1",
        "closed = true", "penalty_paid = penalty_paid + 1",
        "interest_paid = interest_paid + 1", "principal_paid = principal_paid + 1",
        "interest_let_off = interest_let_off + 1", "principal_let_off = principal_let_off + 1",
        "penalty = penalty + 1", "late_days = late_days + 1"),
    "agreement_entries": ("paid = paid + 1", "unapplied = unapplied + 1", "kind = 'waiver'",
        "on_date = on_date - 1", "reverses = 0"),
    "installment_allocations": ("principal = principal + 1", "interest = interest + 1",
        "penalty = penalty + 1", "installment = installment + 1"),
    "payments": ("amount = amount + 1", "agreement_id = null", "direction = 'hutang'",
        "borrower_id = 99"),
    "agreement_requests": ("answered_by = '6281999999999'", "answered_message = 'other'",
        "sha256 = decode(repeat('00', 32), 'hex')", "answered_at = answered_at + interval '1 day'",
        "answer = 'rejected'", "phone_number = '6281999999999'"),
    "files": ("content = content || 'x'::bytea, size = size + 1",
        "sha256 = decode(repeat('00', 32), 'hex')"),
}  # fmt: skip


@pytest.mark.parametrize("table", COLUMNS)
async def test_every_changed_column_is_named(deal: Deal, table: str) -> None:
    await deal.active(penalty=True, percent="12")
    async with deal.shop.book() as book:
        await pay_installment(book, PayInstallment(amount=600_000))
    async with deal.shop.book() as book:
        await forgive(book, 1, 10_000)
    assert await deal.shop.differences() == []
    ours = f"tenant_id = {deal.shop.tenant_id}"
    key = "created_at" if table == "files" else "id"
    first = f"{ours} and {key} = (select min({key}) from {table} where {ours})"  # noqa: S608  ours
    kept = f"kept_{table}_{deal.shop.tenant_id}"
    await deal.ground.tamper(f"create table {kept} as select * from {table} where {ours}")  # noqa: S608  ours
    unseen = []
    for change in COLUMNS[table]:
        with suppress(asyncpg.IntegrityConstraintViolationError):  # that is seen even earlier
            await deal.ground.tamper(f"update {table} set {change} where {first}")  # noqa: S608  ours
            if not await deal.shop.differences():
                unseen.append(change)
        await deal.ground.tamper(
            f"delete from {table} where {ours}",  # noqa: S608  ours
            f"insert into {table} overriding system value select * from {kept}",  # noqa: S608  ours
        )
    assert unseen == []
    assert await deal.shop.differences() == []
