"""How often something was done in the window that runs; all processes count in one row."""

from __future__ import annotations

from datetime import datetime

from bukuhutang.store.scope import TenantTx

USED_MAX = 1_000_000
"""Counting stops here; every limit is far below."""


async def hit(tx: TenantTx, kind: str, key: str, window: datetime) -> int:
    """Count one more in the window that began at `window`; returns how many it holds now.

    A process whose clock is behind counts into the window the others have begun.
    """
    used = await tx.db.fetchval(
        "insert into rate_windows as w (tenant_id, kind, key, started_at, used)"
        " values ($1, $2, $3, $4, 1) on conflict (tenant_id, kind, key) do update set"
        " used = case when w.started_at >= excluded.started_at"
        "   then least(w.used + 1, $5) else 1 end,"
        " told = w.told and w.started_at >= excluded.started_at,"
        " started_at = greatest(w.started_at, excluded.started_at) returning used",
        tx.tenant_id,
        kind,
        key,
        window,
        USED_MAX,
    )
    assert isinstance(used, int)
    return used
