"""`bukuhutang serve`: everything that runs, wired together in one process."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import structlog

from bukuhutang.base.clock import Clock, MovableClock, SystemClock, monotonic
from bukuhutang.base.errors import ConfigurationProblem, TransientFault
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.entrypoints.chat.documents import Desk, DocumentLoop
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.entrypoints.chat.loop import InboxLoop
from bukuhutang.entrypoints.chat.operator import OperatorDesk
from bukuhutang.entrypoints.clock.loop import ClockLoop
from bukuhutang.entrypoints.clock.mail_loop import MailLoop
from bukuhutang.entrypoints.sessions.outbox_loop import OutboxLoop
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.entrypoints.sessions.ports import DatabasePorts
from bukuhutang.entrypoints.sessions.webhook_loop import WebhookLoop
from bukuhutang.main.address import own_address
from bukuhutang.main.announce import announce
from bukuhutang.main.cloud import Cloud, reach_of
from bukuhutang.main.collector import calm_collector
from bukuhutang.main.drivers import SIMULATOR, DriverRequest, open_driver
from bukuhutang.main.mail import NOBODY_OUTSIDE, Outside
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers.simulator import SimulatorDriver
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.messaging.simulated import SimulatedWhatsApp
from bukuhutang.store import cloud_webhooks, document_jobs, inbox, outbox, wa_sessions
from bukuhutang.store.scope import Database, connect

if TYPE_CHECKING:
    import uvicorn

INBOX_CHANNEL = "bukuhutang_inbox"
OUTBOX_CHANNEL = "bukuhutang_outbox"
SESSIONS_CHANNEL = "bukuhutang_sessions"
WEBHOOKS_CHANNEL = "bukuhutang_webhooks"
STOP_SECONDS_MAX = 8.0
IDLE_POLL_SECONDS = 0.02
WATCH_SECONDS = 1.0

log = structlog.get_logger("serve")


class Runs(Protocol):
    """A loop that works until it is cancelled."""

    async def run(self) -> None: ...


@dataclass(frozen=True)
class Serve:
    """What the command line asks for."""

    data_folder: Path
    host: str
    port: int
    roles: frozenset[str]
    driver: DriverRequest
    dsn: str
    database_alive: Callable[[], bool]
    database_ours_alone: bool
    admin_keys: tuple[str, ...]
    show_key: bool  # ours, generated; one from the environment is its giver's secret
    operator_tenant: TenantId | None = None
    operator_numbers: frozenset[PhoneNumber] = frozenset()
    sign_in_secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    cloud: Cloud | None = None
    outside: Outside = NOBODY_OUTSIDE
    trusted_proxies: str = ""  # networks, comma separated

    @property
    def base_url(self) -> str:
        """What addresses in documents begin with."""
        return self.outside.public_url or own_address(self.host, self.port)


async def serve(request: Serve, listening: socket.socket | None) -> None:
    """Run the roles until SIGTERM or SIGINT; everything accepted is durable before we leave.

    Raises ConfigurationProblem when the database or a role cannot start.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        database = await connect(request.dsn)
        stack.push_async_callback(database.close)
        if request.database_ours_alone:
            await end_leases(database)
        service = await Service.wired(request, database, stack)
        calm_collector()
        await service.run(listening, stop)


async def end_leases(database: Database) -> None:
    """End what an earlier life of this process had taken, instead of waiting for its time."""
    async with database.courier() as db:
        await wa_sessions.end_leases(db)
        await inbox.end_leases(db)
        await cloud_webhooks.end_leases(db)


