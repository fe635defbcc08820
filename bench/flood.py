"""What one tenant's flood does to the others: their p95 alone, and meanwhile, in one run."""

from __future__ import annotations

import asyncio

from bench import messages
from bench.table import Line
from bench.world import Scene, scene
from bukuhutang.usecases.tenants import set_plan
from tests.support.database import Server

LENDERS = 21
FLOOD = 1_000
RATE = 40.0
SECONDS = 4.0
WARM_SECONDS = 1.0


async def measure(server: Server) -> list[Line]:
    """The flooding tenant once on the smallest plan, once on one whose rate takes all of it."""
    lines = []
    for plan in ("free", "enterprise"):
        async with scene(server, LENDERS) as place:
            flooding, *others = place.lenders
            await set_plan(place.database, flooding.tenant_id, plan, place.world.when())
            calm = Scene(place.world, place.database, place.dsn, others)
            await messages.paced(calm, RATE, WARM_SECONDS)
            alone = await messages.paced(calm, RATE, SECONDS)
            _, meanwhile = await asyncio.gather(_flood(place), messages.paced(calm, RATE, SECONDS))
            lines.append(
                Line(
                    f"others' p95, {FLOOD:,} messages from one on {plan}",
                    meanwhile.p95_ms,
                    "ms",
                    alone.p95_ms,
                    "the same without the flood",
                    2 * alone.p95_ms,
                    f"{len(others)} others, {RATE:.0f}/s",
                )
            )
    return lines


async def _flood(place: Scene) -> None:
    """As fast as the phone can send them, one after the other."""
    phone = place.lenders[0].phone
    for turn in range(FLOOD):
        await place.world.service.whatsapp.write(phone, phone, f"PINJAM Budi {turn + 1}rb")
