"""The Cloud API, configured: what its driver and its webhook need of the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.sessions.cloud_ports import DatabaseCloudPorts
from bukuhutang.main.settings import Settings
from bukuhutang.messaging.driver import Capabilities, Driver
from bukuhutang.messaging.drivers.by_tenant import ByTenantDriver
from bukuhutang.store.scope import Database
from bukuhutang.store.wa_sessions import Channels

if TYPE_CHECKING:
    from bukuhutang.messaging.drivers.cloud_graph import CloudConfig


@dataclass(frozen=True)
class Cloud:
    """How the app reaches Graph, and how Meta's webhooks are told from anybody's."""

    config: CloudConfig
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)


def cloud_of(settings: Settings) -> Cloud | None:
    """The Cloud API's part of the settings; None when it is not configured.

    Raises ConfigurationProblem when only a part of it is, or an address is unsafe.
    """
    secrets = {
        "WHATSAPP_CLOUD_TOKEN": settings.whatsapp_cloud_token,
        "WHATSAPP_CLOUD_APP_SECRET": settings.whatsapp_cloud_app_secret,
        "WHATSAPP_CLOUD_VERIFY_TOKEN": settings.whatsapp_cloud_verify_token,
    }
    said = {name: one.get_secret_value().strip() for name, one in secrets.items() if one}
    if not any(said.values()):
        return None
    missing = [name for name in secrets if not said.get(name)]
    if missing:
        raise ConfigurationProblem(f"the Cloud API also needs {' and '.join(missing)}")
    # Only here, so that a process without the Cloud API does not carry its library.
    from bukuhutang.messaging.drivers.cloud_graph import CloudConfig

    config = CloudConfig(
        said["WHATSAPP_CLOUD_TOKEN"],
        settings.whatsapp_cloud_api_version,
        settings.whatsapp_cloud_base_url,
        settings.whatsapp_cloud_template_notice or None,
        settings.whatsapp_cloud_template_document or None,
        settings.whatsapp_cloud_template_language,
    )
    return Cloud(config, said["WHATSAPP_CLOUD_APP_SECRET"], said["WHATSAPP_CLOUD_VERIFY_TOKEN"])


@dataclass(frozen=True)
class Reach:
    """The driver of this process, what it can do for a tenant, and whom it serves."""

    driver: Driver
    capabilities_of: Callable[[TenantId], Capabilities]
    channels: Channels


def reach_of(linked: Driver | None, cloud: Cloud | None, database: Database, clock: Clock) -> Reach:
    """The linked kind of WhatsApp (None when the Cloud API is the driver), and the Cloud API
    beside it where it is configured."""
    if cloud is None:
        assert linked is not None
        return Reach(linked, lambda _: linked.capabilities, Channels("linked", ("linked",)))
    from bukuhutang.messaging.drivers.cloud import CloudDriver

    ports = DatabaseCloudPorts(database)
    official = CloudDriver(cloud.config, ports, clock)
    if linked is None:
        return Reach(official, lambda _: official.capabilities, Channels("cloud", ("cloud",)))
    both = ByTenantDriver(linked, official, ports.chosen_driver)
    return Reach(both, both.capabilities_of, Channels("linked", ("linked", "cloud")))
