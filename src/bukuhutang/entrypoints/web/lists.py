"""All tenants at once: statistics, the list of tenants, the list of WhatsApp logins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from bukuhutang.entrypoints.web.cursors import CursorInvalid, Listed, read_cursor, write_cursor
from bukuhutang.entrypoints.web.deps import OperatorCall
from bukuhutang.entrypoints.web.login_shapes import SessionOut, SessionsPage
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.entrypoints.web.shapes import (
    SessionsQuery,
    StatsAnswer,
    TenantOut,
    TenantsPage,
    TenantsQuery,
)
from bukuhutang.store import stats, tenants

HOME_COUNTRY = "62"
_LOOKS_LIKE_A_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]*")

router = APIRouter(prefix="/admin")


@router.get("/stats", tags=["overview"])
async def system_stats(call: OperatorCall) -> StatsAnswer:
    """Statistics over all tenants, counted from rows at this moment."""
    async with call.deps.database.operator() as db:
        counted = await stats.system_stats(db)
    return StatsAnswer.of(counted, at=call.when.now)


@router.get("/tenants", tags=["tenants"], responses=refusals(CursorInvalid()))
async def list_tenants(asked: Annotated[TenantsQuery, Query()], call: OperatorCall) -> TenantsPage:
    """All tenants with their WhatsApp state, in the order of registration."""
    async with call.deps.database.operator() as db:
        rows = await tenants.page(
            db,
            after=read_cursor("tenants", asked.cursor),
            limit=asked.limit + 1,  # one more tells whether there is a next page
            search=as_stored(asked.search),
            status=asked.status,
            plan=asked.plan,
        )
    shown = rows[: asked.limit]
    return TenantsPage(
        tenants=[TenantOut.of(one) for one in shown],
        next_cursor=_next("tenants", [one.id for one in shown], more=len(rows) > len(shown)),
    )


@router.get("/sessions", tags=["overview"], responses=refusals(CursorInvalid()))
async def list_sessions(
    asked: Annotated[SessionsQuery, Query()], call: OperatorCall
) -> SessionsPage:
    """Every WhatsApp login: its state, what it means, what to do; in the order of registration."""
    async with call.deps.database.operator() as db:
        rows = await tenants.sessions_page(
            db,
            after=read_cursor("sessions", asked.cursor),
            limit=asked.limit + 1,
            state=asked.state,
        )
    shown = rows[: asked.limit]
    return SessionsPage(
        sessions=[SessionOut.of(one, call.language, has_mail=call.deps.has_mail) for one in shown],
        next_cursor=_next(
            "sessions", [one.tenant_id for one in shown], more=len(rows) > len(shown)
        ),
    )


def _next(listed: Listed, shown: Sequence[int], *, more: bool) -> str | None:
    return write_cursor(listed, shown[-1]) if more else None


def as_stored(search: str | None) -> str | None:
    """A number is stored as E.164 digits, so `0812-34` must look for `6281234`."""
    text = (search or "").strip()
    if not _LOOKS_LIKE_A_NUMBER.fullmatch(text):
        return text or None
    digits = re.sub("[^0-9]", "", text)
    return HOME_COUNTRY + digits[1:] if digits.startswith("0") else digits
