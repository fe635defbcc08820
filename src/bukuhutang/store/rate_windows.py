"""How often something was done in the window that runs; all processes count in one row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bukuhutang.store.scope import TenantTx

USED_MAX = 1_000_000
"""Counting stops here; every limit is far below."""


@dataclass(frozen=True)
class Window:
    """How often something was done in the window that began at `started_at`."""

    started_at: datetime
    used: int
    told: bool


async def read(tx: TenantTx, kind: str, key: str) -> Window | None:
    """The last window that was written, which may be long over."""
    row = await tx.db.fetchrow(
        "select started_at, used, told from rate_windows"
        " where tenant_id = $1 and kind = $2 and key = $3",
        tx.tenant_id,
        kind,
        key,
    )
    return None if row is None else Window(*row)


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


async def hit_below(
    tx: TenantTx, kind: str, key: str, now: datetime, *, length: timedelta, most: int
) -> bool:
    """Count one more in a window of this length that the first one began; False when it is full."""
    used: int | None = await tx.db.fetchval(
        "insert into rate_windows as w (tenant_id, kind, key, started_at, used)"
        " values ($1, $6, $2, $3, 1) on conflict (tenant_id, kind, key) do update"
        " set started_at = case when w.started_at <= $4 then $3 else w.started_at end,"
        " used = case when w.started_at <= $4 then 1 else w.used + 1 end"
        " where w.started_at <= $4 or w.used < $5 returning used",
        tx.tenant_id,
        key,
        now,
        now - length,
        most,
        kind,
    )
    return used is not None
