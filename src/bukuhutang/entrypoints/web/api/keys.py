"""The keys of the programs, for the owner who has signed in; a key cannot make further ones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.shapes import Page, PageQuery
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.key_shapes import (
    KeyCreatedOut,
    KeyIdInPath,
    KeyIn,
    KeyOut,
)
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.entrypoints.web.tenant_keys import new_secret
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases import api_keys
from bukuhutang.usecases.api_keys import (
    EXPIRY_DAYS_MAX,
    KEY_NAME_MAX,
    KEYS_MAX,
    KeyExpiryInvalid,
    KeyNotFound,
    TooManyKeys,
)
from bukuhutang.usecases.refusals import NotPermitted
from bukuhutang.usecases.tenants import NameInvalid

router = APIRouter(prefix="/keys", tags=["keys"])

OWNER_ONLY = NotPermitted(Permission.MEMBERS)


@router.post(
    "",
    status_code=201,
    response_model=KeyCreatedOut,
    responses=refusals(
        OWNER_ONLY,
        NameInvalid(KEY_NAME_MAX),
        KeyExpiryInvalid(EXPIRY_DAYS_MAX),
        TooManyKeys(KEYS_MAX),
    ),
)
async def post_key(body: KeyIn, call: ApiWriting) -> Response:
    """A key for a program; it is told in this answer and never again."""
    async with call.writing(Permission.MEMBERS) as work:
        created = await api_keys.create_key(work.book, body.wish(), new_secret())
        shown = KeyCreatedOut.told(created, call.when.now)
        without = shown.model_copy(update={"key": None})
        return await work.answer(shown, status=201, keep=without)


@router.get("", responses=refusals(OWNER_ONLY, CursorInvalid()))
async def get_keys(asked: Annotated[PageQuery, Query()], call: ApiReading) -> Page[KeyOut]:
    """The keys, the newest first, also those that open nothing any more."""
    async with call.reading(Permission.MEMBERS) as book:
        before = call.before("keys", asked.cursor)
        rows = await api_keys.list_keys(book, before=before, limit=asked.limit + 1)
    return Page(
        items=[KeyOut.of(one, call.when.now) for one in rows[: asked.limit]],
        next_cursor=call.next("keys", [one.id for one in rows], asked.limit),
    )


@router.delete("/{keyId}", response_model=KeyOut, responses=refusals(OWNER_ONLY, KeyNotFound(3)))
async def delete_key(key_id: KeyIdInPath, call: ApiWriting) -> Response:
    """The key opens nothing from now on."""
    async with call.writing(Permission.MEMBERS) as work:
        row = await api_keys.revoke_key(work.book, key_id)
        return await work.answer(KeyOut.of(row, call.when.now))
