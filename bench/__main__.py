"""`make bench`: one table, every line beside its floor measured in the same run."""

from __future__ import annotations

import asyncio
import logging
import sys

import structlog
import uvloop

from bench import documents, flood, messages, reader, schedule, service, takeover
from bench.table import Line, print_table
from bench.world import scene
from tests.support.database import Server, running_server

TENANTS = 200
MESSAGES = 6_000
PACED_RATE = 100
PACED_SECONDS = 10


async def measure_messages(server: Server) -> list[Line]:
    """Throughput and latency of the whole path, in this process."""
    async with scene(server, TENANTS) as place:
        # Records first, so that the floor's borrower exists and both run on tables of one size.
        await messages.sustained(place, MESSAGES // 3)
        latency = await messages.paced(place, PACED_RATE, PACED_SECONDS)
        rates, floors = [], []
        for _ in range(3):  # in turns, since other work on the machine comes and goes
            rates.append(await messages.sustained(place, MESSAGES))
            floors.append(await messages.floor(place, MESSAGES))
        bare = await messages.bare_latency(place, PACED_RATE, PACED_SECONDS // 2)
    many = f"{TENANTS} tenants"
    return [
        Line("messages handled, sustained", max(rates), "/s", max(floors),
             "bare rows, a debt each", 1_000, note=f"{many}, to pass 2,600"),
        Line("message p50 at 100/s", latency.p50_ms, "ms", bare.p50_ms, "bare rows", None, many),
        Line("message p95 at 100/s", latency.p95_ms, "ms", bare.p95_ms, "bare rows", 25, many),
    ]  # fmt: skip


def main() -> None:
    """Measure and print; nothing here is a test."""
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    lines = [reader.measure(), *schedule.measure(), documents.measure()]
    lines += service.measure_start_and_memory()
    with running_server() as server:
        lines += uvloop.run(measure_messages(server))
        lines += uvloop.run(flood.measure(server))
        lines += asyncio.run(service.measure_lists(server))
        lines += takeover.measure(server)
    print_table(lines)
    sys.stdout.flush()


main()
