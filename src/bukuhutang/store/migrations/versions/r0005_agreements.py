"""Installment agreements: plans, installments, what settled them, consent with its proof."""

from __future__ import annotations

from alembic import op

from bukuhutang.store.migrations.versions.r0001_tenants import own_rows

revision = "0005"
down_revision = "0004"

AGREEMENTS = """
alter table loan_agreements
    drop constraint loan_agreements_status_check,
    add constraint loan_agreements_status_check check (status in ('draft', 'sent', 'active',
        'completed', 'cancelled', 'expired', 'written_off')),
    add column guarantor text check (length(guarantor) between 1 and 60),
    add column language text not null default 'id' check (language in ('id', 'en')),
    add column plan_version smallint not null default 1 check (plan_version >= 1),
    add column penalty jsonb, -- the rule of `ledger.penalty`, null without one
    add column assessment jsonb, -- income, other installments and burden as they were shown
    add column verify_token text check (length(verify_token) between 20 and 80),
    add column accepted_on date,
    add column cancelled_on date,
    add column cancel_reason text
        check (cancel_reason in ('rejected', 'withdrawn', 'mutual', 'expired')),
    add column written_off_on date,
    add column completed_at timestamptz,
    add column created_by bigint,
    add foreign key (tenant_id, created_by) references users (tenant_id, id),
    add unique (tenant_id, verify_token);
create index agreements_of_borrower on loan_agreements (tenant_id, borrower_id, id);
grant insert on loan_agreements to bukuhutang_app;
grant update (status, plan_version, guarantor, accepted_on, cancelled_on, cancel_reason,
    written_off_on, completed_at) on loan_agreements to bukuhutang_app;
alter table books add column last_agreement bigint not null default 0 check (last_agreement >= 0);

-- A version of the schedule. The one in force is named by the agreement; all are kept.
create table agreement_plans (
    tenant_id bigint not null,
    id bigint generated always as identity,
    agreement_id bigint not null,
    version smallint not null check (version >= 1),
    agreed_on date not null,
    reason text not null check (reason in ('agreed', 'due_date_moved', 'term_extended')),
    terms jsonb not null,
    carried bigint not null default 0 check (carried >= 0),
    created_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, agreement_id, version),
    foreign key (tenant_id, agreement_id) references loan_agreements (tenant_id, id)
);
grant select, insert on agreement_plans to bukuhutang_app;
"""

INSTALLMENTS = """
-- One row per scheduled installment of a plan; amounts paid and let off are kept beside the facts
-- and compared with them at commit.
create table installment_payments (
    tenant_id bigint not null,
    id bigint generated always as identity,
    agreement_id bigint not null,
    version smallint not null,
    number smallint not null check (number >= 0), -- 0 is the down payment
    closed boolean not null default false, -- the settled part of a row of an earlier version
    due_date date not null,
    principal bigint not null check (principal >= 0),
    interest bigint not null check (interest >= 0),
    balance_after bigint not null check (balance_after >= 0),
    period_start date not null,
    period_end date not null,
    accrued bigint not null check (accrued >= 0),
    penalty bigint not null default 0 check (penalty >= 0),
    penalty_paid bigint not null default 0,
    interest_paid bigint not null default 0,
    principal_paid bigint not null default 0,
    penalty_let_off bigint not null default 0,
    interest_let_off bigint not null default 0,
    principal_let_off bigint not null default 0,
    counted_until date, -- how late it has been, counted up to that day
    late_days integer not null default 0 check (late_days >= 0),
    rupiah_days bigint not null default 0 check (rupiah_days >= 0),
    primary key (tenant_id, id),
    unique (tenant_id, agreement_id, version, number),
    foreign key (tenant_id, agreement_id, version)
        references agreement_plans (tenant_id, agreement_id, version),
    constraint never_below_zero check (least(penalty_paid, interest_paid, principal_paid,
        penalty_let_off, interest_let_off, principal_let_off) >= 0),
    constraint never_paid_beyond check (penalty_paid + penalty_let_off <= penalty
        and interest_paid + interest_let_off <= interest
        and principal_paid + principal_let_off <= principal)
);
create index installments_due on installment_payments (tenant_id, due_date);
grant select, insert on installment_payments to bukuhutang_app;
grant update (penalty, penalty_paid, interest_paid, principal_paid, penalty_let_off,
    interest_let_off, principal_let_off, counted_until, late_days, rupiah_days)
    on installment_payments to bukuhutang_app;
"""

