"""One fresh database, seen by the service and by the superuser who arranges what it may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.store import inbox
from bukuhutang.store.inbox import Arrival
from bukuhutang.store.scope import Connection, Database, connect
from bukuhutang.usecases.tenants import When, register_tenant
from tests.support.database import Server

NOON = datetime(2026, 2, 18, 5, 0, tzinfo=UTC)
"""12:00 in Jakarta, on a Wednesday."""


@dataclass(frozen=True)
class Ground:
    """A migrated, empty database."""

    server: Server
    name: str
    database: Database

    @property
    def dsn(self) -> str:
        """How the service logs in."""
        return self.server.service_dsn(self.name)

    @property
    def superuser_dsn(self) -> str:
        """How a tamperer would."""
        return self.server.superuser_dsn(self.name)

    @asynccontextmanager
    async def superuser(self) -> AsyncIterator[Connection]:
        """A connection that row level security does not hold."""
        db: Connection = await asyncpg.connect(self.superuser_dsn)
        try:
            yield db
        finally:
            await db.close()

    async def tamper(self, *statements: str) -> None:
        """Change rows behind the service's back, triggers and foreign keys off."""
        async with self.superuser() as db:
            await db.execute("set session_replication_role = replica")
            for statement in statements:
                await db.execute(statement)

    async def tenant(self, phone: str = "0811-1111-1111", name: str = "Toko Dani") -> TenantId:
        """A lender that is active, without the scan."""
        made = await register_tenant(
            self.database, phone_number=phone, name=name, email=None, when=When(NOON, NOON)
        )
        async with self.database.tenant_tx(made.id) as tx:
            await tx.db.execute("update tenants set status = 'active' where id = $1", made.id)
        return made.id

    async def arrive(self, tenant_id: TenantId, *messages: tuple[str, str]) -> None:
        """Messages (chat, provider id) that strangers wrote, stored in this order."""
        arrivals = [an_arrival(tenant_id, provider_id, chat=chat) for chat, provider_id in messages]
        async with self.database.courier() as db:
            await inbox.receive(db, arrivals)


def an_arrival(tenant_id: TenantId, provider_id: str, *, chat: str, body: str = "halo") -> Arrival:
    """A text message as a driver stores it."""
    return Arrival(
        tenant_id,
        provider_id,
        ChatId(chat),
        PhoneNumber(chat),
        from_me=False,
        self_chat=False,
        kind="text",
        body=body,
        sent_at=NOON,
        received_at=NOON,
    )


def after(**passed: float) -> datetime:
    """Some time after NOON."""
    return NOON + timedelta(**passed)


@asynccontextmanager
async def fresh_ground(server: Server) -> AsyncIterator[Ground]:
    """A database for one test, dropped afterwards."""
    name = server.fresh()
    database = await connect(server.service_dsn(name))
    try:
        yield Ground(server, name, database)
    finally:
        await database.close()
        server.drop(name)
