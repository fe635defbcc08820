"""What real WhatsApp needs: files, kinds of messages, chats begun, mail, webhooks, pairing."""

from __future__ import annotations

from alembic import op

from bukuhutang.store.migrations.versions.r0001_tenants import own_rows

revision = "0004"
down_revision = "0003"

FILES = """
-- Bytes that were received or are to be sent; addressed by an id nobody can guess.
create table files (
    tenant_id bigint not null references tenants (id),
    id uuid not null,
    file_name text not null check (length(file_name) between 1 and 255),
    mime_type text not null check (length(mime_type) between 1 and 127),
    size bigint not null check (size = length(content)),
    sha256 bytea not null check (length(sha256) = 32),
    content bytea not null,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);
alter table files alter column content set storage external; -- PDF and JPEG are compressed already
grant select, insert on files to bukuhutang_app;
grant select, insert on files to bukuhutang_courier;
create policy courier on files to bukuhutang_courier using (true) with check (true);
"""

INBOX = """
alter table inbound_messages drop constraint inbound_messages_kind_check;
alter table inbound_messages
    add constraint inbound_messages_kind_check check (kind in ('text', 'document', 'image',
        'contact', 'reaction', 'edit', 'deletion', 'voice', 'other')),
    add column refers_to text check (length(refers_to) <= 200), -- quoted, reacted to, edited
    -- Of a file: name, type, size, problem; of a card: its contacts; of any: `led_to`, the message
    -- that finished what this one began, by answering its question or correcting its text.
    add column detail jsonb,
    add column file_id uuid,
    add foreign key (tenant_id, file_id) references files (tenant_id, id);
grant update (detail, file_id) on inbound_messages to bukuhutang_app;

-- As lease_inbox, with what the new columns hold; that one stays for an older version running. Not
-- built upon it: each of its statements must see what was committed while it waited for the lock.
create function lease_inbox_2(
    look_at timestamptz, lease_until timestamptz, loop_name text, chat_max int, row_max int)
returns table (tenant_id bigint, id bigint, provider_message_id text, chat_id text, sender text,
    from_me boolean, self_chat boolean, kind text, body text, attempts int,
    phone_number text, timezone text, language text, refers_to text, detail jsonb, file_id uuid)
language plpgsql rows 32 as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock(7231004212);
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
       set leased_until = lease_until, leased_by = loop_name,
           attempts = m.attempts + (not exists (select from inbound_messages e
                where e.tenant_id = m.tenant_id and e.chat_id = m.chat_id and e.id < m.id
                  and e.status = 'pending'))::int
      from head, tenants t, tenant_settings s
     where m.tenant_id = head.tenant_id and m.id = head.id
       and t.id = m.tenant_id and s.tenant_id = m.tenant_id
    returning m.tenant_id, m.id, m.provider_message_id, m.chat_id, m.sender, m.from_me,
        m.self_chat, m.kind, m.body, m.attempts::int, t.phone_number, s.timezone, s.language,
        m.refers_to, m.detail, m.file_id;
end $$;
grant execute on function lease_inbox_2 to bukuhutang_courier;
"""

OUTBOX = """
alter table outbound_messages
    drop constraint outbound_messages_purpose_check,
    add constraint outbound_messages_purpose_check
        check (purpose in ('reply', 'reminder', 'notice', 'agreement')),
    drop constraint outbound_messages_status_check,
    -- skipped: what it says was no longer so when its turn came
    add constraint outbound_messages_status_check check (status in ('queued', 'sending', 'sent',
        'delivered', 'read', 'failed', 'unknown', 'skipped')),
    add column file_id uuid, -- sent as a document; `body` is its caption
    add column about jsonb, -- what a quoted reply to it refers to: borrower, debt, key
    -- Not there, or nobody knows: the lender is told once, at `asked_at`. A column of its own and
    -- not the status, for the same reason as `waits`.
    add column untold boolean not null default false,
    add column asked_at timestamptz,
    add foreign key (tenant_id, file_id) references files (tenant_id, id);
create index outbox_untold on outbound_messages (tenant_id, id) where untold;
grant update (asked_at, untold) on outbound_messages to bukuhutang_courier;
grant update (asked_at, untold) on outbound_messages to bukuhutang_app;
grant select (waits, reason, not_before) on outbound_messages to bukuhutang_operator;

-- Chats this number has begun: how many new ones a day is what numbers are banned for.
create table wa_chats (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    chat_id text not null check (length(chat_id) <= 200),
    new_chat boolean not null, -- we wrote first
    first_sent_at timestamptz, -- machine time
    checked_at timestamptz,
    has_whatsapp boolean,
    primary key (tenant_id, id),
    unique (tenant_id, chat_id)
);
create index wa_chats_begun on wa_chats (tenant_id, first_sent_at) where new_chat;
grant select, insert, update on wa_chats to bukuhutang_courier;
grant select on wa_chats to bukuhutang_app;
create policy courier on wa_chats to bukuhutang_courier using (true) with check (true);
"""

