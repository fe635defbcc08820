"""Row level security alone: every statement of the store without its filter, and what else SQL can.

The statements are taken down while two tenants live their lives, then said again in the attacker's
scope with each `tenant_id = $1` taken out, as a programmer would forget it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import asyncpg
import psycopg
import pytest
from psycopg import sql

from bukuhutang.store.scope import APP_CONNECTIONS_MAX, Connection
from tests.isolation.makers import makers_for
from tests.isolation.test_usecases import USE_CASES, _call
from tests.isolation.two import FIRST_NUMBER, THEIRS, Pair, changed, leaks
from tests.store.catalog import COURIER_MAY, OPERATOR_MAY

FILTER = re.compile(
    r"(?<![\w.])(?:\w+\.)?tenant_id\s*=\s*\$1(?!\d)|(?<![\w.])t\.id\s*=\s*\$1(?!\d)"
)
UNFILTERED = "$1::bigint is not null"
Said = tuple[str, tuple[Any, ...]]


@pytest.fixture(scope="module")
async def statements(pair: Pair) -> list[Said]:
    """Every statement of every use case in the attacker's scope, with what it was given."""
    taken: dict[str, tuple[Any, ...]] = {}

    def note(record: Any) -> None:
        taken.setdefault(record.query, tuple(record.args))

    role = pair.ground.database._app
    connections = [await role.take() for _ in range(APP_CONNECTIONS_MAX)]
    for one in connections:
        one.add_query_logger(note)
        await role.give(one)
    makers = await makers_for(pair)
    for function, works_on in USE_CASES.values():
        arguments = makers.arguments(function, skip=1, full=True)
        await _call(function, works_on, arguments, pair)
    for text in ("STATUS", "RIWAYAT Budi", "PERJANJIAN 1", "CICILAN", "BAYAR Budi 10rb", "BATAL"):
        await pair.mine.desk.say(text)
    return [(query, args) for query, args in taken.items() if FILTER.search(query)]


async def test_without_its_filter_no_statement_shows_what_is_theirs(
    pair: Pair, statements: list[Said]
) -> None:
    assert len(statements) > 50
    before = pair.rows(pair.theirs)
    shown_to_the_superuser = 0
    for query, args in statements:
        open_query = FILTER.sub(UNFILTERED, query)
        assert open_query != query
        for given in ways_to_ask(args, pair):
            rows = await said(pair, open_query, given)
            assert foreign(rows, given, pair) == [], open_query
            # The right filter with the wrong tenant, as another programmer would.
            wrong = (int(pair.theirs.tenant_id), *given[1:])
            assert foreign(await said(pair, query, wrong), wrong, pair) == [], query
        if query.lstrip().lower().startswith("select"):
            shown_to_the_superuser += bool(leaks(await as_superuser(pair, open_query, args)))
    assert shown_to_the_superuser > 10, "nothing was proven: the filters were not taken out"
    assert changed(before, pair.rows(pair.theirs)) == []


def foreign(shown: str, given: tuple[Any, ...], pair: Pair) -> list[str]:
    """What of theirs is shown and neither asked for nor in the attacker's own rows."""
    found = leaks(shown, given=str(given))
    return leaks(shown, given=f"{given} {pair.rows(pair.mine)}") if found else []


def ways_to_ask(args: tuple[Any, ...], pair: Pair) -> list[tuple[Any, ...]]:
    """As it was asked, and with each number one of theirs."""
    numbers = tuple(
        FIRST_NUMBER + 1 if type(one) is int and place else one for place, one in enumerate(args)
    )
    return [args] if numbers == args else [args, numbers]


async def said(pair: Pair, query: str, args: tuple[Any, ...]) -> str:
    """What the statement answers in the attacker's scope; it is committed where it can be."""
    try:
        async with pair.ground.database.tenant_tx(pair.mine.tenant_id) as tx:
            return str([tuple(row) for row in await tx.db.fetch(query, *args)])
    except asyncpg.PostgresError as refused:
        return str(refused)


async def as_superuser(pair: Pair, query: str, args: tuple[Any, ...]) -> str:
    """The same without row level security."""
    async with pair.ground.superuser() as db:
        with suppress(asyncpg.CardinalityViolationError):  # a subquery found several tenants' rows
            return str([tuple(row) for row in await db.fetch(query, *args)])
    return THEIRS.debtor


