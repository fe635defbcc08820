"""Signing in to pages: a code sent to the own WhatsApp, then a cookie that is changed in use.

Codes and tokens are drawn by the door. What cannot be done is told alike for every number, so
that nobody learns who is a lender.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import MemberId, PhoneNumber, TenantId
from bukuhutang.base.secret import secret_hash
from bukuhutang.rendering.texts import render
from bukuhutang.store import outbox, rate_windows, sign_ins, tenants
from bukuhutang.store.book import Page, read_page
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.store.sign_ins import SignInRow
from bukuhutang.tenancy.phone import read_phone
from bukuhutang.tenancy.roles import NOTHING, Permission, Role
from bukuhutang.usecases.api_keys import ApiRate, count_request
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.opened import book_at
from bukuhutang.usecases.refusals import NotPermitted
from bukuhutang.usecases.tenants import PhoneNumberInvalid, When

CODE_FIGURES = 6
CODE_LIVES = timedelta(minutes=5)
TRIES_MAX = 5
CODES_MAX, CODES_WINDOW = 3, timedelta(minutes=15)
CODES_A_DAY_MAX, DAY = 10, timedelta(days=1)
"""So whoever asks for codes of another has at most fifty guesses at a million a day."""

ROTATED_AFTER = timedelta(hours=1)
EARLIER_LIVES = timedelta(minutes=1)
SEEN_EVERY = timedelta(minutes=1)
IDLE_MAX = timedelta(days=30)
AGE_MAX = timedelta(days=90)
DEVICE_MAX = 100
RATE_KIND = "sign_in"
NOBODY = (TenantId(0), MemberId(0))


@dataclass(eq=False)
class SignInRefused(Refusal):
    """Wrong, old, used, or of nobody: not told apart."""

    code: ClassVar[str] = "sign_in_refused"


@dataclass(eq=False)
class SignedOut(Refusal):
    """The cookie opens nothing (any more)."""

    code: ClassVar[str] = "signed_out"


@dataclass(eq=False)
class SignInUnknown(Refusal):
    code: ClassVar[str] = "sign_in_unknown"


@dataclass(frozen=True)
class Who:
    """Whose sign-in: the own number, and the tenant's where that is another one."""

    phone: PhoneNumber
    lender: PhoneNumber

    @classmethod
    def read(cls, phone_number: str, lender_number: str | None) -> Who:
        """The numbers as they were typed. Raises PhoneNumberInvalid."""
        phone = read_phone(phone_number)
        lender = phone if not lender_number else read_phone(lender_number)
        if phone is None or lender is None:
            raise PhoneNumberInvalid
        return cls(phone, lender)


@dataclass(frozen=True)
class Signed:
    """Somebody who is signed in: what a page or the API may do for him."""

    tenant_id: TenantId
    sign_in: int
    member_id: MemberId
    role: Role
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    device: str
    token: str | None = None  # when the cookie is to be changed
    rate: ApiRate | None = None  # when the request was counted

    @property
    def actor(self) -> str:
        """How the audit log names him."""
        return f"member:{self.member_id}"


@dataclass(frozen=True)
class SignedOutAll(Answer):
    code: ClassVar[str] = "signed_out_all"
    count: int
    everybody: bool


def code_hash(secret: bytes, tenant_id: int, member: int, code: str) -> bytes:
    """What is kept of a code: without the secret its million values could all be tried."""
    return hmac.digest(secret, f"code:{tenant_id}:{member}:{code}".encode(), "sha256")


async def _tenant_of(database: Database, who: Who) -> TenantId | None:
    async with database.operator() as db:
        return await tenants.id_by_phone(db, who.lender)


async def ask_code(database: Database, who: Who, code: str, secret: bytes, when: When) -> None:
    """Send `code` to whom it concerns; nobody else learns whether there is such a one."""
    assert len(code) == CODE_FIGURES
    tenant_id = await _tenant_of(database, who)
    if tenant_id is None:
        return
    now = when.now
    async with database.book_tx(tenant_id) as tx:
        member = await sign_ins.member_by_phone(tx, who.phone)
        if member is None or not await _may_ask(tx, member, now):
            return
        hashed = code_hash(secret, tenant_id, member, code)
        number = await sign_ins.new_code(tx, member, hashed, now, now + CODE_LIVES)
        await _send_code(tx, who, code, key=f"sign-in-code:{number}", now=now)


