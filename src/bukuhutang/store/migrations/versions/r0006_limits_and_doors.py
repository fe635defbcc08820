"""Meters, rates, roles, the tenant's keys, sign-ins: what binds plans and opens further doors."""

from __future__ import annotations

from alembic import op

from bukuhutang.store.migrations.versions.r0001_tenants import own_rows

revision = "0006"
down_revision = "0005"

METERS = """
-- What of a plan's month is used: a row per meter and calendar month in the tenant's zone, so
-- nothing has to be reset. What the month no longer covered was taken from the added credits.
create table usage_meters (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    meter text not null check (meter in ('ai_credits', 'pdfs')),
    month date not null check (extract(day from month) = 1),
    used bigint not null default 0 check (used >= 0),
    used_added bigint not null default 0 check (used_added between 0 and used),
    primary key (tenant_id, id),
    unique (tenant_id, meter, month)
);
grant select, insert on usage_meters to bukuhutang_app;
grant update (used, used_added) on usage_meters to bukuhutang_app;
grant select on usage_meters to bukuhutang_operator;
create policy counted on usage_meters for select to bukuhutang_operator using (true);

-- The lender is told once a month and limit that 80 or 100 percent are reached. A larger limit
-- (another plan, more credits) is another one.
create table quota_notices (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    quota text not null check (quota in ('debts', 'agreements', 'ai_credits', 'pdfs')),
    month date not null check (extract(day from month) = 1),
    quota_max bigint not null check (quota_max >= 0), -- the limit as it was told
    percent smallint not null check (percent in (80, 100)),
    told_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, quota, month, quota_max, percent)
);
grant select, insert on quota_notices to bukuhutang_app;

-- The month whose meter counts this document; null for a receipt of settlement, which is free.
alter table document_jobs
    add column counted_in date check (extract(day from counted_in) = 1);
"""

RATES = """
-- How often something was done in the window that runs; one row per thing that is limited.
create table rate_windows (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    kind text not null check (kind in ('api', 'chat', 'sign_in', 'outbox', 'waiting', 'flood')),
    key text not null check (length(key) <= 200),
    started_at timestamptz not null,
    used integer not null default 0 check (used >= 0),
    told boolean not null default false, -- the polite line was said in this window
    primary key (tenant_id, id),
    unique (tenant_id, kind, key)
) with (fillfactor = 50);
grant select, insert on rate_windows to bukuhutang_app;
grant update (started_at, used, told) on rate_windows to bukuhutang_app;
"""

WAITING = """
-- Messages of members beyond the plan's rate wait for their minute. `paused` is the only one of the
-- two columns that indexes look at, so that waiting rows cost the leases of others nothing; a row
-- that had to wait keeps `not_before`, and is worked in its turn without being counted out again.
alter table inbound_messages
    add column not_before timestamptz, -- business time
    add column paused boolean not null default false,
    add constraint paused_until_then check (not paused or not_before is not null);
drop index inbox_order;
drop index inbox_chat;
create index inbox_order on inbound_messages (id) where status = 'pending' and not paused;
create index inbox_chat on inbound_messages (tenant_id, chat_id, id)
    where status = 'pending' and not paused;
create index inbox_paused on inbound_messages (tenant_id, chat_id, id)
    where status = 'pending' and paused;
create index inbox_due on inbound_messages (not_before) where status = 'pending' and paused;
grant update (not_before, paused, attempts, leased_by, leased_until)
    on inbound_messages to bukuhutang_app;
grant update (paused) on inbound_messages to bukuhutang_courier;
grant select (paused, not_before) on inbound_messages to bukuhutang_operator;

-- How many messages of members were answered in the business minute that runs. In the row that is
-- read and written with every message, so that counting is no statement of its own.
alter table books
    add column rate_minute timestamptz,
    add column rate_used integer not null default 0 check (rate_used >= 0);

-- As lease_inbox_2, with rows that wait for their minute: those that are due by business time are
-- let go first, the others are not looked at.
create function lease_inbox_3(look_at timestamptz, lease_until timestamptz, loop_name text,
    chat_max int, row_max int, business_now timestamptz)
returns table (tenant_id bigint, id bigint, provider_message_id text, chat_id text, sender text,
    from_me boolean, self_chat boolean, kind text, body text, attempts int,
    phone_number text, timezone text, language text, refers_to text, detail jsonb, file_id uuid)
language plpgsql rows 32 as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock(7231004212);
    perform set_config('synchronous_commit', 'off', true);
    update inbound_messages m set paused = false
     where m.status = 'pending' and m.paused and m.not_before <= business_now;
    return query
    with head as (
        select m.tenant_id, m.id from inbound_messages m
         where m.status = 'pending' and not m.paused
           and (m.leased_until is null or m.leased_until <= look_at)
           and (select t.status from tenants t where t.id = m.tenant_id) = 'active'
           -- Those before it count whether leased already or in this very call: else one call could
           -- take a whole flood, and nobody else would be leased until it is worked off.
           and (select count(*) < chat_max and bool_and(before.ours) is not false
                  from (select e.leased_until is null or e.leased_until <= look_at
                               or e.leased_by = loop_name as ours
                          from inbound_messages e
                         where e.tenant_id = m.tenant_id and e.chat_id = m.chat_id and e.id < m.id
                           and e.status = 'pending' and not e.paused
                         order by e.id limit chat_max) before)
         order by m.id limit row_max)
    update inbound_messages m
       set leased_until = lease_until, leased_by = loop_name,
           attempts = m.attempts + (not exists (select from inbound_messages e
                where e.tenant_id = m.tenant_id and e.chat_id = m.chat_id and e.id < m.id
                  and e.status = 'pending' and not e.paused))::int
      from head, tenants t, tenant_settings s
     where m.tenant_id = head.tenant_id and m.id = head.id
       and m.status = 'pending' and not m.paused -- a message before it may have paused it meanwhile
       and t.id = m.tenant_id and s.tenant_id = m.tenant_id
    returning m.tenant_id, m.id, m.provider_message_id, m.chat_id, m.sender, m.from_me,
        m.self_chat, m.kind, m.body, m.attempts::int, t.phone_number, s.timezone, s.language,
        m.refers_to, m.detail, m.file_id;
end $$;
grant execute on function lease_inbox_3 to bukuhutang_courier;
"""