FOREIGN_KEYS = """
select c.conrelid::regclass::text, c.conname, c.confrelid::regclass::text,
    (select array_agg(a.attname::text order by k.n) from unnest(c.conkey) with ordinality k(n_, n)
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n_),
    (select array_agg(a.attname::text order by k.n) from unnest(c.confkey) with ordinality k(n_, n)
       join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n_)
  from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace"""


async def test_no_row_can_point_at_a_row_of_theirs(pair: Pair) -> None:
    """Not even the superuser can write it: the keys themselves hold the tenant."""
    mine, theirs = pair.mine.tenant_id, pair.theirs.tenant_id
    tried = 0
    with psycopg.connect(pair.ground.superuser_dsn) as db:
        for table, name, target, columns, keys in db.execute(FOREIGN_KEYS).fetchall():
            if target == "tenants":
                assert columns == ["tenant_id"], name
                continue
            assert "tenant_id" in columns, name
            pointing = [
                (column, key)
                for column, key in zip(columns, keys, strict=True)
                if column != "tenant_id"
            ]
            of_theirs = db.execute(
                sql.SQL("select {} from {} where tenant_id = %s order by 1 desc limit 1").format(
                    sql.SQL(", ").join(sql.Identifier(key) for _, key in pointing),
                    sql.Identifier(target),
                ),
                (theirs,),
            ).fetchone()
            assert of_theirs is not None, target
            point = sql.SQL(
                "update {0} set {1} where ctid ="
                " (select ctid from {0} where tenant_id = {2} limit 1)"
            ).format(
                sql.Identifier(table),
                sql.SQL(", ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(value))
                    for (column, _), value in zip(pointing, of_theirs, strict=True)
                ),
                sql.Literal(int(mine)),
            )
            assert point_at(db, point) == "refused", f"{table} {name} {of_theirs}"
            tried += 1
    assert tried > 15


def point_at(db: psycopg.Connection[Any], statement: sql.Composed) -> str:
    """What comes of writing a reference; nothing is kept."""
    try:
        with db.transaction(force_rollback=True):
            moved = db.execute(statement)
            db.execute("set constraints all immediate")
            return f"{moved.rowcount} rows written"
    except (psycopg.errors.ForeignKeyViolation, psycopg.errors.CheckViolation):
        return "refused"  # by a check where a row may only point at an earlier one


ROLES: dict[str, dict[str, Any]] = {"courier": COURIER_MAY, "operator": OPERATOR_MAY}
COLUMNS = """
select table_name::text, array_agg(column_name::text) from information_schema.columns
 where table_schema = 'public' group by 1"""


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_over_all_tenants_can_do_what_it_must_and_nothing_else(
    role: str, pair: Pair
) -> None:
    with psycopg.connect(pair.ground.superuser_dsn) as db:
        tables: dict[str, list[str]] = dict(db.execute(COLUMNS).fetchall())
    opened = pair.ground.database.courier if role == "courier" else pair.ground.database.operator
    tried = 0
    async with opened() as db_of_role:
        for table, columns in tables.items():
            allowed: dict[str, Any] = ROLES[role].get(table, {})
            for statement in forbidden(table, columns, allowed):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db_of_role.execute(statement)
                tried += 1
    assert tried > 400


def forbidden(table: str, columns: list[str], allowed: dict[str, Any]) -> list[str]:
    """Statements on one table that a role with these rights must be refused."""

    def barred(right: str) -> list[str]:
        may = allowed.get(right, set())
        return [] if may is None else [one for one in columns if one not in may]

    return [
        *(f'select "{one}" from {table}' for one in barred("SELECT")),  # noqa: S608  names of the catalog
        *(f'update {table} set "{one}" = default where false' for one in barred("UPDATE")),  # noqa: S608  the same
        *([] if "INSERT" in allowed else [f"insert into {table} default values"]),
        *([] if "DELETE" in allowed else [f"delete from {table} where false"]),  # noqa: S608  the same
        *(f"truncate {table}", f"alter table {table} disable row level security"),
        f"drop table {table}",
        f"create trigger x before update on {table} execute function x()",
    ]


@pytest.fixture
async def app(pair: Pair) -> AsyncIterator[Connection]:
    """The application's role in the attacker's scope, with any SQL it likes, until the end."""
    db: Connection = await asyncpg.connect(
        pair.ground.dsn, server_settings={"role": "bukuhutang_app"}
    )
    await db.execute(
        f"begin; select set_config('bukuhutang.tenant_id', '{int(pair.mine.tenant_id)}', true)"
    )
    yield db
    await db.close()


