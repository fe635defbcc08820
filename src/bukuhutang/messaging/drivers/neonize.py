"""The linked-device driver: WhatsApp's library runs in supervised child processes, never here.

A login sits in one worker process with up to 24 others (`neonize_fleet`); a phone is linked in a
process of its own, which ends when it is done. What a worker reports was stored by it before
WhatsApp was told that we have it, and leaves its store when `on_event` has returned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

import structlog

from bukuhutang.base.clock import Clock, monotonic
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers import neonize_backoff as backoff
from bukuhutang.messaging.drivers import neonize_wire as wire
from bukuhutang.messaging.drivers.neonize_asking import Asking
from bukuhutang.messaging.drivers.neonize_fleet import Fleet, FleetSetup
from bukuhutang.messaging.drivers.neonize_frames import Frame
from bukuhutang.messaging.drivers.neonize_process import WorkerFault, WorkerGone, WorkerProcess
from bukuhutang.messaging.drivers.neonize_seat import Seat

STEADY_SECONDS = 60.0
BAN_GRACE_SECONDS = 60.0
LINKINGS_MAX = 8
"""Phones linked at the same time; each has a process of 75 MB."""

LINKING_GAP_SECONDS = 0.5

log = structlog.get_logger("whatsapp")


@dataclass
class Linkings:
    """Keeps many phones from being linked in the same moment."""

    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LINKINGS_MAX))
    gap: asyncio.Lock = field(default_factory=asyncio.Lock)


class NeonizeDriver(Asking):
    """`Driver` for linked devices, with neonize in child processes."""

    capabilities = wa.Capabilities(
        needs_pairing=True,
        templates=False,
        free_text_window=False,
        own_message_id=True,  # ids are translated here, in both directions
        phone_echo=False,
        self_chat=True,
        paced=True,
    )

    def __init__(self, setup: FleetSetup, clock: Clock, lot: Callable[[], float]) -> None:
        """`lot` draws from 0 to 1, to spread what would otherwise happen at once."""
        super().__init__(setup, clock)
        self._lot = lot
        self._fleet = Fleet(setup, lot, on_event=self._on_frame, on_death=self._on_death)
        self._seats: dict[TenantId, Seat] = {}
        self._linkings = Linkings()
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_event: wa.OnEvent | None = None
        self._closing = False

    # --- the driver itself ------------------------------------------------------------------------

    async def open(self, on_event: wa.OnEvent) -> None:
        """Nothing is started before the first login needs it."""
        self._on_event = on_event
        self._closing = False
        self._later(self._caretaker())

    async def aclose(self) -> None:
        """End all workers; what they have stored waits for the next ones."""
        self._closing = True
        for task in list(self._tasks):
            task.cancel()
        await self._fleet.end()
        self._seats.clear()

    def measures(self) -> Sequence[wa.WorkerMeasure]:
        """What the workers use."""
        return [one.measured() for one in self._fleet.workers]

    @property
    def workers(self) -> Sequence[WorkerProcess]:
        """The processes alive now, those that link a phone included."""
        return self._fleet.workers

    # --- logins -----------------------------------------------------------------------------------

    async def create_session(self, tenant: TenantId, phone_number: PhoneNumber) -> None:
        """Make the tenant's folder."""
        known = self._seats.get(tenant)
        if known is None:
            self._seats[tenant] = Seat(tenant, phone_number)
        else:
            known.phone_number = phone_number
        await asyncio.to_thread(self._store(tenant).prepare)

    async def is_linked(self, tenant: TenantId) -> bool:
        """Whether there is a device to connect with."""
        return await asyncio.to_thread(self._store(tenant).is_linked)

    async def start(self, tenant: TenantId) -> None:
        """Find the login a place in a worker and connect it there."""
        seat = self._seats[tenant]
        seat.wanted = True
        if seat.worker is None and not seat.is_waiting:
            self._place_later(seat, 0.0)

    async def stop(self, tenant: TenantId) -> None:
        """The login has certainly ended when this returns: if need be with its whole process."""
        seat = self._seats.get(tenant)
        if seat is None:
            return
        seat.leave()
        await self._end_linking(seat)
        await self._vacate(seat, "stop")

    async def logout(self, tenant: TenantId) -> None:
        """Unlink at WhatsApp where there is a connection, and forget the keys in any case."""
        seat = self._seats.get(tenant)
        if seat is None:
            return
        seat.leave()
        linking, seat.linking = seat.linking, None  # nobody adopts its device any more
        if linking is not None:
            await self._ask_quietly(linking, "logout", tenant)
            await linking.end()
        await self._end_linking(seat)
        await self._vacate(seat, "logout")
        await asyncio.to_thread(self._store(tenant).forget_device)

    async def _vacate(self, seat: Seat, do: Literal["stop", "logout"]) -> None:
        worker = seat.worker
        if worker is None:
            return
        seat.leaving = True
        try:
            if not await self._ask_quietly(worker, do, seat.tenant):
                # It may still be able to send, and somebody else may own this login by now.
                worker.hung = True
                await worker.kill()
        finally:
            seat.leaving = False
            self._stand_up(seat)

    async def _ask_quietly(self, worker: WorkerProcess, do: str, tenant: TenantId) -> bool:
        try:
            await worker.request(do, tenant=tenant, seconds=30.0)
        except WorkerGone:
            return True
        except (WorkerFault, TimeoutError):
            return False
        return True

    def _stand_up(self, seat: Seat) -> None:
        if seat.worker is not None:
            self._fleet.leave(seat.worker, seat.tenant)
        seat.worker = None

    def _later(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- a place in a worker ----------------------------------------------------------------------

    def _place_later(self, seat: Seat, seconds: float) -> None:
        seat.cancel_waiting()
        seat.placing = self._later(self._place_after(seat, seconds))

    async def _place_after(self, seat: Seat, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if not seat.wanted or seat.worker is not None or self._closing:
            return
        try:
            worker = await self._fleet.room_for(seat, self._seats)
        except (WorkerGone, WorkerFault, TimeoutError) as problem:
            log.error("worker_not_started", reason=type(problem).__name__)
            await self._tell(seat, wa.Disconnected("worker_not_started"))
            self._again(seat)
            return
        if seat.is_unwanted():
            self._fleet.leave(worker, seat.tenant)
            return
        seat.worker = worker
        seat.placing = None
        try:
            await worker.request(
                "start",
                tenant=seat.tenant,
                phone=seat.phone_number,
                stamp=self._stamp(),
                seconds=300.0,  # others of the same worker may connect first
            )
        except WorkerGone:
            return  # `_on_death` deals with all that were in it
        except (WorkerFault, TimeoutError):
            await self._vacate(seat, "stop")
            await self._tell(seat, wa.Disconnected("worker_fault"))
            self._again(seat)

    def _again(self, seat: Seat) -> None:
        """Try to connect once more, later each time."""
        seat.tries += 1
        self._place_later(
            seat,
            backoff.delay(
                seat.tries,
                self._lot(),
                first=backoff.RECONNECT_FIRST_SECONDS,
                longest=backoff.RECONNECT_LONGEST_SECONDS,
            ),
        )

    def _on_death(self, worker: WorkerProcess) -> None:
        """Its logins get another place, unless it is known that one of them kills them all."""
        now = monotonic()
        for seat in [one for one in self._seats.values() if one.worker is worker]:
            self._stand_up(seat)
            if not seat.wanted or self._closing:
                continue
            seat.crashes += 1
            if worker.guilty:
                seat.record.died(now)
            if seat.record.hopeless:
                log.error("login_given_up", tenant_id=seat.tenant, deaths=seat.record.deaths)
                self._later(self._tell_quietly(seat, wa.Disconnected("worker_crashes")))
                self._place_later(seat, backoff.GIVEN_UP_SECONDS)
                continue
            self._later(self._tell_quietly(seat, wa.Disconnected("worker_died")))
            self._place_later(
                seat,
                backoff.delay(
                    seat.crashes,
                    self._lot(),
                    first=backoff.FIRST_SECONDS,
                    longest=backoff.LONGEST_SECONDS,
                ),
            )
        for seat in [one for one in self._seats.values() if one.linking is worker]:
            seat.linking = None
            if not worker.ending and not self._closing:
                self._later(self._tell_quietly(seat, wa.PairingFailed("error")))

    # --- linking a phone --------------------------------------------------------------------------

    async def start_pairing(self, tenant: TenantId, how: Literal["qr", "code"] = "qr") -> None:
        """Show codes from a process of its own, which ends with the attempt."""
        seat = self._seats[tenant]
        await self._end_linking(seat)
        if seat.pairing is not None:
            seat.pairing.cancel()  # somebody else has begun one meanwhile: the last wish counts
        seat.pairing = self._later(self._link(seat, how))

    async def _link(self, seat: Seat, how: Literal["qr", "code"]) -> None:
        async with self._linkings.slots:
            async with self._linkings.gap:
                await asyncio.sleep(LINKING_GAP_SECONDS * self._lot())
            try:
                worker = await self._fleet.alone(f"linking-{seat.tenant}")
            except (WorkerGone, WorkerFault, TimeoutError):
                await self._tell(seat, wa.PairingFailed("error"))
                return
            seat.linking = worker
            try:
                await worker.request(
                    "pair",
                    tenant=seat.tenant,
                    phone=seat.phone_number,
                    how=how,
                    stamp=self._stamp(),
                )
            except WorkerGone:
                return  # `_on_death` tells it
            except (WorkerFault, TimeoutError):
                await self._end_linking(seat)
                await self._tell(seat, wa.PairingFailed("error"))
                return
            await worker.process.wait()

    async def _end_linking(self, seat: Seat) -> None:
        """End the attempt that goes on now; one that begins meanwhile is left alone."""
        pairing, linking, seat.linking = seat.pairing, seat.linking, None
        if linking is not None:
            await linking.end()
        if pairing is None or pairing is asyncio.current_task():
            return
        pairing.cancel()
        if seat.pairing is pairing:
            seat.pairing = None

    async def _linked(self, seat: Seat, worker: WorkerProcess, fields: dict[str, Any]) -> None:
        """A phone scanned: the service says whether it was the right one, then a worker adopts."""
        await self._tell(seat, wa.Paired(PhoneNumber(fields["number"]), fields["lid"]))
        if seat.linking is not worker:
            return  # it was not
        try:
            await worker.request("finish", tenant=seat.tenant)
        except (WorkerGone, WorkerFault, TimeoutError):
            await self._tell(seat, wa.PairingFailed("error"))
            return
        finally:
            if seat.linking is worker:  # not an attempt that was begun when this one had failed
                await self._end_linking(seat)
        await self.start(seat.tenant)

    # --- what workers report ----------------------------------------------------------------------

    async def _on_frame(self, worker: WorkerProcess, frame: Frame) -> bool:
        seat = self._seats.get(TenantId(frame.header["tenant"]))
        if seat is None or worker not in (seat.worker, seat.linking):
            return False
        kind = frame.header["kind"]
        if kind == "linked":
            self._later(self._linked(seat, worker, frame.header))
            return True
        try:
            event = wire.event_of(frame.header, frame.body, self._clock)
        except (KeyError, TypeError, ValueError):
            log.exception("event_unreadable", tenant_id=seat.tenant, event_kind=kind)
            return False
        if kind == "connected":
            seat.up_since = monotonic()
        if not await self._tell(seat, event):
            return False
        if kind not in ("message", "receipt"):
            self._later(self._after(seat, worker, frame.header))
        return True

    async def _tell(self, seat: Seat, event: wa.Event) -> bool:
        assert self._on_event is not None
        async with seat.telling:
            try:
                await self._on_event(seat.tenant, event)
            except Exception:
                log.exception("event_refused", tenant_id=seat.tenant, event=type(event).__name__)
                return False
        return True

    async def _tell_quietly(self, seat: Seat, event: wa.Event) -> None:
        await self._tell(seat, event)

    async def _after(self, seat: Seat, worker: WorkerProcess, fields: dict[str, Any]) -> None:
        """What follows from an event, once it was told."""
        kind = fields["kind"]
        if kind == "pairing_failed" and seat.linking is worker:
            await self._end_linking(seat)
            return
        if seat.worker is not worker:
            return
        if kind == "logged_out":
            seat.wanted = False
            await self._vacate(seat, "logout")
        elif kind in ("replaced", "outdated"):
            seat.wanted = False
            await self._vacate(seat, "stop")
        elif kind == "temporarily_banned":
            await self._vacate(seat, "stop")
            if fields["seconds"] is not None and seat.wanted:
                grace = timedelta(seconds=BAN_GRACE_SECONDS * (1 + self._lot()))
                self._place_later(seat, fields["seconds"] + grace.total_seconds())
        elif kind == "disconnected" and fields["ended"]:
            if monotonic() - seat.up_since > STEADY_SECONDS:
                seat.tries = 0
            await self._vacate(seat, "stop")
            if seat.wanted:
                self._again(seat)

    async def _caretaker(self) -> None:
        """Forget old crashes, and move logins out of processes that are to be recycled."""
        while True:
            await asyncio.sleep(self._setup.look_seconds)
            now = monotonic()
            for seat in self._seats.values():
                seat.record.forgive(now)
                if seat.worker is not None and now - seat.up_since > STEADY_SECONDS:
                    seat.crashes = 0
            for worker in await self._fleet.look(now):
                for seat in [one for one in self._seats.values() if one.worker is worker]:
                    await self._vacate(seat, "stop")
                    if seat.wanted:
                        self._place_later(seat, 0.0)

    def _up(self, tenant: TenantId) -> WorkerProcess | None:
        seat = self._seats.get(tenant)
        return None if seat is None or seat.leaving or not seat.wanted else seat.worker
