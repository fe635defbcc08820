"""Borrowers, debts and the facts about money: payments, allocations, the audit log."""

from __future__ import annotations

from alembic import op

from bukuhutang.store.migrations.versions.r0001_tenants import own_rows

revision = "0002"
down_revision = "0001"

BORROWERS = """
create table borrowers (
    tenant_id bigint not null references tenants (id),
    id bigint not null,
    name text not null check (length(name) between 1 and 60),
    name_key text collate "C" not null check (length(name_key) between 1 and 180),
    phone_number text check (phone_number ~ '^[1-9][0-9]{6,14}$'),
    lid text,
    timezone text,
    opted_out_at timestamptz,
    -- What was paid beyond the debts, by direction; derived from payments, checked by the audit.
    credit_receivable bigint not null default 0 check (credit_receivable >= 0),
    credit_payable bigint not null default 0 check (credit_payable >= 0),
    created_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, phone_number)
);
create index borrowers_by_name on borrowers (tenant_id, name_key);
grant select, insert on borrowers to bukuhutang_app;
grant update (name, name_key, phone_number, lid, timezone, opted_out_at, credit_receivable,
    credit_payable) on borrowers to bukuhutang_app;
"""

DEBTS = """
create table debts (
    tenant_id bigint not null,
    id bigint not null,
    direction text not null check (direction in ('piutang', 'hutang')),
    borrower_id bigint not null,
    principal bigint not null check (principal between 1 and 999999999),
    currency text not null default 'IDR' check (currency = 'IDR'),
    -- Sum of this debt's allocations; kept beside the facts and compared with them at commit.
    paid bigint not null default 0 check (paid between 0 and principal),
    due_date date not null,
    note text check (length(note) <= 200),
    status text not null,
    created_at timestamptz not null,
    created_by bigint,
    primary key (tenant_id, id),
    foreign key (tenant_id, borrower_id) references borrowers (tenant_id, id),
    foreign key (tenant_id, created_by) references users (tenant_id, id),
    constraint status_fits_the_balance check (
        (status = 'open' and paid < principal)
        or (status = 'settled' and paid = principal)
        or (status = 'reversed' and paid = 0))
);
create index debts_of_borrower on debts (tenant_id, borrower_id, id);
create index debts_open on debts (tenant_id, due_date, id) where status = 'open';
grant select, insert on debts to bukuhutang_app;
grant update (paid, status) on debts to bukuhutang_app;
grant select (tenant_id, id, direction, principal, paid, status, created_at)
    on debts to bukuhutang_operator;
create policy counted on debts for select to bukuhutang_operator using (true);
"""

FACTS = """
create table payments (
    tenant_id bigint not null,
    id bigint not null,
    direction text not null check (direction in ('piutang', 'hutang')),
    borrower_id bigint not null,
    amount bigint not null check (amount >= 1),
    currency text not null default 'IDR' check (currency = 'IDR'),
    -- A reversal is a row of its own that names the payment it takes back, at most once each.
    reverses bigint,
    created_at timestamptz not null,
    created_by bigint,
    primary key (tenant_id, id),
    unique (tenant_id, reverses),
    foreign key (tenant_id, borrower_id) references borrowers (tenant_id, id),
    foreign key (tenant_id, reverses) references payments (tenant_id, id),
    foreign key (tenant_id, created_by) references users (tenant_id, id),
    constraint reverses_an_earlier_one check (reverses < id)
);
create index payments_of_borrower on payments (tenant_id, borrower_id, id);
grant select, insert on payments to bukuhutang_app;
grant select (tenant_id, id, direction, amount, reverses, created_at)
    on payments to bukuhutang_operator;
create policy counted on payments for select to bukuhutang_operator using (true);

create table payment_allocations (
    tenant_id bigint not null,
    id bigint not null,
    payment_id bigint not null,
    debt_id bigint not null,
    amount bigint not null check (amount <> 0), -- negative where an allocation is taken back
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, payment_id) references payments (tenant_id, id),
    foreign key (tenant_id, debt_id) references debts (tenant_id, id)
);
create index allocations_of_payment on payment_allocations (tenant_id, payment_id);
create index allocations_of_debt on payment_allocations (tenant_id, debt_id);
grant select, insert on payment_allocations to bukuhutang_app;

-- What `ledger.allocation` asserts, said again at commit: a payment is never allocated beyond its
-- amount, a debt's balance is the sum of its allocations.
create function allocations_add_up() returns trigger language plpgsql as $$
declare
    allocated bigint := (select coalesce(sum(amount), 0) from payment_allocations
                          where (tenant_id, payment_id) = (new.tenant_id, new.payment_id));
    on_debt bigint := (select coalesce(sum(amount), 0) from payment_allocations
                        where (tenant_id, debt_id) = (new.tenant_id, new.debt_id));
begin
    if allocated < 0 or allocated > (select amount from payments
            where (tenant_id, id) = (new.tenant_id, new.payment_id)) then
        raise exception 'payment % of tenant %: allocated %', new.payment_id, new.tenant_id,
            allocated using errcode = 'check_violation';
    end if;
    if on_debt is distinct from (select paid from debts
            where (tenant_id, id) = (new.tenant_id, new.debt_id)) then
        raise exception 'debt % of tenant %: allocations sum to %', new.debt_id, new.tenant_id,
            on_debt using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger allocations_add_up after insert on payment_allocations
    deferrable initially deferred for each row execute function allocations_add_up();
"""

