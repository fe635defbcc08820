"""In a disposable process: link one phone, by QR or by a code typed on it, then end.

The library shows six codes (the first for 60 seconds, the others for 20) and then says nothing
more, so the time is kept here. When WhatsApp asks for a passkey, which the library cannot answer,
no event says so; only its "login status", which it gives to a function that does nothing, does.
"""

from __future__ import annotations

import asyncio
import ctypes
from contextlib import suppress
from typing import Any, Literal

import structlog
from google.protobuf.message import DecodeError
from neonize.exc import NeonizeError
from neonize.proto import Neonize_pb2 as neonize_proto
from neonize.proto.waCompanionReg.WAWebProtobufsCompanionReg_pb2 import DeviceProps

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.drivers import neonize_wire as wire
from bukuhutang.messaging.drivers.neonize_gate import Gate
from bukuhutang.messaging.drivers.neonize_login import ClientParts, make_client
from bukuhutang.messaging.drivers.neonize_report import Intake, Tell
from bukuhutang.messaging.drivers.neonize_rows import LoginRows
from bukuhutang.messaging.drivers.neonize_store import LoginStore

DEVICE_NAME = "BukuHutang"
CODES_MAX = 6
FIRST_CODE_SECONDS = 60
NEXT_CODE_SECONDS = 20
PAIRING_SECONDS = FIRST_CODE_SECONDS + (CODES_MAX - 1) * NEXT_CODE_SECONDS
FIRST_SIGN_SECONDS = 30
CONNECT_SECONDS = 60
LOGOUT_SECONDS = 15
STOP_SECONDS = 5

log = structlog.get_logger("whatsapp")


def device_props() -> Any:
    """How we show up in the phone's list of linked devices; history is not wanted."""
    return DeviceProps(
        os=DEVICE_NAME,
        platformType=DeviceProps.CHROME,
        requireFullSync=False,
        historySyncConfig=DeviceProps.HistorySyncConfig(
            fullSyncDaysLimit=1,
            fullSyncSizeMbLimit=1,
            storageQuotaMb=1,
            recentSyncDaysLimit=1,
            supportCallLogHistory=False,
        ),
    )


class Linking:
    """One attempt of one tenant; the process ends with it."""

    def __init__(
        self,
        tenant: TenantId,
        phone_number: PhoneNumber,
        store: LoginStore,
        rows: LoginRows,
        tell: Tell,
    ) -> None:
        self._tenant = tenant
        self._phone_number = phone_number
        self._store = store
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._codes = 0
        self._how: Literal["qr", "code"] = "qr"
        self._first = asyncio.Event()
        self._jid: Any = None
        self._lid: Any = None
        self._paired = asyncio.Event()
        self._connected = asyncio.Event()
        self._failed: asyncio.Future[str] = self._loop.create_future()
        self._task: asyncio.Task[None] | None = None
        self.gate = Gate()
        intake = Intake(
            rows,
            self._loop,
            gate=self.gate,
            on_kept=lambda: None,
            on_state=self._on_state,
        )
        self._client = make_client(
            ClientParts(
                store.pairing_name,
                props=device_props(),
                uuid=f"linking-{tenant}",
                new_device=True,
            ),
            intake.take,
        )
        self._client.qr(self._on_qr)
        # A private method of the class that only discards it; it is looked up at `connect`.
        self._client._NewAClient__onLoginStatus = self._on_status

    async def run(self, how: Literal["qr", "code"], proxy: Any) -> None:
        """Show codes until a phone has scanned one and is connected; tells how it ends."""
        self._how = how
        self._task = await self._client.connect(proxy)
        assert self._task is not None
        self._task.add_done_callback(lambda _: self._fail("error"))
        try:
            failed = await self._until_linked()
        except TimeoutError:
            failed = "timeout" if self._codes else "error"
        if failed is not None:
            await self.stop()
            await self._tell(wire.state("pairing_failed", reason=failed))
            return
        await self._tell(
            wire.state(
                "linked",
                jid=self.jid,
                number=self._jid.User,
                lid=f"{self._lid.User}@lid" if self._lid is not None and self._lid.User else None,
            )
        )

    def _on_status(self, _: int, address: int) -> None:
        """Called on the library's thread."""
        status = ctypes.string_at(address).decode(errors="replace") if address else ""
        if status.startswith("passkey"):
            self._loop.call_soon_threadsafe(self._fail, "passkey")

    async def _until_linked(self) -> str | None:
        async with asyncio.timeout(FIRST_SIGN_SECONDS):
            if await self._or_failed(self._first):
                return self._failed.result()
        async with asyncio.timeout(PAIRING_SECONDS):
            if await self._or_failed(self._paired):
                return self._failed.result()
        async with asyncio.timeout(CONNECT_SECONDS):
            if await self._or_failed(self._connected):
                return self._failed.result()
        return None

    async def _or_failed(self, event: asyncio.Event) -> bool:
        """Wait for an event; True when the attempt failed first."""
        waiting = asyncio.create_task(event.wait())
        either: set[asyncio.Future[Any]] = {waiting, self._failed}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        return self._failed.done()

    def _fail(self, reason: str) -> None:
        if not self._failed.done():
            self._failed.set_result(reason)

    @property
    def jid(self) -> str:
        """The new device as WhatsApp names it."""
        return f"{self._jid.User}:{self._jid.Device}@{self._jid.Server}"

    async def _on_qr(self, _: Any, code: bytes) -> None:
        self._codes += 1
        self._first.set()
        if self._how == "code":
            if self._codes == 1:
                await self._show_pair_code()
            return
        seconds = FIRST_CODE_SECONDS if self._codes == 1 else NEXT_CODE_SECONDS
        await self._tell(wire.state("qr", code=code.decode(), seconds=seconds))

    async def _show_pair_code(self) -> None:
        try:
            code = await self._client.PairPhone(self._phone_number, True)
        except NeonizeError as problem:
            log.warning("pair_code_refused", tenant_id=self._tenant, reason=str(problem)[:80])
            self._fail("error")
            return
        await self._tell(wire.state("pair_code", code=code))

    def _on_state(self, code: int, raw: bytes) -> None:
        try:
            if code == 0:
                self._lid = neonize_proto.Device.FromString(raw).LID
            elif code == 2:
                status = neonize_proto.PairStatus.FromString(raw)
                if status.Status != neonize_proto.PairStatus.SUCCESS:
                    self._fail("error")
                    return
                self._jid = status.ID
                self._paired.set()
            elif code == 3 and self._paired.is_set():
                self._connected.set()
            elif code in (6, 7, 8, 9, 10):
                self._fail("error")
        except DecodeError:
            self._fail("error")

    async def stop(self) -> None:
        """Disconnect; what was linked stays linked."""
        await self._client.stop()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS)

    async def finish(self) -> None:
        """The phone was the right one: its device is the tenant's from now on."""
        await self.stop()
        self._store.adopt(self.jid)

    async def logout(self) -> None:
        """The phone was the wrong one: it forgets this device, and so do we."""
        with suppress(NeonizeError, TimeoutError):
            async with asyncio.timeout(LOGOUT_SECONDS):
                await self._client.logout()
        await self.stop()
        self._store.begin_pairing()