class Service:
    """The roles of one process and the wake-up calls between them."""

    def __init__(self, request: Serve, database: Database, clock: Clock) -> None:
        self._request = request
        self._database = database
        self._clock = clock
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._wakes: dict[str, Callable[[], None]] = {}  # by channel, what this process runs
        self._notify: set[str] = set()
        self._notify_wake = asyncio.Event()
        self._outcomes: Outcomes | None = None
        self._ports: DatabasePorts | None = None
        self._manager: SessionManager | None = None
        self._outbox: OutboxLoop | None = None
        self._inbox: InboxLoop | None = None
        self._documents: DocumentLoop | None = None
        self._ticks: ClockLoop | None = None
        self._mail: MailLoop | None = None
        self._simulator: SimulatorDriver | None = None
        self._webhooks: WebhookLoop | None = None
        self._web: uvicorn.Server | None = None

    @classmethod
    async def wired(
        cls,
        request: Serve,
        database: Database,
        stack: AsyncExitStack,
        clock: Clock | None = None,
    ) -> Service:
        """Make the roles that were asked for; nothing runs yet."""
        if clock is None:
            clock = MovableClock() if request.driver.name == SIMULATOR else SystemClock()
        service = cls(request, database, clock)
        if "chat" in request.roles:
            desk = Desk(database, clock, request.base_url, uuid4)
            service._documents = DocumentLoop(desk, after=service.wake_outbox)
            service._inbox = service._inbox_loop()
            service._wakes[INBOX_CHANNEL] = service._inbox.wake
        if "sessions" in request.roles:
            service._wire_sessions(clock)
        if "clock" in request.roles:
            service._ticks = ClockLoop(database, clock, after=service.wake_outbox)
            if request.outside.mail is not None:
                service._mail = MailLoop(database, request.outside.mail, clock, random.random)
        if "web" in request.roles:
            service._web = service._web_server()
        listener = await database.listen(service._wakes)
        stack.push_async_callback(listener.close)
        return service

    def _inbox_loop(self) -> InboxLoop:
        desk, request = None, self._request
        if request.operator_tenant is not None:
            numbers = request.operator_numbers
            desk = OperatorDesk(request.operator_tenant, numbers, self._clock, self.wake_sessions)
        return InboxLoop(
            self._database,
            self._clock,
            self._owner,
            after=self.after_message,
            handler=partial(handle, operator=desk),
        )

    def _wire_sessions(self, clock: Clock) -> None:
        linked = open_driver(self._request.driver, self._request.data_folder, clock)
        self._simulator = linked if isinstance(linked, SimulatorDriver) else None
        reach = reach_of(linked, self._request.cloud, self._database, clock)
        self._outcomes = Outcomes(
            self._database,
            own_message_ids=lambda tenant_id: reach.capabilities_of(tenant_id).own_message_id,
        )
        self._ports = DatabasePorts(
            self._database,
            clock,
            self._outcomes,
            after=self.wake_inbox,
            fetch=self._fetch,
            channels=reach.channels,
            other_way=self._request.outside.other_way,
        )
        self._manager = SessionManager(
            reach.driver, self._ports, clock, self._owner, capabilities_of=reach.capabilities_of
        )
        if self._request.cloud is not None:
            self._webhooks = WebhookLoop(self._database, clock, self._manager.on_event)
            self._wakes[WEBHOOKS_CHANNEL] = self._webhooks.wake
        pace = self._request.driver.pace
        self._outbox = OutboxLoop(self._database, self._manager, clock, self._outcomes, pace=pace)
        self._ports.on_up = self._outbox.wake
        self._wakes[OUTBOX_CHANNEL] = self._outbox.wake
        self._wakes[SESSIONS_CHANNEL] = self._manager.wake

    async def _fetch(
        self, tenant_id: TenantId, document: wa.Document, bytes_max: int
    ) -> wa.Fetched:
        assert self._manager is not None, "what arrives comes through it"
        return await self._manager.download(tenant_id, document, bytes_max)

    @property
    def whatsapp(self) -> SimulatedWhatsApp:
        """The simulated phones. Only with the simulator as driver."""
        assert self._simulator is not None
        return self._simulator.whatsapp

    # --- wake-up calls: directly in this process, by NOTIFY for the others ------------------------

    def wake_inbox(self) -> None:
        """A message was stored."""
        self._call(INBOX_CHANNEL)

    def after_message(self) -> None:
        """A message was worked: answers may be queued, documents wanted."""
        if self._documents is not None:
            self._documents.wake()
        self.wake_outbox()

    def wake_outbox(self) -> None:
        """An answer was queued."""
        self._call(OUTBOX_CHANNEL)

    def wake_webhooks(self) -> None:
        """The Cloud API has posted."""
        self._call(WEBHOOKS_CHANNEL)

    async def wake_sessions(self) -> None:
        """A login is wanted, or no longer."""
        self._call(SESSIONS_CHANNEL)

    def _call(self, channel: str) -> None:
        here = self._wakes.get(channel)
        if here is not None:
            here()
        else:
            self._notify.add(channel)
            self._notify_wake.set()

    async def _notifier(self) -> None:
        # Outside the money transactions: a NOTIFY inside would make their commits wait in line.
        while True:
            await self._notify_wake.wait()
            self._notify_wake.clear()
            channels, self._notify = self._notify, set()
            with suppress(TransientFault):  # the others poll as well
                await self._database.notify(channels)

    # --- running ----------------------------------------------------------------------------------

    async def run(self, listening: socket.socket | None, stop: asyncio.Event) -> None:
        """Start everything, say `ready`, and end it in order when asked to."""
        started = monotonic()
        tasks = [asyncio.create_task(one.run()) for one in self._loops()]
        tasks.append(asyncio.create_task(self._notifier()))
        tasks.append(asyncio.create_task(self._watch_database()))
        web = self._web
        if web is not None:
            assert listening is not None
            tasks.append(asyncio.create_task(web.serve(sockets=[listening])))
            await self._until_started(web, tasks[-1])
        announce(self._request, web is not None)
        log.info("started", roles=sorted(self._request.roles), seconds=monotonic() - started)
        waiting = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await self._end(web, tasks)
        for task in done - {waiting}:
            if (problem := task.exception()) is not None:
                raise problem

    async def _until_started(self, web: uvicorn.Server, task: asyncio.Task[None]) -> None:
        # uvicorn has no event for it.
        for _ in range(2_000):
            if web.started or task.done():
                return
            await asyncio.sleep(0.005)

    def _loops(self) -> list[Runs]:
        wanted = (
            self._outcomes,
            self._ports,
            self._manager,
            self._webhooks,
            self._outbox,
            self._inbox,
            self._documents,
            self._ticks,
            self._mail,
        )
        return [one for one in wanted if one is not None]

    async def _end(self, web: uvicorn.Server | None, tasks: list[asyncio.Task[None]]) -> None:
        """Doors first, then the loops; what was leased and not done is taken up again later."""
        if self._simulator is not None:
            self._simulator.whatsapp.end_waits()
        if web is not None:
            web.should_exit = True
            with suppress(Exception):
                await asyncio.wait_for(asyncio.shield(tasks[-1]), STOP_SECONDS_MAX / 2)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS_MAX / 2)

    def _web_server(self) -> uvicorn.Server:
        # Only here, so that a process without the web door does not carry its libraries.
        from bukuhutang.entrypoints.web.app import WebDeps
        from bukuhutang.entrypoints.web.client_address import TrustedProxies
        from bukuhutang.main.web import Simulated, Webhooks, web_server

        simulated = None
        if self._simulator is not None:
            simulated = Simulated(
                self._simulator.whatsapp, wait_idle=self.wait_idle, on_clock_moved=self.clock_moved
            )
        cloud = self._request.cloud
        webhooks = None
        if cloud is not None:
            webhooks = Webhooks(cloud.app_secret, cloud.verify_token, self.wake_webhooks)
        deps = WebDeps(
            database=self._database,
            clock=self._clock,
            admin_keys=self._request.admin_keys,
            secret=self._request.sign_in_secret,
            wake_sessions=self.wake_sessions,
            after_write=self.after_message,
            has_mail=self._request.outside.mail is not None,
            public_url=self._request.outside.public_url,
            proxies=TrustedProxies.read(self._request.trusted_proxies),
        )
        stop_seconds = int(STOP_SECONDS_MAX / 2)
        return web_server(deps, simulated=simulated, webhooks=webhooks, stop_seconds=stop_seconds)

    async def _watch_database(self) -> None:
        """Nothing brings back an embedded server that is gone: leave, so that all is restarted."""
        while True:
            if not self._request.database_alive():
                raise ConfigurationProblem("the embedded PostgreSQL has stopped; its log says why")
            await asyncio.sleep(WATCH_SECONDS)

    # --- time travel and rest ---------------------------------------------------------------------

    async def clock_moved(self) -> None:
        """Do what fell due because business time was moved."""
        if self._ticks is not None:
            await self._ticks.catch_up()
        self.wake_inbox()
        self.wake_outbox()

    async def wait_idle(self, seconds: float) -> bool:
        """Whether inbox, outbox and sweeps came to rest within `seconds`."""
        until = monotonic() + seconds
        while not await self._is_idle():
            if monotonic() > until:
                return False
            await asyncio.sleep(IDLE_POLL_SECONDS)
        return True

    async def _is_idle(self) -> bool:
        parts = (
            self._outcomes,
            self._ports,
            self._webhooks,
            self._outbox,
            self._inbox,
            self._documents,
            self._ticks,
        )
        if any(part is not None and not part.is_idle for part in parts):
            return False
        if self._manager is not None and not self._manager.is_at_rest:
            return False
        if self._simulator is not None and not self._simulator.whatsapp.at_rest():
            return False
        async with self._database.courier() as db:  # cause before effect: nothing slips past
            if self._webhooks is not None and await cloud_webhooks.is_waiting(db):
                return False
            if await inbox.is_waiting(db, self._clock.now()):
                return False
            if self._documents is not None and await document_jobs.is_waiting(db):
                return False
            return not await outbox.is_waiting(db)
