"""Through which WhatsApp a tenant is reached: a linked phone, or a number of the Cloud API.

Refusals (words in `rendering`, numbers in `entrypoints.web`):

    DriverUnknown, PhoneIdInvalid, PhoneIdTaken, CloudNotConfigured, OwnerNumberMissing
    and of `tenants`: TenantNotFound, PhoneNumberInvalid
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import TenantId
from bukuhutang.store import tenants
from bukuhutang.store.scope import Database
from bukuhutang.store.tenants import TenantRow
from bukuhutang.tenancy.phone import read_phone
from bukuhutang.usecases.members import be_owner
from bukuhutang.usecases.tenants import PhoneNumberInvalid, When, operator_book, read_tenant

PHONE_ID = re.compile(r"[0-9]{1,32}", re.ASCII)


class ChannelKind(StrEnum):
    """What the operator may choose for a tenant."""

    LINKED = "linked"
    CLOUD = "cloud"


@dataclass(eq=False)
class DriverUnknown(Refusal):
    code: ClassVar[str] = "driver_unknown"
    driver: str


@dataclass(eq=False)
class PhoneIdInvalid(Refusal):
    """It is missing, or not digits."""

    code: ClassVar[str] = "phone_id_invalid"


@dataclass(eq=False)
class PhoneIdTaken(Refusal):
    code: ClassVar[str] = "phone_id_taken"


@dataclass(eq=False)
class CloudNotConfigured(Refusal):
    code: ClassVar[str] = "cloud_not_configured"


@dataclass(eq=False)
class OwnerNumberMissing(Refusal):
    """The business number cannot write to itself: the owner needs another one."""

    code: ClassVar[str] = "owner_number_missing"


@dataclass(frozen=True)
class SetChannel:
    """The operator's wish; `phone_id` None keeps the one there is.

    `owner_phone` is the owner's own number, from which the tenant of a business number writes.
    """

    driver: str
    phone_id: str | None = None
    owner_phone: str | None = None


async def set_channel(
    database: Database,
    tenant_id: TenantId,
    wish: SetChannel,
    *,
    cloud_configured: bool,
    when: When,
) -> TenantRow:
    """Reach a tenant through another WhatsApp from now on; whoever calls wakes the sessions.

    Raises TenantNotFound, DriverUnknown, PhoneIdInvalid, PhoneIdTaken, CloudNotConfigured,
    PhoneNumberInvalid, OwnerNumberMissing, MemberBorrows.
    """
    if wish.driver not in set(ChannelKind):
        raise DriverUnknown(wish.driver[:60])
    if wish.phone_id is not None and not PHONE_ID.fullmatch(wish.phone_id):
        raise PhoneIdInvalid
    owner = None if wish.owner_phone is None else read_phone(wish.owner_phone)
    if wish.owner_phone is not None and owner is None:
        raise PhoneNumberInvalid
    async with database.book_tx(tenant_id) as tx:
        tenant = await read_tenant(tx)
        if wish.driver == ChannelKind.CLOUD and not cloud_configured:
            raise CloudNotConfigured
        if wish.driver == ChannelKind.CLOUD and wish.phone_id is None and not tenant.cloud_phone_id:
            raise PhoneIdInvalid
        if not await tenants.set_channel(tx, wish.driver, wish.phone_id):
            raise PhoneIdTaken
        # Only now, so that the page shows where this lender will read.
        book = await operator_book(tx, when)
        if owner is not None:
            await be_owner(book, owner, tenant.name)
        if wish.driver == ChannelKind.CLOUD and not await tenants.has_number_beside(
            tx, tenant.phone_number
        ):
            raise OwnerNumberMissing
        changed = {"from": tenant.driver, "to": wish.driver, "phone_id": wish.phone_id}
        book.seal("channel_set", detail=changed)
        await book.close()
        return await read_tenant(tx)