ENTRIES = """
alter table payments
    add column agreement_id bigint,
    add foreign key (tenant_id, agreement_id) references loan_agreements (tenant_id, id);
create index payments_of_agreement on payments (tenant_id, agreement_id, id)
    where agreement_id is not null;

-- What settled something: money, or the lender's will. Appended, never changed; `number` counts
-- within the agreement. Money has its row of `payments` as well.
create table agreement_entries (
    tenant_id bigint not null,
    id bigint generated always as identity,
    agreement_id bigint not null,
    number integer not null check (number >= 1),
    kind text not null check (kind in ('repayment', 'credit', 'waiver', 'rebate')),
    on_date date not null,
    paid bigint not null,
    unapplied bigint not null default 0,
    reverses integer check (reverses < number),
    goes_with integer,
    payment_id bigint,
    created_at timestamptz not null,
    created_by bigint,
    primary key (tenant_id, id),
    unique (tenant_id, agreement_id, number),
    unique (tenant_id, agreement_id, reverses),
    foreign key (tenant_id, agreement_id) references loan_agreements (tenant_id, id),
    foreign key (tenant_id, payment_id) references payments (tenant_id, id),
    foreign key (tenant_id, created_by) references users (tenant_id, id),
    constraint only_repayments_are_money check ((kind = 'repayment') = (payment_id is not null)
        and (paid = 0 or kind = 'repayment')),
    constraint only_money_stays_unapplied check (unapplied = 0 or kind in ('repayment', 'credit'))
);
grant select, insert on agreement_entries to bukuhutang_app;

-- What one installment received of an entry; negative in a reversal.
create table installment_allocations (
    tenant_id bigint not null,
    id bigint generated always as identity,
    agreement_id bigint not null,
    entry integer not null,
    installment smallint not null check (installment >= 0),
    penalty bigint not null default 0,
    interest bigint not null default 0,
    principal bigint not null default 0,
    primary key (tenant_id, id),
    unique (tenant_id, agreement_id, entry, installment),
    foreign key (tenant_id, agreement_id, entry)
        references agreement_entries (tenant_id, agreement_id, number)
);
grant select, insert on installment_allocations to bukuhutang_app;

-- What `ledger.agreement` asserts, said again at commit: every rupiah of an entry is on an
-- installment or unapplied, credit is never below nothing, and the balances of the plan in force
-- are the sums of the facts.
create function agreement_adds_up() returns trigger language plpgsql as $$
declare
    wrong integer;
begin
    select count(*) into wrong from agreement_entries e
     where e.tenant_id = new.tenant_id and e.agreement_id = new.agreement_id
       and e.kind in ('repayment', 'credit')
       and e.paid <> e.unapplied + (select coalesce(sum(a.penalty + a.interest + a.principal), 0)
            from installment_allocations a where a.tenant_id = e.tenant_id
             and a.agreement_id = e.agreement_id and a.entry = e.number);
    if wrong > 0 or (select coalesce(sum(unapplied), 0) < 0 from agreement_entries
            where tenant_id = new.tenant_id and agreement_id = new.agreement_id) then
        raise exception 'agreement % of tenant %: entries do not add up', new.agreement_id,
            new.tenant_id using errcode = 'check_violation';
    end if;
    select count(*) into wrong from (
        select a.installment,
            sum(a.penalty) filter (where e.kind in ('repayment', 'credit')) as penalty_paid,
            sum(a.interest) filter (where e.kind in ('repayment', 'credit')) as interest_paid,
            sum(a.principal) filter (where e.kind in ('repayment', 'credit')) as principal_paid,
            sum(a.penalty) filter (where e.kind in ('waiver', 'rebate')) as penalty_off,
            sum(a.interest) filter (where e.kind in ('waiver', 'rebate')) as interest_off,
            sum(a.principal) filter (where e.kind in ('waiver', 'rebate')) as principal_off
          from installment_allocations a join agreement_entries e on e.tenant_id = a.tenant_id
           and e.agreement_id = a.agreement_id and e.number = a.entry
         where a.tenant_id = new.tenant_id and a.agreement_id = new.agreement_id
         group by a.installment) f
      full join (select p.* from installment_payments p join loan_agreements l
            on l.tenant_id = p.tenant_id and l.id = p.agreement_id and l.plan_version = p.version
         where p.tenant_id = new.tenant_id and p.agreement_id = new.agreement_id) r
        on r.number = f.installment
     where (coalesce(f.penalty_paid, 0), coalesce(f.interest_paid, 0),
            coalesce(f.principal_paid, 0), coalesce(f.penalty_off, 0),
            coalesce(f.interest_off, 0), coalesce(f.principal_off, 0))
        is distinct from (coalesce(r.penalty_paid, 0), coalesce(r.interest_paid, 0),
            coalesce(r.principal_paid, 0), coalesce(r.penalty_let_off, 0),
            coalesce(r.interest_let_off, 0), coalesce(r.principal_let_off, 0));
    if wrong > 0 then
        raise exception 'agreement % of tenant %: % installments differ from the facts',
            new.agreement_id, new.tenant_id, wrong using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger agreement_adds_up after insert on agreement_entries
    deferrable initially deferred for each row execute function agreement_adds_up();
"""

