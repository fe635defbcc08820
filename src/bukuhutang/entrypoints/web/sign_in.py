"""Signing in and out: members by a code on their WhatsApp, the operator by the key.

Every answer is the same for numbers that are known, unknown, switched off or barred.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, BackgroundTasks, Depends, Request
from pydantic import AfterValidator, Field

from bukuhutang.base.errors import TransientFault
from bukuhutang.entrypoints.web import operator_cookie
from bukuhutang.entrypoints.web.api.shapes import ApiIn, ApiOut
from bukuhutang.entrypoints.web.auth import KeyMissing, KeyWrong, TooManyAttempts, admit, check_key
from bukuhutang.entrypoints.web.client_address import address_of
from bukuhutang.entrypoints.web.cookies import (
    MEMBER_COOKIE,
    OPERATOR_COOKIE,
    CsrfRefused,
    check_origin,
    end_cookie,
)
from bukuhutang.entrypoints.web.deps import Call, OperatorCall, WebDeps
from bukuhutang.entrypoints.web.member_cookie import TOKEN_BYTES, give, member_token, signed_in
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.entrypoints.web.operator_cookie import OperatorLogin
from bukuhutang.entrypoints.web.shapes import TenantIdInPath, Text
from bukuhutang.tenancy.phone import SPELLING_MAX
from bukuhutang.usecases import sign_ins
from bukuhutang.usecases.sign_ins import (
    CODE_FIGURES,
    CODE_LIVES,
    Signed,
    SignedOut,
    SignInRefused,
    SignInUnknown,
    Who,
)
from bukuhutang.usecases.tenants import PhoneNumberInvalid

UNPRINTABLE = re.compile(r"[^\x20-\x7e]")

router = APIRouter(tags=["signing in"])
log = structlog.get_logger("web")


Number = Annotated[Text, Field(max_length=SPELLING_MAX, examples=["081234567890"])]
LenderNumber = Annotated[
    Text | None,
    Field(max_length=SPELLING_MAX, description="The lender's number, for staff: theirs differs."),
]


class CodeIn(ApiIn):
    phone_number: Number
    lender_number: LenderNumber = None


class CodeAsked(ApiOut):
    """The same for every number."""

    success: bool = True
    expires_in_seconds: int = int(CODE_LIVES.total_seconds())


class SignInIn(ApiIn):
    phone_number: Number
    lender_number: LenderNumber = None
    code: Annotated[str, AfterValidator(str.strip), Field(max_length=20, examples=["123456"])]


class SignedInOut(ApiOut):
    """Who is signed in; `csrfToken` goes with every change as X-CSRF-Token."""

    tenant_id: int
    member_id: int
    role: str
    csrf_token: str
    expires_at: datetime


class SignInOut(ApiOut):
    """One login."""

    id: int
    device: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class SignInsOut(ApiOut):
    sign_ins: list[SignInOut]


class OperatorIn(ApiIn):
    key: Annotated[str, Field(min_length=1, max_length=500, examples=["the operator's key"])]


class OperatorOut(ApiOut):
    csrf_token: str
    expires_at: datetime


class Done(ApiOut):
    success: bool = True


@dataclass(frozen=True)
class SignedCall:
    """A request of somebody who is signed in."""

    call: Call
    signed: Signed


async def _signed_call(request: Request, call: OperatorCall) -> SignedCall:
    return SignedCall(call, await signed_in(call.deps, request.scope, call.when))


SignedIn = Annotated[SignedCall, Depends(_signed_call)]
OUT = (SignedOut(), CsrfRefused())


@router.post(
    "/sign-in/code",
    status_code=202,
    responses=refusals(PhoneNumberInvalid(), TooManyAttempts(60), CsrfRefused()),
)
async def ask_code(
    body: CodeIn, request: Request, call: OperatorCall, later: BackgroundTasks
) -> CodeAsked:
    """Send a code to the WhatsApp of this number, if it is one that may sign in."""
    check_origin(call.deps, request.scope, is_browser=False)
    address = address_of(request.scope)
    admit(call.deps.codes_asked, address)
    call.deps.codes_asked.note(address)
    who = Who.read(body.phone_number, body.lender_number)
    # After the answer: how long it takes tells nobody whether there is such a number.
    call.deps.codes_sending.count += 1
    later.add_task(_send_code, call, who)
    return CodeAsked()


async def _send_code(call: Call, who: Who) -> None:
    code = f"{secrets.randbelow(10**CODE_FIGURES):0{CODE_FIGURES}}"
    try:
        await sign_ins.ask_code(call.deps.database, who, code, call.deps.secret, call.when)
        call.deps.after_write()
    except TransientFault as fault:
        log.warning("sign_in_code_not_sent", reason=str(fault))
    finally:
        call.deps.codes_sending.count -= 1


@router.post(
    "/sign-in",
    responses=refusals(SignInRefused(), PhoneNumberInvalid(), TooManyAttempts(60), CsrfRefused()),
)
async def sign_in(body: SignInIn, request: Request, call: OperatorCall) -> SignedInOut:
    """The code for a login; its cookie comes with the answer."""
    deps, address = call.deps, address_of(request.scope)
    check_origin(deps, request.scope, is_browser=False)
    admit(deps.sign_in_attempts, address)
    who = Who.read(body.phone_number, body.lender_number)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    device = UNPRINTABLE.sub("", request.headers.get("user-agent", ""))
    try:
        signed = await sign_ins.sign_in(
            deps.database,
            who,
            body.code.replace(" ", ""),
            token=token,
            device=device,
            secret=deps.secret,
            when=call.when,
        )
    except SignInRefused:
        deps.sign_in_attempts.note(address)
        raise
    give(request.scope, signed, token, call.when.now)
    return _told(deps, signed)


def _told(deps: WebDeps, signed: Signed) -> SignedInOut:
    return SignedInOut(
        tenant_id=signed.tenant_id,
        member_id=signed.member_id,
        role=signed.role,
        csrf_token=member_token(deps, signed),
        expires_at=signed.expires_at,
    )


@router.get("/sign-in", responses=refusals(*OUT))
async def who_is_signed_in(call: SignedIn) -> SignedInOut:
    """Who is signed in here, and the token for changes."""
    return _told(call.call.deps, call.signed)


@router.get("/sign-ins", responses=refusals(*OUT))
async def list_sign_ins(call: SignedIn) -> SignInsOut:
    """The own logins: where, since when, last seen."""
    rows = await sign_ins.own_sign_ins(call.call.deps.database, call.signed, call.call.when)
    return SignInsOut(
        sign_ins=[
            SignInOut(
                id=one.sign_in,
                device=one.device,
                created_at=one.created_at,
                last_seen_at=one.seen_at,
                expires_at=one.expires_at,
                current=one.sign_in == call.signed.sign_in,
            )
            for one in rows
        ]
    )


@router.delete("/sign-ins/{id}", responses=refusals(*OUT, SignInUnknown()))
async def end_sign_in(sign_in_id: TenantIdInPath, request: Request, call: SignedIn) -> Done:
    """One of the own logins ends at once."""
    deps = call.call.deps
    await sign_ins.end_sign_in(deps.database, call.signed, sign_in_id, call.call.when)
    if sign_in_id == call.signed.sign_in:
        end_cookie(request.scope, MEMBER_COOKIE)
    return Done()


@router.post("/sign-out", responses=refusals(*OUT))
async def sign_out(request: Request, call: SignedIn) -> Done:
    """This login ends."""
    deps = call.call.deps
    await sign_ins.end_sign_in(deps.database, call.signed, call.signed.sign_in, call.call.when)
    end_cookie(request.scope, MEMBER_COOKIE)
    return Done()


@router.post(
    "/operator/sign-in",
    responses=refusals(KeyWrong(), TooManyAttempts(60), CsrfRefused()),
)
async def operator_sign_in(body: OperatorIn, request: Request, call: OperatorCall) -> OperatorOut:
    """The operator's key for a cookie that opens /admin for twelve hours."""
    check_origin(call.deps, request.scope, is_browser=False)
    check_key(call.deps, request.scope, body.key)
    login = OperatorLogin(secrets.token_urlsafe(16), call.when.now, body.key)
    operator_cookie.give(call.deps, request.scope, login, call.when.now)
    return _operator(call.deps, login)


@router.get("/operator/sign-in", responses=refusals(KeyMissing()))
async def operator_signed_in(request: Request, call: OperatorCall) -> OperatorOut:
    """The operator's login here, and the token for changes."""
    login = operator_cookie.login_of(call.deps, request.scope)
    if login is None:
        raise KeyMissing
    return _operator(call.deps, login)


def _operator(deps: WebDeps, login: OperatorLogin) -> OperatorOut:
    token = operator_cookie.token_for(deps, login)
    return OperatorOut(csrf_token=token, expires_at=login.expires_at)


@router.post("/operator/sign-out", responses=refusals(KeyMissing(), CsrfRefused()))
async def operator_sign_out(request: Request, call: OperatorCall) -> Done:
    """The browser forgets the operator's cookie."""
    if operator_cookie.login_of(call.deps, request.scope) is None:
        raise KeyMissing
    end_cookie(request.scope, OPERATOR_COOKIE)
    return Done()
