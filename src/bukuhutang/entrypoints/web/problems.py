"""Every no as RFC 9457 problem details: one table to status, words from `rendering`."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from bukuhutang.base.errors import InvariantBroken, Refusal, TransientFault
from bukuhutang.entrypoints.web.api import refusals as api
from bukuhutang.entrypoints.web.auth import KeyMissing, KeyWrong, TooManyAttempts
from bukuhutang.entrypoints.web.body_limit import body_bytes_max
from bukuhutang.entrypoints.web.cookies import CsrfRefused
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.field_problems import FieldProblem, field_problems
from bukuhutang.entrypoints.web.language import language_of
from bukuhutang.rendering.texts import render_problem
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases import (
    agreement_refusals,
    api_keys,
    channel,
    contacts,
    members,
    pairing,
    quotas,
    refusals,
    reports,
    settings,
    sign_ins,
    tenants,
)

STATUSES: dict[type[Refusal], int] = {
    KeyMissing: 401,
    KeyWrong: 403,
    TooManyAttempts: 429,
    CursorInvalid: 422,
    tenants.TenantNotFound: 404,
    tenants.PhoneNumberInvalid: 422,
    tenants.NameInvalid: 422,
    tenants.EmailInvalid: 422,
    tenants.PhoneNumberTaken: 409,
    tenants.WhatsappNotConnected: 409,
    tenants.TenantNotActivated: 409,
    tenants.PlanUnknown: 422,
    tenants.CreditsOutOfRange: 422,
    tenants.CreditsUnlimited: 409,
    tenants.QrNotAvailable: 404,
    channel.DriverUnknown: 422,
    channel.PhoneIdInvalid: 422,
    channel.PhoneIdTaken: 409,
    channel.CloudNotConfigured: 409,
    channel.OwnerNumberMissing: 409,
    pairing.LinkUnknown: 404,
    api_keys.KeyNotFound: 404,
    api_keys.TooManyKeys: 409,
    api_keys.KeyExpiryInvalid: 422,
    sign_ins.SignInRefused: 403,
    sign_ins.SignedOut: 401,
    sign_ins.SignInUnknown: 404,
    CsrfRefused: 403,
    api.RateLimited: 429,
    api.TenantInactive: 409,
    api.IdempotencyKeyMissing: 400,
    api.IdempotencyKeyInvalid: 400,
    refusals.IdempotencyKeyReused: 422,
    api.PreconditionRequired: 428,
    api.PreconditionFailed: 412,
    api.NameAmbiguous: 409,
    api.DirectionAmbiguous: 409,
    api.TargetAmbiguous: 409,
    api.TargetUnclear: 422,
    api.PersonNameInvalid: 422,
    api.PersonUnclear: 422,
    api.DueDateOutOfRange: 422,
    api.BorrowerNotFound: 404,
    api.DebtNotFound: 404,
    api.PaymentNotFound: 404,
    api.ReminderNotFound: 404,
    api.FileNotFound: 404,
    api.MemberExists: 409,
    api.OfferNotPossible: 422,
    api.RescheduleUnclear: 422,
    refusals.RemindedToday: 409,
    refusals.BorrowerOptedOut: 409,
    settings.ReminderTemplateEmpty: 422,
    settings.ReminderTemplateTooLong: 422,
    settings.ReminderFieldsUnknown: 422,
    settings.TimezoneUnknown: 422,
    reports.MonthUnknown: 422,
    agreement_refusals.AgreementUnknown: 404,
    agreement_refusals.AgreementNotAccepted: 409,
    agreement_refusals.AgreementOver: 409,
    agreement_refusals.InstallmentUnknown: 404,
    agreement_refusals.InstallmentSettled: 409,
    agreement_refusals.PayoffTooLittle: 409,
    agreement_refusals.ForgiveTooMuch: 409,
    agreement_refusals.AgreementHasPayments: 409,
    agreement_refusals.RequestWaits: 409,
    agreement_refusals.RescheduleImpossible: 409,
    agreement_refusals.AgreementWithoutPhone: 409,
    agreement_refusals.DocumentNotReady: 404,
    contacts.BorrowerExists: 409,
    members.MemberUnknown: 404,
    members.MemberIsTenant: 409,
    members.LastOwner: 409,
    members.TooManyMembers: 409,
    members.MemberBorrows: 409,
    refusals.NotPermitted: 403,
    refusals.BorrowerUnknown: 404,
    refusals.NothingOwed: 409,
    refusals.DebtNotOpen: 409,
    refusals.AlreadyUndone: 409,
    refusals.BuiltUpon: 409,
    refusals.PhoneTaken: 409,
    refusals.PhoneIsOwn: 409,
    refusals.TooManyPeople: 409,
    # In conflict with how full the book is: after a payoff or with another plan it goes through.
    quotas.DebtQuotaReached: 409,
    quotas.AgreementQuotaReached: 409,
    quotas.PdfQuotaReached: 409,
    quotas.AiCreditsUsedUp: 409,
}
"""Class to status: the one place where a refusal becomes a number."""

FIELDS: dict[type[Refusal], str] = {
    CursorInvalid: "cursor",
    tenants.PhoneNumberInvalid: "phoneNumber",
    tenants.PhoneNumberTaken: "phoneNumber",
    tenants.NameInvalid: "name",
    tenants.EmailInvalid: "email",
    tenants.PlanUnknown: "plan",
    tenants.CreditsOutOfRange: "amount",
    channel.DriverUnknown: "driver",
    channel.PhoneIdInvalid: "phoneId",
    channel.PhoneIdTaken: "phoneId",
    channel.OwnerNumberMissing: "ownerPhone",
    api_keys.KeyExpiryInvalid: "expiresAt",
    api.PersonNameInvalid: "name",
    api.MemberExists: "phoneNumber",
    members.MemberBorrows: "phoneNumber",
    api.PersonUnclear: "borrowerId",
    api.TargetUnclear: "agreement",
    api.DueDateOutOfRange: "dueDate",
    settings.ReminderTemplateEmpty: "reminderTemplate",
    settings.ReminderTemplateTooLong: "reminderTemplate",
    settings.ReminderFieldsUnknown: "reminderTemplate",
    settings.TimezoneUnknown: "timezone",
    reports.MonthUnknown: "month",
    agreement_refusals.AgreementWithoutPhone: "phoneNumber",
    refusals.PhoneTaken: "phoneNumber",
    refusals.PhoneIsOwn: "phoneNumber",
}
"""Which field of the request a refusal is about, where it is one."""

CODES_BY_STATUS = {
    400: "request_invalid",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    422: "request_invalid",
    503: "service_unavailable",
}
"""What the framework itself refuses has a number only."""

UNREADABLE = RequestValidationError([{"type": "json_invalid", "loc": ("body", 0), "msg": ""}])
TYPE = "urn:bukuhutang:problem:"
RETRY_SECONDS = 2
PROBLEM_CODE = "bukuhutang.problem_code"
REQUEST_ID = "bukuhutang.request_id"

log = structlog.get_logger("web")


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


class Problems:
    """Turns what was raised into the answer; knows the statuses of all mounted routers."""

    def __init__(self, extra_statuses: Mapping[type[Refusal], int]) -> None:
        self._statuses = {**STATUSES, **extra_statuses}

    async def handle(self, request: Request, fault: Exception) -> Response:
        """As an exception handler of the framework."""
        return self.answer(request.scope, fault)

    def answer(self, scope: Scope, fault: Exception) -> Response:
        """The problem for any exception; what nobody expected says nothing of itself."""
        language = language_of(scope)
        if isinstance(fault, Refusal):
            return self._refused(scope, fault, language)
        if isinstance(fault, HTTPException) and fault.status_code == 400:
            # Bytes that are no text, or too deep: the framework's own words for bad JSON differ.
            fault = UNREADABLE
        if isinstance(fault, RequestValidationError):
            errors, more = field_problems(fault, scope["path"], language)
            members = {"errors": errors, "moreErrors": more} if more else {"errors": errors}
            return _problem(scope, "request_invalid", 422, members=members)
        if isinstance(fault, TransientFault):
            log.warning("database away", reason=str(fault))
            headers = {"Retry-After": str(RETRY_SECONDS)}
            return _problem(scope, "service_unavailable", 503, headers=headers)
        if isinstance(fault, HTTPException):
            if fault.status_code == 405:
                fault = HTTPException(405, headers={"Allow": allowed_methods(scope)})
            return _by_status(scope, fault)
        return _problem(scope, "internal_error", 500)

    def _refused(self, scope: Scope, refusal: Refusal, language: Language) -> Response:
        status = self._statuses.get(type(refusal))
        if status is None:
            raise InvariantBroken(f"{type(refusal).__name__} has no status") from refusal
        fields = refusal.fields()
        members: dict[str, Any] = {to_camel(name): value for name, value in fields.items()}
        if type(refusal) in FIELDS:
            detail = render_problem(refusal.code, language, **fields)
            field = FIELDS[type(refusal)]
            members["errors"] = [FieldProblem(field=field, code=refusal.code, detail=detail)]
        headers: dict[str, str] = {}
        if isinstance(refusal, TooManyAttempts | api.RateLimited):
            headers["Retry-After"] = str(refusal.retry_after_seconds)
        if isinstance(refusal, tenants.QrNotAvailable) and refusal.reason == "not_ready":
            headers["Retry-After"] = str(RETRY_SECONDS)
        if status == HTTPStatus.UNAUTHORIZED:
            scheme = "ApiKey" if scope["path"].startswith("/admin") else "Bearer"
            headers["WWW-Authenticate"] = f'{scheme} realm="bukuhutang"'
        return _problem(
            scope, refusal.code, status, text_fields=fields, members=members, headers=headers
        )


def allowed_methods(scope: Scope) -> str:
    """All that this address takes: a router itself names only those of the first route it finds."""
    found = {
        method
        for one in iter_route_contexts(scope["app"].routes)
        if one.methods and one.matches(scope)[0] is not Match.NONE
        for method in one.methods
    }
    return ", ".join(sorted(found))


def _by_status(scope: Scope, fault: HTTPException) -> Response:
    code = CODES_BY_STATUS.get(
        fault.status_code, "request_invalid" if fault.status_code < 500 else "internal_error"
    )
    fields = {"max": body_bytes_max(scope["path"])} if code == "body_too_large" else {}
    return _problem(
        scope,
        code,
        fault.status_code,
        text_fields=fields,
        members=fields,
        headers=fault.headers or {},
    )


def _problem(
    scope: Scope,
    code: str,
    status: int,
    *,
    text_fields: Mapping[str, object] | None = None,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    language = language_of(scope)
    scope[PROBLEM_CODE] = code  # for the access log
    standard: dict[str, Any] = {
        "type": TYPE + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": render_problem(code, language, **(text_fields or {})),
        "code": code,
    }
    if REQUEST_ID in scope:
        standard["instance"] = f"urn:bukuhutang:request:{scope[REQUEST_ID]}"
    # First to be read first, and last so that no field of a refusal takes a standard place.
    body = {**standard, **(members or {}), **standard}
    if "errors" in body:
        body["errors"] = [one.model_dump() for one in body["errors"]]
    spoken = {"Content-Language": language.value, "Vary": "Accept-Language"}
    return ProblemResponse(body, status_code=status, headers={**(headers or {}), **spoken})
