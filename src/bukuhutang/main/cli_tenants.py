"""The commands about tenants and their logins: what the admin API does, for an operator's shell."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bukuhutang.main.commands import DEFAULT_DATA, DataFolder, app, with_database

__all__ = ["app"]

if TYPE_CHECKING:
    from bukuhutang.store.scope import Database
    from bukuhutang.usecases.tenants import When


@app.command()
def tenants(
    data_folder: DataFolder = DEFAULT_DATA, search: Annotated[str | None, typer.Option()] = None
) -> None:
    """List the tenants with their WhatsApp state."""
    from bukuhutang.store import tenants as store

    async def look(database: Database, _: When) -> None:
        after = 0
        async with database.operator() as db:
            while page := await store.page(
                db, after=after, limit=200, search=search, status=None, plan=None
            ):
                for one in page:
                    typer.echo(
                        f"{one.id}\t{one.phone_number}\t{one.status}\t{one.plan}"
                        f"\t{one.wa_state}\t{one.name}"
                    )
                after = page[-1].id

    with_database(data_folder, look)


@app.command()
def register(
    phone_number: str,
    name: str,
    data_folder: DataFolder = DEFAULT_DATA,
    email: Annotated[str | None, typer.Option()] = None,
) -> None:
    """Register a lender; the scan of its QR code activates it."""
    from bukuhutang.usecases.tenants import register_tenant

    async def act(database: Database, when: When) -> int:
        made = await register_tenant(
            database, phone_number=phone_number, name=name, email=email, when=when
        )
        return made.id

    typer.echo(f"tenant {with_database(data_folder, act)} waits for its scan")


@app.command()
def plan(tenant_id: int, name: str, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Set a tenant's plan: free, basic, pro or enterprise."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.tenants import set_plan

    async def act(database: Database, when: When) -> str:
        return (await set_plan(database, TenantId(tenant_id), name, when)).plan

    typer.echo(f"tenant {tenant_id} has plan {with_database(data_folder, act)}")


@app.command()
def credits(tenant_id: int, amount: int, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Add AI credits on top of a tenant's month."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.tenants import add_credits

    async def act(database: Database, when: When) -> int:
        return (await add_credits(database, TenantId(tenant_id), amount, when)).credits_added

    typer.echo(f"tenant {tenant_id} has {with_database(data_folder, act)} added credits")


@app.command()
def channel(
    tenant_id: int,
    driver: Annotated[str, typer.Argument(help="linked or cloud")],
    data_folder: DataFolder = DEFAULT_DATA,
    phone_id: Annotated[str | None, typer.Option(help="Phone id in the Cloud API.")] = None,
    owner_phone: Annotated[
        str | None, typer.Option(help="The owner's own number; a business number cannot be it.")
    ] = None,
) -> None:
    """Reach a tenant through a linked phone or through the Cloud API."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.main.cloud import cloud_of
    from bukuhutang.main.serve import SESSIONS_CHANNEL
    from bukuhutang.main.settings import read_settings
    from bukuhutang.usecases.channel import SetChannel, set_channel

    configured = cloud_of(read_settings()) is not None

    async def act(database: Database, when: When) -> str | None:
        wish = SetChannel(driver, phone_id, owner_phone)
        row = await set_channel(
            database, TenantId(tenant_id), wish, cloud_configured=configured, when=when
        )
        await database.notify([SESSIONS_CHANNEL])
        return row.driver

    typer.echo(f"tenant {tenant_id} is reached through {with_database(data_folder, act)}")


class Spoken(StrEnum):
    """What the bot speaks to a lender."""

    INDONESIAN = "id"
    ENGLISH = "en"


