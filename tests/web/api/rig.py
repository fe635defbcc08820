"""A tenant with keys, and a client that writes with an idempotency key of its own each time."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import httpx

from bukuhutang.base.ids import TenantId
from bukuhutang.store import checks
from bukuhutang.tenancy.roles import KeyScope
from bukuhutang.usecases.api_keys import CreateKey, create_key_of
from bukuhutang.usecases.tenants import When, register_tenant
from tests.web.rig import Json, Web

PHONES = itertools.count(21_000_000)
SECRETS = itertools.count(1)
TODAY = date(2026, 3, 4)
"""Of the standing clock, where the tenants are."""


@dataclass
class Program:
    """A program of one tenant."""

    http: httpx.AsyncClient
    tenant_id: TenantId
    key: str
    writes: int = field(default=0)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Read."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return await self.http.get(f"/api/v1{path}", headers=named)

    async def post(
        self, path: str, body: Json | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """Write, under a key of its own unless one is given."""
        return await self.http.post(
            f"/api/v1{path}", json=body, headers={"Idempotency-Key": key or self._next_key()}
        )

    async def patch(
        self, path: str, body: Json, *, key: str | None = None, if_match: str | None = None
    ) -> httpx.Response:
        """Change."""
        headers = {"Idempotency-Key": key or self._next_key()}
        if if_match is not None:
            headers["If-Match"] = if_match
        return await self.http.patch(f"/api/v1{path}", json=body, headers=headers)

    async def delete(self, path: str, *, key: str | None = None) -> httpx.Response:
        """Revoke."""
        headers = {"Idempotency-Key": key or self._next_key()}
        return await self.http.delete(f"/api/v1{path}", headers=headers)

    def _next_key(self) -> str:
        self.writes += 1
        return f"write-{self.writes}"

    async def lent(
        self, name: str, amount: int = 500_000, *, days: int = 14, **more: object
    ) -> Json:
        """A debt recorded; its JSON."""
        answer = await self.post("/debts", a_debt(name, amount, days=days, **more))
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made


def a_debt(
    name: str | None = "Budi", amount: int = 500_000, *, days: int = 14, **more: object
) -> Json:
    """The body of a debt."""
    due = (TODAY + timedelta(days=days)).isoformat()
    named = {} if name is None else {"name": name}
    return {"direction": "piutang", "amount": amount, "dueDate": due, **named, **more}


def when(web: Web) -> When:
    """Both clocks now."""
    return When(web.clock.now(), web.clock.machine_now())


def a_secret() -> str:
    """As random as a test needs it: another one each time."""
    return f"{next(SECRETS):043}"


async def a_tenant(web: Web, name: str = "Toko Dani") -> TenantId:
    """A lender that is active."""
    phone = f"0812{next(PHONES)}"
    made = await register_tenant(
        web.database, phone_number=phone, name=name, email=None, when=when(web)
    )
    async with web.database.tenant_tx(made.id) as tx:
        await tx.db.execute("update tenants set status = 'active' where id = $1", made.id)
    return made.id


async def a_key(
    web: Web,
    tenant_id: TenantId,
    scope: KeyScope = KeyScope.WRITE,
    *,
    expires_at: datetime | None = None,
) -> str:
    """A new key of the tenant."""
    wish = CreateKey("Kasir", scope, expires_at)
    return (await create_key_of(web.database, tenant_id, wish, a_secret(), when(web))).key


@asynccontextmanager
async def program(
    web: Web, tenant_id: TenantId | None = None, scope: KeyScope = KeyScope.WRITE
) -> AsyncIterator[Program]:
    """A program with a new key, of a new tenant unless one is named."""
    tenant_id = tenant_id if tenant_id is not None else await a_tenant(web)
    key = await a_key(web, tenant_id, scope)
    async with web.client(key=None) as http:
        http.headers["Authorization"] = f"Bearer {key}"
        yield Program(http, tenant_id, key)


async def count(web: Web, tenant_id: TenantId, table: str) -> int:
    """Rows of this tenant."""
    async with web.database.tenant_tx(tenant_id) as tx:
        return int(await tx.db.fetchval(f"select count(*) from {table}"))  # noqa: S608  ours


async def differences(web: Web, tenant_id: TenantId) -> list[checks.Difference]:
    """What the audit says of the book."""
    async with web.database.book_tx(tenant_id) as tx:
        return await checks.differences(tx)
