"""Prepares and upgrades the schema: roles first, then Alembic's revisions, forward only.

Run by `bukuhutang migrate` and, on the embedded database, at every start. It is the only code that
logs in with rights over the tables; the service itself never does.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.store.schema import HEAD, OWNER, SERVICE_ROLES

LOCK_KEY = 7_231_004_211
"""Advisory lock: two migrations at once would trip over each other."""

VERSION_MIN = 150_000


def migrate(dsn: str, *, service_login: str, service_password: str | None) -> list[str]:
    """Bring the database at `dsn` to HEAD and let `service_login` act in the service's roles.

    `dsn` logs in as somebody who may create roles; `service_login` is created when it is missing.
    Returns the revisions applied, oldest first. Raises ConfigurationProblem when the rights do
    not suffice or the schema is newer than this program. Running it again changes nothing.
    """
    try:
        with psycopg.connect(dsn, autocommit=True) as db:
            _check_version(db)
            _ensure_roles(db, service_login, service_password)
    except psycopg.errors.InsufficientPrivilege as problem:
        raise ConfigurationProblem(
            f"migrate needs a login that may create roles: {_one_line(problem)}"
        ) from problem
    except psycopg.OperationalError as problem:
        raise ConfigurationProblem(f"cannot reach the database: {_one_line(problem)}") from problem
    return _upgrade(dsn)


def _one_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or ["no reason given"])[0]


def _check_version(db: psycopg.Connection) -> None:
    if db.info.server_version < VERSION_MIN:
        raise ConfigurationProblem("PostgreSQL 15 or newer is needed")


def _ensure_roles(db: psycopg.Connection, login: str, password: str | None) -> None:
    known = {name for (name,) in db.execute("select rolname from pg_roles")}
    for role in (OWNER, *SERVICE_ROLES):
        if role not in known:
            db.execute(
                sql.SQL("create role {} nologin nosuperuser nobypassrls").format(
                    sql.Identifier(role)
                )
            )
    if login not in known:
        if password is None:
            raise ConfigurationProblem(f"the login {login} does not exist and has no password")
        db.execute(
            sql.SQL("create role {} login noinherit nosuperuser nobypassrls password {}").format(
                sql.Identifier(login), sql.Literal(password)
            )
        )
    for role in SERVICE_ROLES:
        _grant(db, role, login)
    # The one who migrates acts as the owner, so that every table belongs to it.
    _grant(db, OWNER, db.info.user)
    db.execute(sql.SQL("grant create, usage on schema public to {}").format(sql.Identifier(OWNER)))


def _grant(db: psycopg.Connection, role: str, member: str) -> None:
    # Since PostgreSQL 16 whoever creates a role is its member, but may not act as it.
    right = "set" if db.info.server_version >= 160_000 else "member"
    row = db.execute("select pg_has_role(%s, %s, %s)", (member, role, right)).fetchone()
    if row is None or not row[0]:
        db.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(member)))


def alembic_config() -> Config:
    """Alembic's settings, without a file: where the revisions are."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(dsn: str) -> list[str]:
    engine = create_engine(
        dsn.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool
    )
    config = alembic_config()
    with engine.connect() as connection:
        connection.exec_driver_sql(f"set role {OWNER}")
        connection.exec_driver_sql("set lock_timeout = '5s'")
        connection.exec_driver_sql("set statement_timeout = '15min'")
        connection.exec_driver_sql(f"select pg_advisory_lock({LOCK_KEY})")
        connection.commit()
        before = _revision(connection)
        if before is not None and before > HEAD:
            raise ConfigurationProblem(
                f"the schema is at {before}, newer than this program ({HEAD}): update BukuHutang"
            )
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, HEAD)
        except SQLAlchemyError as problem:
            raise ConfigurationProblem(
                f"the schema at {before} cannot be upgraded: {_one_line(problem)}"
            ) from problem
        connection.exec_driver_sql(f"grant select on alembic_version to {SERVICE_ROLES[2]}")
        connection.commit()
    return [f"{n:04}" for n in range(int(before or 0) + 1, int(HEAD) + 1)]


def _revision(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    return revision
