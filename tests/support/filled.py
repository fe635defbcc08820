"""A book with many debts in it, recorded as anybody's are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bukuhutang.base.ids import TenantId
from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.usecases.opened import service_book
from bukuhutang.usecases.people import NewPerson
from bukuhutang.usecases.quotas import spend_ai_credit
from bukuhutang.usecases.record_debt import RecordDebt, record_debt

JAKARTA = ZoneInfo("Asia/Jakarta")


async def record_debts(
    database: Database, tenant_id: TenantId, count: int, *, now: datetime
) -> None:
    """So many open debts of 10,000 rupiah, in one piece of work: of `Orang 1`, `Orang 2`, …"""
    async with database.book_tx(tenant_id) as tx:
        first = await _people(tx) + 1
        book = await service_book(tx, f"filled:{first}", now)
        for number in range(first, first + count):
            name = f"Orang {number}"
            request = RecordDebt(
                Direction.RECEIVABLE, name, name.lower(), 10_000, _soon(now), note=None
            )
            await record_debt(book, request, chosen=NewPerson(name, name.lower(), None))
        await book.close()


async def spend_credits(
    database: Database, tenant_id: TenantId, count: int, *, now: datetime
) -> None:
    """So many questions to the model, in one piece of work."""
    async with database.book_tx(tenant_id) as tx:
        book = await service_book(tx, f"spent:{now.isoformat()}:{count}", now)
        for _ in range(count):
            await spend_ai_credit(book)
        await book.close()


async def _people(tx: TenantTx) -> int:
    count: int = await tx.db.fetchval("select count(*) from borrowers")
    return count


def _soon(now: datetime) -> date:
    return now.astimezone(JAKARTA).date() + timedelta(days=14)
