"""A tenant's settings."""

from __future__ import annotations

from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.tenant import Language, TenantSettings


async def read_settings(tx: TenantTx) -> TenantSettings:
    """How this tenant wants to be spoken to."""
    row = await tx.db.fetchrow(
        "select reminder_template, auto_reminder, language, timezone from tenant_settings"
        " where tenant_id = $1",
        tx.tenant_id,
    )
    assert row is not None, "a tenant always has settings"
    return TenantSettings(
        row["reminder_template"], row["auto_reminder"], Language(row["language"]), row["timezone"]
    )
