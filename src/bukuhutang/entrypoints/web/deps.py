"""What the web door is given by `main`."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import Refusal
from bukuhutang.entrypoints.web.attempts import FailedAttempts, sign_in_window
from bukuhutang.entrypoints.web.client_address import TrustedProxies
from bukuhutang.entrypoints.web.language import language_of
from bukuhutang.entrypoints.web.patience import Patience
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.tenants import When

QR_WAIT_SECONDS = 2.0
"""How long a request for a QR code waits for the first one; a session needs about half of it."""


@dataclass
class Afterwards:
    """How many answers have work that is still done after them."""

    count: int = 0


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
    link_attempts: FailedAttempts = field(default_factory=FailedAttempts)
    # Apart from `attempts`: a program with an old key must not lock out the operator beside it.
    api_attempts: FailedAttempts = field(default_factory=FailedAttempts)
    # What codes and operator's cookies are made with; all processes of a service share it.
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    codes_asked: FailedAttempts = field(default_factory=sign_in_window)  # every one counts
    codes_sending: Afterwards = field(default_factory=Afterwards)
    sign_in_attempts: FailedAttempts = field(default_factory=sign_in_window)
    after_write: Callable[[], None] = lambda: None  # messages may be queued, documents wanted
    qr_wait_seconds: float = QR_WAIT_SECONDS
    has_mail: bool = False
    public_url: str | None = None  # where people outside reach this service
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        assert 1 <= len(self.admin_keys) <= 2
        assert all(self.admin_keys), "an empty key would let everybody in"


@dataclass(frozen=True)
class Call:
    """One request of the operator: what it may reach, and when it came."""

    deps: WebDeps
    when: When
    language: Language
    base_url: str  # as the caller wrote it


def _call(request: Request) -> Call:
    deps = request.app.state.deps
    assert isinstance(deps, WebDeps)
    when = When(deps.clock.now(), deps.clock.machine_now())
    return Call(deps, when, language_of(request.scope), str(request.base_url))


OperatorCall = Annotated[Call, Depends(_call)]
