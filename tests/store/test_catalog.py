"""No table of the store may forget its tenant: read from the catalog of the migrated database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg import sql

from tests.store.catalog import FACTS, Db, faults, open_catalog, tenant_tables
from tests.support.database import Server

GOOD = """
create table notes (
    tenant_id bigint not null references tenants (id),
    id bigint not null,
    body text,
    key text,
    primary key (tenant_id, id)
);
alter table notes enable row level security;
alter table notes force row level security;
create policy own_rows on notes to bukuhutang_app
    using (tenant_id = current_tenant_id()) with check (tenant_id = current_tenant_id());
grant select, insert on notes to bukuhutang_app;
"""

PLANTED = [
    ("create table loose (id bigint primary key)", "loose: no tenant_id"),
    ("create table plain (tenant_id bigint not null, id bigint)", "plain: primary key None"),
    (
        "alter table notes drop constraint notes_pkey; alter table notes add primary key (id)",
        "notes: primary key ['id']",
    ),
    (
        "alter table notes drop constraint notes_pkey;"
        " alter table notes add primary key (id, tenant_id)",
        "notes: primary key ['id', 'tenant_id']",
    ),
    ("alter table notes add unique (key)", "notes: unique notes_key_key"),
    ("create unique index one_key on notes (key) where body is null", "notes: unique one_key"),
    (
        "create table pages (tenant_id bigint not null, id bigint unique,"
        " primary key (tenant_id, id));"
        "alter table notes add page bigint references pages (id)",
        "notes: foreign key notes_page_fkey does not hold the tenant",
    ),
    (
        "alter table notes add debt bigint, add other bigint, add foreign key (other, debt)"
        " references debts (tenant_id, id)",
        "notes: foreign key notes_other_debt_fkey does not hold the tenant",
    ),
    ("alter table notes disable row level security", "notes: row level security is not enabled"),
    ("alter table notes no force row level security", "notes: row level security is not forced"),
    ("alter table tenants no force row level security", "tenants: row level security"),
    ("drop policy own_rows on notes", "notes: no policy for bukuhutang_app"),
    (
        "drop policy own_rows on notes; create policy own_rows on notes to bukuhutang_app"
        " using (tenant_id = current_tenant_id()) with check (true)",
        "notes: policy own_rows has with_check true",
    ),
    (
        "create policy more on notes for select to bukuhutang_app using (true)",
        "notes: policy more has qual true",
    ),
    ("create policy open on notes using (true)", "notes: policy open is for everybody"),
    ("alter table notes owner to bukuhutang_app", "notes: owned by bukuhutang_app"),
    ("alter table notes owner to bukuhutang_app", "role bukuhutang_app: owns 1 objects"),
    ("alter role bukuhutang_app bypassrls", "role bukuhutang_app: rolbypassrls"),
    ("alter role bukuhutang_service superuser", "role bukuhutang_service: rolsuper"),
    ("alter role bukuhutang_service inherit", "role bukuhutang_service: inherits"),
    ("grant bukuhutang_owner to bukuhutang_service", "role bukuhutang_service: may act as"),
    ("grant create on schema public to bukuhutang_app", "role bukuhutang_app: may create"),
    *(
        (f"grant {right} on {table} to {role}", f"{table}: {role} may {right.split()[0]} facts")
        for table in sorted(FACTS)
        for right, role in (
            ("UPDATE", "bukuhutang_app"),
            ("DELETE", "bukuhutang_courier"),
            ("UPDATE (tenant_id)", "bukuhutang_operator"),
            ("UPDATE", "bukuhutang_service"),
        )
    ),
    ("grant delete on debts to bukuhutang_app", "debts: bukuhutang_app may DELETE"),
    ("grant truncate on notes to bukuhutang_app", "notes: bukuhutang_app has TRUNCATE"),
    ("grant trigger on notes to bukuhutang_courier", "notes: bukuhutang_courier has TRIGGER"),
    ("grant references (id) on notes to bukuhutang_app", "notes: bukuhutang_app has REFERENCES"),
    ("grant select on notes to bukuhutang_courier", "notes: bukuhutang_courier may SELECT"),
    ("grant select (name) on tenants to bukuhutang_courier", "tenants: bukuhutang_courier may"),
    (
        "grant select (body) on outbound_messages to bukuhutang_operator",
        "outbound_messages: bukuhutang_operator may SELECT ['body']",
    ),
    (
        "grant select on borrowers to bukuhutang_operator",
        "borrowers: bukuhutang_operator may SELECT",
    ),
    ("grant select on notes to public", "notes: the login itself may SELECT"),
    ("create view all_notes as select * from notes", "all_notes: a view"),
    (
        "create function peek() returns int language sql security definer as 'select 1'",
        "peek: a function that runs as its owner",
    ),
]


@pytest.fixture(scope="module")
def catalog(server: Server) -> Iterator[Db]:
    name = server.fresh()
    with open_catalog(server.superuser_dsn(name)) as db:
        yield db
        db.rollback()
    server.drop(name)


@pytest.fixture
def planted(catalog: Db) -> Iterator[Db]:
    """A well-made table beside the others; gone after the test."""
    catalog.execute("set role bukuhutang_owner")
    catalog.execute(sql.SQL(GOOD))
    catalog.execute("reset role")
    yield catalog
    catalog.rollback()


def test_every_table_keeps_the_rules_of_the_store(catalog: Db) -> None:
    assert faults(catalog) == []


def test_every_table_of_the_mission_was_looked_at(catalog: Db) -> None:
    names = {one["name"] for one in tenant_tables(catalog)}
    assert names >= FACTS | {
        *("tenant_settings", "users", "borrowers", "debts", "dialogues", "books"),
        *("inbound_messages", "outbound_messages", "wa_sessions", "loan_agreements"),
    }


def test_a_well_made_new_table_passes(planted: Db) -> None:
    assert faults(planted) == []


@pytest.mark.parametrize(("statement", "named"), PLANTED, ids=[one for one, _ in PLANTED])
def test_a_table_that_breaks_a_rule_is_named(planted: Db, statement: str, named: str) -> None:
    planted.execute(sql.SQL(statement))
    assert [one for one in faults(planted) if one.startswith(named)]
