"""The keys of a tenant's programs, as the operator manages them."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.web.api.shapes import PageQuery
from bukuhutang.entrypoints.web.cursors import ID_MAX, CursorInvalid, read_cursor, write_cursor
from bukuhutang.entrypoints.web.deps import OperatorCall
from bukuhutang.entrypoints.web.key_shapes import (
    KeyAnswer,
    KeyCreatedAnswer,
    KeyCreatedOut,
    KeyIdInPath,
    KeyIn,
    KeyOut,
    KeysPage,
)
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.entrypoints.web.shapes import TenantIdInPath
from bukuhutang.usecases import api_keys
from bukuhutang.usecases.api_keys import (
    EXPIRY_DAYS_MAX,
    KEY_NAME_MAX,
    KEYS_MAX,
    KeyExpiryInvalid,
    KeyNotFound,
    TooManyKeys,
)
from bukuhutang.usecases.tenants import NameInvalid, TenantNotFound

router = APIRouter(prefix="/admin/tenant/{id}/keys", tags=["tenants"])

NO_TENANT = TenantNotFound(7)


def new_secret() -> str:
    """The part of a key that nobody can guess."""
    return secrets.token_urlsafe(api_keys.SECRET_BYTES)


@router.post(
    "",
    status_code=201,
    responses=refusals(
        NO_TENANT,
        NameInvalid(KEY_NAME_MAX),
        KeyExpiryInvalid(EXPIRY_DAYS_MAX),
        TooManyKeys(KEYS_MAX),
    ),
)
async def create(tenant_id: TenantIdInPath, body: KeyIn, call: OperatorCall) -> KeyCreatedAnswer:
    """A key for the tenant's programs; it is told in this answer and never again."""
    created = await api_keys.create_key_of(
        call.deps.database, TenantId(tenant_id), body.wish(), new_secret(), call.when
    )
    return KeyCreatedAnswer(key=KeyCreatedOut.told(created, call.when.now))


@router.get("", responses=refusals(NO_TENANT, CursorInvalid()))
async def list_keys(
    tenant_id: TenantIdInPath, asked: Annotated[PageQuery, Query()], call: OperatorCall
) -> KeysPage:
    """The tenant's keys, the newest first, also those that open nothing any more."""
    rows = await api_keys.keys_of(
        call.deps.database,
        TenantId(tenant_id),
        call.when,
        before=read_cursor("keys", asked.cursor, tenant_id) or ID_MAX,
        limit=asked.limit + 1,
    )
    shown = rows[: asked.limit]
    more = len(rows) > len(shown)
    return KeysPage(
        keys=[KeyOut.of(one, call.when.now) for one in shown],
        next_cursor=write_cursor("keys", shown[-1].id, tenant_id) if more else None,
    )


@router.delete("/{keyId}", responses=refusals(NO_TENANT, KeyNotFound(3)))
async def revoke(tenant_id: TenantIdInPath, key_id: KeyIdInPath, call: OperatorCall) -> KeyAnswer:
    """The key opens nothing from now on."""
    row = await api_keys.revoke_key_of(call.deps.database, TenantId(tenant_id), key_id, call.when)
    return KeyAnswer(key=KeyOut.of(row, call.when.now))
