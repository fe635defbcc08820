"""Messages handled a second, and how long one takes at 100 a second."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from bench.world import Lender, Scene
from bukuhutang.base.ids import ChatId, PhoneNumber
from bukuhutang.store import book as book_store
from bukuhutang.store import inbox, outbox
from bukuhutang.store.book import Counters
from bukuhutang.store.changes import Changes, parameters, statement
from bukuhutang.store.scope import Database

FLOOR_ROUNDS = itertools.count(1)
NAMES = ("Budi", "Sari", "Tono", "Bu Rina", "Pak Haji Slamet", "Joko", "Wati", "Agus")


def script(lender: Lender, turn: int) -> str:
    """What this lender writes at this turn: mostly records, some payments and looks."""
    name = NAMES[(lender.tenant_id + turn // 3) % len(NAMES)]
    match turn % 10:
        case 4 | 8:
            return f"BAYAR {name} 20rb"
        case 9:
            return "STATUS"
    return f"PINJAM {name} {50 + turn % 50}rb 14hari"


async def sustained(scene: Scene, messages: int) -> float:
    """Messages a second from the phone's send to the marked answer, all phones at once."""
    turns = messages // len(scene.lenders)
    whatsapp = scene.world.service.whatsapp

    async def chat(lender: Lender) -> None:
        for turn in range(turns):
            await whatsapp.write(lender.phone, lender.phone, script(lender, turn))

    started = time.perf_counter()
    await asyncio.gather(*(chat(one) for one in scene.lenders))
    assert await scene.world.service.wait_idle(600)
    return turns * len(scene.lenders) / (time.perf_counter() - started)


@dataclass(frozen=True)
class Latency:
    p50_ms: float
    p95_ms: float


async def paced(scene: Scene, rate: float, seconds: float) -> Latency:
    """From the phone's send to the answer on the phone, at `rate` messages a second."""
    whatsapp = scene.world.service.whatsapp
    took: list[float] = []

    async def one(lender: Lender, turn: int) -> None:
        last = whatsapp.phone(lender.phone).last_seq
        started = time.perf_counter()
        await whatsapp.write(lender.phone, lender.phone, script(lender, turn))
        # The own message first, then the bot's answer.
        while whatsapp.phone(lender.phone).last_seq < last + 2:
            await whatsapp.messages(lender.phone, after=last + 1, wait_seconds=5)
        took.append(time.perf_counter() - started)

    tasks = []
    begun = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        lender = scene.lenders[number % len(scene.lenders)]
        tasks.append(asyncio.create_task(one(lender, number)))
    await asyncio.gather(*tasks)
    cuts = statistics.quantiles(took, n=100)
    return Latency(cuts[49] * 1000, cuts[94] * 1000)


async def floor(scene: Scene, messages: int, at_once: int = 10) -> float:
    """The bare asyncpg transaction of the same rows: no reading, no deciding, no words.

    Inbox rows in batches, then per message begin + scope + lock, the one read, the one write,
    commit; answers marked sending and sent in batches. Its own tenants, the same database.
    """
    now = datetime.now(UTC)
    tenants = [one.tenant_id for one in scene.lenders]
    pool = await asyncpg.create_pool(
        scene.dsn,
        min_size=at_once,
        max_size=at_once,
        server_settings={
            "role": "bukuhutang_app",
            "jit": "off",
            "plan_cache_mode": "force_generic_plan",
        },
    )
    first_number = next(FLOOR_ROUNDS) * 10_000_000
    work: asyncio.Queue[int] = asyncio.Queue()
    for number in range(first_number, first_number + messages):
        work.put_nowait(number)
    started = time.perf_counter()

    async def batches() -> None:
        for first in range(first_number, first_number + messages, 64):
            rows = [
                inbox.Arrival(
                    tenants[n % len(tenants)], f"floor-{n}", ChatId("floor"), PhoneNumber("0"),
                    True, True,
                    "text", "PINJAM Budi 50rb 14hari", now, now,
                )
                for n in range(first, min(first + 64, first_number + messages))
            ]  # fmt: skip
            async with scene.database.courier() as db:
                await inbox.receive(db, rows)

    async def transactions() -> None:
        while not work.empty():
            number = work.get_nowait()
            async with pool.acquire() as db:
                await one_transaction(db, tenants[number % len(tenants)], number, now)

    handled = asyncio.Event()
    marking = asyncio.create_task(mark_until(scene.database, now, handled))
    await asyncio.gather(batches(), *(transactions() for _ in range(at_once)))
    handled.set()
    await marking
    await pool.close()
    return messages / (time.perf_counter() - started)


