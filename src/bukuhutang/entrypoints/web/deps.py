"""What the web door is given by `main`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.attempts import FailedAttempts
from bukuhutang.store.scope import Database
from bukuhutang.usecases.tenants import When

QR_WAIT_SECONDS = 2.0
"""How long a request for a QR code waits for the first one; a session needs about half of it."""


@dataclass(frozen=True)
class WebDeps:
    """Everything the routes reach; `routers` are further ones, such as the simulator's."""

    database: Database
    clock: Clock
    admin_keys: tuple[str, ...]  # two while a key is being replaced
    wake_sessions: Callable[[], Awaitable[None]]
    routers: tuple[APIRouter, ...] = ()
    extra_statuses: Mapping[type[Refusal], int] = field(default_factory=dict)
    attempts: FailedAttempts = field(default_factory=FailedAttempts)
    verify_visits: FailedAttempts = field(default_factory=FailedAttempts)  # every one counts
    cloud_configured: bool = False  # whether tenants may use the Cloud API
    qr_wait_seconds: float = QR_WAIT_SECONDS

    def __post_init__(self) -> None:
        assert 1 <= len(self.admin_keys) <= 2
        assert all(self.admin_keys), "an empty key would let everybody in"


@dataclass(frozen=True)
class Call:
    """One request of the operator: what it may reach, and when it came."""

    deps: WebDeps
    when: When


def _call(request: Request) -> Call:
    deps = request.app.state.deps
    assert isinstance(deps, WebDeps)
    return Call(deps, When(deps.clock.now(), deps.clock.machine_now()))


OperatorCall = Annotated[Call, Depends(_call)]
