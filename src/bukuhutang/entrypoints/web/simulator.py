"""The simulator over HTTP: what a person does with the simulated phones, and time travel.

The paths and shapes are a promise to programs outside (product, section 10); `changes`, `sends`
and the phone itself are extras for our own page and tests. A message list has no place to say that
more follows: the header `X-More` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import FileResponse

from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.simulator_shapes import (
    ChangesOut,
    ClockIn,
    ClockOut,
    ConnectionIn,
    ConnectionOut,
    IdleOut,
    LinkedOut,
    MessageIn,
    MessageOut,
    PairIn,
    PhoneOut,
    ReceiptIn,
    ReceiptOut,
    ScanIn,
    ScanOut,
    SendsOut,
    WrittenOut,
)
from bukuhutang.messaging.simulated import (
    ClockBackwards,
    ClockTooFar,
    DocumentTooLarge,
    DocumentUnknown,
    MessageNotYours,
    MessageTooOld,
    MessageUnknown,
    NewChatBarred,
    NumberInvalid,
    PairCodeExpired,
    PairCodeUnknown,
    PhoneAlreadyLinked,
    PhoneBanned,
    PhoneOffline,
    QrExpired,
    QrUnknown,
    SimulatedWhatsApp,
    SimulatorFull,
    StillBusy,
    WrongNumber,
)

WAIT_SECONDS_MAX = 60
IDLE_SECONDS_MAX = 120

SIMULATOR_STATUSES: dict[type[Refusal], int] = {
    NumberInvalid: 422,
    QrUnknown: 404,
    PairCodeUnknown: 404,
    PairCodeExpired: 410,
    QrExpired: 410,
    WrongNumber: 409,
    PhoneAlreadyLinked: 409,
    PhoneOffline: 409,
    PhoneBanned: 409,
    NewChatBarred: 409,
    MessageUnknown: 404,
    MessageNotYours: 409,
    MessageTooOld: 409,
    DocumentUnknown: 404,
    DocumentTooLarge: 413,
    ClockBackwards: 409,
    ClockTooFar: 422,
    SimulatorFull: 507,
    StillBusy: 408,
}
"""Class to status, for the one table of the web door."""

After = Annotated[int, Query(ge=0)]
WaitSeconds = Annotated[float, Query(alias="wait", ge=0, le=WAIT_SECONDS_MAX)]
IdleSeconds = Annotated[float, Query(alias="timeout", gt=0, le=IDLE_SECONDS_MAX)]


class _Phones:
    """The routes of one phone."""

    def __init__(self, whatsapp: SimulatedWhatsApp) -> None:
        self._whatsapp = whatsapp

    async def show(self, number: str) -> PhoneOut:
        """The phone's switch, and what is linked to it."""
        phone = self._whatsapp.phone(number)
        return PhoneOut(
            number=phone.number,
            state=phone.state,
            linked=None if phone.tenant is None else LinkedOut(tenant_id=phone.tenant),
            last_seq=phone.last_seq,
            rev=phone.rev,
        )

    async def scan(self, number: str, body: ScanIn) -> ScanOut:
        """Link the tenant whose QR the phone sees."""
        return ScanOut(tenant_id=await self._whatsapp.scan(number, body.qr))

    async def pair(self, number: str, body: PairIn) -> ScanOut:
        """Link the tenant whose eight characters are typed on the phone."""
        return ScanOut(tenant_id=await self._whatsapp.pair(number, body.code))

    async def write(self, number: str, body: MessageIn, response: Response) -> WrittenOut:
        """Type a message or do something to one; 201, or 200 when this id was sent before.

        What is done to a message is not shown as one: its `seq` is 0.
        """
        written = await self._whatsapp.write(
            number,
            body.to,
            body.words(),
            document=None if body.document is None else body.document.document(),
            message_id=body.id,
            extras=body.extras(),
        )
        response.status_code = 200 if written.resent else 201
        return WrittenOut(id=written.id, seq=written.seq)

    async def messages(
        self, number: str, response: Response, after: After = 0, wait: WaitSeconds = 0
    ) -> list[MessageOut]:
        """What the phone shows behind `after`; `wait` seconds for the first one."""
        page = await self._whatsapp.messages(number, after=after, wait_seconds=wait)
        response.headers["X-More"] = "true" if page.more else "false"
        return [MessageOut.of(one) for one in page.messages]

    async def changes(self, number: str, after: After = 0, wait: WaitSeconds = 0) -> ChangesOut:
        """What is new or has other ticks since the `rev` in `after`."""
        changes = await self._whatsapp.changes(number, after=after, wait_seconds=wait)
        return ChangesOut(
            rev=changes.rev,
            messages=[MessageOut.of(one) for one in changes.messages],
            state=changes.state,
            more=changes.more,
        )

    async def receipt(self, number: str, body: ReceiptIn) -> ReceiptOut:
        """Confirm a message that the phone received; the state it is in now."""
        ticks = await self._whatsapp.receipt(number, body.id, body.state)
        return ReceiptOut(id=body.id, state=ticks)

    async def connection(self, number: str, body: ConnectionIn) -> ConnectionOut:
        """Turn the phone's switch."""
        await self._whatsapp.set_connection(number, body.state)
        return ConnectionOut(state=body.state)


