"""Keys of a tenant's programs: made, listed, revoked; and what a request with one may do.

A key is `bh_live_<tenant>_<43 characters>`: the number opens the tenant's scope, the rest is 256
random bits. Only its SHA-256 is stored, which nobody can turn back.

    KeyNotFound      no such key of this tenant
    TooManyKeys      the tenant has KEYS_MAX living ones
    KeyExpiryInvalid the end must lie ahead, within EXPIRY_DAYS_MAX
    NameInvalid      as for tenants
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import TenantId
from bukuhutang.base.secret import secret_hash
from bukuhutang.store import api_keys, idempotency, rate_windows
from bukuhutang.store.api_keys import ApiKeyRow
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.tenancy.plans import PLANS, PlanName
from bukuhutang.tenancy.roles import KeyScope, Permission
from bukuhutang.tenancy.tenant import TenantStatus
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.rates import minute_of
from bukuhutang.usecases.tenants import (
    NameInvalid,
    When,
    clean_tenant_name,
    operated,
    operator_book,
    read_tenant,
)

PREFIX = "bh_live_"
SECRET_BYTES = 32
"""In url-safe base64 43 characters."""

HINT_CHARACTERS = 4
KEYS_MAX = 20
KEY_NAME_MAX = 60
EXPIRY_DAYS_MAX = 3_653
WINDOW = timedelta(minutes=1)
RATE_KIND = "api"
ANSWERS_KEPT = timedelta(days=30)

_FORM = re.compile(r"bh_live_([1-9][0-9]{0,17})_[A-Za-z0-9_-]{43}")


@dataclass(eq=False)
class KeyNotFound(Refusal):
    code: ClassVar[str] = "key_not_found"
    key_id: int


@dataclass(eq=False)
class TooManyKeys(Refusal):
    code: ClassVar[str] = "too_many_keys"
    max: int


@dataclass(eq=False)
class KeyExpiryInvalid(Refusal):
    code: ClassVar[str] = "key_expiry_invalid"
    days_max: int


@dataclass(frozen=True)
class CreateKey:
    """What a new key is to be."""

    name: str
    scope: KeyScope
    expires_at: datetime | None = None  # aware


@dataclass(frozen=True)
class KeyCreated:
    """A new key; this is the only time that it is told."""

    row: ApiKeyRow
    key: str


@dataclass(frozen=True)
class ApiRate:
    """How many requests the tenant has made in this minute, of how many."""

    limit: int
    used: int
    reset_seconds: int  # until the next minute begins

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit


@dataclass(frozen=True)
class Admitted:
    """A request with a key of this tenant; it was counted."""

    tenant_id: TenantId
    status: TenantStatus
    key_id: int
    scope: KeyScope
    rate: ApiRate


async def create_key(book: Book, wish: CreateKey, secret: str) -> KeyCreated:
    """A new key for the tenant's programs; `secret` is SECRET_BYTES random ones in base64.

    Raises NotPermitted, NameInvalid, KeyExpiryInvalid, TooManyKeys.
    """
    book.require(Permission.MEMBERS)
    name, now = _clean_name(wish.name), book.occasion.now
    if wish.expires_at is not None:
        if not now < wish.expires_at <= now + timedelta(days=EXPIRY_DAYS_MAX):
            raise KeyExpiryInvalid(EXPIRY_DAYS_MAX)
    if len(await api_keys.living(book.tx, now)) >= KEYS_MAX:
        raise TooManyKeys(KEYS_MAX)
    key = f"{PREFIX}{book.tx.tenant_id}_{secret}"
    assert _FORM.fullmatch(key)
    book.counters.last_api_key += 1
    row = ApiKeyRow(
        id=book.counters.last_api_key,
        name=name,
        hint=key[-HINT_CHARACTERS:],
        scope=wish.scope,
        created_at=now,
        created_by=book.occasion.actor,
        expires_at=wish.expires_at,
        revoked_at=None,
        last_used_at=None,
    )
    await api_keys.insert(book.tx, row, secret_hash(key))
    ends = None if wish.expires_at is None else wish.expires_at.astimezone(UTC).isoformat()
    # Numbers only: the log holds no names.
    book.seal("key_created", subject=row.id, detail={"scope": row.scope, "expires_at": ends})
    return KeyCreated(row, key)


def _clean_name(name: str) -> str:
    try:
        cleaned = clean_tenant_name(name)
    except NameInvalid:
        raise NameInvalid(KEY_NAME_MAX) from None
    if len(cleaned) > KEY_NAME_MAX:
        raise NameInvalid(KEY_NAME_MAX)
    return cleaned


async def list_keys(book: Book, *, before: int, limit: int) -> list[ApiKeyRow]:
    """The tenant's keys numbered below `before`, the newest first, also those that open nothing.

    Raises NotPermitted.
    """
    book.require(Permission.MEMBERS)
    return await api_keys.page(book.tx, before=before, limit=limit)


async def revoke_key(book: Book, number: int) -> ApiKeyRow:
    """The key opens nothing from now on; revoking it again does nothing.

    Raises NotPermitted, KeyNotFound.
    """
    book.require(Permission.MEMBERS)
    row = await api_keys.read(book.tx, number)
    if row is None:
        raise KeyNotFound(number)
    if row.revoked_at is None:
        await api_keys.revoke(book.tx, number, book.occasion.now)
        book.seal("key_revoked", subject=number, detail={"scope": row.scope})
        row = await api_keys.read(book.tx, number)
        assert row is not None
    return row


async def create_key_of(
    database: Database, tenant_id: TenantId, wish: CreateKey, secret: str, when: When
) -> KeyCreated:
    """As the operator. Raises TenantNotFound and what `create_key` raises."""
    async with operated(database, tenant_id, when) as book:
        return await create_key(book, wish, secret)


async def keys_of(
    database: Database, tenant_id: TenantId, when: When, *, before: int, limit: int
) -> list[ApiKeyRow]:
    """As the operator. Raises TenantNotFound."""
    async with database.tenant_tx(tenant_id) as tx:
        await read_tenant(tx)
        book = await operator_book(tx, when)
        return await list_keys(book, before=before, limit=limit)


async def revoke_key_of(
    database: Database, tenant_id: TenantId, number: int, when: When
) -> ApiKeyRow:
    """As the operator. Raises TenantNotFound, KeyNotFound."""
    async with operated(database, tenant_id, when) as book:
        return await revoke_key(book, number)


async def admit_key(database: Database, offered: str, now: datetime) -> Admitted | None:
    """The request of a program: its key looked up and the request counted, in one transaction.

    None when the key opens nothing, whatever is wrong with it; nothing is counted then.
    """
    form = _FORM.fullmatch(offered)
    if form is None:
        return None
    tenant_id = TenantId(int(form[1]))
    digest = secret_hash(offered)
    async with database.tenant_tx(tenant_id) as tx:
        found = None
        for one in await api_keys.living(tx, now):  # all of them: time tells not which matched
            if hmac.compare_digest(one.key_hash, digest):
                found = one
        if found is None:
            return None
        await api_keys.note_use(tx, found, now)
        rate = await count_request(tx, found.plan, now)
    return Admitted(tenant_id, found.status, found.id, found.scope, rate)


async def count_request(tx: TenantTx, plan: PlanName, now: datetime) -> ApiRate:
    """One more request of the tenant in this calendar minute, whoever of it makes the request."""
    minute = minute_of(now)
    used = await rate_windows.hit(tx, RATE_KIND, "", minute)
    left = max(1, -((now - minute - WINDOW) // timedelta(seconds=1)))
    return ApiRate(PLANS[plan].api_requests_a_minute, used, left)


async def forget_answers(database: Database, now: datetime) -> None:
    """The answers kept for repetitions are dropped when they are old, of all tenants at once."""
    async with database.courier() as db:
        await idempotency.sweep(db, now - ANSWERS_KEPT)
