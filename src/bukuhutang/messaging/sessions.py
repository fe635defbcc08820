"""WhatsApp logins: one owner each under a lease, connected with care, trouble reported as an event.

The SessionManager owns the logins whose leases it holds. What it needs of the database it gets
through `SessionPorts`, so that this room knows no SQL; what WhatsApp says goes the same way up.
Which state follows from what is decided in `states`, when a login is connected in `starts`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.dismissal import dismiss
from bukuhutang.messaging.ports import Held, Login, SessionPorts, Watch
from bukuhutang.messaging.relevance import none_of_our_business
from bukuhutang.messaging.sends import Sends
from bukuhutang.messaging.starts import Starts
from bukuhutang.messaging.states import (
    GOING,
    RESTING,
    STOPPED,
    UP,
    StateChange,
    WaSessionState,
    change_for,
    follows,
)

__all__ = ["SessionManager", "WaSessionState", "none_of_our_business"]

LEASE_SECONDS = 10
RENEW_SECONDS = 3.0
RETRY_SECONDS = 0.5
LEASE_MARGIN_SECONDS = 1.0
"""Our own lease is over for us this much earlier than for the others."""

STOP_SECONDS_MAX = 3.0
WAKE_SECONDS_MIN = 0.02
assert LEASE_SECONDS - LEASE_MARGIN_SECONDS > 2 * RENEW_SECONDS  # one missed renewal loses nothing

log = structlog.get_logger("sessions")


class SessionManager(Sends):
    """Owns WhatsApp logins: opens, pairs, watches and closes them, and sends through them."""

    def __init__(
        self,
        driver: wa.Driver,
        ports: SessionPorts,
        clock: Clock,
        owner: str,
        draw: Callable[[], float] = random.random,
        *,
        capabilities_of: Callable[[TenantId], wa.Capabilities] | None = None,
    ) -> None:
        super().__init__(driver, capabilities_of)
        self._ports = ports
        self._clock = clock
        self.owner = owner  # the name under which leases are held
        self._logins: dict[TenantId, Login] = {}
        self._starts = Starts(draw)
        self._lease_until = clock.machine_now()
        self._lost = 0
        self._outdated = False
        self._asked = True
        self._look_at = clock.machine_now()
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- what others may ask ----------------------------------------------------------------------

    def wake(self) -> None:
        """Something about a login was asked for: look now."""
        self._settled.clear()
        self._asked = True
        self._wake.set()

    def all_sessions(self) -> dict[TenantId, WaSessionState]:
        """Every login held here and its state."""
        return {tenant_id: one.state for tenant_id, one in self._logins.items()}

    def is_up(self, tenant_id: TenantId) -> bool:
        """Whether this login is connected."""
        login = self._logins.get(tenant_id)
        return login is not None and login.state in UP

    def may_send(self, tenant_id: TenantId) -> bool:
        """Whether this login is connected and certainly still ours, by the machine's time.

        False when the lease could not be renewed in time, whatever the reason: from the moment it
        ends another owner may send.
        """
        return self.is_up(tenant_id) and not self._lease_is_over()

    @property
    def is_settled(self) -> bool:
        """Whether everything asked for so far was acted upon."""
        return self._settled.is_set() and self._starts.is_idle

    @property
    def is_at_rest(self) -> bool:
        """Whether it is settled, and no login on its way, for which messages may wait."""
        return self.is_settled and not self._starts.is_waiting

    # --- the loop ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Hold leases and act on what the database wants, until cancelled; then let go."""
        await self._driver.open(self.on_event)
        try:
            while True:
                self._wake.clear()
                await self._turn()
                with suppress(TimeoutError):
                    # Not wait_for, which before Python 3.12 may swallow the end of this task.
                    async with asyncio.timeout(self._pause_seconds()):
                        await self._wake.wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._driver.aclose()
            await self._ports.release(self.owner, list(self._logins))

    def _pause_seconds(self) -> float:
        """Until the next renewal, the next start or the end of somebody else's lease."""
        now = self._clock.machine_now()
        at = min(self._look_at, self._starts.next_at() or self._look_at)
        return min(max((at - now).total_seconds(), WAKE_SECONDS_MIN), RENEW_SECONDS)

    async def _turn(self) -> None:
        """One look, not longer than our own lease lasts; when that ends, nothing here goes on."""
        await self._drop_when_over()  # the machine may have slept
        left = (self._lease_until - self._clock.machine_now()).total_seconds()
        try:
            # Whatever hangs, a database or a driver, must not carry us past the end of the lease.
            async with asyncio.timeout(left if self._logins else None):
                await self._round()
        except (TransientFault, TimeoutError) as fault:
            log.warning("leases_unreachable", reason=str(fault))
            self._look_at = self._clock.machine_now() + timedelta(seconds=RETRY_SECONDS)
        else:
            if not self._wake.is_set():
                self._settled.set()
        await self._drop_when_over()
        self._ports.watched(Watch(len(self._logins), self._lost, self._driver.measures()))
        self._lost = 0

    async def _drop_when_over(self) -> None:
        if self._logins and self._lease_is_over():
            await self._drop(list(self._logins), "lease_not_renewed")

    def _lease_is_over(self) -> bool:
        return self._clock.machine_now() >= self._lease_until

    async def _round(self) -> None:
        now = self._clock.machine_now()
        if self._asked or now >= self._look_at:
            self._asked = False
            await self._look(now)
        for tenant_id in self._starts.take(self._clock.machine_now()):
            if (login := self._logins.get(tenant_id)) is not None:
                await self._carefully(tenant_id, self._start(login))

    async def _look(self, now: datetime) -> None:
        """Renew and take leases; `now` is from before the question, so that our end comes first."""
        self._look_at = now + timedelta(seconds=RENEW_SECONDS)
        until = now + timedelta(seconds=LEASE_SECONDS)
        holding = await self._ports.hold(self.owner, now, until)
        self._lease_until = until - timedelta(seconds=LEASE_MARGIN_SECONDS)
        if holding.others_end_at is not None:
            # An owner that has died is followed as soon as it may be.
            self._look_at = min(self._look_at, holding.others_end_at)
        lost = self._logins.keys() - {one.tenant_id for one in holding.held}
        await self._drop(lost, "lease_lost")
        for one in holding.held:
            await self._carefully(one.tenant_id, self._attend(one))

    async def _carefully(self, tenant_id: TenantId, act: Awaitable[None]) -> None:
        """A login that cannot be handled is tried again later; the others do not notice."""
        try:
            await act
        except TransientFault:
            raise
        except Exception:
            log.exception("login_failed", tenant_id=tenant_id)
            if (login := self._logins.get(tenant_id)) is not None:
                await self._after_failure(login)

    async def _after_failure(self, login: Login) -> None:
        before, login.state = login.state, WaSessionState.UNLINKED  # nothing runs
        if login.held.linked:
            self._starts.failed(login.held.tenant_id, self._clock.machine_now())
        elif before is WaSessionState.PAIRING:
            await self._note(login, StateChange(WaSessionState.UNLINKED, "pairing_error"))

    async def _drop(self, tenant_ids: Iterable[TenantId], reason: str) -> None:
        """The leases are lost: other owners may already run these logins, so ours must end."""
        lost = list(tenant_ids)
        for tenant_id in lost:
            log.warning(reason, tenant_id=tenant_id)
            self._forget(tenant_id)
        self._lost += len(lost)
        await asyncio.gather(*(self._stop(one) for one in lost))

    def _forget(self, tenant_id: TenantId) -> None:
        self._logins.pop(tenant_id, None)
        self._starts.forget(tenant_id)

    async def _stop(self, tenant_id: TenantId) -> None:
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await self._driver.stop(tenant_id)
        except Exception:
            log.exception("stop_failed", tenant_id=tenant_id)

    async def _attend(self, one: Held) -> None:
        login = self._logins.get(one.tenant_id)
        if login is not None and login.held.channel != one.channel:
            await self._drop([one.tenant_id], "channel_changed")  # another WhatsApp, another login
            login = None
        login = login or await self._take_on(one)
        login.held = one
        now = self._clock.machine_now()
        if login.stranger is not None:
            return  # being shown out; everything else waits
        if not one.tenant_active:
            await self._close(one)
        elif login.may_go_on(now):
            self._starts.ask(one.tenant_id, now)
        elif self.needs_pairing(one.tenant_id) and login.hears_wish(now):
            await self._grant_wish(login, now)

    async def _take_on(self, one: Held) -> Login:
        """A lease we did not have. Nothing runs yet, whatever the row of an earlier owner says."""
        await self._driver.create_session(one.tenant_id, one.phone_number)
        pairs = self.needs_pairing(one.tenant_id)
        rests = pairs and one.state in RESTING
        state = one.state if rests else WaSessionState.UNLINKED
        login = Login(one, state, one.until if rests else None)
        self._logins[one.tenant_id] = login
        if (one.linked or not pairs) and not rests and one.tenant_active:
            self._starts.ask(one.tenant_id, self._clock.machine_now())
        return login

    async def _close(self, one: Held) -> None:
        await self._driver.stop(one.tenant_id)
        await self._note(self._logins[one.tenant_id], StateChange(WaSessionState.CLOSED))
        self._forget(one.tenant_id)
        await self._ports.release(self.owner, [one.tenant_id])

    async def _start(self, login: Login) -> None:
        if login.state in GOING | {WaSessionState.PAIRING} or login.stranger is not None:
            self._starts.answered(login.held.tenant_id)
        elif self._outdated and self.needs_pairing(login.held.tenant_id):
            await self._note(login, StateChange(WaSessionState.OUTDATED))
        elif not await self._is_linked(login.held.tenant_id):
            # The database believes in a link that the login store has lost.
            lost = StateChange(WaSessionState.LOGGED_OUT, "login_lost", linked=False)
            await self._note(login, lost)
        else:
            await self._note(login, StateChange(WaSessionState.CONNECTING))
            await self._driver.start(login.held.tenant_id)

    async def _is_linked(self, tenant_id: TenantId) -> bool:
        return not self.needs_pairing(tenant_id) or await self._driver.is_linked(tenant_id)

    async def _grant_wish(self, login: Login, now: datetime) -> None:
        tenant_id = login.held.tenant_id
        if self._outdated:
            await self._note(login, StateChange(WaSessionState.OUTDATED))
        elif login.held.linked and await self._driver.is_linked(tenant_id):
            login.until = None
            self._starts.ask(tenant_id, now)
        else:
            login.state, login.how = WaSessionState.PAIRING, login.held.pairing_how
            await self._driver.start_pairing(tenant_id, login.how)

    # --- what WhatsApp says -----------------------------------------------------------------------

    async def on_event(self, tenant_id: TenantId, event: wa.Event) -> None:
        """Deal durably with one event; the driver acknowledges it after this returns."""
        match event:
            case wa.MessageReceived():
                await self._message(tenant_id, event)
            case wa.ReceiptReceived():
                await self._ports.receipt(tenant_id, event)
            case wa.Undecryptable():
                log.warning("undecryptable", tenant_id=tenant_id)
            case _:
                await self._about_login(tenant_id, event)

    async def _message(self, tenant_id: TenantId, message: wa.MessageReceived) -> None:
        if message.from_me and self._sent.knows(tenant_id, message.id):
            return  # our own message, echoed by the phone
        if none_of_our_business(message) is not None:
            return
        login = self._logins.get(tenant_id)
        if login is not None and login.stranger is not None:
            return  # somebody else's phone
        await self._ports.arrived(tenant_id, message)

    async def _about_login(self, tenant_id: TenantId, event: wa.Event) -> None:
        login = self._logins.get(tenant_id)
        if login is None or (login.stranger is None and not self._is_news(login, event)):
            log.info("event_passed_over", tenant_id=tenant_id, event_kind=type(event).__name__)
            if login is None and isinstance(event, wa.Paired):
                await self._driver.logout(tenant_id)  # nobody here wants this phone
            return
        if login.stranger is not None:
            if isinstance(event, wa.Connected):
                login.stranger.set()
            return
        if isinstance(event, wa.Paired):
            await self._paired(login, event)
            return
        now = self._clock.machine_now()
        change = change_for(event, now=now, retried_at=login.retried_at)
        if change.state in STOPPED:
            await self._driver.stop(tenant_id)
        if change.state is WaSessionState.OUTDATED and not self._outdated:
            self._outdated = True
            log.error("client_outdated", advice="update BukuHutang; no login is started until then")
        await self._note(login, change)
        if isinstance(event, wa.Connected):
            await self._ports.linked(tenant_id)

    def _is_news(self, login: Login, event: wa.Event) -> bool:
        # Without a device to pair there is no echo, and a refused login may come back by itself.
        return not self.needs_pairing(login.held.tenant_id) or follows(event, login.state)

    async def _paired(self, login: Login, event: wa.Paired) -> None:
        if event.phone_number == login.held.phone_number:
            linked = StateChange(WaSessionState.CONNECTING, linked=True, lid=event.lid)
            await self._note(login, linked)
            return
        login.stranger = asyncio.Event()
        task = asyncio.create_task(self._show_out(login, login.stranger, event.phone_number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show_out(
        self, login: Login, connected: asyncio.Event, stranger: PhoneNumber
    ) -> None:
        tenant_id, now = login.held.tenant_id, self._clock.machine_now()
        words = partial(self._ports.words_for_stranger, tenant_id)
        await dismiss(self._driver, tenant_id, stranger, connected=connected, words=words, now=now)
        login.stranger = None
        # The last digits, so that the lender recognises the phone and nobody else does.
        tail = f"…{stranger[-4:]}"
        gone = StateChange(WaSessionState.UNLINKED, "wrong_number", tail, linked=False)
        await self._note(login, gone)

    async def _note(self, login: Login, change: StateChange) -> None:
        tenant_id, before = login.held.tenant_id, login.state
        login.state, login.until = change.state, change.until
        if not self.needs_pairing(tenant_id):
            change = replace(change, linked=None)  # a phone linked before is still there
        log.info("session_state", tenant_id=tenant_id, state=change.state, reason=change.reason)
        await self._ports.note(tenant_id, self.owner, replace(change, before=before))
        if change.state is not WaSessionState.CONNECTING:
            self._starts.answered(tenant_id)  # only now: who waits for it looks at its row
        self._wake.set()  # a place may be free for the next start
