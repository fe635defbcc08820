"""One tenant, as the operator steers it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Header, Response

from bukuhutang.base.clock import monotonic
from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.api.gate import IDEMPOTENCY_KEY_MAX, mark_of
from bukuhutang.entrypoints.web.deps import Call, OperatorCall
from bukuhutang.entrypoints.web.link_page import new_secret
from bukuhutang.entrypoints.web.login_shapes import LoginOut
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.entrypoints.web.shapes import (
    ChannelIn,
    CreditsIn,
    DetailsAnswer,
    LinkAnswer,
    PairCodeAnswer,
    PlanIn,
    QrAnswer,
    RegisterIn,
    TenantAnswer,
    TenantIdInPath,
    TenantOut,
)
from bukuhutang.rendering.qr import qr_png, qr_svg
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.plans import CREDITS_ADDED_MAX
from bukuhutang.tenancy.tenant import TENANT_NAME_MAX
from bukuhutang.usecases import channel, tenants
from bukuhutang.usecases.channel import SetChannel
from bukuhutang.usecases.members import MemberBorrows
from bukuhutang.usecases.pairing import link_address, link_for
from bukuhutang.usecases.refusals import IdempotencyKeyReused
from bukuhutang.usecases.tenants import Qr, QrNotAvailable, TenantNotFound, When

QR_POLL_SECONDS = 0.1

Shown = TypeVar("Shown")

router = APIRouter(prefix="/admin", tags=["tenants"])

NOT_FOUND = TenantNotFound(7)
NO_QR = QrNotAvailable("connected")


@router.post(
    "/tenants/register",
    status_code=201,
    responses=refusals(
        tenants.PhoneNumberInvalid(),
        tenants.NameInvalid(TENANT_NAME_MAX),
        tenants.EmailInvalid(),
        tenants.PhoneNumberTaken(),
    ),
)
async def register(body: RegisterIn, call: OperatorCall) -> TenantAnswer:
    """Register a lender; its session shows QR codes until the number is linked."""
    row = await tenants.register_tenant(
        call.deps.database,
        phone_number=body.phone_number,
        name=body.name,
        email=body.email,
        when=call.when,
    )
    await call.deps.wake_sessions()
    return TenantAnswer(tenant=TenantOut.of(row))


@router.get("/tenant/{id}", responses=refusals(NOT_FOUND))
async def details(tenant_id: TenantIdInPath, call: OperatorCall) -> DetailsAnswer:
    """Settings, usage this month against the limits, session, totals."""
    found = await tenants.tenant_stats(call.deps.database, TenantId(tenant_id), call.when)
    login = LoginOut.of(
        found.login,
        found.last_mail,
        call.language,
        by_mail=call.deps.has_mail and found.tenant.email is not None,
    )
    return DetailsAnswer.of(found, login=login)


@router.get("/tenant/{id}/qr", responses=refusals(NOT_FOUND, NO_QR))
async def qr(tenant_id: TenantIdInPath, call: OperatorCall) -> QrAnswer:
    """The QR code to scan now; asking for it starts a pairing."""
    shown = await _qr_on_show(tenant_id, call)
    return QrAnswer(qr=shown.code, expires_at=shown.expires_at)


@router.get(
    "/tenant/{id}/qr.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}, **refusals(NOT_FOUND, NO_QR)},
)
async def qr_as_svg(tenant_id: TenantIdInPath, call: OperatorCall) -> Response:
    """The QR code as a picture for a page."""
    shown = await _qr_on_show(tenant_id, call)
    return Response(qr_svg(shown.code), media_type="image/svg+xml")


@router.get(
    "/tenant/{id}/qr.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}, **refusals(NOT_FOUND, NO_QR)},
)
async def qr_as_png(tenant_id: TenantIdInPath, call: OperatorCall) -> Response:
    """The QR code as a picture for a message or a printer."""
    shown = await _qr_on_show(tenant_id, call)
    return Response(qr_png(shown.code), media_type="image/png")


@router.get("/tenant/{id}/pair-code", responses=refusals(NOT_FOUND, NO_QR))
async def pair_code(tenant_id: TenantIdInPath, call: OperatorCall) -> PairCodeAnswer:
    """Eight characters to type on the lender's phone instead of a scan; starts such a pairing."""
    code = await _on_show(lambda: tenants.pair_code_of(*_asked(tenant_id, call)), call)
    return PairCodeAnswer(code=code)


