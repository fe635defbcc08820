"""The commands about who may speak for a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bukuhutang.main.commands import DEFAULT_DATA, DataFolder, app, with_database
from bukuhutang.tenancy.roles import Role

__all__ = ["app"]

if TYPE_CHECKING:
    from bukuhutang.store.scope import Database
    from bukuhutang.usecases.members import MemberAdded, MemberList, MemberRemoved
    from bukuhutang.usecases.tenants import When


@app.command("add-user")
def add_user(
    tenant_id: int,
    phone_number: str,
    name: str,
    data_folder: DataFolder = DEFAULT_DATA,
    role: Annotated[
        Role, typer.Option(help="Staff record; viewers only look; owners may do all.")
    ] = Role.OWNER,
) -> None:
    """Let another number speak for a tenant, or give it another role."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.members import NewMember, add_by_operator

    async def act(database: Database, when: When) -> MemberAdded:
        new = NewMember(phone_number, name, role)
        return await add_by_operator(database, TenantId(tenant_id), new, when)

    done = with_database(data_folder, act)
    told = {"added": "added", "role_set": f"now {role}", "already": "already there"}
    typer.echo(told[done.what])


@app.command()
def users(tenant_id: int, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """List who may speak for a tenant: number of the member, phone, role, name."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.members import list_by_operator

    async def look(database: Database, when: When) -> MemberList:
        return await list_by_operator(database, TenantId(tenant_id), when)

    for one in with_database(data_folder, look).members:
        typer.echo(f"{one.id}\t{one.phone}\t{one.role}\t{one.name}")


@app.command("remove-user")
def remove_user(tenant_id: int, phone_number: str, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """A number speaks for a tenant no longer; its web logins end, what it recorded stays."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.members import remove_by_operator

    async def act(database: Database, when: When) -> MemberRemoved:
        return await remove_by_operator(database, TenantId(tenant_id), phone_number, when)

    typer.echo(f"removed {with_database(data_folder, act).name}")
