"""Garbage collection for a process that serves."""

from __future__ import annotations

import gc

COLLECT_AFTER = 20_000


def calm_collector() -> None:
    """Leave what start-up made out of garbage collection, and look less often at the rest.

    Messages leave hardly any cycles; the default looks some hundred times a second under load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)
