"""What a login may do that ours must not."""

from __future__ import annotations

import psycopg

CONNECT_SECONDS_MAX = 3


def passes_row_security(url: str) -> bool | None:
    """Whether row level security would not hold this login; None when it cannot be asked."""
    dsn = url.replace("postgres://", "postgresql://", 1)
    try:
        with psycopg.connect(dsn, connect_timeout=CONNECT_SECONDS_MAX) as db:
            row = db.execute(
                "select rolsuper or rolbypassrls from pg_roles where rolname = session_user"
            ).fetchone()
    except (psycopg.Error, ValueError):
        return None
    return row is not None and bool(row[0])