@router.post("/tenant/{id}/link", status_code=201, responses=refusals(NOT_FOUND))
async def link(tenant_id: TenantIdInPath, call: OperatorCall) -> LinkAnswer:
    """A link to the pairing page, to be sent to the lender; a link made before is void."""
    database, tenant, when = _asked(tenant_id, call)
    made = await link_for(database, tenant, new_secret(), when)
    base_url = call.deps.public_url or call.base_url
    return LinkAnswer(url=link_address(base_url, made), expires_at=made.expires_at)


async def _qr_on_show(tenant_id: int, call: Call) -> Qr:
    return await _on_show(lambda: tenants.qr_of(*_asked(tenant_id, call)), call)


def _asked(tenant_id: int, call: Call) -> tuple[Database, TenantId, When]:
    return call.deps.database, TenantId(tenant_id), call.when


async def _on_show(look: Callable[[], Awaitable[Shown | None]], call: Call) -> Shown:
    """The code; when there is none yet, waits for the session that has just been asked for it."""
    gives_up = monotonic() + call.deps.qr_wait_seconds
    shown = await look()
    if shown is None:
        await call.deps.wake_sessions()
    while shown is None:
        if monotonic() >= gives_up:
            raise QrNotAvailable("not_ready")
        await asyncio.sleep(QR_POLL_SECONDS)
        shown = await look()
    return shown


@router.post(
    "/tenant/{id}/activate",
    responses=refusals(NOT_FOUND, tenants.WhatsappNotConnected("unlinked")),
)
async def activate(tenant_id: TenantIdInPath, call: OperatorCall) -> TenantAnswer:
    """Confirm that a linked tenant is active."""
    row = await tenants.activate_tenant(call.deps.database, TenantId(tenant_id), call.when)
    return TenantAnswer(tenant=TenantOut.of(row))


@router.post("/tenant/{id}/toggle", responses=refusals(NOT_FOUND, tenants.TenantNotActivated()))
async def toggle(tenant_id: TenantIdInPath, call: OperatorCall) -> TenantAnswer:
    """Switch a tenant off, or on again; nothing is deleted."""
    row = await tenants.toggle_tenant(call.deps.database, TenantId(tenant_id), call.when)
    await call.deps.wake_sessions()
    return TenantAnswer(tenant=TenantOut.of(row))


@router.post(
    "/tenant/{id}/channel",
    responses=refusals(
        NOT_FOUND,
        channel.DriverUnknown("telegram"),
        channel.PhoneIdInvalid(),
        tenants.PhoneNumberInvalid(),
        channel.PhoneIdTaken(),
        channel.CloudNotConfigured(),
        channel.OwnerNumberMissing(),
        MemberBorrows(None),
    ),
)
async def set_channel(
    tenant_id: TenantIdInPath, body: ChannelIn, call: OperatorCall
) -> TenantAnswer:
    """Reach a tenant through a linked phone or through a number of the Cloud API."""
    row = await channel.set_channel(
        call.deps.database,
        TenantId(tenant_id),
        SetChannel(body.driver, body.phone_id, body.owner_phone),
        cloud_configured=call.deps.cloud_configured,
        when=call.when,
    )
    await call.deps.wake_sessions()
    return TenantAnswer(tenant=TenantOut.of(row))


@router.post("/tenant/{id}/plan", responses=refusals(NOT_FOUND, tenants.PlanUnknown("gold")))
async def set_plan(tenant_id: TenantIdInPath, body: PlanIn, call: OperatorCall) -> TenantAnswer:
    """Another plan with its limits; all rows stay."""
    row = await tenants.set_plan(call.deps.database, TenantId(tenant_id), body.plan, call.when)
    return TenantAnswer(tenant=TenantOut.of(row))


@router.post(
    "/tenant/{id}/credits",
    responses=refusals(
        NOT_FOUND,
        tenants.CreditsOutOfRange(1, CREDITS_ADDED_MAX),
        tenants.CreditsUnlimited(),
        IdempotencyKeyReused(),
    ),
)
async def add_credits(
    tenant_id: TenantIdInPath,
    body: CreditsIn,
    call: OperatorCall,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=IDEMPOTENCY_KEY_MAX,
            description="Yours, another one for every gift: with the same again nothing is added.",
            examples=["invoice-2026-0042"],
        ),
    ] = None,
) -> TenantAnswer:
    """AI credits on top of the plan's month; they do not expire."""
    key = None if idempotency_key is None else f"credits:{mark_of(idempotency_key)}"
    row = await tenants.add_credits(
        call.deps.database, TenantId(tenant_id), body.amount, call.when, key=key
    )
    return TenantAnswer(tenant=TenantOut.of(row))
