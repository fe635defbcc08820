"""What the chat door counts for /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

HANDLED = Counter("bukuhutang_inbound_handled", "Inbound messages worked to their end", ["outcome"])
QUARANTINED = Counter("bukuhutang_inbound_quarantined", "Inbound messages set aside")
DROPPED = Counter(
    "bukuhutang_inbound_dropped", "Messages that a limit kept from being read, by it", ["reason"]
)
HANDLING_SECONDS = Histogram(
    "bukuhutang_inbound_handling_seconds",
    "From lease to commit of one inbound message",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0),
)