MEMBERS = """
alter table users
    drop constraint users_role_check,
    add constraint users_role_check check (role in ('owner', 'staff', 'viewer')),
    add column removed_at timestamptz; -- the row stays: what he recorded names him
grant update (name, role, removed_at) on users to bukuhutang_app;
alter table books add column last_api_key bigint not null default 0 check (last_api_key >= 0);
"""

KEYS = """
-- Keys of programs. The key itself is shown once and never stored; it is random enough that a
-- plain hash of it cannot be guessed.
create table api_keys (
    tenant_id bigint not null references tenants (id),
    id bigint not null,
    name text not null check (length(name) between 1 and 60),
    key_hash bytea not null check (length(key_hash) = 32), -- SHA-256
    hint text not null check (length(hint) <= 8), -- its last characters, to tell keys apart
    scope text not null check (scope in ('read', 'write')),
    created_at timestamptz not null,
    created_by text not null check (length(created_by) between 1 and 60),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, key_hash)
);
grant select, insert on api_keys to bukuhutang_app;
grant update (revoked_at, last_used_at) on api_keys to bukuhutang_app;

-- The answer to a write of a program, kept with the write: the same key again gets it again.
create table idempotency_keys (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    key text not null check (length(key) between 1 and 200),
    request_hash bytea not null check (length(request_hash) = 32), -- method, path and body
    status smallint not null,
    headers jsonb not null,
    body text not null,
    created_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
grant select, insert on idempotency_keys to bukuhutang_app;
grant select (tenant_id, id, created_at), delete on idempotency_keys to bukuhutang_courier;
create policy swept on idempotency_keys to bukuhutang_courier using (true);
"""

SIGN_INS = """
create table sign_in_codes (
    tenant_id bigint not null,
    id bigint generated always as identity,
    member_id bigint not null,
    code_hash bytea not null check (length(code_hash) = 32), -- keyed; six figures are guessable
    asked_at timestamptz not null,
    expires_at timestamptz not null,
    tries smallint not null default 0 check (tries >= 0),
    used_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, member_id) references users (tenant_id, id)
);
create index sign_in_codes_of_member on sign_in_codes (tenant_id, member_id, id);
grant select, insert on sign_in_codes to bukuhutang_app;
grant update (tries, used_at) on sign_in_codes to bukuhutang_app;

-- A web login. Its token lives in a cookie and only as a hash here; it is changed while in use.
create table sign_ins (
    tenant_id bigint not null,
    id bigint generated always as identity,
    member_id bigint not null,
    token_hash bytea not null check (length(token_hash) = 32),
    earlier_hash bytea check (length(earlier_hash) = 32), -- for requests under way at the change
    created_at timestamptz not null,
    rotated_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    device text not null default '' check (length(device) <= 100),
    primary key (tenant_id, id),
    unique (tenant_id, token_hash),
    foreign key (tenant_id, member_id) references users (tenant_id, id)
);
create index sign_ins_of_member on sign_ins (tenant_id, member_id, id) where revoked_at is null;
grant select, insert on sign_ins to bukuhutang_app;
grant update (token_hash, earlier_hash, rotated_at, seen_at, expires_at, revoked_at)
    on sign_ins to bukuhutang_app;

-- A code that is sent, failed, in doubt or too old can be read nowhere any more. Here and not in
-- the statements that mark messages, so that none can forget it and no role may rewrite a body.
alter table outbound_messages
    drop constraint outbound_messages_purpose_check,
    add constraint outbound_messages_purpose_check
        check (purpose in ('reply', 'reminder', 'notice', 'agreement', 'code'));
create function forget_code() returns trigger language plpgsql as $$
begin
    new.body := '[code]';
    new.untold := false; -- nobody wants a code that did not arrive handed over
    return new;
end $$;
create trigger code_forgotten before update on outbound_messages for each row
    when (new.purpose = 'code' and not new.waits) execute function forget_code();
"""


def upgrade() -> None:
    for part in (METERS, RATES, WAITING, MEMBERS, KEYS, SIGN_INS):
        op.execute(part)
    own_rows(
        "usage_meters",
        "quota_notices",
        "rate_windows",
        "api_keys",
        "idempotency_keys",
        "sign_in_codes",
        "sign_ins",
    )
