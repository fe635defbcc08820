"""Inbox, outbox, dialogues and the WhatsApp logins with their leases."""

from __future__ import annotations

from alembic import op

from bukuhutang.store.migrations.versions.r0001_tenants import own_rows

revision = "0003"
down_revision = "0002"

WA_SESSIONS = """
create table wa_sessions (
    tenant_id bigint not null references tenants (id),
    id smallint not null default 1 check (id = 1),
    state text not null default 'unlinked' check (state in ('unlinked', 'pairing', 'connecting',
        'connected', 'interrupted', 'restricted', 'logged_out', 'replaced',
        'temporarily_banned', 'banned', 'outdated', 'closed')),
    state_since timestamptz not null,
    reason text,
    lid text,
    linked_at timestamptz, -- since when the login can connect without a person
    qr_code text,
    qr_expires_at timestamptz,
    pairing_wanted_at timestamptz,
    -- Who runs it: fencing grows with every change of owner, so a late owner is told apart.
    owner text,
    fencing bigint not null default 0,
    lease_until timestamptz,
    primary key (tenant_id, id)
) with (fillfactor = 50);
grant select, insert, update on wa_sessions to bukuhutang_courier;
grant select, insert on wa_sessions to bukuhutang_app;
grant update (pairing_wanted_at) on wa_sessions to bukuhutang_app;
grant select on wa_sessions to bukuhutang_operator;
create policy all_sessions on wa_sessions to bukuhutang_courier using (true) with check (true);
create policy all_sessions_read on wa_sessions for select to bukuhutang_operator using (true);
"""

INBOX = """
create table inbound_messages (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity, -- the order of arrival
    provider_message_id text not null check (length(provider_message_id) <= 200),
    chat_id text not null check (length(chat_id) <= 200),
    sender text not null,
    from_me boolean not null,
    self_chat boolean not null,
    kind text not null default 'text' check (kind in ('text', 'document')),
    body text, -- emptied when the message is none of our business
    sent_at timestamptz not null,
    received_at timestamptz not null,
    status text not null default 'pending'
        check (status in ('pending', 'done', 'ignored', 'quarantined')),
    attempts smallint not null default 0,
    leased_by text, -- the loop that works on it, until leased_until (machine time)
    leased_until timestamptz,
    handled_at timestamptz,
    reason text,
    primary key (tenant_id, id),
    unique (tenant_id, provider_message_id)
) with (fillfactor = 60);
create index inbox_order on inbound_messages (id) where status = 'pending';
create index inbox_chat on inbound_messages (tenant_id, chat_id, id) where status = 'pending';
create index inbox_quarantine on inbound_messages (tenant_id, id) where status = 'quarantined';
grant select, insert on inbound_messages to bukuhutang_courier;
grant update (status, attempts, leased_by, leased_until, handled_at, reason)
    on inbound_messages to bukuhutang_courier;
grant select on inbound_messages to bukuhutang_app;
grant update (status, body, handled_at, reason) on inbound_messages to bukuhutang_app;
grant select (tenant_id, id, status, kind, attempts, received_at, handled_at, reason)
    on inbound_messages to bukuhutang_operator;
create policy courier on inbound_messages to bukuhutang_courier using (true) with check (true);
create policy counted on inbound_messages for select to bukuhutang_operator using (true);
"""

