"""The service as a process: start, memory; and the admin lists over many tenants."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import psycopg

from bench.table import Line
from bukuhutang.base.clock import SystemClock
from bukuhutang.entrypoints.web.app import WebDeps, build_app
from bukuhutang.store.scope import connect
from tests.support.database import Server

LIST_TENANTS = 10_000
DEBTS_EACH = 20
KEY = "bench-key-bench-key-bench-key-bench"


@contextmanager
def running_service(folder: Path) -> Iterator[int]:
    """`bukuhutang serve` until `ready` is printed; yields the process id."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "bukuhutang.main",
        "serve",
        "--data",
        folder,
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(b"ready ")
            yield process.pid
        finally:
            process.terminate()


def measure_start_and_memory() -> list[Line]:
    """Start to `ready` after the first start, and what everything holds when idle."""
    with tempfile.TemporaryDirectory() as folder:
        with running_service(Path(folder) / "data"):
            pass  # the first start makes the cluster
        times = []
        for _ in range(3):
            started = time.perf_counter()
            with running_service(Path(folder) / "data"):
                times.append(time.perf_counter() - started)
        with running_service(Path(folder) / "data") as pid:
            time.sleep(3)  # idle, after the start's own work
            held = _memory(pid)
    bare = min(_bare_start() for _ in range(3))
    return [
        Line("start to ready", statistics.median(times), "s", bare, "python imports alone", 3),
        Line("memory, everything idle", held, "MB", _bare_memory(), "python with the libraries",
             250, "PSS, PostgreSQL included"),
    ]  # fmt: skip


IMPORTS = "import asyncpg, fastapi, uvicorn, jinja2, babel, phonenumbers, structlog, typer"


def _bare_start() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - started


def _bare_memory() -> float:
    code = f"{IMPORTS}, psutil; print(psutil.Process().memory_full_info().pss)"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(out.stdout) / 1e6


def _memory(pid: int) -> float:
    """Megabytes of the process and all below it, shared pages counted once (PSS)."""
    root = psutil.Process(pid)
    family = [root, *root.children(recursive=True)]
    return float(sum(one.memory_full_info().pss for one in family)) / 1e6


async def measure_lists(server: Server) -> list[Line]:
    """GET /admin/tenants and /admin/stats over 10,000 tenants."""
    name = server.fresh()
    _fill(server.superuser_dsn(name))
    database = await connect(server.service_dsn(name))

    async def nothing() -> None:
        return

    app = build_app(
        WebDeps(database=database, clock=SystemClock(), admin_keys=(KEY,), wake_sessions=nothing)
    )
    transport = httpx.ASGITransport(app=app)
    lines = []
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench", headers={"X-API-Key": KEY}
    ) as client:
        floor = await _median(client, "/health")
        for path in ("/admin/tenants", "/admin/tenants?limit=200", "/admin/stats"):
            took = await _median(client, path)
            note = f"{LIST_TENANTS:,} tenants, {LIST_TENANTS * DEBTS_EACH:,} debts"
            lines.append(Line(f"GET {path}", took, "ms", floor, "GET /health", 100, note))
    await database.close()
    return lines


async def _median(client: httpx.AsyncClient, path: str) -> float:
    took = []
    for _ in range(15):
        started = time.perf_counter()
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1000


def _fill(dsn: str) -> None:
    """Tenants with logins, borrowers, debts and messages, as rows."""
    now = datetime.now(UTC)
    with psycopg.connect(dsn) as db:
        for statement in (
            "insert into tenants (phone_number, name, created_at, status_since, status)"
            " select 6281100000000 + n, 'Toko ' || n, %(now)s, %(now)s,"
            "   case n %% 3 when 0 then 'pending_qr' else 'active' end"
            " from generate_series(1, %(tenants)s) n",
            "insert into tenant_settings (tenant_id) select id from tenants",
            "insert into books (tenant_id) select id from tenants",
            "insert into wa_sessions (tenant_id, state_since) select id, %(now)s from tenants",
            "insert into borrowers (tenant_id, id, name, name_key, created_at)"
            " select id, 1, 'Budi', 'budi', %(now)s from tenants",
            "insert into debts (tenant_id, id, direction, borrower_id, principal, due_date,"
            "   status, created_at) select t.id, n, 'piutang', 1, 1000 * n, '2026-12-01', 'open',"
            "   %(now)s from tenants t, generate_series(1, %(debts)s) n",
            "insert into inbound_messages (tenant_id, provider_message_id, chat_id, sender,"
            "   from_me, self_chat, body, sent_at, received_at, status)"
            " select t.id, n::text, 'c', 's', true, true, 'x', %(now)s, %(now)s, 'done'"
            " from tenants t, generate_series(1, %(debts)s) n",
        ):
            db.execute(statement, {"now": now, "tenants": LIST_TENANTS, "debts": DEBTS_EACH})
        db.commit()
        db.autocommit = True
        db.execute("analyze")