async def one_transaction(
    db: asyncpg.pool.PoolConnectionProxy, tenant: int, number: int, now: datetime
) -> None:
    """The statements of one recorded debt."""
    await db.execute(
        f"begin; select set_config('bukuhutang.tenant_id', '{tenant}', true),"
        f" pg_advisory_xact_lock({tenant})"
    )
    row = await db.fetchrow(book_store.READ, tenant, number, "floor", "floor", "budi", "floor")
    assert row is not None
    debt, audit = row["last_debt"] + 1, row["last_audit"] + 1
    changes = Changes(
        debts=[{
            "id": debt, "direction": "piutang", "borrower_id": 1, "principal": 50_000, "paid": 0,
            "due_date": now.date(), "note": None, "status": "open", "created_at": now,
            "created_by": 1,
        }],
        audit=[{
            "id": audit, "at": now, "actor": "member:1", "chat_id": "floor",
            "action": "debt_recorded", "borrower_id": 1, "subject": debt,
            "detail": '{"amount": 50000}', "idempotency_key": f"floor:{number}",
            "previous_hash": b"", "hash": b"\x00" * 32,
        }],
        outbound=[{
            "client_ref": f"floor:{number}", "chat_id": f"floor-{number}", "body": "x" * 120,
            "purpose": "reply", "queued_at": now, "file_id": None, "about": '{"borrower": 1}',
        }],
        inbound=[{
            "id": number, "status": "done", "reason": None, "handled_at": now, "keep": True,
        }],
        counters=Counters(
            row["last_member"], row["last_borrower"], debt, row["last_payment"],
            row["last_allocation"], row["last_reminder"],
            row["last_agreement"], row["last_api_key"], audit, b"\x00" * 32, now, 1,
        ),
    )  # fmt: skip
    shape, values = parameters(changes)
    await db.execute(statement(shape, True), tenant, *values)
    await db.execute("commit")


async def mark_until(database: Database, now: datetime, handled: asyncio.Event) -> None:
    """What the courier does with the answers meanwhile, without a WhatsApp in between."""
    async with database.courier() as db:
        owner = await db.fetchval("select owner from wa_sessions limit 1")
        while True:
            last = handled.is_set()
            claimed = await outbox.claim(db, owner, now=now, limit=64)
            marks = [outbox.Mark(m.tenant_id, m.id, "sent", "x", None, now) for m in claimed]
            if marks:
                await outbox.mark(db, marks)
            elif last:
                return
            else:
                await asyncio.sleep(0.003)


async def bare_latency(scene: Scene, rate: float, seconds: float) -> Latency:
    """The bare transaction alone at the same rate, one connection each time."""
    now = datetime.now(UTC)
    pool = await asyncpg.create_pool(
        scene.dsn, min_size=4, max_size=4, server_settings={"role": "bukuhutang_app"}
    )
    took: list[float] = []
    first = next(FLOOR_ROUNDS) * 10_000_000
    begun = time.perf_counter()

    async def one(number: int) -> None:
        started = time.perf_counter()
        tenant = scene.lenders[number % len(scene.lenders)].tenant_id
        async with pool.acquire() as db:
            await one_transaction(db, tenant, first + number, now)
        took.append(time.perf_counter() - started)

    tasks = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    await pool.close()
    cuts = statistics.quantiles(took, n=100)
    return Latency(cuts[49] * 1000, cuts[94] * 1000)
