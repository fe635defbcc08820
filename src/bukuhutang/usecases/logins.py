"""What became of a WhatsApp login, and telling it by mail to whom WhatsApp cannot tell it.

The state and the mail are written in one transaction: nobody is told of what did not happen, and
nothing happens that nobody is told of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.states import StateChange, WaSessionState
from bukuhutang.rendering.texts import render, render_mail
from bukuhutang.store import mail, tenants, wa_sessions
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.store.settings import read_settings
from bukuhutang.store.tenants import TenantRow
from bukuhutang.store.wa_sessions import Noted
from bukuhutang.tenancy.tenant import Language, TenantSettings
from bukuhutang.usecases.pairing import link_address, make_link
from bukuhutang.usecases.tenants import When

NEEDS_A_LINK = frozenset({"logged_out", "replaced", "banned"})


@dataclass(frozen=True)
class OtherWay:
    """How people are told while WhatsApp cannot: mail. `new_token` draws unguessable tokens."""

    new_token: Callable[[], str]
    public_url: str | None = None  # where lenders reach the pairing page from outside
    operator: str | None = None  # an address


async def note_login(
    database: Database,
    tenant_id: TenantId,
    owner: str,
    change: StateChange,
    *,
    when: When,
    other_way: OtherWay | None,
) -> bool:
    """Write a login's state while `owner` holds it, and queue the mail that tells of it, once.

    Without another way nothing is queued. False when `owner` no longer holds the login.
    """
    async with database.tenant_tx(tenant_id) as tx:
        noted = await wa_sessions.note(
            tx.db,
            tenant_id,
            owner,
            state=change.state,
            reason=change.reason,
            detail=change.detail,
            until=change.until,
            qr_code=change.qr.code if change.qr else None,
            qr_expires_at=change.qr.expires_at if change.qr else None,
            pair_code=change.pair_code,
            linked=change.linked,
            lid=change.lid,
            now=when.now,
        )
        if noted is None:
            return False
        code = mail_about(change)
        if code is not None and other_way is not None:
            await _tell(tx, code, change, noted, when=when, other_way=other_way)
    return True


def mail_about(change: StateChange) -> str | None:
    """Which mail tells of a state; None for what mends itself or is seen where it happens."""
    match change.state:
        case WaSessionState.LOGGED_OUT | WaSessionState.BANNED | WaSessionState.OUTDATED:
            return change.state.value
        case WaSessionState.TEMPORARILY_BANNED:
            return change.state.value
        case WaSessionState.REPLACED if change.until is None:
            return change.state.value
        case WaSessionState.UNLINKED if change.reason == "wrong_number":
            return "wrong_number"
    return None


async def _tell(
    tx: TenantTx,
    code: str,
    change: StateChange,
    noted: Noted,
    *,
    when: When,
    other_way: OtherWay,
) -> None:
    tenant = await tenants.read(tx)
    assert tenant is not None, "its login was just written"
    settings = await read_settings(tx)
    is_for_operator = code == "outdated"
    recipient = other_way.operator if is_for_operator else tenant.email
    if recipient is None:
        return
    link = await _fresh_link(tx, when, other_way) if code in NEEDS_A_LINK else None
    subject, body = render_mail(
        code,
        # The operator is spoken to in the language of the command line.
        Language.ENGLISH if is_for_operator else settings.language,
        today=when.now.astimezone(settings.zone).date(),
        link=link,
        **_fields(tenant, settings, change),
    )
    key = _key(code, noted, when.now)
    await mail.queue(tx, key=key, recipient=recipient, subject=subject, body=body, now=when.now)


def _key(code: str, noted: Noted, now: datetime) -> str:
    """Once for each time the state is entered; somebody who plays with codes, once an hour."""
    if code == "wrong_number":
        return f"{code}:{now:%Y-%m-%dT%H}"
    return f"{code}:{noted.since.isoformat()}"


def _fields(tenant: TenantRow, settings: TenantSettings, change: StateChange) -> dict[str, object]:
    until = change.until and change.until.astimezone(settings.zone)
    return {
        "name": tenant.name,
        "phone": tenant.phone_number,
        "tenant_id": int(tenant.id),
        "tail": (change.detail or "").removeprefix("…"),
        "until": until.date() if until else None,
        "at": f"{until:%H.%M}" if until else None,
    }


async def _fresh_link(tx: TenantTx, when: When, other_way: OtherWay) -> str | None:
    """A link to the pairing page, unless one is in use: the page may be open right now."""
    login = await wa_sessions.read(tx)
    assert login is not None, "it was just written"
    if other_way.public_url is None:
        return None
    if login.link_expires_at is not None and login.link_expires_at > when.now:
        return None
    link = await make_link(tx, other_way.new_token(), when.now)
    return link_address(other_way.public_url, link)


async def words_for_stranger(database: Database, tenant_id: TenantId, when: When) -> str:
    """What a phone reads that scanned the code of this tenant with another number."""
    async with database.tenant_tx(tenant_id) as tx:
        tenant = await tenants.read(tx)
        assert tenant is not None, "it has a login"
        settings = await read_settings(tx)
    return render(
        "wrong_number_scanned",
        settings.language,
        today=when.now.astimezone(settings.zone).date(),
        name=tenant.name,
        tail=tenant.phone_number[-4:],
    )
