"""The web door: puts routes, guards and middleware together."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from bukuhutang.base.errors import Refusal, TransientFault
from bukuhutang.entrypoints.web import (
    audit,
    docs_page,
    link_page,
    lists,
    probes,
    sign_in,
    tenant_keys,
    tenants,
    verify_page,
)
from bukuhutang.entrypoints.web.api import (
    agreement_acts,
    agreements,
    borrowers,
    debts,
    files,
    keys,
    members,
    payments,
    reminders,
    reports,
    settings,
)
from bukuhutang.entrypoints.web.api.calls import Replayed
from bukuhutang.entrypoints.web.api.gate import (
    GUARDED,
    ApiGateMiddleware,
    RateHeadersMiddleware,
)
from bukuhutang.entrypoints.web.auth import GuardMiddleware, operator_guard
from bukuhutang.entrypoints.web.body_limit import BodyLimitMiddleware
from bukuhutang.entrypoints.web.client_address import ClientAddressMiddleware
from bukuhutang.entrypoints.web.cookies import CookieMiddleware
from bukuhutang.entrypoints.web.deps import WebDeps
from bukuhutang.entrypoints.web.middleware import HeadersMiddleware, WitnessMiddleware, is_https
from bukuhutang.entrypoints.web.openapi import DESCRIPTION, Api
from bukuhutang.entrypoints.web.problems import Problems

__all__ = ["WebDeps", "build_app", "operator_guard"]

STATIC = Path(__file__).parent / "static"
SIMULATOR_PAGE = "/simulator"
TENANT_ROUTERS = (
    borrowers.router,
    debts.router,
    payments.router,
    agreements.router,
    agreement_acts.router,
    reminders.router,
    reports.router,
    settings.router,
    files.router,
    keys.router,
    members.router,
)
"""What lies under /api/v1, in the order of the document."""


def build_app(deps: WebDeps) -> Api:
    """The ASGI application; it holds no state of its own beyond counting failed attempts."""
    problems = Problems(deps.extra_statuses)
    app = Api(
        title="BukuHutang",
        version=version("bukuhutang"),
        description=DESCRIPTION,
        openapi_url=None,  # served by `docs_page`, so that it is measured as every route is
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # one address each; a redirect would lose a POST's body
        middleware=[  # outermost first
            Middleware(ClientAddressMiddleware, proxies=deps.proxies),
            Middleware(HeadersMiddleware, by_https=is_https(deps.public_url)),
            Middleware(RateHeadersMiddleware),
            Middleware(CookieMiddleware),
            Middleware(WitnessMiddleware, problems=problems),
            Middleware(BodyLimitMiddleware, patience=deps.patience),
            Middleware(GuardMiddleware, deps=deps),
            Middleware(ApiGateMiddleware, deps=deps),
        ],
        exception_handlers={
            **dict.fromkeys(
                (Refusal, TransientFault, RequestValidationError, HTTPException), problems.handle
            ),
            Replayed: _replay,
        },
    )
    app.state.deps = deps
    guard = Depends(operator_guard(deps))
    for admin in (lists.router, tenants.router, tenant_keys.router, audit.router):
        app.include_router(admin, dependencies=[guard])
    for one in TENANT_ROUTERS:
        app.include_router(one, prefix=GUARDED)
    open_to_all = (
        sign_in.router,
        probes.router,
        docs_page.router,
        link_page.router,
        verify_page.router,
    )
    for one in (*open_to_all, _front_door(deps.routers)):
        app.include_router(one)
    for further in deps.routers:
        app.include_router(further)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


async def _replay(_: Request, done: Exception) -> Response:
    assert isinstance(done, Replayed)
    return done.response()


def _front_door(routers: Sequence[APIRouter]) -> APIRouter:
    """/ leads a newcomer to the page with the phones where there is one, else to the docs."""
    paths = {getattr(route, "path", None) for one in routers for route in one.routes}
    target = SIMULATOR_PAGE if SIMULATOR_PAGE in paths else "/docs"
    front = APIRouter(include_in_schema=False)

    @front.get("/")
    async def front_page() -> RedirectResponse:
        return RedirectResponse(target, status_code=307)

    return front
