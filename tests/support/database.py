"""A real PostgreSQL for tests: one embedded server per worker, one fresh database per test."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from bukuhutang.store import embedded
from bukuhutang.store.embedded_cluster import SUPERUSER
from bukuhutang.store.migrate import migrate
from bukuhutang.store.scope import Database, connect

LOGIN = "bukuhutang_service"
PASSWORD = "only-for-tests"
TEMPLATE = "template_migrated"


@dataclass(frozen=True)
class Server:
    """An embedded server with a migrated template database."""

    embedded: embedded.EmbeddedServer
    numbers: Iterator[int]

    def superuser_dsn(self, dbname: str) -> str:
        """For arranging what the service itself may not do."""
        password = self.embedded.address.superuser_password
        return self.embedded.dsn(SUPERUSER, password, dbname)

    def service_dsn(self, dbname: str) -> str:
        """How the service logs in."""
        return self.embedded.dsn(LOGIN, PASSWORD, dbname)

    def fresh(self) -> str:
        """The name of a new, migrated, empty database."""
        name = f"t{next(self.numbers)}"
        with psycopg.connect(self.superuser_dsn("postgres"), autocommit=True) as db:
            db.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(name), sql.Identifier(TEMPLATE)
                )
            )
        return name

    def drop(self, name: str) -> None:
        """Remove a database again."""
        with psycopg.connect(self.superuser_dsn("postgres"), autocommit=True) as db:
            db.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def running_server() -> Iterator[Server]:
    """Start, migrate a template, and stop at the end."""
    with tempfile.TemporaryDirectory(prefix="bh-test-") as folder:
        with embedded.start(Path(folder) / "data") as started:
            server = Server(started, itertools.count(1))
            with psycopg.connect(server.superuser_dsn("postgres"), autocommit=True) as db:
                db.execute(sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
            migrate(server.superuser_dsn(TEMPLATE), service_login=LOGIN, service_password=PASSWORD)
            yield server


@asynccontextmanager
async def fresh_database(server: Server) -> AsyncIterator[Database]:
    """The service's pools on a database of its own."""
    name = server.fresh()
    database = await connect(server.service_dsn(name))
    try:
        yield database
    finally:
        await database.close()
        server.drop(name)
