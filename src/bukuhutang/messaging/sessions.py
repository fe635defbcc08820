"""WhatsApp logins: a closed list of states, one owner each, trouble reported as an event.

The SessionManager owns the logins whose leases it holds. What it needs of the database it gets
through `SessionPorts`, so that this room knows no SQL; what WhatsApp says goes the same way up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import structlog

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa

LEASE_SECONDS = 10
RENEW_SECONDS = 3.0
PAIRING_WISH_SECONDS = 120
"""A wish to pair older than this is forgotten: nobody looks at the code any more."""

SEND_MARGIN_SECONDS = 1.0
"""So long before a lease ends nothing is sent any more: clocks of two hosts differ a little."""

assert LEASE_SECONDS > 2 * RENEW_SECONDS  # one missed renewal must not lose a session

log = structlog.get_logger("sessions")


class WaSessionState(StrEnum):
    UNLINKED = "unlinked"  # needs a QR or a pairing code
    PAIRING = "pairing"  # a code is being shown
    CONNECTING = "connecting"
    CONNECTED = "connected"
    INTERRUPTED = "interrupted"  # will reconnect by itself
    RESTRICTED = "restricted"  # connected, but may not start new chats
    LOGGED_OUT = "logged_out"  # the phone removed us: a person must link again
    REPLACED = "replaced"  # somebody else opened the same login
    TEMPORARILY_BANNED = "temporarily_banned"
    BANNED = "banned"  # stop sending, tell the tenant
    OUTDATED = "outdated"  # our library is too old: every session is concerned
    CLOSED = "closed"  # the tenant is inactive


UP = frozenset({WaSessionState.CONNECTED, WaSessionState.RESTRICTED})
PAIRED_OR_PAIRING = UP | {
    WaSessionState.PAIRING,
    WaSessionState.CONNECTING,
    WaSessionState.INTERRUPTED,
}


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
    channel: str = ""  # which WhatsApp it is reached through; another one is another login


@dataclass(frozen=True)
class StateChange:
    """What is to be noted about a login; None leaves a field as it is."""

    state: WaSessionState
    reason: str | None = None
    qr: wa.QrShown | None = None
    linked: bool | None = None
    lid: str | None = None


class SessionPorts(Protocol):
    """What the manager needs of the world above it; bound in `main`."""

    async def hold(self, owner: str, now: datetime, until: datetime) -> list[Held]:
        """Renew this owner's leases, take over free ones; returns all it holds now."""
        ...

    async def release(self, owner: str, tenant_ids: Sequence[TenantId]) -> None:
        """Let leases go, so that another owner need not wait for their end."""
        ...

    async def note(self, tenant_id: TenantId, owner: str, change: StateChange) -> None:
        """Write a state, only while `owner` holds the lease."""
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