SESSIONS = """
alter table wa_sessions
    add column pairing_how text not null default 'qr' check (pairing_how in ('qr', 'code')),
    add column pair_code text,
    add column state_until timestamptz, -- when a temporary ban or a restriction ends
    add column link_token_hash bytea check (length(link_token_hash) = 32), -- of the pairing page
    add column link_expires_at timestamptz,
    add column reason_detail text check (length(reason_detail) <= 200);
-- A state is noted in the tenant's own transaction, together with the mail that tells of it.
grant update (pairing_how, link_token_hash, link_expires_at, state, state_since, reason,
    reason_detail, state_until, qr_code, qr_expires_at, pair_code, linked_at, lid)
    on wa_sessions to bukuhutang_app;
grant select (waits) on outbound_messages to bukuhutang_operator; -- how many wait for a login

-- Which WhatsApp a tenant is reached through; null is what the service was started with. The phone
-- id of the Cloud API decides whose message a webhook brings, so it is one tenant's alone.
alter table tenants
    add column driver text check (driver in ('linked', 'cloud')),
    add column cloud_phone_id text unique check (cloud_phone_id ~ '^[0-9]{1,32}$'),
    add constraint cloud_needs_a_phone_id
        check (driver is distinct from 'cloud' or cloud_phone_id is not null);
grant update (driver, cloud_phone_id) on tenants to bukuhutang_app;
grant select (driver, cloud_phone_id) on tenants to bukuhutang_courier;
"""

WEBHOOKS = """
-- What the Cloud API posted, as it came; split and worked after it was answered.
create table cloud_webhooks (
    id bigint generated always as identity primary key,
    received_at timestamptz not null,
    body bytea not null check (length(body) <= 4194304), -- emptied when it was worked
    status text not null default 'pending' check (status in ('pending', 'done', 'quarantined')),
    attempts smallint not null default 0,
    leased_until timestamptz,
    reason text
);
create index webhooks_order on cloud_webhooks (id) where status = 'pending';
grant select, insert, update on cloud_webhooks to bukuhutang_courier;

-- When a chat wrote last to a number of the Cloud API: free text may answer for 24 hours.
create table cloud_windows (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    chat_id text not null check (length(chat_id) <= 200),
    heard_at timestamptz not null, -- as WhatsApp dates the message
    primary key (tenant_id, id),
    unique (tenant_id, chat_id)
);
grant select, insert, update on cloud_windows to bukuhutang_courier;
create policy courier on cloud_windows to bukuhutang_courier using (true) with check (true);
"""

MAIL = """
-- Mail to lenders whose WhatsApp cannot tell them that it is down.
create table mail_messages (
    tenant_id bigint not null references tenants (id),
    id bigint generated always as identity,
    key text not null check (length(key) between 1 and 200), -- said once
    recipient text not null check (length(recipient) <= 254),
    subject text not null check (length(subject) between 1 and 200),
    body text not null check (length(body) between 1 and 20000),
    status text not null default 'queued' check (status in ('queued', 'sent', 'failed')),
    attempts smallint not null default 0,
    not_before timestamptz, -- machine time
    reason text,
    queued_at timestamptz not null,
    sent_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, key)
);
create index mail_order on mail_messages (id) where status = 'queued';
grant select, insert on mail_messages to bukuhutang_app;
grant select on mail_messages to bukuhutang_courier;
grant update (status, attempts, not_before, reason, sent_at) on mail_messages
    to bukuhutang_courier;
create policy courier on mail_messages to bukuhutang_courier using (true) with check (true);
"""

DIALOGUES = """
alter table dialogues
    add column asked_ref text, -- the outbound message that asked
    add column set_aside boolean not null default false; -- only a reply to that one answers it
"""


def upgrade() -> None:
    for part in (FILES, INBOX, OUTBOX, SESSIONS, WEBHOOKS, MAIL, DIALOGUES):
        op.execute(part)
    own_rows("files", "wa_chats", "cloud_windows", "mail_messages")