async def _may_ask(tx: TenantTx, member: MemberId, now: datetime) -> bool:
    # The short window first: what it refuses does not count for the day.
    windows = ((f"now:{member}", CODES_WINDOW, CODES_MAX), (f"day:{member}", DAY, CODES_A_DAY_MAX))
    for key, length, most in windows:
        if not await rate_windows.hit_below(tx, RATE_KIND, key, now, length=length, most=most):
            return False
    return True


async def _send_code(tx: TenantTx, who: Who, code: str, *, key: str, now: datetime) -> None:
    page = await read_page(tx, sender=who.phone)
    book = _book(tx, page, None, key=key, now=now)
    minutes = int(CODE_LIVES.total_seconds() // 60)
    text = render(
        "sign_in_code",
        page.settings.language,
        today=book.occasion.today,
        figures=f"{code[:3]} {code[3:]}",
        lender=page.tenant_name,
        minutes=minutes,
    )
    chat = page.lender_chat if who.phone == page.tenant_phone else who.phone
    book.send(chat, text, purpose=outbox.CODE)
    await book.close()


async def code_is_old(database: Database, tenant_id: TenantId, message: int, now: datetime) -> bool:
    """Whether the code in this message opens nothing any more, so that it need not arrive."""
    async with database.courier() as db:
        return await outbox.queued_at(db, tenant_id, message) + CODE_LIVES <= now


async def forget_codes(database: Database, now: datetime) -> None:
    """Codes that still wait for their login and are too old are not sent, nor kept readable."""
    async with database.courier() as db:
        await outbox.skip_codes(db, now - CODE_LIVES)


def _book(tx: TenantTx, page: Page, member: MemberId | None, *, key: str, now: datetime) -> Book:
    actor = "service" if member is None else f"member:{member}"
    return book_at(tx, page, actor=actor, key=key, now=now, permissions=NOTHING, member_id=member)


async def sign_in(
    database: Database,
    who: Who,
    code: str,
    *,
    token: str,
    device: str,
    secret: bytes,
    when: When,
) -> Signed:
    """The code for a login with this token. Raises SignInRefused; a try is counted all the same."""
    tenant_id = await _tenant_of(database, who)
    signed = None
    if tenant_id is None:
        await _try_nobody(database, who, code, secret, when)
    else:
        async with database.book_tx(tenant_id) as tx:
            signed = await _try(tx, who, code, token=token, device=device, secret=secret, when=when)
    if signed is None:
        raise SignInRefused
    return signed


async def _try_nobody(database: Database, who: Who, code: str, secret: bytes, when: When) -> None:
    """The work of a wrong code, so that an answer's time does not tell who is a lender."""
    async with database.tenant_tx(NOBODY[0]) as tx:
        await sign_ins.member_by_phone(tx, who.phone)
        await sign_ins.lock_code(tx, NOBODY[1], when.now)
        code_hash(secret, *NOBODY, code)


async def _try(
    tx: TenantTx,
    who: Who,
    code: str,
    *,
    token: str,
    device: str,
    secret: bytes,
    when: When,
) -> Signed | None:
    now = when.now
    member = await sign_ins.member_by_phone(tx, who.phone)
    row = await sign_ins.lock_code(tx, member or NOBODY[1], now)
    offered = code_hash(secret, tx.tenant_id, member or 0, code)
    if member is None or row is None:
        return None
    is_right = hmac.compare_digest(offered, row.code_hash)
    is_over = is_right or row.tries + 1 >= TRIES_MAX
    await sign_ins.note_try(tx, row.id, now if is_over else None)
    if not is_right:
        return None
    expires_at = now + IDLE_MAX
    device = device[:DEVICE_MAX]
    number = await sign_ins.insert(
        tx, member, secret_hash(token), now=now, expires_at=expires_at, device=device
    )
    page = await read_page(tx, sender=who.phone)
    assert page.member is not None
    book = _book(tx, page, member, key=f"sign-in:{number}", now=now)
    book.seal("signed_in", subject=member)
    await book.close()
    return Signed(tx.tenant_id, number, member, page.member.role, now, now, expires_at, device)


async def signed_by(
    database: Database,
    tenant_id: TenantId,
    token: str,
    new_token: str,
    when: When,
    *,
    admit: Callable[[Signed], None],
    is_counted: bool = False,
) -> Signed:
    """Who has this token; after an hour of use it is changed for `new_token`, which is returned.

    The token before is good for a minute, for requests under way; shown later, two parties have
    had it, and the login ends. A request that `admit` refuses by raising leaves all as it was: it
    could not bring the new token home. A request to the API `is_counted`. Raises SignedOut.
    """
    offered, now, found = secret_hash(token), when.now, None
    async with database.tenant_tx(tenant_id) as tx:
        row = await sign_ins.by_token(tx, offered, now)
        if row is not None:
            found = await _used(tx, row, offered, new_token, now)
        if found is not None:
            admit(found)
        if found is not None and row is not None and is_counted:
            found = replace(found, rate=await count_request(tx, row.plan, now))
    if found is None:
        raise SignedOut
    return found


async def _used(
    tx: TenantTx, row: SignInRow, offered: bytes, new_token: str, now: datetime
) -> Signed | None:
    is_earlier = not hmac.compare_digest(offered, row.token_hash)
    if is_earlier and now - row.rotated_at > EARLIER_LIVES:
        await sign_ins.revoke(tx, now, sign_in=row.id)
        return None
    token = None
    used = row
    if not is_earlier and now - row.rotated_at >= ROTATED_AFTER:
        token = new_token
        used = replace(
            row, token_hash=secret_hash(token), earlier_hash=row.token_hash, rotated_at=now
        )
    if token is not None or now - row.seen_at >= SEEN_EVERY:
        expires_at = min(now + IDLE_MAX, row.created_at + AGE_MAX)
        used = replace(used, seen_at=now, expires_at=expires_at)
        await sign_ins.touch(tx, used)
    return _signed(tx.tenant_id, used, token)


def _signed(tenant_id: TenantId, row: SignInRow, token: str | None = None) -> Signed:
    return Signed(
        tenant_id,
        row.id,
        row.member_id,
        row.role,
        row.created_at,
        row.seen_at,
        row.expires_at,
        row.device,
        token,
    )


async def own_sign_ins(database: Database, signed: Signed, when: When) -> list[Signed]:
    """The member's own living logins, newest first."""
    async with database.tenant_tx(signed.tenant_id) as tx:
        rows = await sign_ins.of_member(tx, signed.member_id, when.now)
    return [_signed(signed.tenant_id, one) for one in rows]


async def end_sign_in(database: Database, signed: Signed, number: int, when: When) -> None:
    """One of the own logins ends. Raises SignInUnknown."""
    async with database.tenant_tx(signed.tenant_id) as tx:
        ended = await sign_ins.revoke(tx, when.now, member=signed.member_id, sign_in=number)
    if not ended:
        raise SignInUnknown


async def sign_out_all(book: Book) -> SignedOutAll:
    """KELUAR SEMUA: an owner ends everybody's web logins of this tenant, others their own.

    A code that was sent already, and that somebody may have read, opens nothing either.
    """
    book.require(Permission.READ)
    everybody = Permission.MEMBERS in book.occasion.permissions
    member = None if everybody else book.occasion.member_id
    if member is None and not everybody:
        raise NotPermitted(Permission.MEMBERS)  # a program has no logins of its own
    await sign_ins.void_codes(book.tx, member, book.occasion.now)
    count = await sign_ins.revoke(book.tx, book.occasion.now, member=member)
    book.seal("signed_out", subject=member, detail={"count": count})
    return SignedOutAll(count, everybody)
