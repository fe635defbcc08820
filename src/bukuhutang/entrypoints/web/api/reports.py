"""Reports: the chat's STATUS, how old what is owed is, what a month brought."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from bukuhutang.entrypoints.web.api.calls import ApiReading
from bukuhutang.entrypoints.web.api.report_shapes import AgingOut, MonthOut, StatusOut
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.usecases.overview import show_status
from bukuhutang.usecases.reports import MonthUnknown, show_aging, show_month

router = APIRouter(prefix="/reports", tags=["reports"])


@router.get("/status", response_model=StatusOut)
async def get_status(call: ApiReading) -> Response:
    """Totals both ways, overdue first, then what falls due next."""
    async with call.reading() as book:
        return call.shown(StatusOut.of(await show_status(book)))


@router.get("/aging", response_model=AgingOut)
async def get_aging(call: ApiReading) -> Response:
    """What is open by days past due; each installment of an agreement by its own date."""
    async with call.reading() as book:
        return call.shown(AgingOut.of(await show_aging(book)))


@router.get("/months/{month}", response_model=MonthOut, responses=refusals(MonthUnknown("2026-13")))
async def get_month(
    month: Annotated[str, Path(examples=["2026-03"], pattern=r"^[0-9]{4}-[0-9]{2}$")],
    call: ApiReading,
) -> Response:
    """Lent, collected, new and settled in a calendar month where the tenant is."""
    async with call.reading() as book:
        return call.shown(MonthOut.of(await show_month(book, month)))