class _Network:
    """The routes that concern no single phone."""

    def __init__(
        self,
        whatsapp: SimulatedWhatsApp,
        wait_idle: Callable[[float], Awaitable[bool]],
        on_clock_moved: Callable[[], Awaitable[None]],
    ) -> None:
        self._whatsapp = whatsapp
        self._wait_idle = wait_idle
        self._on_clock_moved = on_clock_moved
        self._moving = asyncio.Lock()

    async def clock(self) -> ClockOut:
        """The business instant."""
        return ClockOut(now=self._whatsapp.now())

    async def move_clock(self, body: ClockIn) -> ClockOut:
        """Move business time forward; answers when what fell due in between was set off."""
        # One journey at a time, or the second would overtake what the first set off.
        async with self._moving:
            now = self._whatsapp.move_clock(body.distance(self._whatsapp.now()))
            await self._on_clock_moved()
        return ClockOut(now=now)

    async def idle(self, timeout_seconds: IdleSeconds = 30) -> IdleOut:
        """Wait until inbox, outbox and sweeps are at rest; 408 when they are not in time."""
        if not await self._wait_idle(timeout_seconds):
            raise StillBusy
        return IdleOut()

    async def sends(
        self, client_ref: Annotated[str | None, Query(alias="clientRef")] = None
    ) -> SendsOut:
        """How often WhatsApp accepted a send of the service."""
        if client_ref is not None:
            return SendsOut(accepted=self._whatsapp.times_accepted(client_ref))
        sends = self._whatsapp.accepted_sends()
        return SendsOut(accepted=sends.total, doubled=sends.doubled)

    async def document(self, token: str) -> FileResponse:
        """The bytes of a document; never shown as a page of this site, whatever it holds."""
        document, path = self._whatsapp.document(token)
        return FileResponse(
            path,
            media_type=document.mime_type,
            filename=document.file_name,
            headers={
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "Cache-Control": "private, no-store",
            },
        )


def simulator_router(
    whatsapp: SimulatedWhatsApp,
    *,
    require_operator: Callable[..., Any],
    wait_idle: Callable[[float], Awaitable[bool]],
    on_clock_moved: Callable[[], Awaitable[None]],
) -> APIRouter:
    """All routes under /simulator, each behind the dependency `require_operator`.

    `wait_idle` takes seconds and says whether the service came to rest; `on_clock_moved` sets off
    what has fallen due. Refusals rise as they are: SIMULATOR_STATUSES has their numbers.
    """
    router = APIRouter(
        prefix="/simulator", tags=["simulator"], dependencies=[Depends(require_operator)]
    )
    phones, network = _Phones(whatsapp), _Network(whatsapp, wait_idle, on_clock_moved)
    get, post = _adder(router, "GET"), _adder(router, "POST")
    get("/phones/{number}", phones.show)
    post("/phones/{number}/scan", phones.scan)
    post("/phones/{number}/pair", phones.pair)
    post("/phones/{number}/messages", phones.write, status_code=201)
    get("/phones/{number}/messages", phones.messages, response_model_exclude_none=True)
    get("/phones/{number}/changes", phones.changes, response_model_exclude_none=True)
    post("/phones/{number}/receipts", phones.receipt)
    post("/phones/{number}/connection", phones.connection)
    get("/clock", network.clock)
    post("/clock", network.move_clock)
    post("/idle", network.idle)
    get("/sends", network.sends, response_model_exclude_none=True)
    get("/documents/{token}", network.document, response_class=FileResponse)
    return router


def _adder(router: APIRouter, method: str) -> Callable[..., None]:
    def add(path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        name = f"simulator_{endpoint.__name__}"
        router.add_api_route(path, endpoint, methods=[method], name=name, **options)

    return add