REST = """
-- Installment agreements: their number, whom with, how much and how far they are.
create table loan_agreements (
    tenant_id bigint not null,
    id bigint not null,
    borrower_id bigint not null,
    principal bigint not null check (principal between 1 and 999999999),
    currency text not null default 'IDR' check (currency = 'IDR'),
    status text not null
        check (status in ('draft', 'sent', 'active', 'completed', 'cancelled', 'expired')),
    created_at timestamptz not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, borrower_id) references borrowers (tenant_id, id)
);
create index agreements_running on loan_agreements (tenant_id, id)
    where status in ('draft', 'sent', 'active');
grant select on loan_agreements to bukuhutang_app;
grant select (tenant_id, id, status, created_at) on loan_agreements to bukuhutang_operator;
create policy counted on loan_agreements for select to bukuhutang_operator using (true);

-- Credits added by the operator, on top of the plan's month; they do not expire.
create table ai_credit_grants (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    amount bigint not null check (amount between 1 and 1000000),
    created_at timestamptz not null,
    actor text not null,
    primary key (tenant_id, id)
);
grant select, insert on ai_credit_grants to bukuhutang_app;
grant select on ai_credit_grants to bukuhutang_operator;
create policy counted on ai_credit_grants for select to bukuhutang_operator using (true);

create table reminders (
    tenant_id bigint not null,
    id bigint not null,
    borrower_id bigint not null,
    kind text not null check (kind in ('manual', 'automatic')),
    local_date date not null, -- at most one a day per borrower goes out
    client_ref text not null, -- the outbound message; its row tells the fate
    created_at timestamptz not null,
    created_by bigint,
    primary key (tenant_id, id),
    unique (tenant_id, client_ref),
    foreign key (tenant_id, borrower_id) references borrowers (tenant_id, id),
    foreign key (tenant_id, created_by) references users (tenant_id, id)
);
create index reminders_of_day on reminders (tenant_id, borrower_id, local_date);
grant select, insert on reminders to bukuhutang_app;

-- Every act that changed the book or the tenant, hash-chained: each row's hash covers the row and
-- the hash before it. Holds numbers and amounts, never names.
create table audit_log (
    tenant_id bigint not null references tenants (id),
    id bigint not null check (id >= 1),
    at timestamptz not null,
    actor text not null check (length(actor) between 1 and 60),
    chat_id text,
    action text not null check (length(action) between 1 and 60),
    borrower_id bigint,
    subject bigint, -- the number of the debt or payment the action is about
    detail jsonb not null default '{}',
    idempotency_key text not null check (length(idempotency_key) <= 300),
    previous_hash bytea not null,
    hash bytea not null check (length(hash) = 32),
    primary key (tenant_id, id),
    unique (tenant_id, idempotency_key)
);
create index audit_of_chat on audit_log (tenant_id, chat_id, id);
create index audit_of_borrower on audit_log (tenant_id, borrower_id, id);
grant select, insert on audit_log to bukuhutang_app;
"""


def upgrade() -> None:
    for part in (BORROWERS, DEBTS, FACTS, REST):
        op.execute(part)
    own_rows(
        "borrowers",
        "debts",
        "payments",
        "payment_allocations",
        "reminders",
        "audit_log",
        "loan_agreements",
        "ai_credit_grants",
    )
