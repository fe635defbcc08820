"""How long the logins of a host that was killed are nobody's."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import psycopg

from bench.table import Line
from bukuhutang.messaging.sessions import LEASE_SECONDS
from tests.support.database import Server

LOGINS = 100
ROUNDS = 3
SECONDS_MAX = 60
TARGET_SECONDS = 15


def measure(server: Server) -> list[Line]:
    """Two processes, one of them killed: until the other has every login connected."""
    name = server.fresh()
    dsn = server.service_dsn(name)
    with psycopg.connect(server.superuser_dsn(name), autocommit=True) as db:
        _fill(db)
        took = [_takeover(db, dsn) for _ in range(ROUNDS)]
    note = f"{LOGINS} logins, worst of {ROUNDS}; a second of it is WhatsApp's"
    return [
        Line("takeover after kill -9", max(took), "s", LEASE_SECONDS, "the lease", TARGET_SECONDS,
             note),
    ]  # fmt: skip


def _takeover(db: psycopg.Connection[tuple[int]], dsn: str) -> float:
    with ExitStack() as stack:
        owner = stack.enter_context(_owner(dsn))
        _until_connected(db, owner.pid)
        heir = stack.enter_context(_owner(dsn))
        time.sleep(4)  # the heir has looked, and found nothing to take
        owner.kill()
        killed = time.perf_counter()
        _until_connected(db, heir.pid)
        took = time.perf_counter() - killed
    db.execute("update wa_sessions set owner = null, lease_until = null, state = 'interrupted'")
    return took


@contextmanager
def _owner(dsn: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-m", "bench.takeover_worker", dsn]) as process:
        try:
            yield process
        finally:
            process.kill()


def _until_connected(db: psycopg.Connection[tuple[int]], pid: int) -> None:
    gives_up = time.perf_counter() + SECONDS_MAX
    while True:
        row = db.execute(
            "select count(*) from wa_sessions where state = 'connected' and owner = %s",
            (f"pid:{pid}",),
        ).fetchone()
        if row is not None and row[0] == LOGINS:
            return
        assert time.perf_counter() < gives_up, f"only {row} were connected"
        time.sleep(0.02)


def _fill(db: psycopg.Connection[tuple[int]]) -> None:
    """Active tenants with a linked login each."""
    now = datetime.now(UTC)
    for statement in (
        "insert into tenants (phone_number, name, created_at, status_since, status)"
        " select 6281100000000 + n, 'Toko ' || n, %(now)s, %(now)s, 'active'"
        " from generate_series(1, %(logins)s) n",
        "insert into tenant_settings (tenant_id) select id from tenants",
        "insert into books (tenant_id) select id from tenants",
        "insert into wa_sessions (tenant_id, state_since, linked_at)"
        " select id, %(now)s, %(now)s from tenants",
    ):
        db.execute(statement, {"now": now, "logins": LOGINS})
