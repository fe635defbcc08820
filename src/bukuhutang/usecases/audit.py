"""The audit of the books, what is stored against what the facts say; and the audit trail."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bukuhutang.base.ids import TenantId
from bukuhutang.store import audit_log, checks
from bukuhutang.store.checks import Difference
from bukuhutang.store.scope import Database
from bukuhutang.usecases.tenants import read_tenant

DIGITS_SHOWN = 3
NUMBER = re.compile(r"\+?[0-9]{8,15}(@\S*)?")


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


@dataclass(frozen=True)
class AuditLine:
    """One sealed act as the operator may see it: numbers and amounts, no names, no phone."""

    id: int
    at: datetime
    actor: str
    chat: str | None  # its last three digits
    action: str
    borrower_id: int | None
    subject: int | None
    detail: dict[str, Any]
    previous_hash: str
    hash: str


async def audit_trail(
    database: Database,
    tenant_id: TenantId,
    *,
    before: int,
    limit: int,
    action: str | None = None,
) -> list[AuditLine]:
    """What was done in a tenant's book and to the tenant, newest first, below number `before`.

    Raises TenantNotFound.
    """
    async with database.tenant_tx(tenant_id) as tx:
        await read_tenant(tx)
        found = await audit_log.entries(tx, before=before, limit=limit, action=action)
    return [
        AuditLine(
            one.id,
            one.at,
            one.actor,
            None if one.chat_id is None else masked(one.chat_id),
            one.action,
            one.borrower_id,
            one.subject,
            _without_numbers(one.detail),
            one.previous_hash.hex(),
            one.hash.hex(),
        )
        for one in found
    ]


def masked(number: str) -> str:
    """A chat or phone number by its last three digits."""
    return f"…{number.partition('@')[0][-DIGITS_SHOWN:]}"


def _without_numbers(value: Any) -> Any:
    """A detail with whatever in it looks like somebody's number masked, at any depth."""
    if isinstance(value, dict):
        return {key: _without_numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_numbers(one) for one in value]
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return masked(value)
    return value