@app.command()
def language(tenant_id: int, spoken: Spoken, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Set the language the bot speaks to a tenant: id or en."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.tenancy.tenant import Language
    from bukuhutang.usecases.tenants import set_language

    async def act(database: Database, when: When) -> None:
        await set_language(database, TenantId(tenant_id), Language(spoken), when)

    with_database(data_folder, act)
    typer.echo(f"tenant {tenant_id} is spoken to in {spoken}")


@app.command()
def qr(
    tenant_id: int,
    data_folder: DataFolder = DEFAULT_DATA,
    code: Annotated[bool, typer.Option("--code", help="Eight characters to type.")] = False,
) -> None:
    """Show a tenant's QR code in this terminal; the service must be running."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.rendering.qr import qr_terminal
    from bukuhutang.usecases.tenants import pair_code_of, qr_of

    async def look(database: Database, when: When) -> str | None:
        if code:
            return await pair_code_of(database, TenantId(tenant_id), when)
        shown = await qr_of(database, TenantId(tenant_id), when)
        return None if shown is None else qr_terminal(shown.code)

    picture = with_database(data_folder, look)
    if picture is None:
        typer.echo("no code on show yet; one was asked for: try again in a few seconds", err=True)
        raise typer.Exit(1)
    typer.echo(picture)


@app.command()
def link(tenant_id: int, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Make a link to a tenant's pairing page, to be sent to the lender; valid for 24 hours."""
    import secrets

    from bukuhutang.base.ids import TenantId
    from bukuhutang.main.mail import outside
    from bukuhutang.main.settings import read_settings
    from bukuhutang.usecases.pairing import SECRET_BYTES, Link, link_address, link_for

    async def make(database: Database, when: When) -> Link:
        secret = secrets.token_hex(SECRET_BYTES)
        return await link_for(database, TenantId(tenant_id), secret, when)

    base_url = outside(read_settings()).public_url
    made = with_database(data_folder, make)
    typer.echo(made.path if base_url is None else link_address(base_url, made))
    if base_url is None:
        typer.echo("put the address of this service before it, or set PUBLIC_URL", err=True)


@app.command()
def usage(tenant_id: int, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Show what a tenant uses of its plan: the figures of STATUS AKUN."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.tenancy.plans import PLANS
    from bukuhutang.usecases.tenants import TenantDetails, tenant_stats

    async def look(database: Database, when: When) -> TenantDetails:
        return await tenant_stats(database, TenantId(tenant_id), when)

    used = with_database(data_folder, look).usage
    plan, credits = PLANS[used.plan], used.credits
    lines = (
        ("plan", used.plan, None),
        ("month", f"{used.month:%Y-%m}", None),
        ("debts open", used.debts_open, used.max_debts),
        ("agreements open", used.agreements_open, used.max_agreements),
        ("pdfs", used.pdfs, plan.pdfs_a_month),
        ("AI credits", credits.from_month, credits.of_month),
        ("AI credits added, left", credits.added_left, None),
        ("messages", used.messages, None),
        ("messages a minute, at most", plan.messages_a_minute, None),
        ("API requests a minute, at most", plan.api_requests_a_minute, None),
    )
    limited = {"debts open", "agreements open", "pdfs", "AI credits"}
    for name, figure, limit in lines:
        of = "" if name not in limited else f" of {'unlimited' if limit is None else limit}"
        typer.echo(f"{name}\t{figure}{of}")


@app.command("audit-log")
def audit_log(
    tenant_id: int,
    data_folder: DataFolder = DEFAULT_DATA,
    action: Annotated[str | None, typer.Option(help="Only this act, such as plan_set.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
) -> None:
    """Show what was done in a tenant's book and to the tenant, newest first, one JSON a line."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.entrypoints.web.audit import AuditEntryOut
    from bukuhutang.entrypoints.web.cursors import ID_MAX
    from bukuhutang.usecases.audit import AuditLine, audit_trail

    async def look(database: Database, _: When) -> list[AuditLine]:
        return await audit_trail(
            database, TenantId(tenant_id), before=ID_MAX, limit=limit, action=action
        )

    for line in with_database(data_folder, look):
        typer.echo(AuditEntryOut.of(line).model_dump_json(by_alias=True))


@app.command()
def sessions(
    data_folder: DataFolder = DEFAULT_DATA,
    state: Annotated[str | None, typer.Option(help="Only this state.")] = None,
) -> None:
    """List the WhatsApp logins: state, reason, since when, messages that wait."""
    from bukuhutang.store import tenants as store

    async def look(database: Database, _: When) -> None:
        after = 0
        async with database.operator() as db:
            while page := await store.sessions_page(db, after=after, limit=200, state=state):
                for one in page:
                    why = one.reason or "-"
                    typer.echo(
                        f"{one.tenant_id}\t{one.phone_number}\t{one.state}\t{why}"
                        f"\t{one.since:%Y-%m-%d %H:%M}Z\t{one.waiting}\t{one.name}"
                    )
                after = page[-1].tenant_id

    with_database(data_folder, look)
