"""What /metrics says about logins and driver processes."""

from __future__ import annotations

from prometheus_client import REGISTRY

from bukuhutang.entrypoints.sessions import metrics
from bukuhutang.messaging.driver import WorkerMeasure
from bukuhutang.messaging.ports import Watch
from bukuhutang.messaging.states import StateChange, WaSessionState

S = WaSessionState


def value(name: str, **labels: str) -> float:
    """A sample as it would be scraped."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_driver_processes_are_shown_each_and_on_average() -> None:
    one = WorkerMeasure("one", 20, 100_000_000, 40, 60)
    other = WorkerMeasure("other", 5, 50_000_000, 10, 15)
    lost = value("bukuhutang_leases_lost_total")
    metrics.show(Watch(25, 2, (one, other)))
    assert value("bukuhutang_worker_memory_bytes", worker="one") == 100_000_000
    assert value("bukuhutang_worker_threads", worker="other") == 10
    assert value("bukuhutang_worker_descriptors", worker="one") == 60
    assert value("bukuhutang_worker_sessions", worker="other") == 5
    assert value("bukuhutang_worker_per_session", what="memory_bytes") == 6_000_000
    assert value("bukuhutang_worker_per_session", what="threads") == 2
    assert value("bukuhutang_leases_held") == 25
    assert value("bukuhutang_leases_lost_total") == lost + 2
    metrics.show(Watch(25, 0, (other,)))
    gone = REGISTRY.get_sample_value("bukuhutang_worker_sessions", {"worker": "one"})
    assert gone is None, "a worker that ended is no longer shown"


def test_changes_pairings_and_reconnects_are_counted() -> None:
    names = {
        "linked": ("bukuhutang_pairings_total", {"outcome": "linked"}),
        "timeout": ("bukuhutang_pairings_total", {"outcome": "timeout"}),
        "wrong": ("bukuhutang_pairings_total", {"outcome": "wrong_number"}),
        "back": ("bukuhutang_reconnects_total", {}),
        "connected": ("bukuhutang_session_changes_total", {"state": "connected"}),
    }
    before = {key: value(name, **labels) for key, (name, labels) in names.items()}
    for change in (
        StateChange(S.PAIRING, before=S.UNLINKED),
        StateChange(S.UNLINKED, "pairing_timeout", before=S.PAIRING),
        StateChange(S.UNLINKED, "wrong_number", before=S.PAIRING),
        StateChange(S.CONNECTING, before=S.PAIRING),
        StateChange(S.CONNECTED, before=S.CONNECTING),
        StateChange(S.INTERRUPTED, before=S.CONNECTED),
        StateChange(S.CONNECTED, before=S.INTERRUPTED),
        StateChange(S.CONNECTED, before=S.CONNECTED),
    ):
        metrics.count_change(change)
    grown = {key: value(name, **labels) - before[key] for key, (name, labels) in names.items()}
    assert grown == {"linked": 1, "timeout": 1, "wrong": 1, "back": 1, "connected": 2}
