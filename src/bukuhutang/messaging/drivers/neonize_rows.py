"""What a login keeps beside WhatsApp's own keys: events not yet reported, and messages sent.

The same statements on two engines: a SQLite file per tenant, or a PostgreSQL that several hosts
share. The caller decides which; nothing here knows WhatsApp.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bukuhutang.base.ids import TenantId

Row = tuple[Any, ...]

BUSY_MS = 10_000
APART_MAX = 1_000
"""Unreadable events kept per tenant; the oldest go first."""

SENT_KEPT_DAYS = 180

TABLES = """
create table if not exists bukuhutang_spool (
    id {serial}, tenant_id bigint not null, code integer not null, raw {bytes} not null,
    attempts integer not null default 0);
create index if not exists bukuhutang_spool_in_order on bukuhutang_spool (tenant_id, id);
create table if not exists bukuhutang_spool_apart (
    id {serial}, tenant_id bigint not null, code integer not null, raw {bytes} not null,
    reason text not null, at {timestamp} not null default current_timestamp);
create table if not exists bukuhutang_sent (
    tenant_id bigint not null, client_ref text not null, secret {bytes} not null,
    message_id text, at {timestamp} not null default current_timestamp,
    primary key (tenant_id, client_ref));
create index if not exists bukuhutang_sent_by_id on bukuhutang_sent (tenant_id, message_id);
create table if not exists bukuhutang_device (
    tenant_id bigint primary key, jid text not null);
create table if not exists bukuhutang_open (tenant_id bigint primary key)
"""
SQLITE_TYPES = {
    "serial": "integer primary key autoincrement",
    "bytes": "blob",
    "timestamp": "text",
}
POSTGRES_TYPES = {
    "serial": "bigserial primary key",
    "bytes": "bytea",
    "timestamp": "timestamptz",
}


class Executor(Protocol):
    """Runs one statement as one durable transaction, from any thread."""

    def run(self, sql: str, *values: Any) -> list[Row]:
        """The rows it returns; `?` stands for a value. Raises OSError when it cannot be done."""
        ...

    def close(self) -> None: ...


class SqliteExecutor:
    """One file. `durable` commits reach the disk before `run` returns; the others may be undone
    by a power cut, which only repeats what can be repeated."""

    def __init__(self, path: Path, *, durable: bool, lock: threading.Lock) -> None:
        """Opens, and makes what is missing. Raises sqlite3.DatabaseError for a broken file."""
        self._lock = lock
        self._db = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        with lock:
            self._db.execute("pragma journal_mode = wal")
            self._db.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
            self._db.executescript(TABLES.format_map(SQLITE_TYPES))

    def run(self, sql: str, *values: Any) -> list[Row]:
        """One statement."""
        try:
            with self._lock:
                return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as problem:
            raise OSError(str(problem)) from problem

    def close(self) -> None:
        """No thread uses it any more."""
        with self._lock:
            self._db.close()


class PostgresExecutor:
    """One connection for all tenants of this process, opened again when it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._db: psycopg.Connection[Row] | None = None

    def run(self, sql: str, *values: Any) -> list[Row]:
        """One statement; once more on a new connection when the old one turns out to be dead."""
        with self._lock:
            try:
                return self._once(sql, values)
            except psycopg.OperationalError:
                self._forget()
            try:
                return self._once(sql, values)
            except psycopg.Error as problem:
                self._forget()
                raise OSError(f"the WhatsApp store: {type(problem).__name__}") from problem

    def _once(self, sql: str, values: tuple[Any, ...]) -> list[Row]:
        if self._db is None:
            self._db = psycopg.connect(self._url, autocommit=True, connect_timeout=10)
            # Two processes that make the same table at once would stop one another.
            self._db.execute("select pg_advisory_lock(4711004)")
            self._db.execute(TABLES.format_map(POSTGRES_TYPES))
            self._db.execute("select pg_advisory_unlock(4711004)")
        ran = self._db.execute(sql.replace("?", "%s"), values)
        return ran.fetchall() if ran.description else []

    def _forget(self) -> None:
        if self._db is not None:
            self._db.close()
        self._db = None

    def close(self) -> None:
        """No thread uses it any more."""
        with self._lock:
            self._forget()


