"""The operator's acts by chat: those of the admin API, each with one effect however often it runs.

They run in transactions of their own, before the message is answered in another. A message that is
worked again after a crash between the two finds what it did and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.store import audit_log, tenants
from bukuhutang.store.scope import Database
from bukuhutang.store.tenants import TenantRow
from bukuhutang.tenancy.tenant import TenantStatus
from bukuhutang.usecases.tenants import (
    PhoneNumberTaken,
    When,
    read_tenant,
    register_tenant,
    toggle_tenant,
)

ACTOR = "operator:chat"
TENANTS_SHOWN_MAX = 10


@dataclass(eq=False)
class OwnTenantStays(Refusal):
    """The operator would switch off the very chat."""

    code: ClassVar[str] = "own_tenant_stays"


@dataclass(frozen=True)
class TenantLine:
    """One tenant as the operator's chat shows it."""

    id: int
    name: str
    phone: PhoneNumber
    status: str
    plan: str

    @classmethod
    def of(cls, row: TenantRow) -> TenantLine:
        """The row of it."""
        return cls(row.id, row.name, row.phone_number, row.status.value, row.plan)


@dataclass(frozen=True)
class OperatorRegistered(Answer):
    code: ClassVar[str] = "operator_registered"
    tenant: TenantLine
    is_new: bool


@dataclass(frozen=True)
class OperatorTenants(Answer):
    code: ClassVar[str] = "operator_tenants"
    tenants: tuple[TenantLine, ...]
    is_more: bool


@dataclass(frozen=True)
class OperatorSwitched(Answer):
    code: ClassVar[str] = "operator_switched"
    tenant: TenantLine


async def register_by_chat(
    database: Database, phone: PhoneNumber, name: str, when: When
) -> OperatorRegistered:
    """DAFTAR; of a number that is registered it tells so. Raises NameInvalid."""
    try:
        row = await register_tenant(
            database, phone_number=f"+{phone}", name=name, email=None, when=when
        )
    except PhoneNumberTaken:
        async with database.operator() as db:
            known = await tenants.id_by_phone(db, phone)
        assert known is not None, "tenants are never deleted"
        async with database.tenant_tx(known) as tx:
            is_ours = await audit_log.was_asked(tx, "tenant_registered", when.asked)
            return OperatorRegistered(TenantLine.of(await read_tenant(tx)), is_new=is_ours)
    return OperatorRegistered(TenantLine.of(row), is_new=True)


async def list_by_chat(database: Database, search: str | None) -> OperatorTenants:
    """LIST TENANT: the first ten, in the order of registration."""
    async with database.operator() as db:
        rows = await tenants.page(
            db,
            after=0,
            limit=TENANTS_SHOWN_MAX + 1,
            search=search,
            status=None,
            plan=None,
        )
    lines = tuple(TenantLine.of(one) for one in rows[:TENANTS_SHOWN_MAX])
    return OperatorTenants(lines, is_more=len(rows) > len(lines))


async def switch_by_chat(
    database: Database, tenant_id: TenantId, *, active: bool, own: TenantId, when: When
) -> OperatorSwitched:
    """NONAKTIF TENANT, AKTIF TENANT: so from now on, also where it was so already.

    Raises TenantNotFound, TenantNotActivated, OwnTenantStays.
    """
    if tenant_id == own:
        raise OwnTenantStays
    wanted = TenantStatus.ACTIVE if active else TenantStatus.INACTIVE
    row = await toggle_tenant(database, tenant_id, when, to=wanted)
    return OperatorSwitched(TenantLine.of(row))
