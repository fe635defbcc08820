"""Linking a phone: the codes for the operator, and the page that a lender opens with a link.

A link is `<tenant>-<secret>`: it opens one tenant's page, ends after a day, and only its hash is
kept. What is wrong with a link that does not open is never said.
"""

from __future__ import annotations

import hmac
import re
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import TenantId
from bukuhutang.base.secret import secret_hash
from bukuhutang.messaging.ports import PAIRING_WISH_SECONDS
from bukuhutang.messaging.states import GOING, UP, WaSessionState
from bukuhutang.store import tenants, wa_sessions
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.store.settings import read_settings
from bukuhutang.store.tenants import TenantRow
from bukuhutang.store.wa_sessions import LoginRow
from bukuhutang.tenancy.tenant import Language, TenantStatus
from bukuhutang.usecases.tenants import TenantNotFound, When, with_dash

LINK_HOURS = 24
LINK_PATH = "/link/"
SECRET_BYTES = 24
"""Of randomness in a link; written as twice as many hexadecimal digits."""

ASK_PAUSE = timedelta(seconds=2)
TENANT_ID_MAX = 2**63 - 1
_TOKEN = re.compile(r"([1-9][0-9]{0,18})-([0-9a-f]{48})")

How = Literal["qr", "code"]


@dataclass(eq=False)
class LinkUnknown(Refusal):
    """Wrong, replaced by a newer one, or too old: which of them is nobody's business."""

    code: ClassVar[str] = "link_unknown"


@dataclass(frozen=True)
class Link:
    """The way to one tenant's pairing page, and until when it is open."""

    token: str
    expires_at: datetime

    @property
    def path(self) -> str:
        """Where it is on this service."""
        return LINK_PATH + self.token


def link_address(base_url: str, link: Link) -> str:
    """The whole address, on a service that is reached at `base_url`."""
    return base_url.rstrip("/") + link.path


async def link_for(database: Database, tenant_id: TenantId, secret: str, when: When) -> Link:
    """A new link to the tenant's pairing page; the one before is void. Raises TenantNotFound.

    `secret` is 48 hexadecimal digits that nobody can guess.
    """
    async with database.tenant_tx(tenant_id) as tx:
        if await tenants.read(tx) is None:
            raise TenantNotFound(tenant_id)
        return await make_link(tx, secret, when.now)


async def make_link(tx: TenantTx, secret: str, now: datetime) -> Link:
    """The same, inside a transaction of the tenant."""
    link = Link(f"{int(tx.tenant_id)}-{secret}", now + timedelta(hours=LINK_HOURS))
    assert _TOKEN.fullmatch(link.token), "a secret has 48 hexadecimal digits"
    await wa_sessions.set_link(tx, secret_hash(link.token), link.expires_at)
    return link


@dataclass(frozen=True)
class PairingView:
    """What the pairing page shows now; `step` is one of the closed list below."""

    step: str
    tenant_id: TenantId
    language: Language
    timezone: str
    name: str
    phone_number: str
    how: str
    qr_code: str | None = None
    qr_expires_at: datetime | None = None
    pair_code: str | None = None
    tail: str | None = None  # the last digits of a wrong number
    until: datetime | None = None
    too_soon: bool = False  # a code was asked for a moment ago; every one costs WhatsApp something


# start: nothing was asked for yet       waiting: a code is being made
# qr, code: it is on show                connecting, connected
# timeout, passkey, failed, wrong_number, logged_out, replaced, banned: a code can be asked for
# outdated: asking again helps when the operator has updated meanwhile
# paused (until): asking helps only when nobody knows until when; inactive: never
ASKING_HELPS = frozenset(
    {
        *("start", "qr", "code", "timeout", "passkey", "failed"),
        *("wrong_number", "logged_out", "replaced", "banned", "outdated"),
    }
)


async def pairing_view(database: Database, token: str, when: When) -> PairingView:
    """What the page of this link shows. Raises LinkUnknown."""
    async with _link_tx(database, token) as tx:
        return await _view(tx, token, when)


async def want_code(database: Database, token: str, how: How, when: When) -> PairingView:
    """The lender at the page asks for a code of this kind. Raises LinkUnknown."""
    async with _link_tx(database, token) as tx:
        view = await _view(tx, token, when)
        other_kind = view.step == "waiting" and view.how != how
        open_end = view.step == "paused" and view.until is None
        if view.too_soon:
            return view
        if view.step in ASKING_HELPS or other_kind or open_end:
            await wa_sessions.want_pairing(tx, when.machine_now, how)
            return await _view(tx, token, when)
    return view


def _link_tx(database: Database, token: str) -> AbstractAsyncContextManager[TenantTx]:
    found = _TOKEN.fullmatch(token)
    if found is None or int(found[1]) > TENANT_ID_MAX:
        raise LinkUnknown
    return database.tenant_tx(TenantId(int(found[1])))


async def _view(tx: TenantTx, token: str, when: When) -> PairingView:
    login = await wa_sessions.read(tx)
    # Without a tenant the same work is done, so that time tells nothing.
    kept = login.link_token_hash if login is not None else None
    matches = hmac.compare_digest(kept or bytes(32), secret_hash(token))
    if login is None or kept is None or not matches:
        raise LinkUnknown
    if login.link_expires_at is None or login.link_expires_at <= when.now:
        raise LinkUnknown
    tenant = await tenants.read(tx)
    assert tenant is not None, "a login has a tenant"
    settings = await read_settings(tx)
    step = step_of(tenant, login, when)
    shows = step in ("qr", "code")
    wanted_at = login.pairing_wanted_at
    return PairingView(
        step,
        tx.tenant_id,
        settings.language,
        settings.timezone,
        tenant.name,
        tenant.phone_number,
        login.pairing_how,
        login.qr_code if shows else None,
        login.qr_expires_at if shows else None,
        with_dash(login.pair_code) if login.pair_code and shows else None,
        login.detail.removeprefix("…") if step == "wrong_number" and login.detail else None,
        login.until if step == "paused" else None,
        wanted_at is not None and when.machine_now - wanted_at < ASK_PAUSE,
    )


REASON_STEPS = {
    "pairing_timeout": "timeout",
    "pairing_passkey": "passkey",
    "pairing_error": "failed",
    "wrong_number": "wrong_number",
}


def step_of(tenant: TenantRow, login: LoginRow, when: When) -> str:
    """Where a lender stands on the way to a linked phone."""
    state = WaSessionState(login.state)
    if tenant.status is TenantStatus.INACTIVE:
        return "inactive"
    if state in UP:
        return "connected"
    if state in GOING:
        return "connecting"
    if state is WaSessionState.TEMPORARILY_BANNED:
        return "paused"
    if state is WaSessionState.PAIRING and login.pairing_how == "code" and login.pair_code:
        return "code"
    qr_holds = login.qr_expires_at is not None and login.qr_expires_at > when.now
    if state is WaSessionState.PAIRING and login.pairing_how == "qr" and qr_holds:
        return "qr"
    wish_ends = timedelta(seconds=PAIRING_WISH_SECONDS)
    wanted_at = login.pairing_wanted_at
    if wanted_at is not None and when.machine_now - wanted_at < wish_ends:
        return "waiting"
    if state is WaSessionState.PAIRING:
        return "timeout"
    if state in (WaSessionState.UNLINKED, WaSessionState.CLOSED):
        return REASON_STEPS.get(login.reason or "", "start")
    return state.value  # logged_out, replaced, banned, outdated
