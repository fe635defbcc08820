"""Where a login's keys are: a folder per tenant on one host, or a PostgreSQL for several.

    data/auth_sessions/{tenant}/     0700, files 0600
      device.sqlite                  WhatsApp's keys of the linked device (written by whatsmeow)
      pairing.sqlite                 the same while a phone is being linked
      spool.sqlite                   events not yet reported, messages sent (`neonize_rows`)
      device.sqlite.broken-…         a store that could not be read, set aside

The service process looks at these without WhatsApp's library; only a worker gives them to it.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers.neonize_rows import (
    BUSY_MS,
    LoginRows,
    PostgresExecutor,
    Row,
    SqliteExecutor,
)

LOOKS = 3
LOOK_AGAIN_SECONDS = 0.02


class StoreBroken(Exception):
    """A file of the store cannot be read; it is not touched."""


@dataclass(frozen=True)
class Device:
    """A linked device as WhatsApp names it: `number:device@server`, and its LID."""

    jid: str
    lid: str | None


@dataclass(frozen=True)
class StorePlace:
    """Where all logins are kept; crosses the border to a worker as two strings."""

    folder: Path
    url: str | None = None  # PostgreSQL, for several hosts

    def of(self, tenant: TenantId) -> LoginStore:
        """One tenant's part."""
        if self.url is not None:
            return PostgresLogin(self.url, tenant)
        return FolderLogin(self.folder / str(tenant), tenant)