class SessionManager:
    """Owns WhatsApp logins: opens, pairs, watches and closes them, and sends through them."""

    def __init__(
        self,
        driver: wa.Driver,
        ports: SessionPorts,
        clock: Clock,
        owner: str,
        *,
        capabilities_of: Callable[[TenantId], wa.Capabilities] | None = None,
    ) -> None:
        self._driver = driver
        # Tenants may differ, when the driver serves them through several kinds of WhatsApp.
        self.capabilities_of = capabilities_of or (lambda _: driver.capabilities)
        self._ports = ports
        self._clock = clock
        self._owner = owner
        self._held: dict[TenantId, Held] = {}
        self._states: dict[TenantId, WaSessionState] = {}
        self._lease_until: datetime | None = None  # of all that is held: renewed together
        self._sent: dict[tuple[TenantId, str], None] = {}
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()

    # --- what others may ask ----------------------------------------------------------------------

    def wake(self) -> None:
        """Something about a login was asked for: look now."""
        self._settled.clear()
        self._wake.set()

    def all_sessions(self) -> dict[TenantId, WaSessionState]:
        """Every login held here and its state."""
        return dict(self._states)

    def is_up(self, tenant_id: TenantId) -> bool:
        """Whether messages can be sent through this login now."""
        return self._states.get(tenant_id) in UP

    def may_send(self, tenant_id: TenantId) -> bool:
        """Whether the login is up and surely still ours: after the lease's end another may run it.

        By machine time, and asked right before each send: what was true at the claim may be past.
        """
        if self._lease_until is None or not self.is_up(tenant_id):
            return False
        left = self._lease_until - self._clock.machine_now()
        return left > timedelta(seconds=SEND_MARGIN_SECONDS)

    def is_paced(self, tenant_id: TenantId) -> bool:
        """Whether this number is banned when it sends too fast or to too many new people."""
        return self.capabilities_of(tenant_id).paced

    @property
    def paces(self) -> bool:
        """Whether any number here may have to be sent through slowly."""
        return self._driver.capabilities.paced

    @property
    def owner(self) -> str:
        """The name under which leases are held."""
        return self._owner

    async def send_message(
        self, tenant_id: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> wa.Outcome:
        """Send one text; the outcome says what is known of it."""
        return await self._send(
            tenant_id,
            client_ref,
            lambda: self._driver.send_text(tenant_id, chat, text, client_ref=client_ref),
        )

    async def send_document(
        self,
        tenant_id: TenantId,
        chat: ChatId,
        document: wa.Document,
        caption: str,
        *,
        client_ref: str,
    ) -> wa.Outcome:
        """Send one file with its bytes; the outcome says what is known of it."""
        return await self._send(
            tenant_id,
            client_ref,
            lambda: self._driver.send_document(
                tenant_id, chat, document, caption, client_ref=client_ref
            ),
        )

    async def download(
        self, tenant_id: TenantId, document: wa.Document, bytes_max: int
    ) -> wa.Fetched:
        """The content of a received file, or None when it is larger or not to be had."""
        return await self._driver.download(tenant_id, document, bytes_max=bytes_max)

    async def _send(
        self, tenant_id: TenantId, client_ref: str, act: Callable[[], Awaitable[wa.Outcome]]
    ) -> wa.Outcome:
        if not self.may_send(tenant_id):
            return wa.Rejected("not_connected", retry=True)
        self._remember(tenant_id, client_ref)
        outcome = await act()
        if isinstance(outcome, wa.Accepted):
            self._remember(tenant_id, outcome.provider_id)
        return outcome

    async def typing(self, tenant_id: TenantId, chat: ChatId, *, on: bool) -> None:
        """Show the other side that somebody types, or no longer; nothing while not connected."""
        if self.may_send(tenant_id):
            await self._driver.typing(tenant_id, chat, on=on)

    async def check_number(self, tenant_id: TenantId, number: PhoneNumber) -> bool | None:
        """Whether the number has WhatsApp; None while nobody can be asked."""
        if not self.may_send(tenant_id):
            return None
        return await self._driver.check_number(tenant_id, number)

    # --- the loop ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hold leases and act on what the database wants, until cancelled; then let go."""
        await self._driver.open(self.on_event)
        try:
            while True:
                self._wake.clear()
                try:
                    await self._round()
                except TransientFault as fault:
                    log.warning("leases_unreachable", reason=str(fault))
                else:
                    if not self._wake.is_set():
                        self._settled.set()
                try:
                    await asyncio.wait_for(self._wake.wait(), RENEW_SECONDS)
                except TimeoutError:
                    continue
        finally:
            await self._driver.aclose()
            await self._ports.release(self._owner, list(self._held))

    @property
    def is_settled(self) -> bool:
        """Whether everything asked for so far was acted upon."""
        return self._settled.is_set()

    async def _round(self) -> None:
        now = self._clock.machine_now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        held = await self._ports.hold(self._owner, now, until)
        self._lease_until = until
        for tenant_id in self._held.keys() - {one.tenant_id for one in held}:
            await self._drop(tenant_id)
        for one in held:
            await self._attend(one)

    async def _drop(self, tenant_id: TenantId) -> None:
        """The lease is lost: another owner may already run this login, so ours must end."""
        log.warning("lease_lost", tenant_id=tenant_id)
        self._held.pop(tenant_id, None)
        self._states.pop(tenant_id, None)
        await self._driver.stop(tenant_id)

    async def _attend(self, one: Held) -> None:
        before = self._held.get(one.tenant_id)
        first = before is None or before.channel != one.channel
        if first:
            if before is not None:
                await self._driver.stop(one.tenant_id)
            # Nothing runs yet, whatever the row of an earlier owner says.
            self._states[one.tenant_id] = WaSessionState.UNLINKED
            await self._driver.create_session(one.tenant_id, one.phone_number)
        self._held[one.tenant_id] = one
        if not one.tenant_active:
            await self._close(one)
        elif one.linked or not self._needs_pairing(one.tenant_id):
            if first or one.state is WaSessionState.CLOSED:
                await self._start(one)
        elif one.pairing_wanted_at is not None:
            await self._pair(one, one.pairing_wanted_at)

    async def _close(self, one: Held) -> None:
        await self._driver.stop(one.tenant_id)
        await self._note(one.tenant_id, StateChange(WaSessionState.CLOSED))
        await self._ports.release(self._owner, [one.tenant_id])
        self._held.pop(one.tenant_id, None)
        self._states.pop(one.tenant_id, None)

    async def _start(self, one: Held) -> None:
        pairs = self._needs_pairing(one.tenant_id)
        if pairs and not await self._driver.is_linked(one.tenant_id):
            # The database believes in a link that the login store has lost.
            lost = StateChange(WaSessionState.LOGGED_OUT, "login_lost", linked=False)
            await self._note(one.tenant_id, lost)
            return
        await self._note(one.tenant_id, StateChange(WaSessionState.CONNECTING))
        await self._driver.start(one.tenant_id)

    async def _pair(self, one: Held, wanted_at: datetime) -> None:
        # The row may be older than what this login has lived through meanwhile.
        if self._states[one.tenant_id] in PAIRED_OR_PAIRING:
            return
        if self._clock.machine_now() - wanted_at > timedelta(seconds=PAIRING_WISH_SECONDS):
            return
        self._states[one.tenant_id] = WaSessionState.PAIRING
        await self._driver.start_pairing(one.tenant_id, "qr")

    # --- what WhatsApp says -----------------------------------------------------------------------

    async def on_event(self, tenant_id: TenantId, event: wa.Event) -> None:
        """Deal durably with one event; the driver acknowledges it after this returns."""
        match event:
            case wa.MessageReceived():
                await self._message(tenant_id, event)
            case wa.ReceiptReceived():
                await self._ports.receipt(tenant_id, event)
            case wa.Paired():
                await self._paired(tenant_id, event)
            case wa.Connected():
                await self._connected(tenant_id)
            case wa.Undecryptable():
                log.warning("undecryptable", tenant_id=tenant_id)
            case _:
                await self._note(tenant_id, change_for(event))

    async def _message(self, tenant_id: TenantId, message: wa.MessageReceived) -> None:
        if message.from_me and (tenant_id, message.id) in self._sent:
            return  # our own message, echoed by the phone
        if none_of_our_business(message) is not None:
            return
        await self._ports.arrived(tenant_id, message)

    async def _paired(self, tenant_id: TenantId, event: wa.Paired) -> None:
        held = self._held.get(tenant_id)
        if held is None or event.phone_number != held.phone_number:
            await self._driver.logout(tenant_id)
            change = StateChange(WaSessionState.UNLINKED, "wrong_number", linked=False)
            await self._note(tenant_id, change)
            return
        await self._note(
            tenant_id, StateChange(WaSessionState.CONNECTING, linked=True, lid=event.lid)
        )

    async def _connected(self, tenant_id: TenantId) -> None:
        await self._note(tenant_id, StateChange(WaSessionState.CONNECTED))
        await self._ports.linked(tenant_id)

    def _needs_pairing(self, tenant_id: TenantId) -> bool:
        return self.capabilities_of(tenant_id).needs_pairing

    async def _note(self, tenant_id: TenantId, change: StateChange) -> None:
        self._states[tenant_id] = change.state
        if not self._needs_pairing(tenant_id):
            change = replace(change, linked=None)  # a phone linked before is still there
        log.info("session_state", tenant_id=tenant_id, state=change.state, reason=change.reason)
        await self._ports.note(tenant_id, self._owner, change)

    def _remember(self, tenant_id: TenantId, message_id: str) -> None:
        """Keep the latest ids we sent, to know their echoes; the database knows the older ones."""
        self._sent[tenant_id, message_id] = None
        while len(self._sent) > SENT_REMEMBERED_MAX:
            self._sent.pop(next(iter(self._sent)))


SENT_REMEMBERED_MAX = 20_000


def change_for(event: wa.Event) -> StateChange:
    """The state that follows from an event that changes nothing else."""
    state = WaSessionState
    match event:
        case wa.QrShown():
            return StateChange(state.PAIRING, qr=event)
        case wa.PairCodeShown():
            return StateChange(state.PAIRING)
        case wa.PairingFailed(reason=reason):
            return StateChange(state.UNLINKED, f"pairing_{reason}")
        case wa.Disconnected(reason=reason):
            return StateChange(state.INTERRUPTED, reason)
        case wa.LoggedOut(reason=reason):
            return StateChange(state.LOGGED_OUT, reason, linked=False)
        case wa.Replaced():
            return StateChange(state.REPLACED)
        case wa.TemporarilyBanned(code=code):
            return StateChange(state.TEMPORARILY_BANNED, f"code_{code}")
        case wa.Banned(reason=reason):
            return StateChange(state.BANNED, reason)
        case wa.ClientOutdated():
            return StateChange(state.OUTDATED)
        case wa.Restricted():
            return StateChange(state.RESTRICTED, "new_chats_barred")
        case wa.Unrestricted():
            return StateChange(state.CONNECTED)
    raise AssertionError(f"no state follows from {event!r}")


def none_of_our_business(message: wa.MessageReceived) -> str | None:
    """Why a message is not even stored: it is the lender's private number too.

    Groups are never read. What the lender writes to other people is theirs. A sender without a
    number can be nobody we know.
    """
    if message.group:
        return "group"
    if message.from_me and not message.self_chat:
        return "own chat with somebody"
    if message.sender is None:
        return "sender without a number"
    return None
