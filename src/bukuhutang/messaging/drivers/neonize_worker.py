"""The worker process: up to 25 linked devices, or one phone being linked.

Started by `neonize.NeonizeDriver` as a fresh interpreter; the only place where WhatsApp's library
is loaded, because a fault in it ends the whole process. Its one connection to the world beside
WhatsApp is a socket to its parent; when that ends, so does it, at once.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog

os.environ["NEONIZE_BOT_TAG"] = "off"  # or every message carries a visible AI label
import pylibmagic  # noqa: F401  brings libmagic to machines without it; must come before `magic`
from neonize._binder import ProxySettings

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.drivers import neonize_wire as wire
from bukuhutang.messaging.drivers.neonize_acts import Acts
from bukuhutang.messaging.drivers.neonize_frames import Channel, Frame, FrameBroken
from bukuhutang.messaging.drivers.neonize_gate import Gate, GatedProxy
from bukuhutang.messaging.drivers.neonize_linking import Linking
from bukuhutang.messaging.drivers.neonize_login import Login
from bukuhutang.messaging.drivers.neonize_logs import configure_logs
from bukuhutang.messaging.drivers.neonize_store import Device, LoginStore, StoreBroken, StorePlace
from bukuhutang.messaging.drivers.neonize_wire import Reported

THREADS_BESIDE = 16
"""Each connected login holds one thread for good; sends and look-ups need some more."""

MEASURE_SECONDS = 5.0
PR_SET_PDEATHSIG = 1

log = structlog.get_logger("whatsapp")


class Worker:
    """Requests in, answers and events out."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._place = StorePlace(Path("."))
        self._proxy: GatedProxy | None = None
        self._logins: dict[TenantId, Login] = {}
        self._linking: Linking | None = None
        self._clients: dict[str, Any] = {}  # by JID, for the life of this process
        self._connecting = asyncio.Lock()
        self._line = asyncio.Lock()
        self._acks: dict[int, asyncio.Future[bool]] = {}
        self._told = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._acts = Acts(self._login, self.tell)

    async def run(self) -> None:
        """Serve until the parent is gone or says so."""
        measuring = asyncio.create_task(self._measure())
        try:
            while (frame := await self._channel.read()) is not None:
                if "ack" in frame.header:
                    self._acked(frame.header)
                    continue
                task = asyncio.create_task(self._answer(frame))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except FrameBroken:
            log.error("parent_speaks_nonsense")
        finally:
            measuring.cancel()

    # --- the parent -------------------------------------------------------------------------------

    def tell_for(self, tenant: TenantId) -> Callable[[Reported], Awaitable[bool]]:
        """How one tenant's events reach the parent."""
        return lambda reported: self.tell(tenant, reported)

    async def tell(self, tenant: TenantId, reported: Reported) -> bool:
        """Give one event to the parent; True when it is durably dealt with."""
        self._told += 1
        number = self._told
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._acks[number] = waiting
        header = {"event": number, "tenant": tenant, **reported.fields}
        try:
            if not await self._channel.write(header, reported.body):
                return False
            return await waiting
        finally:
            self._acks.pop(number, None)

    def _acked(self, header: dict[str, Any]) -> None:
        waiting = self._acks.get(header["ack"])
        if waiting is not None and not waiting.done():
            waiting.set_result(bool(header["ok"]))

    async def _answer(self, frame: Frame) -> None:
        number = frame.header.get("id")
        try:
            fields, body = await self._do(frame)
        except Exception as problem:
            log.exception("request_failed", request=frame.header.get("do"))
            fields, body = {"fault": type(problem).__name__}, b""
        await self._channel.write({"re": number, **fields}, body)

    async def _do(self, frame: Frame) -> tuple[dict[str, Any], bytes]:
        fields = frame.header
        tenant = TenantId(fields.get("tenant", 0))
        match fields["do"]:
            case "hello":
                self._place = StorePlace(Path(fields["folder"]), fields["url"])
                self._proxy = GatedProxy(fields["proxy"])
                await self._proxy.start()
                self._acts.send_seconds = fields["send_seconds"]
                threads = ThreadPoolExecutor(fields["sessions"] + THREADS_BESIDE)
                asyncio.get_running_loop().set_default_executor(threads)
                return {"pid": os.getpid()}, b""
            case "start":
                await self._start(tenant, PhoneNumber(fields["phone"]), fields["stamp"])
            case "stop":
                await self._stop(tenant)
            case "logout":
                await self._logout(tenant)
            case "pair":
                await self._pair(tenant, PhoneNumber(fields["phone"]), fields)
            case "exit":
                for one in list(self._logins.values()):
                    await one.stop()
                if self._linking is not None:
                    await self._linking.stop()
            case "finish":
                assert self._linking is not None
                await self._linking.finish()
            case _:
                return await self._acts.do(tenant, fields, frame.body)
        return {}, b""

    # --- logins -----------------------------------------------------------------------------------

    def _login(self, tenant: TenantId) -> Login | None:
        return self._logins.get(tenant)

    async def _start(self, tenant: TenantId, phone: PhoneNumber, stamp: str) -> None:
        if tenant in self._logins:
            await self._stop(tenant)
        store = self._place.of(tenant)
        device = await self._sound_device(tenant, store, stamp)
        if device is None:
            return
        rows = store.rows(stamp)
        if rows.was_left_open():
            store.forget_chats()
        rows.note_open()
        login = Login(tenant, phone, store, rows, self.tell_for(tenant))
        self._logins[tenant] = login
        # Two that connect or stop at once can abort the whole process. A stop waits for one connect
        # at most: who waits to connect stands in another line.
        async with self._line, self._connecting:
            if self._logins.get(tenant) is login:
                await login.connect(device, self._way(login.gate), self._kept_client)
                self._clients[device.jid] = login.client

    def _way(self, gate: Gate) -> ProxySettings:
        assert self._proxy is not None
        return ProxySettings(self._proxy.url_for(gate))

    def _kept_client(self, device: Device) -> Any | None:
        return self._clients.get(device.jid)

    async def _sound_device(self, tenant: TenantId, store: LoginStore, stamp: str) -> Device | None:
        """The linked device; an unknown one would end the process, a damaged store too."""
        try:
            store.check()
            device = store.device()
            reason = "login_lost"
        except StoreBroken:
            log.error("store_corrupted", tenant_id=tenant)
            store.set_broken_aside(stamp)
            device, reason = None, "store_corrupted"
        if device is None:
            await self.tell(tenant, wire.state("logged_out", reason=reason))
        return device

    async def _stop(self, tenant: TenantId) -> None:
        login = self._logins.pop(tenant, None)
        if login is None:
            return
        async with self._connecting:
            await login.stop()
        await login.close()

    async def _logout(self, tenant: TenantId) -> None:
        if self._linking is not None:
            await self._linking.logout()
            return
        login = self._logins.get(tenant)
        if login is not None and login.is_up:
            await self._acts.unlink(login)
        await self._stop(tenant)
        self._place.of(tenant).forget_device()

    async def _pair(self, tenant: TenantId, phone: PhoneNumber, fields: dict[str, Any]) -> None:
        assert self._linking is None, "one phone a process"
        store = self._place.of(tenant)
        store.begin_pairing()
        rows = store.rows(fields["stamp"])
        self._linking = Linking(tenant, phone, store, rows, self.tell_for(tenant))
        task = asyncio.create_task(self._linking.run(fields["how"], self._way(self._linking.gate)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- measures ---------------------------------------------------------------------------------

    async def _measure(self) -> None:
        while True:
            hooks = [one.intake.measure for one in self._logins.values()]
            await self._channel.write(
                {
                    "measure": True,
                    "sessions": len(self._logins),
                    **process_use(),
                    "hook_calls": sum(one.calls for one in hooks),
                    "hook_seconds": sum(one.total for one in hooks),
                    "hook_longest": max((one.longest for one in hooks), default=0.0),
                }
            )
            await asyncio.sleep(MEASURE_SECONDS)


def process_use() -> dict[str, int]:
    """Memory, threads and open files of this process."""
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {
        "memory": memory,
        "threads": len(os.listdir("/proc/self/task")),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def die_with_parent(parent: int) -> None:
    """The kernel ends us when our parent dies, whatever we do then."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


async def main(descriptor: int) -> None:
    """Serve the parent at the other end of this socket."""
    configure_logs()
    sock = socket.socket(fileno=descriptor)
    sock.setblocking(False)
    reader, writer = await asyncio.open_connection(sock=sock)
    with suppress(asyncio.CancelledError):
        await Worker(Channel(reader, writer)).run()


if __name__ == "__main__":
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which tells us
    die_with_parent(int(sys.argv[2]))
    asyncio.new_event_loop().run_until_complete(main(int(sys.argv[1])))
    # The library has threads that never end.
    os._exit(0)
