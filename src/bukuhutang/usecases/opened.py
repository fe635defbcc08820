"""Books opened outside any chat: by the service itself, by programs, pages and the operator."""

from __future__ import annotations

from datetime import datetime

from bukuhutang.base.ids import MemberId
from bukuhutang.store.book import Page, read_page
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.roles import EVERYTHING, Permission
from bukuhutang.usecases.book import Book, Occasion


def book_at(
    tx: TenantTx,
    page: Page,
    *,
    actor: str,
    key: str,
    now: datetime,
    permissions: frozenset[Permission],
    member_id: MemberId | None = None,
) -> Book:
    """The book for whoever this is; the day is that of the tenant's zone."""
    today = now.astimezone(page.settings.zone).date()
    return Book(tx, page, Occasion(actor, member_id, None, key, now, today, permissions))


async def service_book(tx: TenantTx, key: str, now: datetime) -> Book:
    """The book opened by the service itself, for what happens without anybody's message."""
    page = await read_page(tx)
    return book_at(tx, page, actor="service", key=key, now=now, permissions=EVERYTHING)