REFUSED = [
    "set role bukuhutang_owner",
    "set role postgres",
    "set session authorization postgres",
    "set session_replication_role = replica",
    "alter table debts disable row level security",
    "alter table debts no force row level security",
    "drop policy own_rows on debts",
    "create policy mine on debts using (true)",
    "alter role bukuhutang_app bypassrls",
    "grant bukuhutang_owner to bukuhutang_app",
    "create function public.f() returns bigint language sql as 'select 1'",
    "create or replace function current_tenant_id() returns bigint language sql as 'select 2'",
    "create view public.v as select * from debts",
    "create table public.x as select * from debts",
    "create extension dblink",
    "select pg_read_file('/etc/passwd')",
    "copy debts to program 'cat'",
    "copy debts to 'debts.txt'",
    "select lo_import('/etc/passwd')",
    "select * from pg_authid",
    "truncate debts",
    "set row_security = off; select * from debts",
    "set role none; select * from debts",
    "commit; select * from debts",
    "rollback; select * from debts",
    "select set_config('bukuhutang.tenant_id', '', true); select * from debts",
    "select set_config('bukuhutang.tenant_id', null, true); select * from debts",
    "reset bukuhutang.tenant_id; select * from debts",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_sql_that_a_scope_does_not_allow_is_refused(statement: str, app: Connection) -> None:
    with pytest.raises(asyncpg.PostgresError) as refused:
        await app.execute(statement)
    assert leaks(str(refused.value)) == []


SHOWS_NOTHING = [
    "select * from debts where tenant_id <> current_tenant_id()",
    "select * from debts where note is not null or true",
    "select * from borrowers, debts",
    "select (select json_agg(b) from borrowers b)",
    "with x as (select * from borrowers) select * from x",
    "select * from borrowers union all select * from borrowers",
    "table inbound_messages",
    "reset role; select * from debts",  # back to the role of the pool
    "grant select on debts to public; select * from debts",  # grants nothing, and says so
    "select most_common_vals::text, histogram_bounds::text from pg_stats",
    "select query from pg_stat_activity",
    "explain (analyze, verbose) select * from debts where note = 'yttrium'",
    "declare c cursor with hold for select * from debts; fetch all from c",
    "update borrowers set name = name returning *",
    "select current_setting('bukuhutang.tenant_id')",
]


@pytest.mark.parametrize("statement", SHOWS_NOTHING)
async def test_sql_that_is_allowed_shows_one_tenant_only(
    statement: str, app: Connection, pair: Pair
) -> None:
    await analyzed(pair)
    shown: list[Any] = []
    for one in statement.split("; "):
        try:
            shown += await app.fetch(one)
        except asyncpg.InsufficientPrivilegeError as refused:
            shown.append(str(refused))
    assert leaks(str(shown), given=statement) == []


async def analyzed(pair: Pair) -> None:
    """The planner has looked at everything, also at what is theirs."""
    async with pair.ground.superuser() as db:
        await db.execute("analyze")


async def test_a_function_that_peeks_is_shown_one_tenants_rows(app: Connection, pair: Pair) -> None:
    """A cheap predicate is not run before the policy, where it would see every tenant's rows."""
    peeked: list[str] = []
    app.add_log_listener(lambda _, message: peeked.append(str(message)))
    try:
        await app.execute(
            "create function pg_temp.peek(text) returns boolean language plpgsql cost 0.0001"
            " as $$begin raise warning '%', $1; return true; end$$"
        )
    except asyncpg.InsufficientPrivilegeError:
        return
    await app.fetch("select * from borrowers where pg_temp.peek(name)")
    assert any("Budi" in one for one in peeked)
    assert leaks(str(peeked)) == []


async def test_a_temporary_table_does_not_take_the_place_of_a_real_one(pair: Pair) -> None:
    """What one piece of work leaves in a pooled connection must not serve the next one."""
    role = pair.ground.database._app
    connection = await role.take()
    try:
        await connection.execute("create temporary table borrowers (name text)")
        await connection.execute("insert into pg_temp.borrowers values ('planted')")
    except asyncpg.InsufficientPrivilegeError:
        await role.give(connection)
        return
    await role.give(connection)
    async with pair.ground.database.tenant_tx(pair.mine.tenant_id) as tx:
        assert await tx.db.fetchval("select count(*) from borrowers where name = 'planted'") == 0
