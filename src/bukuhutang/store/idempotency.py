"""The answers to writes of programs, kept with what they wrote: the same key gets them again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from bukuhutang.store.scope import Connection, TenantTx


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered to a request."""

    request_hash: bytes  # of method, address and body
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Known:
    """What is known of an idempotency key: its answer, or only that it was used long ago."""

    answer: KeptAnswer | None
    used_before: bool


async def look_up(tx: TenantTx, key: str) -> Known:
    """What this key was used for. The book must be locked (`book_tx`)."""
    row = await tx.db.fetchrow(
        "select k.request_hash, k.status, k.headers, k.body,"
        " exists (select from audit_log where tenant_id = $1 and idempotency_key = $2 || ':1')"
        " or exists (select from outbound_messages where tenant_id = $1"
        "   and client_ref = $2 || ':1') as used"
        " from (select) one left join idempotency_keys k on k.tenant_id = $1 and k.key = $2",
        tx.tenant_id,
        key,
    )
    assert row is not None
    if row["status"] is None:
        return Known(None, row["used"])
    headers = json.loads(row["headers"])
    return Known(KeptAnswer(row["request_hash"], row["status"], headers, row["body"]), True)


async def keep(tx: TenantTx, key: str, answer: KeptAnswer, now: datetime) -> None:
    """Keep an answer in the transaction of the facts it tells of."""
    await tx.db.execute(
        "insert into idempotency_keys (tenant_id, key, request_hash, status, headers, body,"
        " created_at) values ($1, $2, $3, $4, $5, $6, $7)",
        tx.tenant_id,
        key,
        answer.request_hash,
        answer.status,
        json.dumps(answer.headers),
        answer.body,
        now,
    )


async def sweep(courier: Connection, before: datetime) -> int:
    """Forget the answers kept before an instant, of all tenants; returns how many."""
    done = await courier.execute("delete from idempotency_keys where created_at < $1", before)
    return int(done.split()[-1])
