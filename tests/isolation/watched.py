"""A database that notes what is opened in it: which tenants' scopes, which roles over all of them.

What a leak tells need not be known then. Who acts for one tenant opens this tenant's scope, and
whatever else is opened must be named with its reason.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import Connection, Database, TenantTx

COURIER, OPERATOR, ANY = "the courier", "the operator", "another tenant"
Opened = set[TenantId | str]


class Watched(Database):
    """The same pools, looked at."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._app, database._courier, database._operator, database._dsn)
        self.opened: Opened = set()

    def seen(self) -> Opened:
        """What was opened since this was asked last."""
        seen, self.opened = self.opened, set()
        return seen

    @asynccontextmanager
    async def _scoped(
        self, tenant_id: TenantId, then: str, mode: str = ""
    ) -> AsyncIterator[TenantTx]:
        self.opened.add(tenant_id)
        async with super()._scoped(tenant_id, then, mode) as tx:
            yield tx

    @asynccontextmanager
    async def courier(self) -> AsyncIterator[Connection]:
        self.opened.add(COURIER)
        async with super().courier() as db:
            yield db

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[Connection]:
        self.opened.add(OPERATOR)
        async with super().operator() as db:
            yield db


def opened_in(database: Database) -> Opened:
    """What was opened in the tests' database since this was asked last."""
    assert isinstance(database, Watched), "the fixture `ground` makes it one"
    return database.seen()