class FolderLogin:
    """A tenant's folder."""

    def __init__(self, folder: Path, tenant: TenantId) -> None:
        self.folder = folder
        self.tenant = tenant

    def prepare(self) -> None:
        """Make the folder; only its owner may enter."""
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.folder.chmod(0o700)

    @property
    def device_name(self) -> str:
        """What whatsmeow opens."""
        return str(self.folder / "device.sqlite")

    @property
    def pairing_name(self) -> str:
        """What whatsmeow opens while a phone is being linked."""
        return str(self.folder / "pairing.sqlite")

    @property
    def is_shared(self) -> bool:
        """Whether one store holds the devices of several tenants."""
        return False

    def device(self) -> Device | None:
        """The linked device; None when there is none. Raises StoreBroken."""
        rows = self._ask_device("select jid, lid from whatsmeow_device")
        return Device(rows[0][0], rows[0][1] or None) if rows else None

    def is_linked(self) -> bool:
        """Whether there is a store to connect with; whether it is sound is seen at the start."""
        try:
            return self.device() is not None
        except StoreBroken:
            return True

    def begin_pairing(self) -> None:
        """Nothing is left of an earlier try."""
        self.prepare()
        for path in self.folder.glob("pairing.sqlite*"):
            path.unlink()

    def adopt(self, jid: str) -> None:
        """What was paired is the device from now on; no library has it open."""
        self.forget_device()
        Path(self.pairing_name).rename(self.device_name)

    def forget_device(self) -> None:
        """The keys go; what waits to be reported and what was sent stay."""
        for path in self.folder.glob("device.sqlite*"):
            if ".broken-" not in path.name:
                path.unlink()

    def set_broken_aside(self, stamp: str) -> None:
        """Keep what cannot be read, under another name."""
        for path in (Path(self.device_name), self.folder / "device.sqlite-journal"):
            if path.exists():
                path.rename(path.with_name(f"{path.name}.broken-{stamp}"))

    def rows(self, stamp: str) -> LoginRows:
        """The tenant's rows; a broken file is set aside and a new one made."""
        self.prepare()
        try:
            return self._rows()
        except sqlite3.DatabaseError:
            for path in self.folder.glob("spool.sqlite*"):
                if ".broken-" not in path.name:
                    path.rename(path.with_name(f"{path.name}.broken-{stamp}"))
            return self._rows()

    def _rows(self) -> LoginRows:
        path, lock = self.folder / "spool.sqlite", threading.Lock()
        durable = SqliteExecutor(path, durable=True, lock=lock)
        try:
            quick = SqliteExecutor(path, durable=False, lock=lock)
        except sqlite3.DatabaseError:
            durable.close()
            raise
        return LoginRows(self.tenant, durable, quick)

    def message_id_by_secret(self, secret: bytes) -> str | None:
        """The id of a message that was handed to WhatsApp with this mark. Raises StoreBroken."""
        # "Certainly not sent" hangs on this: a page that was just being written is read again.
        for _ in range(LOOKS):
            rows = self._ask_beside(
                "select message_id from whatsmeow_message_secrets where key = ?", secret
            )
            if rows:
                found: str = rows[0][0]
                return found
            time.sleep(LOOK_AGAIN_SECONDS)
        return None

    def secret_by_message_id(self, message_id: str) -> bytes | None:
        """The mark of a message by its id. Raises StoreBroken."""
        rows = self._ask_beside(
            "select key from whatsmeow_message_secrets where message_id = ?", message_id
        )
        return bytes(rows[0][0]) if rows else None

    def forget_chats(self) -> None:
        """Let every chat's keys be agreed anew. Raises StoreBroken.

        The process died: a message may have been deciphered, which used up its key, and not been
        stored. WhatsApp delivers it again, and only without the old keys does the library ask its
        sender to encrypt it once more.
        """
        self._ask_device("delete from whatsmeow_sessions")

    def check(self) -> None:
        """Raises StoreBroken when the device's file is damaged."""
        for (verdict,) in self._ask_device("pragma quick_check(1)"):
            if verdict != "ok":
                raise StoreBroken(verdict)

    def _ask_beside(self, sql: str, *values: object) -> list[Row]:
        """Read while the library in this very process may have the file open.

        `immutable`: neither locks nor journal are looked at. Locks belong to a process, so this
        SQLite would not see those of the library's own, take its journal for one that a crash left
        behind, and roll a transaction back under it (sqlite.org, "How to corrupt", 2.2).
        """
        return self._ask_device(sql, *values, how="?mode=ro&immutable=1")

    def _ask_device(self, sql: str, *values: object, how: str = "") -> list[Row]:
        path = Path(self.device_name)
        if not path.exists() or path.stat().st_size == 0:
            return []
        uri = f"{path.absolute().as_uri()}{how}"
        try:
            opened = sqlite3.connect(uri, timeout=BUSY_MS / 1000, isolation_level=None, uri=True)
            with closing(opened) as db:
                return db.execute(sql, values).fetchall()
        except sqlite3.OperationalError as problem:
            if "no such table" in str(problem):
                return []  # never paired
            raise StoreBroken(str(problem)) from problem
        except sqlite3.DatabaseError as problem:
            raise StoreBroken(str(problem)) from problem

    def forget(self) -> None:
        """Everything of this login."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder)


class PostgresLogin:
    """A tenant's rows in a PostgreSQL that holds the devices of all."""

    is_shared = True

    def __init__(self, url: str, tenant: TenantId) -> None:
        self._url = url
        self.tenant = tenant
        # whatsmeow's own spelling of the scheme.
        self.device_name = url.replace("postgresql://", "postgres://", 1)
        self.pairing_name = self.device_name

    @contextmanager
    def _open(self) -> Iterator[PostgresExecutor]:
        opened = PostgresExecutor(self._url)
        try:
            yield opened
        finally:
            opened.close()

    def prepare(self) -> None:
        """Nothing to do: the tables make themselves."""

    def device(self) -> Device | None:
        """The linked device; None when there is none, or whatsmeow has deleted it."""
        with self._open() as db:
            rows = db.run(
                "select d.jid from bukuhutang_device d where d.tenant_id = ?", self.tenant
            )
            if not rows or not db.run("select to_regclass('whatsmeow_device')::text")[0][0]:
                return None
            rows = db.run("select jid, lid from whatsmeow_device where jid = ?", rows[0][0])
            return Device(rows[0][0], rows[0][1] or None) if rows else None

    def is_linked(self) -> bool:
        """Whether there is a device to connect with."""
        return self.device() is not None

    def begin_pairing(self) -> None:
        """A new device is a new row; nothing is in its way."""

    def adopt(self, jid: str) -> None:
        """This device is the tenant's from now on."""
        with self._open() as db:
            db.run(
                "insert into bukuhutang_device (tenant_id, jid) values (?, ?)"
                " on conflict (tenant_id) do update set jid = excluded.jid",
                self.tenant,
                jid,
            )

    def forget_device(self) -> None:
        """The keys go."""
        linked = self.device()
        with self._open() as db:
            db.run("delete from bukuhutang_device where tenant_id = ?", self.tenant)
            if linked is not None:
                db.run("delete from whatsmeow_device where jid = ?", linked.jid)

    def set_broken_aside(self, stamp: str) -> None:
        """A database repairs itself or its operator does."""

    def rows(self, stamp: str) -> LoginRows:
        """The tenant's rows."""
        one = PostgresExecutor(self._url)
        return LoginRows(self.tenant, one, one)

    def message_id_by_secret(self, secret: bytes) -> str | None:
        """The id of a message that was handed to WhatsApp with this mark."""
        with self._open() as db:
            rows = db.run("select message_id from whatsmeow_message_secrets where key = ?", secret)
            return rows[0][0] if rows else None

    def secret_by_message_id(self, message_id: str) -> bytes | None:
        """The mark of a message by its id."""
        with self._open() as db:
            rows = db.run(
                "select s.key from whatsmeow_message_secrets s join bukuhutang_device d"
                " on d.jid like split_part(s.our_jid, '@', 1) || '%' and d.tenant_id = ?"
                " where s.message_id = ?",
                self.tenant,
                message_id,
            )
            return bytes(rows[0][0]) if rows else None

    def forget_chats(self) -> None:
        """Let every chat's keys be agreed anew; see `FolderLogin`."""
        linked = self.device()
        if linked is not None:
            with self._open() as db:
                db.run("delete from whatsmeow_sessions where our_jid = ?", linked.jid)

    def check(self) -> None:
        """The database looks after itself."""

    def forget(self) -> None:
        """The device; rows about it are kept, as with a folder that is linked again."""
        self.forget_device()


LoginStore = FolderLogin | PostgresLogin


def fate_of_send(store: LoginStore, rows: LoginRows, client_ref: str) -> wa.Outcome | None:
    """What an earlier try of a message came to; None when it certainly did not leave."""
    if rows.message_id_of(client_ref) is not None:
        return wa.Accepted(client_ref)
    secret = rows.secret_of(client_ref)
    if secret is None:
        return None
    try:
        left = store.message_id_by_secret(secret) is not None
    except (StoreBroken, OSError):
        left = True  # nobody can say
    return wa.Unknown("handed over, never acknowledged") if left else None
