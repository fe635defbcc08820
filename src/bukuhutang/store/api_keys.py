"""The keys of a tenant's programs: only hashes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.tenancy.roles import KeyScope
from bukuhutang.tenancy.tenant import TenantStatus

USE_NOTED_EVERY = timedelta(minutes=1)
"""`last_used_at` is written no more often than this."""


@dataclass(frozen=True)
class ApiKeyRow:
    """One key as its owner sees it, living or not."""

    id: int
    name: str
    hint: str  # its last characters
    scope: KeyScope
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def status(self, now: datetime) -> Literal["valid", "expired", "revoked"]:
        """Only a valid one opens the door."""
        if self.revoked_at is not None:
            return "revoked"
        return "valid" if self.expires_at is None or self.expires_at > now else "expired"


@dataclass(frozen=True)
class LivingKey:
    """A key that opens the door, and what the door must know of its tenant."""

    id: int
    key_hash: bytes = field(repr=False)
    scope: KeyScope
    last_used_at: datetime | None
    plan: PlanName
    status: TenantStatus


COLUMNS = "id, name, hint, scope, created_at, created_by, expires_at, revoked_at, last_used_at"


async def insert(tx: TenantTx, row: ApiKeyRow, key_hash: bytes) -> None:
    """A new key."""
    await tx.db.execute(
        "insert into api_keys (tenant_id, id, name, key_hash, hint, scope, created_at, created_by,"
        " expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tx.tenant_id,
        row.id,
        row.name,
        key_hash,
        row.hint,
        row.scope,
        row.created_at,
        row.created_by,
        row.expires_at,
    )


async def living(tx: TenantTx, now: datetime) -> list[LivingKey]:
    """The keys of this tenant that open the door; none when there is no such tenant."""
    rows = await tx.db.fetch(
        "select k.id, k.key_hash, k.scope, k.last_used_at, t.plan, t.status"
        " from api_keys k join tenants t on t.id = k.tenant_id where k.tenant_id = $1"
        " and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2) order by k.id",
        tx.tenant_id,
        now,
    )
    return [
        LivingKey(
            row["id"],
            row["key_hash"],
            KeyScope(row["scope"]),
            row["last_used_at"],
            PlanName(row["plan"]),
            TenantStatus(row["status"]),
        )
        for row in rows
    ]


async def page(tx: TenantTx, *, before: int, limit: int) -> list[ApiKeyRow]:
    """The keys of this tenant, living or not, with a number below `before`, the newest first."""
    rows = await tx.db.fetch(
        # Our own constant, nothing of the request.
        f"select {COLUMNS} from api_keys"  # noqa: S608
        " where tenant_id = $1 and id < $2 order by id desc limit $3",
        tx.tenant_id,
        before,
        limit,
    )
    return [_row(tuple(row)) for row in rows]


async def read(tx: TenantTx, number: int) -> ApiKeyRow | None:
    """One key, or None."""
    row = await tx.db.fetchrow(
        # Our own constant, nothing of the request.
        f"select {COLUMNS} from api_keys where tenant_id = $1 and id = $2",  # noqa: S608
        tx.tenant_id,
        number,
    )
    return None if row is None else _row(tuple(row))


def _row(row: tuple[object, ...]) -> ApiKeyRow:
    number, name, hint, scope, *rest = row
    return ApiKeyRow(number, name, hint, KeyScope(str(scope)), *rest)  # type: ignore[arg-type]  # as the columns say


async def revoke(tx: TenantTx, number: int, now: datetime) -> None:
    """From now on this key opens nothing."""
    await tx.db.execute(
        "update api_keys set revoked_at = $3 where tenant_id = $1 and id = $2"
        " and revoked_at is null",
        tx.tenant_id,
        number,
        now,
    )


async def note_use(tx: TenantTx, key: LivingKey, now: datetime) -> None:
    """When the key was last used, to the minute."""
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
        return
    await tx.db.execute(
        "update api_keys set last_used_at = $3 where tenant_id = $1 and id = $2"
        " and (last_used_at is null or last_used_at < $3)",
        tx.tenant_id,
        key.id,
        now,
    )
