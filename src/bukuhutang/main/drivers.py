"""Which WhatsApp: makes the driver that the command line names."""

from __future__ import annotations

import random
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bukuhutang.base.clock import Clock, MovableClock
from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.entrypoints.sessions.pace import UNHURRIED, Pace
from bukuhutang.main.settings import Settings
from bukuhutang.messaging.driver import Driver
from bukuhutang.messaging.drivers.neonize import NeonizeDriver
from bukuhutang.messaging.drivers.neonize_fleet import FleetSetup
from bukuhutang.messaging.drivers.simulator import open_simulator

SIMULATOR = "simulator"
NEONIZE = "neonize"
CLOUD = "cloud"
LOGINS_FOLDER = "auth_sessions"
WORKER_COMMAND = (sys.executable, "-m", "bukuhutang.messaging.drivers.neonize_worker")


@dataclass(frozen=True)
class DriverRequest:
    """What the settings and the command line say about WhatsApp."""

    name: str
    store_url: str | None = None  # PostgreSQL of the linked devices, for several hosts
    proxy_url: str | None = None
    worker_command: tuple[str, ...] = WORKER_COMMAND
    send_seconds: float = 75.0  # without an answer, a message's outcome is unknown
    pace: Pace = UNHURRIED  # of numbers that are banned for hurrying; no setting of the product


def driver_request(name: str, settings: Settings) -> DriverRequest:
    """What is configured about WhatsApp. Raises ConfigurationProblem naming a URL that is none."""
    store, proxy = settings.whatsapp_store_url, settings.whatsapp_proxy_url
    return DriverRequest(
        name,
        store_url=_url("WHATSAPP_STORE_URL", store, ("postgresql", "postgres")),
        proxy_url=_url("WHATSAPP_PROXY_URL", proxy, ("http",)),
    )


def _url(name: str, value: SecretStr | None, schemes: tuple[str, ...]) -> str | None:
    if value is None or not value.get_secret_value():
        return None
    url = value.get_secret_value()
    if url.partition("://")[0] not in schemes or not url.partition("://")[2]:
        raise ConfigurationProblem(f"{name} must begin with {' or '.join(schemes)}://")
    return url


def open_driver(request: DriverRequest, data_folder: Path, clock: Clock) -> Driver | None:
    """The driver of linked phones; nothing is connected yet. None when the Cloud API is it."""
    if request.name == CLOUD:
        return None
    if request.name == SIMULATOR:
        assert isinstance(clock, MovableClock)
        return open_simulator(data_folder / "simulator", clock, lambda: secrets.token_urlsafe(24))
    assert request.name == NEONIZE
    setup = FleetSetup(
        folder=data_folder / LOGINS_FOLDER,
        command=request.worker_command,
        store_url=request.store_url,
        proxy_url=request.proxy_url,
        send_seconds=request.send_seconds,
    )
    return NeonizeDriver(setup, clock, random.random)
