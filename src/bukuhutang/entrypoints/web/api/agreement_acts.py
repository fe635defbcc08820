"""What is done to an agreement: paid, paid off, forgiven, written off, changed, called off."""

from __future__ import annotations

from fastapi import APIRouter, Response

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.entrypoints.web.api.agreement_shapes import (
    AgreementDetailOut,
    ForgiveIn,
    InstallmentPaymentIn,
    PayoffIn,
    PayoffOut,
    RescheduleIn,
)
from bukuhutang.entrypoints.web.api.agreements import agreement_shown
from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.refusals import RescheduleUnclear
from bukuhutang.entrypoints.web.api.shapes import NumberInPath
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_changes import cancel_agreement, reschedule, resend_document
from bukuhutang.usecases.agreement_payments import (
    PayInstallment,
    forgive,
    pay_installment,
    pay_off,
    quote_payoff,
    write_off,
)
from bukuhutang.usecases.agreement_refusals import (
    AgreementHasPayments,
    AgreementNotAccepted,
    AgreementOver,
    AgreementUnknown,
    AgreementWithoutPhone,
    DocumentNotReady,
    ForgiveTooMuch,
    InstallmentSettled,
    InstallmentUnknown,
    PayoffTooLittle,
    RequestWaits,
    RescheduleImpossible,
)
from bukuhutang.usecases.quotas import PdfQuotaReached

router = APIRouter(prefix="/agreements/{number}", tags=["agreements"])

NOT_FOUND = AgreementUnknown(3)
WAITS = AgreementNotAccepted(3, "Budi")
OVER = AgreementOver(3, "Budi", "completed")
NO_PHONE = AgreementWithoutPhone(3, "Budi")


@router.post(
    "/payments",
    response_model=AgreementDetailOut,
    responses=refusals(
        NOT_FOUND, WAITS, OVER, InstallmentUnknown(3, 9, 6), InstallmentSettled(3, "Budi", 1, 2)
    ),
)
async def post_installment_payment(
    number: NumberInPath, body: InstallmentPaymentIn, call: ApiWriting
) -> Response:
    """Money for this agreement: the oldest installment first."""
    async with call.writing() as work:
        request = PayInstallment(body.installment, body.amount, agreement=AgreementNumber(number))
        await pay_installment(work.book, request)
        return await work.answer(lambda: agreement_shown(work.book, number))


@router.get("/payoff", response_model=PayoffOut, responses=refusals(NOT_FOUND, WAITS, OVER))
async def get_payoff(number: NumberInPath, call: ApiReading) -> Response:
    """What it takes to pay all of it today, with interest to the day."""
    async with call.reading() as book:
        return call.shown(PayoffOut.of(await quote_payoff(book, number)))


@router.post(
    "/payoff",
    response_model=AgreementDetailOut,
    responses=refusals(NOT_FOUND, WAITS, OVER, PayoffTooLittle(3, 100_000, 2_500_000)),
)
async def post_payoff(number: NumberInPath, body: PayoffIn, call: ApiWriting) -> Response:
    """All of it is paid today."""
    async with call.writing() as work:
        await pay_off(work.book, number, body.amount)
        return await work.answer(lambda: agreement_shown(work.book, number))


@router.post(
    "/forgiveness",
    response_model=AgreementDetailOut,
    responses=refusals(NOT_FOUND, WAITS, OVER, ForgiveTooMuch(3, 900_000, 400_000)),
)
async def post_forgiveness(number: NumberInPath, body: ForgiveIn, call: ApiWriting) -> Response:
    """Part of what is owed, or all of it, need not be paid."""
    async with call.writing(Permission.REMOVE) as work:
        await forgive(work.book, number, body.amount)
        return await work.answer(lambda: agreement_shown(work.book, number))


@router.post(
    "/write-off", response_model=AgreementDetailOut, responses=refusals(NOT_FOUND, WAITS, OVER)
)
async def post_write_off(number: NumberInPath, call: ApiWriting) -> Response:
    """No longer counted on; still owed, and a payment is welcome."""
    async with call.writing(Permission.REMOVE) as work:
        await write_off(work.book, number)
        return await work.answer(lambda: agreement_shown(work.book, number))


@router.post(
    "/cancellation",
    response_model=AgreementDetailOut,
    responses=refusals(
        NOT_FOUND,
        OVER,
        NO_PHONE,
        AgreementHasPayments(3, "Budi", 500_000),
        RequestWaits(3, "Budi", "cancel"),
    ),
)
async def post_cancellation(number: NumberInPath, call: ApiWriting) -> Response:
    """Called off at once while nobody agreed, else when the borrower agrees to it."""
    async with call.writing(Permission.REMOVE) as work:
        await cancel_agreement(work.book, number)
        return await work.answer(lambda: agreement_shown(work.book, number))


@router.post(
    "/reschedule",
    response_model=AgreementDetailOut,
    responses=refusals(
        NOT_FOUND,
        WAITS,
        OVER,
        NO_PHONE,
        RescheduleUnclear(),
        RescheduleImpossible(3, "too_long"),
        RequestWaits(3, "Budi", "cancel"),
        PdfQuotaReached(PlanName.FREE, 5, 5, PlanName.BASIC, 20),
    ),
)
async def post_reschedule(number: NumberInPath, body: RescheduleIn, call: ApiWriting) -> Response:
    """Another schedule, sent to the borrower as a PDF; it holds when they agree."""
    if (body.first_due is None) == (body.months_more is None):
        raise RescheduleUnclear
    async with call.writing() as work:
        await reschedule(work.book, number, first_due=body.first_due, months_more=body.months_more)
        return await work.answer(lambda: agreement_shown(work.book, number))


@router.post(
    "/resend",
    response_model=AgreementDetailOut,
    responses=refusals(NOT_FOUND, OVER, NO_PHONE, DocumentNotReady(3, "Budi")),
)
async def post_resend(number: NumberInPath, call: ApiWriting) -> Response:
    """The last PDF goes to the borrower again."""
    async with call.writing() as work:
        await resend_document(work.book, number)
        return await work.answer(lambda: agreement_shown(work.book, number))
