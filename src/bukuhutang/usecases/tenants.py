"""A tenant's life as the operator steers it: register, link, switch, plan, credits.

Refusals (words in `rendering`, numbers in `entrypoints.web`):

    TenantNotFound, PhoneNumberInvalid, NameInvalid, EmailInvalid, PhoneNumberTaken
    WhatsappNotConnected, TenantNotActivated, PlanUnknown, CreditsOutOfRange, CreditsUnlimited
    QrNotAvailable
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.states import GOING, WaSessionState
from bukuhutang.store import audit_log, mail, stats, tenants, wa_sessions
from bukuhutang.store.book import read_page
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.store.settings import read_settings
from bukuhutang.store.tenants import TenantRow
from bukuhutang.store.usage import Usage
from bukuhutang.store.wa_sessions import LoginRow
from bukuhutang.tenancy.phone import read_phone
from bukuhutang.tenancy.plans import CREDITS_ADDED_MAX, PLANS, PlanName
from bukuhutang.tenancy.roles import EVERYTHING
from bukuhutang.tenancy.tenant import (
    EMAIL_MAX,
    TENANT_NAME_MAX,
    Language,
    TenantSettings,
    TenantStatus,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.opened import book_at
from bukuhutang.usecases.quotas import usage_now
from bukuhutang.usecases.refusals import IdempotencyKeyReused
from bukuhutang.usecases.settings import ChangeSettings, change_settings

EMAIL = re.compile(r"[^@\s<>\"',;:\\()\[\]]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}")
UP_STATES = ("connected", "restricted")
PAIR_CODE_SIZE = 8


@dataclass(eq=False)
class TenantNotFound(Refusal):
    code: ClassVar[str] = "tenant_not_found"
    tenant_id: int


@dataclass(eq=False)
class PhoneNumberInvalid(Refusal):
    code: ClassVar[str] = "phone_number_invalid"


@dataclass(eq=False)
class PhoneNumberTaken(Refusal):
    code: ClassVar[str] = "phone_number_taken"


@dataclass(eq=False)
class NameInvalid(Refusal):
    code: ClassVar[str] = "name_invalid"
    max: int


@dataclass(eq=False)
class EmailInvalid(Refusal):
    code: ClassVar[str] = "email_invalid"


@dataclass(eq=False)
class WhatsappNotConnected(Refusal):
    code: ClassVar[str] = "whatsapp_not_connected"
    state: str


@dataclass(eq=False)
class TenantNotActivated(Refusal):
    code: ClassVar[str] = "tenant_not_activated"


@dataclass(eq=False)
class PlanUnknown(Refusal):
    code: ClassVar[str] = "plan_unknown"
    plan: str


@dataclass(eq=False)
class CreditsOutOfRange(Refusal):
    code: ClassVar[str] = "credits_out_of_range"
    min: int
    max: int


@dataclass(eq=False)
class CreditsUnlimited(Refusal):
    code: ClassVar[str] = "credits_unlimited"


@dataclass(eq=False)
class QrNotAvailable(Refusal):
    code: ClassVar[str] = "qr_not_available"
    reason: str  # connected, inactive, cloud, paused, not_ready


@dataclass(frozen=True)
class When:
    """The two clocks of one call of the operator, aware, UTC; and how the audit log names him."""

    now: datetime
    machine_now: datetime
    actor: str = "operator"
    asked: str | None = None  # the very message that asked for it, when one did


async def register_tenant(
    database: Database, *, phone_number: str, name: str, email: str | None, when: When
) -> TenantRow:
    """A new lender, waiting for the scan; the numbers of the free plan apply.

    Raises PhoneNumberInvalid, NameInvalid, EmailInvalid, PhoneNumberTaken.
    """
    phone = read_phone(phone_number)
    if phone is None:
        raise PhoneNumberInvalid
    name = clean_tenant_name(name)
    if email is not None and (len(email) > EMAIL_MAX or not EMAIL.fullmatch(email)):
        raise EmailInvalid
    async with database.operator() as db:
        if await tenants.id_by_phone(db, phone) is not None:
            raise PhoneNumberTaken
        tenant_id = await tenants.next_id(db)
    plan = PLANS[PlanName.FREE]
    async with database.tenant_tx(tenant_id) as tx:
        done = await tenants.insert(
            tx,
            phone=phone,
            name=name,
            email=email,
            plan=plan,
            now=when.now,
            machine_now=when.machine_now,
        )
        if not done:
            raise PhoneNumberTaken
        asked = {} if when.asked is None else {"asked": when.asked}
        await _audit(tx, "tenant_registered", {"plan": plan.name, **asked}, when)
        return await read_tenant(tx)


def clean_tenant_name(name: str) -> str:
    """The name on one line, without control characters. Raises NameInvalid."""
    printable = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in name)
    visible = "".join(c for c in printable if unicodedata.category(c) not in ("Cf", "Cs"))
    if not any(unicodedata.category(c)[0] in "LN" for c in visible):
        raise NameInvalid(TENANT_NAME_MAX)
    cleaned = " ".join(printable.replace("\ufeff", "").split())
    if len(cleaned) > TENANT_NAME_MAX or any(unicodedata.category(c) == "Cs" for c in cleaned):
        raise NameInvalid(TENANT_NAME_MAX)
    return cleaned


async def activate_by_scan(database: Database, tenant_id: TenantId, when: When) -> None:
    """The tenant's own phone was linked: waiting becomes active; any other state stays."""
    async with database.book_tx(tenant_id) as tx:
        tenant = await read_tenant(tx)
        if tenant.status is TenantStatus.PENDING_QR:
            await tenants.set_status(tx, TenantStatus.ACTIVE, when.now)
            await _audit(tx, "tenant_activated", {"by": "scan"}, when)


