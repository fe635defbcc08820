"""Looking into a device's file while the library in the same process is writing it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.drivers.neonize_store import FolderLogin

SECRET = b"\x07" * 32


def _in_the_middle_of_a_transaction(place: Path, seen: Path) -> None:
    """A device's file with its journal, copied while a transaction writes pages of it.

    The copy has no locks, as a library's own locks are none for a second SQLite of its process.
    """
    with closing(sqlite3.connect(place / "device.sqlite", isolation_level=None)) as db:
        db.execute("create table whatsmeow_message_secrets (message_id text, key blob)")
        db.execute("insert into whatsmeow_message_secrets values ('M1', ?)", (SECRET,))
        db.execute("pragma cache_size = 1")  # pages go to the file before the commit
        db.execute("begin immediate")
        db.execute("create table filler (text text)")
        db.executemany("insert into filler values (?)", [("x" * 3_000,)] * 50)
        for name in ("device.sqlite", "device.sqlite-journal"):
            shutil.copy(place / name, seen / name)
        db.execute("rollback")


def test_a_look_leaves_the_librarys_journal_alone(tmp_path: Path) -> None:
    place, seen = tmp_path / "place", tmp_path / "seen"
    place.mkdir()
    seen.mkdir()
    _in_the_middle_of_a_transaction(place, seen)
    journal = (seen / "device.sqlite-journal").read_bytes()
    assert journal.strip(b"\x00"), "the transaction has written a journal"
    store = FolderLogin(seen, TenantId(1))
    assert store.message_id_by_secret(SECRET) == "M1"
    assert store.secret_by_message_id("M1") == SECRET
    assert store.message_id_by_secret(b"\x08" * 32) is None
    assert (seen / "device.sqlite-journal").read_bytes() == journal
    store.check()  # before the library opens it, what a crash left behind is rolled back
    assert not (seen / "device.sqlite-journal").exists()