LEASE = """
-- Takes the oldest waiting messages in order of arrival. A function, because each of its statements
-- sees what was committed before it: the lock first, then the look. Two loops that looked at the
-- same time could take the second message of a chat before the first.
create function lease_inbox(
    look_at timestamptz, lease_until timestamptz, loop_name text, chat_max int, row_max int)
returns table (tenant_id bigint, id bigint, provider_message_id text, chat_id text, sender text,
    from_me boolean, self_chat boolean, kind text, body text, attempts int,
    phone_number text, timezone text, language text)
language plpgsql rows 32 as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock(7231004212);
    -- Handing out work need not survive a crash of the machine: the work itself does.
    perform set_config('synchronous_commit', 'off', true);
    return query
    with head as (
        select m.tenant_id, m.id from inbound_messages m
         where m.status = 'pending' and (m.leased_until is null or m.leased_until <= look_at)
           and (select t.status from tenants t where t.id = m.tenant_id) = 'active'
           and (select count(*) < chat_max and bool_and(e.leased_by = loop_name) is not false
                  from inbound_messages e
                 where e.tenant_id = m.tenant_id and e.chat_id = m.chat_id and e.id < m.id
                   and e.status = 'pending' and e.leased_until > look_at)
         order by m.id limit row_max)
    update inbound_messages m
       -- Only the first of a chat is counted: it alone can have ended the process.
       set leased_until = lease_until, leased_by = loop_name,
           attempts = m.attempts + (not exists (select from inbound_messages e
                where e.tenant_id = m.tenant_id and e.chat_id = m.chat_id and e.id < m.id
                  and e.status = 'pending'))::int
      from head, tenants t, tenant_settings s
     where m.tenant_id = head.tenant_id and m.id = head.id
       and t.id = m.tenant_id and s.tenant_id = m.tenant_id
    returning m.tenant_id, m.id, m.provider_message_id, m.chat_id, m.sender, m.from_me,
        m.self_chat, m.kind, m.body, m.attempts::int, t.phone_number, s.timezone, s.language;
end $$;
grant execute on function lease_inbox to bukuhutang_courier;
"""

OUTBOX = """
create table outbound_messages (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity, -- the order within a chat
    client_ref text not null check (length(client_ref) between 1 and 200),
    chat_id text not null check (length(chat_id) <= 200),
    body text not null check (length(body) between 1 and 65536),
    purpose text not null check (purpose in ('reply', 'reminder', 'notice')),
    status text not null default 'queued' check (status in
        ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown')),
    -- Said apart from the status, and the only one that indexes look at: so that a step of the
    -- status rewrites no index.
    waits boolean not null default true check (waits = (status in ('queued', 'sending'))),
    attempts smallint not null default 0,
    not_before timestamptz, -- machine time; set when a send is to be tried again later
    fencing bigint, -- of the owner that began to send it
    provider_message_id text,
    reason text,
    queued_at timestamptz not null,
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, client_ref)
) with (fillfactor = 50);
create index outbox_order on outbound_messages (id) where waits;
create index outbox_chat on outbound_messages (tenant_id, chat_id, id) where waits;
create index outbox_provider on outbound_messages (tenant_id, provider_message_id)
    where provider_message_id is not null;
grant select on outbound_messages to bukuhutang_courier;
grant update (status, waits, attempts, not_before, fencing, provider_message_id, reason, sent_at,
    delivered_at, read_at) on outbound_messages to bukuhutang_courier;
grant select, insert on outbound_messages to bukuhutang_app;
grant select (tenant_id, id, status, purpose, queued_at, sent_at)
    on outbound_messages to bukuhutang_operator;
create policy courier on outbound_messages to bukuhutang_courier using (true) with check (true);
create policy counted on outbound_messages for select to bukuhutang_operator using (true);
"""

DIALOGUES = """
-- A question that waits for its answer: one per chat and member, a typed and versioned form.
create table dialogues (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    chat_id text not null,
    member_id bigint not null,
    kind text not null check (length(kind) between 1 and 60),
    form_version smallint not null,
    form jsonb not null,
    expires_at timestamptz not null,
    primary key (tenant_id, id),
    unique (tenant_id, chat_id, member_id),
    foreign key (tenant_id, member_id) references users (tenant_id, id)
);
grant select, insert, update, delete on dialogues to bukuhutang_app;
"""


def upgrade() -> None:
    for part in (WA_SESSIONS, INBOX, LEASE, OUTBOX, DIALOGUES):
        op.execute(part)
    own_rows("wa_sessions", "inbound_messages", "outbound_messages", "dialogues")