async def activate_tenant(database: Database, tenant_id: TenantId, when: When) -> TenantRow:
    """Confirm that a linked tenant is active. Raises TenantNotFound, WhatsappNotConnected."""
    async with database.book_tx(tenant_id) as tx:
        tenant = await read_tenant(tx)
        if tenant.wa_state not in UP_STATES:
            raise WhatsappNotConnected(tenant.wa_state)
        if tenant.status is not TenantStatus.ACTIVE:
            await tenants.set_status(tx, TenantStatus.ACTIVE, when.now)
            await _audit(tx, "tenant_activated", {"by": "operator"}, when)
        return await read_tenant(tx)


async def toggle_tenant(
    database: Database, tenant_id: TenantId, when: When, *, to: TenantStatus | None = None
) -> TenantRow:
    """Active becomes inactive and back, or it is `to` from now on; nothing is deleted.

    Raises TenantNotFound, TenantNotActivated while the first scan is awaited.
    """
    async with database.book_tx(tenant_id) as tx:
        tenant = await read_tenant(tx)
        if tenant.status is TenantStatus.PENDING_QR:
            raise TenantNotActivated
        if tenant.status is to:
            return tenant
        active = tenant.status is TenantStatus.ACTIVE
        status = to or (TenantStatus.INACTIVE if active else TenantStatus.ACTIVE)
        await tenants.set_status(tx, status, when.now)
        await _audit(tx, "tenant_toggled", {"from": tenant.status, "status": status}, when)
        return await read_tenant(tx)


async def set_plan(database: Database, tenant_id: TenantId, plan: str, when: When) -> TenantRow:
    """Another plan with its limits; all rows stay. Raises TenantNotFound, PlanUnknown."""
    if plan not in set(PlanName):
        raise PlanUnknown(plan[:60])
    async with database.book_tx(tenant_id) as tx:
        before = await read_tenant(tx)
        await tenants.set_plan(tx, PLANS[PlanName(plan)])
        after = await read_tenant(tx)
        limits = {"limits_before": _limits(before), "limits": _limits(after)}
        await _audit(tx, "plan_set", {"from": before.plan, "to": plan, **limits}, when)
        return after


def _limits(tenant: TenantRow) -> dict[str, int | None]:
    """What is stored with the tenant; what else a plan allows follows from its name."""
    return {
        "debts": tenant.max_debts,
        "agreements": tenant.max_agreements,
        "ai_credits": tenant.ai_credits,
    }


async def set_language(
    database: Database, tenant_id: TenantId, language: Language, when: When
) -> None:
    """The language the bot speaks to this lender. Raises TenantNotFound."""
    async with operated(database, tenant_id, when) as book:
        change_settings(book, ChangeSettings(language=language))


async def add_credits(
    database: Database, tenant_id: TenantId, amount: int, when: When, *, key: str | None = None
) -> TenantRow:
    """AI credits on top of the plan's month; they do not expire. Once for each `key`, if any.

    Raises TenantNotFound, CreditsOutOfRange, CreditsUnlimited, IdempotencyKeyReused.
    """
    if not 1 <= amount <= CREDITS_ADDED_MAX:
        raise CreditsOutOfRange(1, CREDITS_ADDED_MAX)
    async with database.book_tx(tenant_id) as tx:
        tenant = await read_tenant(tx)
        done = None if key is None else await audit_log.detail_of(tx, f"{key}:1")
        if done is not None:
            if done["amount"] != amount:
                raise IdempotencyKeyReused
            return tenant
        if tenant.ai_credits is None:
            raise CreditsUnlimited
        await tenants.grant_credits(tx, amount, actor=when.actor, now=when.now)
        total = tenant.credits_added + amount
        await _audit(tx, "credits_added", {"amount": amount, "sum": total}, when, key)
        return await read_tenant(tx)


