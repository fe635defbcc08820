"""The web door, wired: admin API, health, metrics, and the simulator when it is the driver."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from time import monotonic

import uvicorn

from bukuhutang.entrypoints.web.app import WebDeps, build_app, operator_guard
from bukuhutang.entrypoints.web.pages import simulator_page_router
from bukuhutang.entrypoints.web.patience import Patience
from bukuhutang.entrypoints.web.simulator import SIMULATOR_STATUSES, simulator_router
from bukuhutang.entrypoints.web.webhooks import WEBHOOK_STATUSES, cloud_webhook_router
from bukuhutang.main.slow_clients import protocol_with
from bukuhutang.messaging.simulated import SimulatedWhatsApp

PATIENCE = Patience()
CODE_POLL_SECONDS = 0.01
CODE_SECONDS_MAX = 5.0
"""An answer that broke off may leave its code unsent: nobody waits for that one."""


@dataclass(frozen=True)
class Simulated:
    """The simulated phones and what time travel needs of the service."""

    whatsapp: SimulatedWhatsApp
    wait_idle: Callable[[float], Awaitable[bool]]
    on_clock_moved: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Webhooks:
    """The Cloud API's secrets, and whom to wake when it has posted."""

    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    stored: Callable[[], None]


def _rest(deps: WebDeps, simulated: Simulated) -> Callable[[float], Awaitable[bool]]:
    """Idle is the service when the codes for signing in are queued too, then all that waits."""

    async def wait(seconds: float) -> bool:
        until = monotonic() + min(seconds, CODE_SECONDS_MAX)
        while deps.codes_sending.count:
            if monotonic() > until:
                break
            await asyncio.sleep(CODE_POLL_SECONDS)
        return await simulated.wait_idle(seconds)

    return wait


def web_server(
    deps: WebDeps,
    *,
    simulated: Simulated | None,
    webhooks: Webhooks | None,
    stop_seconds: int,
) -> uvicorn.Server:
    """The server, not started; it takes over a listening socket."""
    if simulated is not None:
        router = simulator_router(
            simulated.whatsapp,
            require_operator=operator_guard(deps),
            wait_idle=_rest(deps, simulated),
            on_clock_moved=simulated.on_clock_moved,
        )
        deps = replace(
            deps, routers=(simulator_page_router(), router), extra_statuses=SIMULATOR_STATUSES
        )
    if webhooks is not None:
        router = cloud_webhook_router(
            app_secret=webhooks.app_secret,
            verify_token=webhooks.verify_token,
            stored=webhooks.stored,
        )
        deps = replace(
            deps,
            routers=(*deps.routers, router),
            extra_statuses={**deps.extra_statuses, **WEBHOOK_STATUSES},
            cloud_configured=True,
        )
    return uvicorn.Server(
        uvicorn.Config(
            build_app(deps),
            lifespan="off",
            http=protocol_with(deps.patience),
            ws="none",
            # Ours does it: `entrypoints/web/client_address.py`.
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=stop_seconds,
        )
    )
