"""The audit of the books: what is stored against what the facts say."""

from __future__ import annotations

from collections.abc import AsyncIterator

from bukuhutang.store import checks
from bukuhutang.store.checks import Difference
from bukuhutang.store.scope import Database


async def audit_books(database: Database) -> AsyncIterator[Difference]:
    """Every difference in every tenant's book, tenant by tenant.

    Each book is read under its lock, so that a running service is not mistaken for an error.
    """
    async with database.operator() as db:
        tenant_ids = await checks.tenant_ids(db)
    for tenant_id in tenant_ids:
        async with database.book_tx(tenant_id) as tx:
            for one in await checks.differences(tx):
                yield one