@dataclass(frozen=True)
class Qr:
    """A code to scan, and until when."""

    code: str
    expires_at: datetime


async def qr_of(database: Database, tenant_id: TenantId, when: When) -> Qr | None:
    """The code shown now; None when there was none yet and one is now asked for.

    Raises TenantNotFound, QrNotAvailable with the reason.
    """
    async with database.tenant_tx(tenant_id) as tx:
        login = await _to_pair(tx)
        if login.qr_code and login.qr_expires_at and login.qr_expires_at > when.now:
            return Qr(login.qr_code, login.qr_expires_at)
        await wa_sessions.want_pairing(tx, when.machine_now, "qr")
    return None


async def pair_code_of(database: Database, tenant_id: TenantId, when: When) -> str | None:
    """The eight characters to type on the phone, as `qr_of` gives what to scan; raises the same."""
    async with database.tenant_tx(tenant_id) as tx:
        login = await _to_pair(tx)
        if login.pair_code:
            return with_dash(login.pair_code)
        await wa_sessions.want_pairing(tx, when.machine_now, "code")
    return None


async def _to_pair(tx: TenantTx) -> LoginRow:
    tenant, login = await read_tenant(tx), await wa_sessions.read(tx)
    assert login is not None, "a tenant has a login"
    if tenant.status is TenantStatus.INACTIVE:
        raise QrNotAvailable("inactive")
    if tenant.driver == "cloud":
        raise QrNotAvailable("cloud")
    if login.state in GOING:
        raise QrNotAvailable("connected")
    if login.state == WaSessionState.TEMPORARILY_BANNED and login.until is not None:
        raise QrNotAvailable("paused")
    return login


def with_dash(code: str) -> str:
    """`ABCD-EFGH`, as the phone asks for it, however the provider writes it."""
    plain = code.replace("-", "").replace(" ", "").upper()
    return f"{plain[:4]}-{plain[4:]}" if len(plain) == PAIR_CODE_SIZE else code


@dataclass(frozen=True)
class TenantDetails:
    """Everything the operator may see of one tenant: no names of its people, no messages."""

    tenant: TenantRow
    settings: TenantSettings
    usage: Usage
    totals: dict[str, int]
    login: LoginRow
    last_mail: mail.LastMail | None


async def tenant_stats(database: Database, tenant_id: TenantId, when: When) -> TenantDetails:
    """Settings, usage this month against the limits, login, totals. Raises TenantNotFound."""
    async with database.tenant_tx(tenant_id) as tx:
        tenant = await read_tenant(tx)
        settings = await read_settings(tx)
        used = await usage_now(tx, when.now, settings.zone)
        totals = await stats.tenant_totals(tx)
        login = await wa_sessions.read(tx)
        assert login is not None, "a tenant has a login"
        last_mail = await mail.last(tx)
    return TenantDetails(tenant, settings, used, totals, login, last_mail)


async def read_tenant(tx: TenantTx) -> TenantRow:
    """The tenant of this scope. Raises TenantNotFound."""
    tenant = await tenants.read(tx)
    if tenant is None:
        raise TenantNotFound(tx.tenant_id)
    return tenant


@asynccontextmanager
async def operated(database: Database, tenant_id: TenantId, when: When) -> AsyncIterator[Book]:
    """The tenant's book under its lock for one act of the operator, written at the end.

    Raises TenantNotFound.
    """
    async with database.book_tx(tenant_id) as tx:
        await read_tenant(tx)
        book = await operator_book(tx, when)
        yield book
        await book.close()


async def operator_book(tx: TenantTx, when: When, key: str | None = None) -> Book:
    """The book opened by the operator, for acts on the tenant itself."""
    page = await read_page(tx)
    if key is None:
        key = f"{when.actor}:{page.counters.last_audit + 1}"
    return book_at(tx, page, actor=when.actor, key=key, now=when.now, permissions=EVERYTHING)


async def _audit(
    tx: TenantTx, action: str, detail: dict[str, object], when: When, key: str | None = None
) -> None:
    book = await operator_book(tx, when, key)
    book.seal(action, detail=detail)
    await book.close()
