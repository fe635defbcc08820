"""Which PostgreSQL: the embedded one in the data folder, or the one DATABASE_URL names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.main.settings import SERVICE_PASSWORD_FILE, Settings, kept_secret
from bukuhutang.store import embedded
from bukuhutang.store.embedded import EmbeddedServer, ServerAddress
from bukuhutang.store.embedded_cluster import SUPERUSER
from bukuhutang.store.embedded_folder import DataFolder
from bukuhutang.store.schema import HEAD

SERVICE_LOGIN = "bukuhutang_service"
DATABASE = "bukuhutang"


@dataclass(frozen=True)
class OpenDatabase:
    """Where the service logs in, and whether the server we started for it still runs."""

    dsn: str
    alive: Callable[[], bool]
    ours_alone: bool = False  # the data folder admits one process: whoever was here before is dead


@contextmanager
def database_for_serving(settings: Settings, data_folder: Path) -> Iterator[OpenDatabase]:
    """The database of the service; an embedded server runs and is migrated meanwhile.

    Raises ConfigurationProblem with one line for the operator.
    """
    if settings.database_url is not None:
        url = _checked_url("DATABASE_URL", settings.database_url.get_secret_value())
        # The embedded server would hold the folder; what else is in it is one process's as well.
        held = DataFolder(data_folder).hold()
        try:
            yield OpenDatabase(url, lambda: True)
        finally:
            os.close(held)
        return
    with embedded.start(data_folder) as server:
        dsn = _prepared(server, data_folder)
        yield OpenDatabase(dsn, server.alive, ours_alone=True)


def _prepared(server: EmbeddedServer | ServerAddress, data_folder: Path) -> str:
    password = kept_secret(data_folder / SERVICE_PASSWORD_FILE)
    dsn = server.dsn(SERVICE_LOGIN, password, DATABASE)
    if not _is_current(dsn):
        _prepare_server(server.superuser_dsn)
        _migrate(_superuser_dsn(server), SERVICE_LOGIN, password)
    return dsn


def _is_current(dsn: str) -> bool:
    """Whether the service can log in and the schema is ours: then nothing is to be prepared."""
    try:
        with psycopg.connect(dsn) as db:
            db.execute("set role bukuhutang_operator")
            row = db.execute("select version_num from alembic_version").fetchone()
            return row is not None and row[0] == HEAD
    except psycopg.Error:
        return False


def _superuser_dsn(server: EmbeddedServer | ServerAddress) -> str:
    address = server.address if isinstance(server, EmbeddedServer) else server
    return address.dsn(SUPERUSER, address.superuser_password, DATABASE)


def _prepare_server(superuser_dsn: str) -> None:
    with psycopg.connect(superuser_dsn, autocommit=True) as db:
        known = db.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone()
        if known is None:
            db.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        # A statement's error may quote what somebody wrote (`invalid input syntax: "Budi"`). Who
        # said the statement hears it; the server's log keeps to the server's own troubles.
        db.execute("alter role all set log_min_messages = 'log'")


@contextmanager
def database_for_commands(settings: Settings, data_folder: Path) -> Iterator[str]:
    """The DSN for a short command: beside a running service, or with a server of its own."""
    if settings.database_url is not None:
        yield _checked_url("DATABASE_URL", settings.database_url.get_secret_value())
        return
    if not (data_folder / "postgres").exists():
        raise ConfigurationProblem(f"there is no BukuHutang in {data_folder}: name its --data")
    address = embedded.running_address(data_folder)
    if address is not None:
        password = kept_secret(data_folder / SERVICE_PASSWORD_FILE)
        yield address.dsn(SERVICE_LOGIN, password, DATABASE)
        return
    with database_for_serving(settings, data_folder) as opened:
        yield opened.dsn


def _migrate(dsn: str, login: str, password: str | None) -> list[str]:
    # Only here: a start that finds its schema need not carry Alembic and SQLAlchemy.
    from bukuhutang.store.migrate import migrate

    return migrate(dsn, service_login=login, service_password=password)


def migrate_now(settings: Settings, data_folder: Path) -> list[str]:
    """Prepare or upgrade the schema; returns the revisions applied."""
    if settings.database_url is None:
        with embedded.start(data_folder) as server:
            _prepare_server(server.superuser_dsn)
            kept = kept_secret(data_folder / SERVICE_PASSWORD_FILE)
            return _migrate(_superuser_dsn(server), SERVICE_LOGIN, kept)
    service = _checked_url("DATABASE_URL", settings.database_url.get_secret_value())
    admin = service
    if settings.database_admin_url is not None:
        admin = _checked_url("DATABASE_ADMIN_URL", settings.database_admin_url.get_secret_value())
    parts = urlsplit(service)
    password = unquote(parts.password) if parts.password else None
    return _migrate(admin, unquote(parts.username or ""), password)


def _checked_url(name: str, url: str) -> str:
    """The URL in the spelling both libraries take."""
    url = url.replace("postgres://", "postgresql://", 1)
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme != "postgresql" or not parts.username:
        raise ConfigurationProblem(f"{name} must look like postgresql://user:password@host/name")
    return url
