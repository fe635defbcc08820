"""What the Cloud API's driver needs of the database."""

from __future__ import annotations

from datetime import datetime

from bukuhutang.base.ids import ChatId, TenantId
from bukuhutang.store import cloud_webhooks, wa_sessions
from bukuhutang.store.scope import Database


class DatabaseCloudPorts:
    """`CloudPorts` on the store. Every method raises TransientFault when the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def phone_id(self, tenant_id: TenantId) -> str | None:
        """The tenant's number in the API, or None."""
        async with self._database.courier() as db:
            return await wa_sessions.cloud_phone_id(db, tenant_id)

    async def chosen_driver(self, tenant_id: TenantId) -> str | None:
        """Which WhatsApp the operator chose for the tenant; None is the default."""
        async with self._database.courier() as db:
            return await wa_sessions.chosen_driver(db, tenant_id)

    async def last_heard(self, tenant_id: TenantId, chat_id: ChatId) -> datetime | None:
        """When the chat wrote last to the tenant, or None."""
        async with self._database.courier() as db:
            return await cloud_webhooks.last_heard(db, tenant_id, chat_id)
