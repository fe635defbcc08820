"""A tenant's life: pending_qr, active, inactive; its settings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
