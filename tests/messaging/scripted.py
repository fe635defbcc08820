"""A driver that does what a test says, and a world of logins in memory, for the SessionManager."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.ports import Held, Holding, Watch
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.messaging.states import StateChange, WaSessionState

DANI = TenantId(1)
LENDER = PhoneNumber("6281230000001")
STRANGER = PhoneNumber("6281230000003")
NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
WAIT_SECONDS = 10
WORDS = "this is not your code"

S = WaSessionState


@dataclass
class HandClock:
    """Both clocks, moved by hand."""

    at: datetime = NOON

    def now(self) -> datetime:
        """The instant."""
        return self.at

    def machine_now(self) -> datetime:
        """The same."""
        return self.at

    def pass_by(self, **span: float) -> None:
        """Let time pass."""
        self.at += timedelta(**span)


@dataclass
class ScriptedDriver:
    """Notes what it is asked to do and reports nothing by itself.

    Strict: calls for one tenant may not overlap, and nothing is asked about an unknown login.
    """

    linked: set[TenantId] = field(default_factory=set)
    calls: list[tuple[str, TenantId]] = field(default_factory=list)
    texts: list[tuple[ChatId, str]] = field(default_factory=list)
    broken: set[TenantId] = field(default_factory=set)
    hangs: bool = False
    capabilities = wa.Capabilities(
        needs_pairing=True,
        templates=False,
        free_text_window=False,
        own_message_id=False,
        phone_echo=True,
        self_chat=True,
        paced=True,
    )
    _known: set[TenantId] = field(default_factory=set)
    _busy: set[TenantId] = field(default_factory=set)
    on_event: wa.OnEvent | None = None

    def count(self, name: str) -> int:
        """How often it was asked to do this."""
        return sum(one == name for one, _ in self.calls)

    async def _do(self, name: str, tenant: TenantId) -> None:
        assert tenant in self._known, "create_session comes first"
        assert tenant not in self._busy, "calls for one login overlap"
        self._busy.add(tenant)
        self.calls.append((name, tenant))
        try:
            await asyncio.sleep(0)
            if self.hangs:
                await asyncio.Event().wait()
            if tenant in self.broken:
                raise OSError("the worker is gone")
        finally:
            self._busy.discard(tenant)

    async def open(self, on_event: wa.OnEvent) -> None:
        self.on_event = on_event

    async def aclose(self) -> None:
        self.on_event = None

    async def create_session(self, tenant: TenantId, phone_number: PhoneNumber) -> None:
        self._known.add(tenant)

    async def is_linked(self, tenant: TenantId) -> bool:
        return tenant in self.linked

    async def start_pairing(self, tenant: TenantId, how: Literal["qr", "code"] = "qr") -> None:
        await self._do(f"pair_{how}", tenant)

    async def start(self, tenant: TenantId) -> None:
        await self._do("start", tenant)

    async def stop(self, tenant: TenantId) -> None:
        await self._do("stop", tenant)

    async def logout(self, tenant: TenantId) -> None:
        await self._do("logout", tenant)
        self.linked.discard(tenant)

    async def send_text(
        self, tenant: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> wa.Outcome:
        self.texts.append((chat, text))
        return wa.Accepted(client_ref)

    async def send_document(
        self,
        tenant: TenantId,
        chat: ChatId,
        document: wa.Document,
        caption: str,
        *,
        client_ref: str,
    ) -> wa.Outcome:
        return wa.Accepted(client_ref)

    async def send_image(
        self, tenant: TenantId, chat: ChatId, image: wa.Document, caption: str, *, client_ref: str
    ) -> wa.Outcome:
        return wa.Accepted(client_ref)

    async def mark_read(self, tenant: TenantId, chat: ChatId, ids: tuple[str, ...]) -> None:
        return None

    async def typing(self, tenant: TenantId, chat: ChatId, *, on: bool) -> None:
        return None

    async def check_number(self, tenant: TenantId, number: PhoneNumber) -> bool:
        return True

    async def resolve_identity(self, tenant: TenantId, lid: str) -> PhoneNumber | None:
        return None

    async def download(
        self, tenant: TenantId, document: wa.Document, *, bytes_max: int
    ) -> bytes | None:
        return None

    def measures(self) -> Sequence[wa.WorkerMeasure]:
        return ()


@dataclass
class MemoryPorts:
    """The database's part, in memory, with a switch that takes it away."""

    rows: dict[TenantId, Held]
    notes: list[StateChange] = field(default_factory=list)
    activated: list[TenantId] = field(default_factory=list)
    arrivals: list[wa.MessageReceived] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    holds: int = 0
    away: bool = False
    hangs: bool = False
    slow: asyncio.Event | None = None  # until it is set, a state is not written
    others_end_at: datetime | None = None

    async def hold(self, owner: str, now: datetime, until: datetime) -> Holding:
        self.holds += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            raise TransientFault("the database is away")
        return Holding(list(self.rows.values()), self.others_end_at)

    async def release(self, owner: str, tenant_ids: Sequence[TenantId]) -> None:
        return None

    async def note(self, tenant_id: TenantId, owner: str, change: StateChange) -> None:
        if self.slow is not None:
            await self.slow.wait()
        self.notes.append(change)
        row = self.rows.get(tenant_id)
        if row is not None:
            linked = row.linked if change.linked is None else change.linked
            wish = row.pairing_wanted_at if change.state is S.PAIRING else None
            self.rows[tenant_id] = replace(
                row, state=change.state, linked=linked, until=change.until, pairing_wanted_at=wish
            )

    async def linked(self, tenant_id: TenantId) -> None:
        self.activated.append(tenant_id)

    async def arrived(self, tenant_id: TenantId, message: wa.MessageReceived) -> None:
        self.arrivals.append(message)

    async def receipt(self, tenant_id: TenantId, receipt: wa.ReceiptReceived) -> None:
        return None

    async def words_for_stranger(self, tenant_id: TenantId) -> str:
        return WORDS

    def watched(self, watch: Watch) -> None:
        self.watches.append(watch)


