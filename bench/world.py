"""A database and the service in this process, filled for measuring."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import Database, connect
from bukuhutang.usecases.tenants import set_plan
from tests.support.database import Server
from tests.support.world import World, running_world


@dataclass
class Lender:
    """A linked tenant and its number."""

    tenant_id: TenantId
    phone: str


@dataclass
class Scene:
    """The running service and its lenders."""

    world: World
    database: Database
    dsn: str
    lenders: list[Lender]


def phone_number(place: int) -> str:
    """A number nobody holds."""
    return f"62811{1_000_000 + place}"


@asynccontextmanager
async def scene(server: Server, tenants: int) -> AsyncIterator[Scene]:
    """The service with `tenants` linked lenders."""
    dsn = server.service_dsn(server.fresh())
    database = await connect(dsn)
    try:
        async with running_world(database, dsn, at=datetime.now(UTC)) as world:
            lenders = []
            for place in range(tenants):
                tenant_id = await world.register(phone_number(place), f"Toko {place}")
                await set_plan(database, tenant_id, "enterprise", world.when())  # no limit here
                lenders.append(Lender(tenant_id, phone_number(place)))
            await world.service.wake_sessions()
            gate = asyncio.Semaphore(16)

            async def link(one: Lender) -> None:
                async with gate:
                    code = await world.qr(one.tenant_id)
                    await world.service.whatsapp.scan(one.phone, code)

            await asyncio.gather(*(link(one) for one in lenders))
            await world.rest()
            yield Scene(world, database, dsn, lenders)
    finally:
        await database.close()
