"""The web door with a real database behind it, a clock that stands, and wishes counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import APIRouter
from limits import RateLimitItemPerMinute

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.app import WebDeps, build_app
from bukuhutang.entrypoints.web.attempts import FailedAttempts
from bukuhutang.store.scope import Database

KEY = "the-operators-own-key"
NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)  # noon in Jakarta
FAILURES_MAX = 3

Json = dict[str, Any]


@dataclass
class StandingClock:
    """Both clocks at once, moved by hand."""

    at: datetime = NOON

    def now(self) -> datetime:
        """The business instant."""
        return self.at

    def machine_now(self) -> datetime:
        """The same."""
        return self.at


@dataclass
class Web:
    """The operator's view: requests with the right key, and what stands behind the door."""

    database: Database
    clock: StandingClock = field(default_factory=StandingClock)
    wishes: int = 0

    async def wake_sessions(self) -> None:
        """What main would pass on to the session manager."""
        self.wishes += 1

    def deps(self) -> WebDeps:
        """What `main` gives, with a small limit on guessing and no waiting for a QR."""
        return WebDeps(
            self.database,
            self.clock,
            (KEY,),
            self.wake_sessions,
            attempts=FailedAttempts(RateLimitItemPerMinute(FAILURES_MAX)),
            api_attempts=FailedAttempts(RateLimitItemPerMinute(FAILURES_MAX)),
            qr_wait_seconds=0.0,
        )

    @asynccontextmanager
    async def client(
        self,
        deps: WebDeps | None = None,
        *,
        key: str | None = KEY,
        address: str = "198.51.100.7",
        routers: tuple[APIRouter, ...] = (),
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client at `address` that offers `key`."""
        app = build_app(replace(deps or self.deps(), routers=routers))
        transport = httpx.ASGITransport(app, client=(address, 40_000))
        headers = {} if key is None else {"X-API-Key": key}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://web", headers=headers
        ) as opened:
            yield opened

    async def log_in(
        self, tenant_id: int, state: str = "connected", reason: str | None = None
    ) -> None:
        """The tenant's WhatsApp is in `state`, as its session manager would have noted."""
        async with self.database.courier() as db:
            await db.execute(
                "update wa_sessions set state = $2, reason = $3, qr_code = null"
                " where tenant_id = $1",
                TenantId(tenant_id),
                state,
                reason,
            )

    async def show_qr(self, tenant_id: int, code: str, *, seconds: int = 20) -> None:
        """The tenant's session shows `code` from now on."""
        async with self.database.courier() as db:
            await db.execute(
                "update wa_sessions set state = 'pairing', qr_code = $2, qr_expires_at = $3"
                " where tenant_id = $1",
                TenantId(tenant_id),
                code,
                self.clock.at + timedelta(seconds=seconds),
            )


async def register(
    http: httpx.AsyncClient, phone: str = "0812-3456-7890", name: str = "Toko Dani"
) -> Json:
    """The new tenant's JSON."""
    answer = await http.post("/admin/tenants/register", json={"phoneNumber": phone, "name": name})
    assert answer.status_code == 201, answer.text
    tenant: Json = answer.json()["tenant"]
    return tenant


async def register_many(http: httpx.AsyncClient, count: int) -> list[int]:
    """Tenants named `Toko 1` and so on; their numbers."""
    made = [
        await register(http, f"0812345{70_000 + number}", f"Toko {number}")
        for number in range(1, count + 1)
    ]
    return [one["tenantId"] for one in made]


def problem(answer: httpx.Response, status: int, code: str) -> Json:
    """The members of a problem, after its shape was checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    members: Json = answer.json()
    assert members["type"] == f"urn:bukuhutang:problem:{code}"
    assert members["status"] == status
    assert members["code"] == code
    assert members["title"]
    assert members["detail"]
    return members