@dataclass
class Desk:
    """A running sessions with its driver, its ports and its time."""

    sessions: SessionManager
    driver: ScriptedDriver
    ports: MemoryPorts
    clock: HandClock

    @property
    def state(self) -> WaSessionState | None:
        """The state of the one login."""
        return self.sessions.all_sessions().get(DANI)

    @property
    def noted(self) -> list[WaSessionState]:
        """All states that were written."""
        return [one.state for one in self.ports.notes]

    async def settle(self) -> None:
        """Let the sessions look, and wait until it has done what there was to do."""
        self.sessions.wake()
        await self.until(lambda: self.sessions.is_settled)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not is_so():  # noqa: ASYNC110  steps of the loop are what is waited for
                await asyncio.sleep(0)

    async def hear(self, *events: wa.Event, tenant: TenantId = DANI) -> None:
        """The driver reports; then the sessions has its turn."""
        for event in events:
            await self.sessions.on_event(tenant, event)
        await self.settle()

    async def later(self, **span: float) -> None:
        """Time passes in steps that keep the lease alive."""
        end = self.clock.at + timedelta(**span)
        while self.clock.at < end:
            self.clock.at = min(self.clock.at + timedelta(seconds=6), end)
            await self.settle()

    async def wish(self, how: Literal["qr", "code"] = "qr") -> None:
        """Somebody at the page asks for a code."""
        self.clock.pass_by(milliseconds=1)
        self.ports.rows[DANI] = replace(
            self.ports.rows[DANI], pairing_wanted_at=self.clock.at, pairing_how=how
        )
        await self.settle()


def a_row(
    state: WaSessionState = S.UNLINKED, *, linked: bool = False, until: datetime | None = None
) -> Held:
    """The one login, as the database has it."""
    return Held(DANI, LENDER, True, state, 1, linked, None, "qr", until)


@asynccontextmanager
async def managing(row: Held | None = None, *others: Held) -> AsyncIterator[Desk]:
    """A sessions that has looked once."""
    rows = [row or a_row(), *others]
    clock, driver = HandClock(), ScriptedDriver({one.tenant_id for one in rows if one.linked})
    ports = MemoryPorts({one.tenant_id: one for one in rows})
    sessions = SessionManager(driver, ports, clock, "a", draw=lambda: 0.0)
    running = asyncio.create_task(sessions.run())
    desk = Desk(sessions, driver, ports, clock)
    try:
        await desk.settle()
        yield desk
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def connected() -> AsyncIterator[Desk]:
    """The same, with the login connected."""
    async with managing(a_row(S.CONNECTED, linked=True)) as desk:
        await desk.hear(wa.Connected())
        assert desk.state is S.CONNECTED
        yield desk