CONSENT = """
-- A question to the borrower that binds: the agreement, another plan, calling it off. The answer is
-- kept with who, when, which message and the hash of the document it was about.
create table agreement_requests (
    tenant_id bigint not null,
    id bigint generated always as identity,
    agreement_id bigint not null,
    kind text not null check (kind in ('accept', 'reschedule', 'cancel')),
    version smallint, -- of the plan it is about
    wanted jsonb, -- of a reschedule: what is changed, and the rows that were shown
    phone_number text not null check (phone_number ~ '^[1-9][0-9]{6,14}$'), -- who may answer
    file_id uuid,
    sha256 bytea check (length(sha256) = 32),
    asked_at timestamptz not null,
    sent_ref text not null, -- the outbound message that asked
    expires_at timestamptz not null,
    reminded_at timestamptz,
    clarified_at timestamptz, -- when a plain word was asked for last
    answer text check (answer in ('accepted', 'rejected', 'expired', 'withdrawn')),
    answered_at timestamptz,
    answered_by text,
    answered_message text, -- the provider's id of the message
    primary key (tenant_id, id),
    foreign key (tenant_id, agreement_id) references loan_agreements (tenant_id, id),
    foreign key (tenant_id, file_id) references files (tenant_id, id),
    constraint an_answer_has_its_proof check ((answer is null) = (answered_at is null)
        and (answer is distinct from 'accepted'
            or (answered_by is not null and answered_message is not null)))
);
create unique index one_open_request on agreement_requests (tenant_id, agreement_id)
    where answer is null;
create index requests_of_phone on agreement_requests (tenant_id, phone_number)
    where answer is null;
grant select, insert on agreement_requests to bukuhutang_app;
grant update (reminded_at, clarified_at, answer, answered_at, answered_by, answered_message,
    file_id, sha256)
    on agreement_requests to bukuhutang_app;
grant select (tenant_id, id, agreement_id, asked_at, expires_at, reminded_at, answer)
    on agreement_requests to bukuhutang_courier;
create policy swept on agreement_requests for select to bukuhutang_courier using (true);

-- Documents to be made outside the transaction that decided on them.
create table document_jobs (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    key text not null check (length(key) between 1 and 200), -- made once
    kind text not null check (kind in ('agreement', 'settlement')),
    agreement_id bigint not null,
    version smallint not null,
    wanted jsonb, -- of a reschedule: what is to be changed
    status text not null default 'pending' check (status in ('pending', 'done', 'failed')),
    attempts smallint not null default 0,
    leased_until timestamptz, -- machine time
    reason text,
    file_id uuid,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, key),
    foreign key (tenant_id, agreement_id) references loan_agreements (tenant_id, id),
    foreign key (tenant_id, file_id) references files (tenant_id, id)
);
create index document_jobs_order on document_jobs (id) where status = 'pending';
grant select, insert on document_jobs to bukuhutang_app;
grant update (status, file_id, reason) on document_jobs to bukuhutang_app;
grant select on document_jobs to bukuhutang_courier;
grant update (attempts, leased_until, status, reason) on document_jobs to bukuhutang_courier;
create policy courier on document_jobs to bukuhutang_courier using (true) with check (true);

-- An interview that is left for a moment waits beneath the question that came in between.
alter table dialogues add column beneath jsonb;
"""


def upgrade() -> None:
    for part in (AGREEMENTS, INSTALLMENTS, ENTRIES, CONSENT):
        op.execute(part)
    own_rows(
        "agreement_plans",
        "installment_payments",
        "agreement_entries",
        "installment_allocations",
        "agreement_requests",
        "document_jobs",
    )
