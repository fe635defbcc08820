"""The commands about the keys of a tenant's programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bukuhutang.main.commands import DEFAULT_DATA, DataFolder, app, with_database
from bukuhutang.tenancy.roles import KeyScope

__all__ = ["app"]

if TYPE_CHECKING:
    from bukuhutang.store.api_keys import ApiKeyRow
    from bukuhutang.store.scope import Database
    from bukuhutang.usecases.tenants import When

PAGE = 200
NEWEST = 2**63 - 1


@app.command()
def keys(tenant_id: int, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """List the keys of a tenant's programs, the newest first."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.api_keys import keys_of

    async def look(database: Database, when: When) -> None:
        before = NEWEST
        while page := await keys_of(database, TenantId(tenant_id), when, before=before, limit=PAGE):
            for one in page:
                typer.echo(_line(one, when))
            before = page[-1].id

    with_database(data_folder, look)


def _line(one: ApiKeyRow, when: When) -> str:
    ends = f"{one.expires_at:%Y-%m-%d}" if one.expires_at is not None else "-"
    used = f"{one.last_used_at:%Y-%m-%d %H:%M}Z" if one.last_used_at is not None else "-"
    status = one.status(when.now)
    return f"{one.id}\t{one.scope}\t{status}\t…{one.hint}\tends {ends}\tused {used}\t{one.name}"


@app.command("keys-add")
def keys_add(
    tenant_id: int,
    name: str,
    data_folder: DataFolder = DEFAULT_DATA,
    scope: Annotated[KeyScope, typer.Option(help="What the key may do.")] = KeyScope.WRITE,
    days: Annotated[
        int | None, typer.Option(min=1, max=3_653, help="After how many days it ends; else never.")
    ] = None,
) -> None:
    """Make a key for a tenant's programs; it is printed once and never again."""
    import secrets
    from datetime import timedelta

    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.api_keys import (
        SECRET_BYTES,
        CreateKey,
        KeyCreated,
        create_key_of,
    )

    async def act(database: Database, when: When) -> KeyCreated:
        ends = None if days is None else when.now + timedelta(days=days)
        wish = CreateKey(name, scope, ends)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        return await create_key_of(database, TenantId(tenant_id), wish, secret, when)

    created = with_database(data_folder, act)
    typer.echo(created.key)
    typer.echo(
        f"key {created.row.id} of tenant {tenant_id}: keep it now, it is shown this once", err=True
    )


@app.command("keys-revoke")
def keys_revoke(tenant_id: int, key_id: int, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Revoke a key: it opens nothing from now on."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.api_keys import revoke_key_of

    async def act(database: Database, when: When) -> None:
        await revoke_key_of(database, TenantId(tenant_id), key_id, when)

    with_database(data_folder, act)
    typer.echo(f"key {key_id} of tenant {tenant_id} is revoked")
