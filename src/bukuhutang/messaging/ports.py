"""What the SessionManager needs of the world above it, and what it is told about a login."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.states import GOING, StateChange, WaSessionState

PAIRING_WISH_SECONDS = 120
"""A wish to pair older than this is forgotten: nobody looks at the code any more."""


@dataclass(frozen=True)
class Held:
    """A login this owner holds the lease of, as the database has it."""

    tenant_id: TenantId
    phone_number: PhoneNumber
    tenant_active: bool  # False while the operator has switched the tenant off
    state: WaSessionState
    fencing: int
    linked: bool
    pairing_wanted_at: datetime | None
    pairing_how: Literal["qr", "code"] = "qr"
    until: datetime | None = None
    channel: str = ""  # which WhatsApp it is reached through; another one is another login


@dataclass(frozen=True)
class Holding:
    """All logins this owner holds now, and when the first lease of another owner ends."""

    held: list[Held]
    others_end_at: datetime | None = None


@dataclass(frozen=True)
class Watch:
    """What there is to count: leases held and lost since the last time, the driver's processes."""

    held: int
    lost: int
    workers: Sequence[wa.WorkerMeasure]


class SessionPorts(Protocol):
    """What the manager needs of the world above it; bound in `main`."""

    async def hold(self, owner: str, now: datetime, until: datetime) -> Holding:
        """Renew this owner's leases, take over free ones. Raises TransientFault."""
        ...

    async def release(self, owner: str, tenant_ids: Sequence[TenantId]) -> None:
        """Let leases go, so that another owner need not wait for their end."""
        ...

    async def note(self, tenant_id: TenantId, owner: str, change: StateChange) -> None:
        """Write a state, only while `owner` holds the lease, and tell who has to know of it."""
        ...

    async def linked(self, tenant_id: TenantId) -> None:
        """The tenant's own phone was linked: a waiting tenant becomes active."""
        ...

    async def arrived(self, tenant_id: TenantId, message: wa.MessageReceived) -> None:
        """Store a message durably; returns only then."""
        ...

    async def receipt(self, tenant_id: TenantId, receipt: wa.ReceiptReceived) -> None:
        """Move sent messages forward."""
        ...

    async def words_for_stranger(self, tenant_id: TenantId) -> str:
        """What a phone reads that scanned the code of a tenant with another number."""
        ...

    def watched(self, watch: Watch) -> None:
        """Show how things stand; called every few seconds."""
        ...


@dataclass(slots=True, eq=False)
class Login:
    """A held login, and what it has lived through in this process."""

    held: Held
    state: WaSessionState
    until: datetime | None = None  # when to connect it again, while its state ends by time
    retried_at: datetime | None = None  # when it was last connected again after Replaced
    wish: datetime | None = None  # the last wish to pair that was acted upon
    how: Literal["qr", "code"] = "qr"
    stranger: asyncio.Event | None = None  # a wrong number is linked; set when it is connected

    def may_go_on(self, now: datetime) -> bool:
        """Whether its state was to end by itself, and has; says so once."""
        if self.until is None or self.until > now or self.state in GOING:
            return False
        if self.state is WaSessionState.REPLACED:
            self.retried_at = now
        self.until = None
        return True

    def hears_wish(self, now: datetime) -> bool:
        """Whether a person wants to link it, or to go on where it waits for a person; once."""
        wanted_at = self.held.pairing_wanted_at
        if wanted_at is None or wanted_at == self.wish or self.state in GOING:
            return False
        if now - wanted_at > timedelta(seconds=PAIRING_WISH_SECONDS):
            return False
        if self.state is WaSessionState.PAIRING and self.held.pairing_how == self.how:
            return False
        if self.state is WaSessionState.TEMPORARILY_BANNED and self.until is not None:
            return False  # whoever insists makes it longer
        self.wish = wanted_at
        return True
