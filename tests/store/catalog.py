"""Reads `pg_catalog` and names every table, policy and right that breaks the rules of the store.

A table is tenant-owned unless it is listed as reference data, so that a new one cannot be
forgotten: design section 1 and style rule 5, held by a machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bukuhutang.store.schema import OWNER, SERVICE_ROLES
from tests.support.database import LOGIN

REFERENCE = frozenset({"tenants", "alembic_version", "cloud_webhooks"})
"""Tables without a tenant: who the tenants are, which revision the schema has, and what the Cloud
API posted for several tenants at once, before it is split."""

FACTS = frozenset(
    (
        *("payments", "payment_allocations", "audit_log", "ai_credit_grants", "reminders"),
        *("agreement_plans", "agreement_entries", "installment_allocations", "quota_notices"),
    )
)
DELETABLE = frozenset({"dialogues", "idempotency_keys"})
"""A question that was answered is over, an answer kept for repetitions gets old; the rest stays."""

OWN_ROWS = "(tenant_id = current_tenant_id())"
APP, COURIER, OPERATOR = SERVICE_ROLES

COURIER_MAY = {
    "tenants": {"SELECT": {"id", "phone_number", "status", "driver", "cloud_phone_id"}},
    "tenant_settings": {"SELECT": {"tenant_id", "id", "timezone", "language"}},
    "wa_sessions": {"SELECT": None, "INSERT": None, "UPDATE": None},
    "inbound_messages": {
        "SELECT": None,
        "INSERT": None,
        "UPDATE": {
            *("status", "attempts", "leased_by", "leased_until", "handled_at", "reason", "paused")
        },
    },
    "outbound_messages": {
        "SELECT": None,
        "UPDATE": {
            *(
                "status",
                "attempts",
                "not_before",
                "fencing",
                "provider_message_id",
                "reason",
                "waits",
            ),
            *("sent_at", "delivered_at", "read_at", "asked_at", "untold"),
        },
    },
    "files": {"SELECT": None, "INSERT": None},
    "wa_chats": {"SELECT": None, "INSERT": None, "UPDATE": None},
    "agreement_requests": {
        "SELECT": {
            *("tenant_id", "id", "agreement_id", "asked_at", "expires_at", "reminded_at"),
            "answer",
        }
    },
    "document_jobs": {
        "SELECT": None,
        "UPDATE": {"attempts", "leased_until", "status", "reason"},
    },
    "cloud_webhooks": {"SELECT": None, "INSERT": None, "UPDATE": None},
    "cloud_windows": {"SELECT": None, "INSERT": None, "UPDATE": None},
    "idempotency_keys": {"SELECT": {"tenant_id", "id", "created_at"}, "DELETE": None},
    "mail_messages": {
        "SELECT": None,
        "UPDATE": {"status", "attempts", "not_before", "reason", "sent_at"},
    },
}
OPERATOR_MAY = {
    "tenants": {"SELECT": None},
    "alembic_version": {"SELECT": None},
    "wa_sessions": {"SELECT": None},
    "ai_credit_grants": {"SELECT": None},
    "usage_meters": {"SELECT": None},
    "debts": {
        "SELECT": {"tenant_id", "id", "direction", "principal", "paid", "status", "created_at"}
    },
    "payments": {"SELECT": {"tenant_id", "id", "direction", "amount", "reverses", "created_at"}},
    "loan_agreements": {"SELECT": {"tenant_id", "id", "status", "created_at"}},
    "inbound_messages": {
        "SELECT": {
            *("tenant_id", "id", "status", "kind", "attempts", "received_at", "handled_at"),
            *("reason", "paused", "not_before"),
        }
    },
    "outbound_messages": {
        "SELECT": {
            *("tenant_id", "id", "status", "purpose", "queued_at", "sent_at", "waits", "reason"),
            "not_before",
        }
    },
}
"""What the two roles that see all tenants may do, by table; None is every column."""

Db = psycopg.Connection[dict[str, Any]]


def open_catalog(dsn: str) -> Db:
    """The superuser's connection to look with; what it plants is rolled back."""
    return psycopg.connect(dsn, row_factory=dict_row)


