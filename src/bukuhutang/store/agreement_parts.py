"""The rows of agreements that one piece of work may write, as `changes` wants them."""

from __future__ import annotations

from bukuhutang.store.parts import Part, insert, moved

BALANCES = {
    "penalty": "bigint",
    "penalty_paid": "bigint",
    "interest_paid": "bigint",
    "principal_paid": "bigint",
    "penalty_let_off": "bigint",
    "interest_let_off": "bigint",
    "principal_let_off": "bigint",
    "counted_until": "date",
    "late_days": "integer",
    "rupiah_days": "bigint",
}

AGREEMENT_PARTS: dict[str, Part] = {
    "agreements": insert(
        "loan_agreements",
        id="bigint",
        borrower_id="bigint",
        principal="bigint",
        status="text",
        guarantor="text",
        language="text",
        penalty="jsonb",
        assessment="jsonb",
        verify_token="text",  # noqa: S106  a column's type
        created_at="timestamptz",
        created_by="bigint",
    ),
    "agreements_changed": moved(
        "update loan_agreements l set status = x.status, plan_version = x.plan_version,"
        " accepted_on = x.accepted_on, cancelled_on = x.cancelled_on,"
        " cancel_reason = x.cancel_reason, written_off_on = x.written_off_on,"
        " completed_at = x.completed_at from {moved} where l.tenant_id = $1 and l.id = x.id",
        id="bigint",
        status="text",
        plan_version="smallint",
        accepted_on="date",
        cancelled_on="date",
        cancel_reason="text",
        written_off_on="date",
        completed_at="timestamptz",
    ),
    "plans": insert(
        "agreement_plans",
        agreement_id="bigint",
        version="smallint",
        agreed_on="date",
        reason="text",
        terms="jsonb",
        carried="bigint",
        created_at="timestamptz",
    ),
    "installments": insert(
        "installment_payments",
        agreement_id="bigint",
        version="smallint",
        number="smallint",
        closed="boolean",
        due_date="date",
        principal="bigint",
        interest="bigint",
        balance_after="bigint",
        period_start="date",
        period_end="date",
        accrued="bigint",
        **BALANCES,
    ),
    "installments_changed": moved(
        # Our own constants, nothing of a message.
        "update installment_payments i set "  # noqa: S608
        + ", ".join(f"{one} = x.{one}" for one in BALANCES)
        + " from {moved} where i.tenant_id = $1 and i.agreement_id = x.agreement_id"
        " and i.version = x.version and i.number = x.number",
        agreement_id="bigint",
        version="smallint",
        number="smallint",
        **BALANCES,
    ),
    "entries": insert(
        "agreement_entries",
        agreement_id="bigint",
        number="integer",
        kind="text",
        on_date="date",
        paid="bigint",
        unapplied="bigint",
        reverses="integer",
        goes_with="integer",
        payment_id="bigint",
        created_at="timestamptz",
        created_by="bigint",
    ),
    "portions": insert(
        "installment_allocations",
        agreement_id="bigint",
        entry="integer",
        installment="smallint",
        penalty="bigint",
        interest="bigint",
        principal="bigint",
    ),
    "requests": insert(
        "agreement_requests",
        agreement_id="bigint",
        kind="text",
        version="smallint",
        wanted="jsonb",
        phone_number="text",
        file_id="uuid",
        sha256="bytea",
        asked_at="timestamptz",
        sent_ref="text",
        expires_at="timestamptz",
    ),
    "requests_answered": moved(
        "update agreement_requests r set answer = x.answer, answered_at = x.answered_at,"
        " answered_by = x.answered_by, answered_message = x.answered_message"
        " from {moved} where r.tenant_id = $1 and r.id = x.id and r.answer is null",
        id="bigint",
        answer="text",
        answered_at="timestamptz",
        answered_by="text",
        answered_message="text",
    ),
    "document_jobs": insert(
        "document_jobs",
        " on conflict (tenant_id, key) do nothing",
        key="text",
        kind="text",
        agreement_id="bigint",
        version="smallint",
        wanted="jsonb",
        counted_in="date",
        created_at="timestamptz",
    ),
}
