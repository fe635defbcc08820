"""For machines that watch: /health, /ready, /metrics. No key, and nothing about anybody."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from bukuhutang.base.errors import TransientFault
from bukuhutang.entrypoints.web.deps import OperatorCall
from bukuhutang.entrypoints.web.openapi import AWAY
from bukuhutang.store import stats
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.usecases.rates import OUTBOX_WAITING_MAX, inbox_rows_max

ROWS = Gauge(
    "bukuhutang_rows", "Inbox and outbox rows that wait, and WhatsApp logins", ["kind", "state"]
)
OLDEST = Gauge(
    "bukuhutang_oldest_waiting_seconds", "How long the oldest row of a queue has waited", ["queue"]
)
BOUND = Gauge("bukuhutang_queue_bound", "Rows of one tenant that may wait", ["queue", "plan"])
FULLEST = Gauge(
    "bukuhutang_queue_fullest_ratio",
    "What waits of the tenant nearest to its bound, against it: at 1 messages are passed over",
    ["queue"],
)
for _plan in PlanName:
    BOUND.labels("inbox", _plan).set(inbox_rows_max(_plan))
    BOUND.labels("outbox", _plan).set(OUTBOX_WAITING_MAX)
DATABASE_UP = Gauge("bukuhutang_database_up", "1 when the database answered this scrape")

router = APIRouter(tags=["probes"])


@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, str]:
    """The process lives; asks nothing of the database."""
    return {"status": "ok"}


@router.head("/ready", include_in_schema=False)
@router.get("/ready", responses={503: AWAY})
async def ready(call: OperatorCall) -> dict[str, str]:
    """Database and schema are as this program needs them; 503 otherwise."""
    if not await call.deps.database.is_ready():
        raise TransientFault("not ready")
    return {"status": "ready"}


@router.get("/metrics", response_class=Response)
async def metrics(call: OperatorCall) -> Response:
    """Prometheus text: counters of this process, and the depth of the queues."""
    try:
        async with call.deps.database.operator() as db:
            depths = await stats.queue_depths(db)
            ages = await stats.oldest_waiting(db, call.when.now)
            fullest = _pressure(await stats.fullest_queues(db))
        DATABASE_UP.set(1)
    except TransientFault:
        # What the process itself counts is worth the most while the database is away.
        depths, ages, fullest = {}, {}, {}
        DATABASE_UP.set(0)
    for gauge, by_queue in ((OLDEST, ages), (FULLEST, fullest)):
        gauge.clear()
        for queue, value in by_queue.items():
            gauge.labels(queue).set(value)
    ROWS.clear()
    for name, count in depths.items():
        kind, _, state = name.partition("_")
        ROWS.labels(kind, state).set(count)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _pressure(found: stats.Fullest) -> dict[str, float]:
    ratios = [waiting / inbox_rows_max(plan) for plan, waiting in found.paused.items()]
    return {"inbox": max(ratios, default=0.0), "outbox": found.outbox / OUTBOX_WAITING_MAX}