def faults(db: Db) -> list[str]:
    """Every broken rule, each as `table: what`; empty when the store keeps its promises."""
    return [
        *_shape(db),
        *_keys(db),
        *_policies(db),
        *_roles(db),
        *_facts(db),
        *_reach(db, COURIER, COURIER_MAY),
        *_reach(db, OPERATOR, OPERATOR_MAY),
        *_ways_around(db),
    ]


TABLES = """
select c.oid, c.relname as name, c.relrowsecurity as rls, c.relforcerowsecurity as forced,
    pg_get_userbyid(c.relowner) as owner,
    (select array_agg(a.attname::text order by k.n) from pg_index i
       cross join lateral unnest(i.indkey::int2[]) with ordinality k(attnum, n)
       join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where i.indrelid = c.oid and i.indisprimary) as primary_key,
    exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id'
        and a.attnotnull) as has_tenant
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f')
 order by c.relname"""


def tenant_tables(db: Db) -> list[dict[str, Any]]:
    """Every table that is not listed as reference data."""
    return [one for one in db.execute(TABLES).fetchall() if one["name"] not in REFERENCE]


def _shape(db: Db) -> Iterator[str]:
    for one in db.execute(TABLES).fetchall():
        name = one["name"]
        if one["owner"] != OWNER:
            yield f"{name}: owned by {one['owner']}"
        if name in REFERENCE:
            continue
        if not one["has_tenant"]:
            yield f"{name}: no tenant_id that is not null, and not listed as reference data"
        if one["primary_key"] != ["tenant_id", "id"]:
            yield f"{name}: primary key {one['primary_key']}"
        if not one["rls"]:
            yield f"{name}: row level security is not enabled"
        if not one["forced"]:
            yield f"{name}: row level security is not forced"
    yield from (
        "tenants: row level security is not enabled and forced"
        for one in db.execute(TABLES).fetchall()
        if one["name"] == "tenants" and not (one["rls"] and one["forced"])
    )


FOREIGN_KEYS = """
select c.conrelid::regclass::text as name, c.conname, c.confrelid::regclass::text as target,
    (select array_agg(a.attname || '>' || f.attname order by k.n)
       from unnest(c.conkey, c.confkey) with ordinality k(here, there, n)
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.here
       join pg_attribute f on f.attrelid = c.confrelid and f.attnum = k.there) as columns
  from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace"""

UNIQUES = """
select i.indrelid::regclass::text as name, i.indexrelid::regclass::text as index,
    exists (select from unnest(i.indkey::int2[]) k(attnum) join pg_attribute a
        on a.attrelid = i.indrelid and a.attnum = k.attnum and a.attname = 'tenant_id')
        as with_tenant
  from pg_index i join pg_class c on c.oid = i.indrelid
 where i.indisunique and c.relnamespace = 'public'::regnamespace"""


def _keys(db: Db) -> Iterator[str]:
    for one in db.execute(FOREIGN_KEYS).fetchall():
        wanted = "tenant_id>id" if one["target"] == "tenants" else "tenant_id>tenant_id"
        if one["name"] not in REFERENCE and wanted not in one["columns"]:
            yield f"{one['name']}: foreign key {one['conname']} does not hold the tenant"
        if one["name"] in REFERENCE:
            yield f"{one['name']}: reference data with a foreign key {one['conname']}"
    for one in db.execute(UNIQUES).fetchall():
        if one["name"] not in REFERENCE and not one["with_tenant"]:
            yield f"{one['name']}: unique {one['index']} does not contain tenant_id"


def _policies(db: Db) -> Iterator[str]:
    found = db.execute(
        "select tablename as name, policyname, roles::text[], cmd, qual, with_check"
        " from pg_policies where schemaname = 'public' and permissive = 'PERMISSIVE'"
    ).fetchall()
    for table in tenant_tables(db):
        mine = [one for one in found if one["name"] == table["name"]]
        for one in mine:
            if "public" in one["roles"]:
                yield f"{table['name']}: policy {one['policyname']} is for everybody"
        of_app = [one for one in mine if APP in one["roles"]]
        if not any(one["cmd"] == "ALL" for one in of_app):
            yield f"{table['name']}: no policy for {APP}"
        for one in of_app:
            for part in ("qual", "with_check"):
                if one[part] != OWN_ROWS:
                    yield f"{table['name']}: policy {one['policyname']} has {part} {one[part]}"


