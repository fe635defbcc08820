"""Preparing the schema: from nothing, again, from too new; who may do it and who may serve."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.base.ids import TenantId
from bukuhutang.store import embedded, migrate, schema
from bukuhutang.store.scope import connect
from tests.store.catalog import faults, open_catalog
from tests.store.ground import NOON, Ground
from tests.support.database import LOGIN, PASSWORD, Server

REVISIONS = Path(migrate.__file__).parent / "migrations" / "versions"


@pytest.fixture
def empty(server: Server) -> Iterator[str]:
    """A database without a schema."""
    name = f"empty_{secrets.token_hex(4)}"
    with psycopg.connect(server.superuser_dsn("postgres"), autocommit=True) as db:
        db.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield name
    server.drop(name)


@pytest.fixture
def login(server: Server) -> Iterator[str]:
    """An ordinary login, which a test may give more rights."""
    name = f"login_{secrets.token_hex(4)}"
    with psycopg.connect(server.superuser_dsn("postgres"), autocommit=True) as db:
        db.execute(
            sql.SQL("create role {} login noinherit password {}").format(
                sql.Identifier(name), sql.Literal(PASSWORD)
            )
        )
        yield name
        db.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def as_superuser(server: Server, name: str, *statements: str) -> None:
    with psycopg.connect(server.superuser_dsn(name), autocommit=True) as db:
        for statement in statements:
            db.execute(sql.SQL(statement))


def test_head_names_the_newest_revision_file() -> None:
    names = sorted(path.stem[1:5] for path in REVISIONS.glob("r*.py"))
    assert names == [f"{n:04}" for n in range(1, len(names) + 1)]
    assert names[-1] == schema.HEAD


def test_an_empty_database_gets_every_revision_and_the_second_run_none(
    server: Server, empty: str
) -> None:
    dsn = server.superuser_dsn(empty)
    applied = migrate.migrate(dsn, service_login=LOGIN, service_password=PASSWORD)
    assert applied == [f"{n:04}" for n in range(1, int(schema.HEAD) + 1)]
    assert migrate.migrate(dsn, service_login=LOGIN, service_password=None) == []
    with open_catalog(dsn) as db:
        assert faults(db) == []


async def test_migrating_again_leaves_the_rows_alone(ground: Ground) -> None:
    tenant_id = await ground.tenant()
    done = migrate.migrate(ground.superuser_dsn, service_login=LOGIN, service_password=None)
    assert done == []
    async with ground.database.tenant_tx(tenant_id) as tx:
        assert await tx.db.fetchval("select name from tenants") == "Toko Dani"


async def test_a_newer_schema_is_refused_by_migrate_and_by_the_service(ground: Ground) -> None:
    await ground.tamper("update alembic_version set version_num = '9999'")
    with pytest.raises(ConfigurationProblem, match="9999, newer than this program"):
        migrate.migrate(ground.superuser_dsn, service_login=LOGIN, service_password=None)
    with pytest.raises(ConfigurationProblem, match="update BukuHutang"):
        await connect(ground.dsn)
    assert not await ground.database.is_ready()


async def test_an_older_schema_is_refused_by_the_service(ground: Ground) -> None:
    assert await ground.database.is_ready()
    await ground.tamper("update alembic_version set version_num = '0001'")
    with pytest.raises(ConfigurationProblem, match="run bukuhutang migrate"):
        await connect(ground.dsn)


def test_a_login_without_the_right_to_create_roles_gets_one_clear_line(
    server: Server, empty: str, login: str
) -> None:
    with pytest.raises(ConfigurationProblem) as refused:
        migrate.migrate(
            server.embedded.dsn(login, PASSWORD, empty),
            service_login="somebody_new",
            service_password=PASSWORD,
        )
    assert "may create roles" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_password_or_database_gets_one_clear_line(server: Server) -> None:
    for dsn in (
        server.embedded.dsn(LOGIN, "wrong", "postgres"),
        server.superuser_dsn("no_such_database"),
    ):
        with pytest.raises(ConfigurationProblem) as refused:
            migrate.migrate(dsn, service_login=LOGIN, service_password=None)
        assert "cannot reach the database" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_an_unknown_service_login_without_a_password_is_refused(server: Server, empty: str) -> None:
    with pytest.raises(ConfigurationProblem, match="nobody_yet does not exist"):
        migrate.migrate(
            server.superuser_dsn(empty), service_login="nobody_yet", service_password=None
        )


async def test_a_login_that_may_create_roles_is_enough(tmp_path: Path) -> None:
    """On a server of its own: nobody has made the roles before."""
    with embedded.start(tmp_path / "server") as started:
        with psycopg.connect(started.superuser_dsn, autocommit=True) as db:
            db.execute("create role keeper login createrole password 'only-for-tests'")
            db.execute("create database books owner keeper")
        dsn = started.dsn("keeper", PASSWORD, "books")
        first = migrate.migrate(dsn, service_login=LOGIN, service_password=PASSWORD)
        assert first == [f"{n:04}" for n in range(1, int(schema.HEAD) + 1)]
        assert migrate.migrate(dsn, service_login=LOGIN, service_password=None) == []
        database = await connect(started.dsn(LOGIN, PASSWORD, "books"))
        try:
            assert await database.is_ready()
        finally:
            await database.close()


class TestWhoMayServe:
    @pytest.mark.parametrize("power", ["superuser", "bypassrls"])
    async def test_a_login_that_could_pass_row_level_security_by_is_refused(
        self, server: Server, ground: Ground, login: str, power: str
    ) -> None:
        as_superuser(server, ground.name, f"alter role {login} {power}")
        for role in schema.SERVICE_ROLES:
            as_superuser(server, ground.name, f"grant {role} to {login}")
        with pytest.raises(ConfigurationProblem, match=f"{login} is superuser or has BYPASSRLS"):
            await connect(server.embedded.dsn(login, PASSWORD, ground.name))

    async def test_the_superuser_itself_is_refused(self, ground: Ground) -> None:
        with pytest.raises(ConfigurationProblem, match="superuser or has BYPASSRLS"):
            await connect(ground.superuser_dsn)

    async def test_a_service_role_that_was_given_bypassrls_is_refused(
        self, server: Server, ground: Ground
    ) -> None:
        as_superuser(server, ground.name, "alter role bukuhutang_app bypassrls")
        try:
            with pytest.raises(ConfigurationProblem, match="bukuhutang_app is superuser or has"):
                await connect(ground.dsn)
        finally:
            as_superuser(server, ground.name, "alter role bukuhutang_app nobypassrls")

    async def test_a_database_without_a_schema_is_refused(self, server: Server, empty: str) -> None:
        with pytest.raises(ConfigurationProblem, match="no BukuHutang schema yet"):
            await connect(server.service_dsn(empty))

    async def test_a_login_outside_the_service_roles_is_refused(
        self, server: Server, ground: Ground, login: str
    ) -> None:
        with pytest.raises(ConfigurationProblem, match="cannot use the database"):
            await connect(server.embedded.dsn(login, PASSWORD, ground.name))


async def test_the_books_of_a_migrated_tenant_can_be_opened(ground: Ground) -> None:
    tenant_id = await ground.tenant()
    assert tenant_id == TenantId(1)
    async with ground.database.book_tx(tenant_id) as tx:
        assert await tx.db.fetchval("select created_at from tenants") == NOON
