"""What /metrics says about WhatsApp logins and the processes that carry them."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from bukuhutang.messaging.ports import Watch
from bukuhutang.messaging.states import UP, StateChange, WaSessionState

CHANGES = Counter(
    "bukuhutang_session_changes", "Changes of a WhatsApp login's state, by the new one", ["state"]
)
RECONNECTS = Counter(
    "bukuhutang_reconnects", "Logins that were connected again after an interruption"
)
PAIRINGS = Counter("bukuhutang_pairings", "Pairings by how they ended", ["outcome"])
OUTDATED = Gauge(
    "bukuhutang_client_outdated", "1 since WhatsApp refused our version: update BukuHutang"
)
HELD = Gauge("bukuhutang_leases_held", "WhatsApp logins whose lease this process holds")
LOST = Counter("bukuhutang_leases_lost", "Leases that ended before they were renewed")
WORKER_MEMORY = Gauge("bukuhutang_worker_memory_bytes", "Memory of a driver process", ["worker"])
WORKER_THREADS = Gauge("bukuhutang_worker_threads", "Threads of a driver process", ["worker"])
WORKER_DESCRIPTORS = Gauge(
    "bukuhutang_worker_descriptors", "Open file descriptors of a driver process", ["worker"]
)
WORKER_SESSIONS = Gauge("bukuhutang_worker_sessions", "Logins a driver process carries", ["worker"])
PER_SESSION = Gauge(
    "bukuhutang_worker_per_session", "Averages over all driver processes, a login each", ["what"]
)


def count_change(change: StateChange) -> None:
    """One more change of a login's state."""
    if change.state is WaSessionState.OUTDATED:
        OUTDATED.set(1)
    if change.before is not change.state:
        CHANGES.labels(change.state.value).inc()
    if change.before is WaSessionState.INTERRUPTED and change.state in UP:
        RECONNECTS.inc()
    if change.before is WaSessionState.PAIRING:
        if change.state is WaSessionState.CONNECTING:
            PAIRINGS.labels("linked").inc()
        elif change.reason is not None:
            PAIRINGS.labels(change.reason.removeprefix("pairing_")).inc()


def show(watch: Watch) -> None:
    """How things stand now."""
    HELD.set(watch.held)
    LOST.inc(watch.lost)
    for gauge in (WORKER_MEMORY, WORKER_THREADS, WORKER_DESCRIPTORS, WORKER_SESSIONS):
        gauge.clear()  # a worker that is gone is no longer shown
    for one in watch.workers:
        WORKER_MEMORY.labels(one.worker).set(one.memory_bytes)
        WORKER_THREADS.labels(one.worker).set(one.threads)
        WORKER_DESCRIPTORS.labels(one.worker).set(one.descriptors)
        WORKER_SESSIONS.labels(one.worker).set(one.sessions)
    carried = sum(one.sessions for one in watch.workers)
    if carried:
        memory = sum(one.memory_bytes for one in watch.workers)
        PER_SESSION.labels("memory_bytes").set(memory / carried)
        PER_SESSION.labels("threads").set(sum(one.threads for one in watch.workers) / carried)
        PER_SESSION.labels("descriptors").set(
            sum(one.descriptors for one in watch.workers) / carried
        )
