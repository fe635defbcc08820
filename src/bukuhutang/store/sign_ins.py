"""Web logins of members: one-time codes, and the tokens that cookies carry, as hashes only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.ids import MemberId, PhoneNumber
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.tenancy.roles import Role


@dataclass(frozen=True)
class CodeRow:
    """The living code of one member."""

    id: int
    code_hash: bytes
    expires_at: datetime
    tries: int


@dataclass(frozen=True)
class SignInRow:
    """One login of a member who speaks for the tenant now."""

    id: int
    member_id: MemberId
    role: Role
    plan: PlanName
    token_hash: bytes
    earlier_hash: bytes | None
    created_at: datetime
    rotated_at: datetime
    seen_at: datetime
    expires_at: datetime
    device: str


async def member_by_phone(tx: TenantTx, phone: PhoneNumber) -> MemberId | None:
    """Who of this active tenant has the number, or None."""
    found: int | None = await tx.db.fetchval(
        "select u.id from users u join tenants t on t.id = u.tenant_id where u.tenant_id = $1"
        " and u.phone_number = $2 and u.removed_at is null and t.status = 'active'",
        tx.tenant_id,
        phone,
    )
    return None if found is None else MemberId(found)


async def new_code(
    tx: TenantTx, member: MemberId, code_hash: bytes, now: datetime, expires_at: datetime
) -> int:
    """The member's one living code: any earlier one is void. Returns its number."""
    await void_codes(tx, member, now)
    made: int = await tx.db.fetchval(
        "insert into sign_in_codes (tenant_id, member_id, code_hash, asked_at, expires_at)"
        " values ($1, $2, $3, $4, $5) returning id",
        tx.tenant_id,
        member,
        code_hash,
        now,
        expires_at,
    )
    return made


async def void_codes(tx: TenantTx, member: MemberId | None, now: datetime) -> None:
    """No code of this member, or of anybody, opens anything any more."""
    await tx.db.execute(
        "update sign_in_codes set used_at = $3"
        " where tenant_id = $1 and ($2::bigint is null or member_id = $2) and used_at is null",
        tx.tenant_id,
        member,
        now,
    )


async def lock_code(tx: TenantTx, member: MemberId, now: datetime) -> CodeRow | None:
    """The living code, locked: two tries at once go one after the other."""
    row = await tx.db.fetchrow(
        "select id, code_hash, expires_at, tries from sign_in_codes where tenant_id = $1"
        " and member_id = $2 and used_at is null and expires_at > $3 order by id desc limit 1"
        " for update",
        tx.tenant_id,
        member,
        now,
    )
    return None if row is None else CodeRow(*row)


async def note_try(tx: TenantTx, code: int, used_at: datetime | None) -> None:
    """One more try at a code; with `used_at` it is void from now on."""
    await tx.change_one(
        "update sign_in_codes set tries = tries + 1, used_at = $3 where tenant_id = $1 and id = $2",
        code,
        used_at,
    )


async def insert(
    tx: TenantTx,
    member: MemberId,
    token_hash: bytes,
    *,
    now: datetime,
    expires_at: datetime,
    device: str,
) -> int:
    """A login; its number. The book must be locked.

    Numbers are the tenant's own: those of the table would tell how often all others sign in.
    """
    made: int = await tx.db.fetchval(
        "insert into sign_ins (id, tenant_id, member_id, token_hash, created_at, rotated_at,"
        " seen_at, expires_at, device) overriding system value"
        " select coalesce(max(id), 0) + 1, $1, $2, $3, $4, $4, $4, $5, $6"
        " from sign_ins where tenant_id = $1 returning id",
        tx.tenant_id,
        member,
        token_hash,
        now,
        expires_at,
        device,
    )
    return made


LIVING = """
    select s.id, s.member_id, u.role, t.plan, s.token_hash, s.earlier_hash, s.created_at,
        s.rotated_at, s.seen_at, s.expires_at, s.device
    from sign_ins s join users u on u.tenant_id = s.tenant_id and u.id = s.member_id
    join tenants t on t.id = s.tenant_id
    where s.tenant_id = $1 and s.revoked_at is null and s.expires_at > $2
        and u.removed_at is null and t.status = 'active'"""


def _row(row: tuple[object, ...]) -> SignInRow:
    number, member, role, plan, *rest = row
    return SignInRow(number, member, Role(role), PlanName(plan), *rest)  # type: ignore[arg-type]


async def by_token(tx: TenantTx, token_hash: bytes, now: datetime) -> SignInRow | None:
    """The living login that has this token, or had it before the last change; locked."""
    row = await tx.db.fetchrow(
        f"{LIVING} and (s.token_hash = $3 or s.earlier_hash = $3) for update of s",
        tx.tenant_id,
        now,
        token_hash,
    )
    return None if row is None else _row(tuple(row))


async def living(tx: TenantTx, number: int, now: datetime) -> SignInRow | None:
    """The login with this number, if it lives."""
    row = await tx.db.fetchrow(f"{LIVING} and s.id = $3", tx.tenant_id, now, number)
    return None if row is None else _row(tuple(row))


async def of_member(tx: TenantTx, member: MemberId, now: datetime) -> list[SignInRow]:
    """The member's living logins, newest first."""
    rows = await tx.db.fetch(
        f"{LIVING} and s.member_id = $3 order by s.id desc", tx.tenant_id, now, member
    )
    return [_row(tuple(row)) for row in rows]


async def touch(tx: TenantTx, row: SignInRow) -> None:
    """Write what changes while a login is used: its tokens and instants."""
    await tx.change_one(
        "update sign_ins set token_hash = $3, earlier_hash = $4, rotated_at = $5, seen_at = $6,"
        " expires_at = $7 where tenant_id = $1 and id = $2",
        row.id,
        row.token_hash,
        row.earlier_hash,
        row.rotated_at,
        row.seen_at,
        row.expires_at,
    )


async def revoke(
    tx: TenantTx, now: datetime, *, member: MemberId | None = None, sign_in: int | None = None
) -> int:
    """End logins: all of the tenant, of one member, or one of his; how many lived."""
    done = await tx.db.fetch(
        "update sign_ins set revoked_at = $2 where tenant_id = $1 and revoked_at is null"
        " and ($3::bigint is null or member_id = $3) and ($4::bigint is null or id = $4)"
        " returning expires_at > $2 as lived",
        tx.tenant_id,
        now,
        member,
        sign_in,
    )
    return sum(row["lived"] for row in done)
