"""Who may speak for a tenant. A removed member's row stays: what he recorded names him."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.ids import MemberId, PhoneNumber
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.roles import Role


@dataclass(frozen=True)
class MemberRow:
    """A number that speaks, or once spoke, for the tenant."""

    id: MemberId
    phone: PhoneNumber
    name: str
    role: Role
    is_removed: bool


async def read_all(tx: TenantTx) -> list[MemberRow]:
    """Everybody, removed members too, in the order they were added."""
    rows = await tx.db.fetch(
        "select id, phone_number, name, role, removed_at is not null from users"
        " where tenant_id = $1 order by id",
        tx.tenant_id,
    )
    return [MemberRow(row[0], row[1], row[2], Role(row[3]), row[4]) for row in rows]


async def name_of(tx: TenantTx, phone: PhoneNumber) -> str | None:
    """Whose number it is among those who speak for the tenant now, or None."""
    found: str | None = await tx.db.fetchval(
        "select name from users where tenant_id = $1 and phone_number = $2 and removed_at is null",
        tx.tenant_id,
        phone,
    )
    return found


async def insert(tx: TenantTx, member: MemberRow, now: datetime) -> None:
    """A number that may speak from now on."""
    await tx.db.execute(
        "insert into users (tenant_id, id, phone_number, name, role, created_at)"
        " values ($1, $2, $3, $4, $5, $6)",
        tx.tenant_id,
        member.id,
        member.phone,
        member.name,
        member.role,
        now,
    )


async def write(tx: TenantTx, member: MemberRow, now: datetime) -> None:
    """Name, role and whether he is removed, as `member` says; his open questions end."""
    await tx.db.execute(
        "with gone as (delete from dialogues where tenant_id = $1 and member_id = $2)"
        " update users set name = $3, role = $4, removed_at = $5 where tenant_id = $1 and id = $2",
        tx.tenant_id,
        member.id,
        member.name,
        member.role,
        now if member.is_removed else None,
    )
