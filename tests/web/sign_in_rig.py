"""A lender with staff, and browsers that sign in: their cookies, their pages' headers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import httpx

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.app import WebDeps
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.members import NewMember, add_by_operator
from bukuhutang.usecases.tenants import When, register_tenant
from tests.web.rig import Json, Web

OWNER = "6281234567890"
STAFF = "6281300000001"
VIEWER = "6281300000002"
HOST = "https://web"
COOKIE = "__Host-bukuhutang"


@dataclass
class Browser:
    """One browser at an address of its own; it keeps cookies as real ones do."""

    http: httpx.AsyncClient
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""
    last_set: str = ""

    async def send(
        self, method: str, path: str, body: Json | None = None, **headers: str
    ) -> httpx.Response:
        """A request of a page of the service; what `headers` leaves empty is not sent."""
        sent = {"Origin": HOST, "X-CSRF-Token": self.csrf, "User-Agent": "Firefox on a phone"}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        shown = {name: text for name, text in sent.items() if text}
        answer = await self.http.request(method, path, json=body, headers=shown)
        self.last_set = answer.headers.get("set-cookie", "")
        for name, one in SimpleCookie(self.last_set).items():
            self.cookies[name] = one.value
            if not one.value:
                del self.cookies[name]
        return answer

    async def sign_in(self, code: str, phone: str = OWNER, lender: str | None = None) -> None:
        """Type the code."""
        body: Json = {"phoneNumber": f"+{phone}", "code": code}
        if lender is not None:
            body["lenderNumber"] = f"+{lender}"
        answer = await self.send("POST", "/sign-in", body)
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrfToken"]


@dataclass
class Shop:
    """An active lender with one of staff and one viewer."""

    web: Web
    tenant_id: TenantId
    deps: WebDeps

    @asynccontextmanager
    async def browser(
        self, address: str = "198.51.100.7", deps: WebDeps | None = None
    ) -> AsyncIterator[Browser]:
        """Another browser."""
        async with self.web.client(deps or self.deps, key=None, address=address) as http:
            http.base_url = httpx.URL(HOST)
            yield Browser(http)

    async def codes(self) -> list[tuple[str, str]]:
        """Every code sent so far: into which chat, and the code."""
        async with self.web.database.tenant_tx(self.tenant_id) as tx:
            rows = await tx.db.fetch("select chat_id, body from outbound_messages order by id")
        found = [(row["chat_id"], re.search(r"\*(\d{3}) (\d{3})\*", row["body"])) for row in rows]
        return [(chat, one[1] + one[2]) for chat, one in found if one is not None]

    async def code(self, browser: Browser, phone: str = OWNER, lender: str | None = None) -> str:
        """Ask for a code and look it up on the phone."""
        before = len(await self.codes())
        body: Json = {"phoneNumber": f"+{phone}"}
        if lender is not None:
            body["lenderNumber"] = f"+{lender}"
        answer = await browser.send("POST", "/sign-in/code", body)
        assert answer.status_code == 202, answer.text
        [(_, code)] = (await self.codes())[before:]
        return code

    @asynccontextmanager
    async def signed_in(
        self, phone: str = OWNER, *, address: str = "198.51.100.7"
    ) -> AsyncIterator[Browser]:
        """A browser in which this number is signed in."""
        lender = None if phone == OWNER else OWNER
        async with self.browser(address) as browser:
            await browser.sign_in(await self.code(browser, phone, lender), phone, lender)
            yield browser

    async def execute(self, statement: str) -> None:
        """As the service would, in the tenant's scope."""
        async with self.web.database.tenant_tx(self.tenant_id) as tx:
            await tx.db.execute(statement)


async def open_shop(web: Web, phone: str = OWNER, name: str = "Toko Dani") -> Shop:
    """A lender whose phone is linked."""
    when = When(web.clock.at, web.clock.at)
    tenant = await register_tenant(
        web.database, phone_number=f"+{phone}", name=name, email=None, when=when
    )
    if phone == OWNER:
        for number, who, role in ((STAFF, "Sari", Role.STAFF), (VIEWER, "Tono", Role.VIEWER)):
            new = NewMember(f"+{number}", who, role)
            await add_by_operator(web.database, tenant.id, new, when)
    shop = Shop(web, tenant.id, web.deps())
    await shop.execute("update tenants set status = 'active'")
    return shop
