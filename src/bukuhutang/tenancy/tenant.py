"""A tenant's life: pending_qr, active, inactive; its settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

TENANT_NAME_MAX = 100
EMAIL_MAX = 254


class TenantStatus(StrEnum):
    PENDING_QR = "pending_qr"
    ACTIVE = "active"
    INACTIVE = "inactive"


class Language(StrEnum):
    INDONESIAN = "id"
    ENGLISH = "en"


@dataclass(frozen=True)
class TenantSettings:
    """How a tenant wants to be spoken to."""

    reminder_template: str = "default"
    auto_reminder: bool = True
    language: Language = Language.INDONESIAN
    timezone: str = "Asia/Jakarta"

    @property
    def zone(self) -> ZoneInfo:
        """Where the tenant's days and months begin."""
        return ZoneInfo(self.timezone)


TIMEZONES: dict[str, str] = {
    "wib": "Asia/Jakarta",
    "wita": "Asia/Makassar",
    "wit": "Asia/Jayapura",
}
"""The zones of the country by their short names."""


def read_timezone(text: str) -> str | None:
    """The zone that is meant: by its short name, its city, or in full; None for any other."""
    wanted = text.strip().casefold().removeprefix("asia/")
    for short, zone in TIMEZONES.items():
        if wanted in (short, zone.casefold().removeprefix("asia/")):
            return zone
    return None


def short_timezone(zone: str) -> str:
    """WIB, WITA or WIT."""
    return next(short for short, name in TIMEZONES.items() if name == zone).upper()