def _roles(db: Db) -> Iterator[str]:
    rows = db.execute(
        "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin,"
        " rolinherit, (select count(*) from pg_shdepend d"
        "   where d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid"
        "   and d.deptype = 'o') as owns"
        " from pg_roles r where rolname = any(%s)",
        ([*SERVICE_ROLES, LOGIN, OWNER],),
    ).fetchall()
    for one in rows:
        for power in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb"):
            if one[power]:
                yield f"role {one['rolname']}: {power}"
        if one["rolname"] != OWNER and one["owns"]:
            yield f"role {one['rolname']}: owns {one['owns']} objects"
        if one["rolname"] == LOGIN and one["rolinherit"]:
            yield f"role {LOGIN}: inherits"
        if one["rolname"] != LOGIN and one["rolcanlogin"]:
            yield f"role {one['rolname']}: can log in"
    for role in (*SERVICE_ROLES, LOGIN):
        row = db.execute(
            "select pg_has_role(%s, %s, 'member') as owner,"
            " has_schema_privilege(%s, 'public', 'CREATE') as creates",
            (role, OWNER, role),
        ).fetchone()
        assert row is not None
        if row["owner"]:
            yield f"role {role}: may act as {OWNER}"
        if row["creates"]:
            yield f"role {role}: may create in the schema"


RIGHTS = """
select c.relname as name, p.right,
    has_table_privilege(%(role)s, c.oid, p.right) as whole
  from pg_class c, unnest(%(rights)s::text[]) p("right")
 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f', 'v', 'm')
   and (has_table_privilege(%(role)s, c.oid, p.right)
        or case when p.right in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
            then has_any_column_privilege(%(role)s, c.oid, p.right) else false end)
 order by 1, 2"""


def _rights(db: Db, role: str, *rights: str) -> list[dict[str, Any]]:
    return db.execute(RIGHTS, {"role": role, "rights": list(rights)}).fetchall()


def _facts(db: Db) -> Iterator[str]:
    for role in (*SERVICE_ROLES, LOGIN):
        for one in _rights(db, role, "UPDATE", "DELETE"):
            if one["name"] in FACTS:
                yield f"{one['name']}: {role} may {one['right']} facts"
            elif one["right"] == "DELETE" and one["name"] not in DELETABLE:
                yield f"{one['name']}: {role} may DELETE"
        for one in _rights(db, role, "TRUNCATE", "TRIGGER", "REFERENCES"):
            yield f"{one['name']}: {role} has {one['right']}"
    for one in _rights(db, LOGIN, "SELECT", "INSERT", "UPDATE"):
        yield f"{one['name']}: the login itself may {one['right']}"


def _reach(db: Db, role: str, allowed: dict[str, Any]) -> Iterator[str]:
    """Where a role that sees all tenants may do more than was listed for it."""
    for one in _rights(db, role, "SELECT", "INSERT", "UPDATE", "DELETE"):
        columns = allowed.get(one["name"], {}).get(one["right"], set())
        if columns is None:
            continue
        granted = {
            row["attname"]
            for row in db.execute(
                "select a.attname::text from pg_attribute a where a.attrelid = %s::regclass"
                " and a.attnum > 0 and not a.attisdropped"
                " and (%s = 'DELETE' or has_column_privilege(%s, a.attrelid, a.attnum, %s))",
                (
                    f"public.{one['name']}",
                    one["right"],
                    role,
                    "SELECT" if one["right"] == "DELETE" else one["right"],
                ),
            )
        }
        if granted - columns:
            yield f"{one['name']}: {role} may {one['right']} {sorted(granted - columns)}"


def _ways_around(db: Db) -> Iterator[str]:
    """Views and functions that would run with their owner's rights."""
    for one in db.execute(
        "select relname as name, relkind::text as kind, coalesce(reloptions::text, '') as options"
        " from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')"
    ).fetchall():
        if one["kind"] == "m" or "security_invoker=true" not in one["options"]:
            yield f"{one['name']}: a view that does not run as its reader"
    for one in db.execute(
        "select proname as name from pg_proc where pronamespace = 'public'::regnamespace"
        " and prosecdef"
    ).fetchall():
        yield f"{one['name']}: a function that runs as its owner"