class LoginRows:
    """One tenant's rows. `durable` is used for what WhatsApp is told we have."""

    def __init__(self, tenant: TenantId, durable: Executor, quick: Executor) -> None:
        self._tenant = tenant
        self._durable = durable
        self._quick = quick

    # --- events that wait to be reported ----------------------------------------------------------

    def keep(self, code: int, raw: bytes) -> None:
        """Durable when it returns. Raises OSError when it cannot be kept."""
        self._durable.run(
            "insert into bukuhutang_spool (tenant_id, code, raw) values (?, ?, ?)",
            self._tenant,
            code,
            raw,
        )

    def waiting(self, limit: int) -> list[tuple[int, int, bytes, int]]:
        """The oldest events: id, code, raw bytes, attempts so far."""
        rows = self._quick.run(
            "select id, code, raw, attempts from bukuhutang_spool where tenant_id = ?"
            " order by id limit ?",
            self._tenant,
            limit,
        )
        return [(number, code, bytes(raw), attempts) for number, code, raw, attempts in rows]

    def attempted(self, number: int) -> None:
        """Count an attempt that failed."""
        self._quick.run(
            "update bukuhutang_spool set attempts = attempts + 1 where tenant_id = ? and id = ?",
            self._tenant,
            number,
        )

    def done(self, number: int) -> None:
        """It was reported."""
        self._quick.run(
            "delete from bukuhutang_spool where tenant_id = ? and id = ?", self._tenant, number
        )

    def set_apart(self, number: int, reason: str) -> None:
        """Nobody can read it: keep it for a developer, and go on with the next."""
        self._quick.run(
            "insert into bukuhutang_spool_apart (tenant_id, code, raw, reason)"
            " select tenant_id, code, raw, ? from bukuhutang_spool where tenant_id = ? and id = ?",
            reason[:200],
            self._tenant,
            number,
        )
        self.done(number)
        self._quick.run(
            "delete from bukuhutang_spool_apart where tenant_id = ? and id <="
            " (select max(id) from bukuhutang_spool_apart where tenant_id = ?) - ?",
            self._tenant,
            self._tenant,
            APART_MAX,
        )

    def apart(self) -> list[tuple[int, str]]:
        """Code and reason of what was set apart."""
        rows = self._quick.run(
            "select code, reason from bukuhutang_spool_apart where tenant_id = ? order by id",
            self._tenant,
        )
        return [(code, reason) for code, reason in rows]

    # --- whether the last process that had this login ended it in order ---------------------------

    def was_left_open(self) -> bool:
        """Whether the process before this one died with the login connected."""
        return bool(
            self._quick.run("select 1 from bukuhutang_open where tenant_id = ?", self._tenant)
        )

    def note_open(self) -> None:
        """The login is about to connect."""
        self._quick.run(
            "insert into bukuhutang_open values (?) on conflict do nothing", self._tenant
        )

    def note_ended(self) -> None:
        """It was disconnected, and everything that came is stored."""
        self._quick.run("delete from bukuhutang_open where tenant_id = ?", self._tenant)

    # --- messages we sent -------------------------------------------------------------------------

    def begin_send(self, client_ref: str, secret: bytes) -> bool:
        """Note a message before it may leave; False when an earlier try may have left."""
        made = self._quick.run(
            "insert into bukuhutang_sent (tenant_id, client_ref, secret) values (?, ?, ?)"
            " on conflict (tenant_id, client_ref) do nothing returning client_ref",
            self._tenant,
            client_ref,
            secret,
        )
        return bool(made)

    def sent(self, client_ref: str, message_id: str) -> None:
        """WhatsApp's id of a message."""
        self._quick.run(
            "update bukuhutang_sent set message_id = ? where tenant_id = ? and client_ref = ?",
            message_id,
            self._tenant,
            client_ref,
        )

    def not_sent(self, client_ref: str) -> None:
        """It certainly did not leave, so it may be tried again."""
        self._quick.run(
            "delete from bukuhutang_sent where tenant_id = ? and client_ref = ?",
            self._tenant,
            client_ref,
        )

    def reference_of(self, message_id: str) -> str | None:
        """Our own reference of WhatsApp's id."""
        rows = self._quick.run(
            "select client_ref from bukuhutang_sent where tenant_id = ? and message_id = ?",
            self._tenant,
            message_id,
        )
        return rows[0][0] if rows else None

    def message_id_of(self, client_ref: str) -> str | None:
        """WhatsApp's id of one of ours."""
        rows = self._quick.run(
            "select message_id from bukuhutang_sent where tenant_id = ? and client_ref = ?",
            self._tenant,
            client_ref,
        )
        return rows[0][0] if rows else None

    def secret_of(self, client_ref: str) -> bytes | None:
        """The mark a message carries; None when it was never begun."""
        rows = self._quick.run(
            "select secret from bukuhutang_sent where tenant_id = ? and client_ref = ?",
            self._tenant,
            client_ref,
        )
        return bytes(rows[0][0]) if rows else None

    def reference_by_secret(self, secret: bytes) -> str | None:
        """Our reference of the message that carries this mark."""
        rows = self._quick.run(
            "select client_ref from bukuhutang_sent where tenant_id = ? and secret = ?"
            " and message_id is null",
            self._tenant,
            secret,
        )
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Free the connections of this tenant."""
        self._durable.close()
        self._quick.close()
