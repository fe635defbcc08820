"""The linking page for a browser: the web door on a port, the login's state set by hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn

from bukuhutang.base.clock import SystemClock
from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.app import WebDeps, build_app
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.pairing import link_for
from bukuhutang.usecases.tenants import When, register_tenant, set_language
from tests.web.rig import KEY

SECRET = "5" * 48
READY_SECONDS = 10
QR = (
    "2@"
    + "aB3/xY9+" * 28
    + ",dGhpcyBpcyBhIGtleSBvZiAzMiBieXRlcyAgICAgIA==,c2Vjb25kIGtleSBvZiAzMiBi="
)
"""As long as a real one."""


@dataclass
class LinkDesk:
    """One lender and the link to its page."""

    database: Database
    address: str
    tenant_id: TenantId
    path: str
    wishes: int = 0

    @property
    def url(self) -> str:
        """What the operator has sent."""
        return self.address + self.path

    async def put(self, state: str, reason: str | None = None, **columns: Any) -> None:
        """The login is in this state, as its manager would have noted it."""
        fresh: dict[str, Any] = {
            "state": state,
            "reason": reason,
            "reason_detail": None,
            "state_until": None,
            "qr_code": None,
            "qr_expires_at": None,
            "pair_code": None,
            "pairing_wanted_at": None,
            **columns,
        }
        sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(fresh, start=2))
        async with self.database.courier() as db:
            await db.execute(
                f"update wa_sessions set {sets} where tenant_id = $1",  # noqa: S608  names above
                self.tenant_id,
                *fresh.values(),
            )

    async def show_qr(self, code: str = QR, *, seconds: int = 20) -> None:
        """A QR code is on show."""
        ends = datetime.now(UTC) + timedelta(seconds=seconds)
        await self.put("pairing", qr_code=code, qr_expires_at=ends, pairing_how="qr")

    async def show_code(self, code: str = "WZYE1R2K") -> None:
        """Eight characters are on show."""
        await self.put("pairing", pair_code=code, pairing_how="code")

    async def wanted(self) -> str | None:
        """Which kind of code is asked for, None when none is."""
        async with self.database.courier() as db:
            how: str | None = await db.fetchval(
                "select pairing_how from wa_sessions where tenant_id = $1"
                " and pairing_wanted_at is not null",
                self.tenant_id,
            )
        return how


@asynccontextmanager
async def link_desk(
    database: Database, language: Language = Language.INDONESIAN, name: str = "Toko Dani"
) -> AsyncIterator[LinkDesk]:
    """A lender with a link, behind a real server."""
    now = datetime.now(UTC)
    when = When(now, now)
    made = await register_tenant(
        database, phone_number="0812-3456-7890", name=name, email=None, when=when
    )
    await set_language(database, made.id, language, when)
    link = await link_for(database, made.id, SECRET, when)
    desk = LinkDesk(database, "", made.id, link.path)
    await desk.put("unlinked")

    async def wake() -> None:
        desk.wishes += 1

    deps = WebDeps(database, SystemClock(), (KEY,), wake)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(build_app(deps), lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
        desk.address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        yield desk
    finally:
        server.should_exit = True
        await running
        taken.close()
