"""Whether who was let in at the door still may act, asked under the book's lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.roles import Role
from bukuhutang.tenancy.tenant import TenantStatus


@dataclass(frozen=True)
class Standing:
    """How the tenant, and the key or login of a request, stand now."""

    status: TenantStatus
    opens: bool  # the key or login
    role: Role | None  # of the member who is signed in


async def read(tx: TenantTx, *, key: int | None, sign_in: int | None, now: datetime) -> Standing:
    """As of this moment: what ends a key, a login or a member holds the same lock."""
    row = await tx.db.fetchrow(
        "select t.status, exists (select from api_keys k where k.tenant_id = $1 and k.id = $2"
        "   and k.revoked_at is null and (k.expires_at is null or k.expires_at > $4)) as key_opens,"
        " (select u.role from sign_ins s"
        "   join users u on u.tenant_id = s.tenant_id and u.id = s.member_id"
        "   where s.tenant_id = $1 and s.id = $3 and s.revoked_at is null"
        "   and u.removed_at is null) as role"
        " from tenants t where t.id = $1",
        tx.tenant_id,
        key,
        sign_in,
        now,
    )
    assert row is not None, "it was let in a moment ago"
    role = None if row["role"] is None else Role(row["role"])
    return Standing(TenantStatus(row["status"]), row["key_opens"] or role is not None, role)
