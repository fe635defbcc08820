"""The command line. Exit status: 0 done, 1 refused or a difference found, 2 wrong usage."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bukuhutang.base.clock import SystemClock
from bukuhutang.base.errors import ConfigurationProblem, Refusal, TransientFault

if TYPE_CHECKING:
    from bukuhutang.store.scope import Database
    from bukuhutang.usecases.tenants import When

Result = TypeVar("Result")
DEFAULT_DATA = Path("data")

app = typer.Typer(
    help="BukuHutang: a debt book kept by chatting on WhatsApp.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
DataFolder = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="BUKUHUTANG_DATA",
        readable=False,  # what cannot be used is told in our own one line
        help="Folder of everything we keep.",
    ),
]


class Driver(StrEnum):
    """Which WhatsApp serves a tenant for whom none was chosen."""

    SIMULATOR = "simulator"
    NEONIZE = "neonize"  # real phones, as linked devices
    CLOUD = "cloud"


def run() -> None:
    """The console script: trouble a person can mend is one line on standard error."""
    if not __debug__:
        sys.exit("bukuhutang: assertions are switched off (python -O); they guard the money")
    try:
        app()
    except (ConfigurationProblem, TransientFault) as problem:
        print(f"bukuhutang: {problem}", file=sys.stderr)  # noqa: T201  for the operator
        sys.exit(1)
    except Refusal as no:
        from bukuhutang.rendering.texts import render_problem
        from bukuhutang.tenancy.tenant import Language

        words = render_problem(no.code, Language.ENGLISH, **no.fields())
        print(f"bukuhutang: {words}", file=sys.stderr)  # noqa: T201  for the operator
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@app.command()
def serve(
    data_folder: DataFolder = DEFAULT_DATA,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 3000,
    driver: Annotated[Driver, typer.Option(help="Which WhatsApp.")] = Driver.SIMULATOR,
    roles: Annotated[str, typer.Option(help="Which parts run here.")] = "web,chat,sessions,clock",
) -> None:
    """Run the service."""
    from bukuhutang.main import logs
    from bukuhutang.main.address import claim_port
    from bukuhutang.main.cloud import cloud_of
    from bukuhutang.main.database import database_for_serving
    from bukuhutang.main.drivers import driver_request
    from bukuhutang.main.mail import outside
    from bukuhutang.main.serve import Serve
    from bukuhutang.main.serve import serve as serve_until_stopped
    from bukuhutang.main.settings import admin_keys, read_settings

    wanted = _roles(roles, driver)
    settings = read_settings()
    logs.configure(settings.log_format)
    cloud = cloud_of(settings)
    if driver is Driver.CLOUD and cloud is None:
        raise ConfigurationProblem("--driver cloud needs WHATSAPP_CLOUD_TOKEN and its two secrets")
    listening = claim_port(host, port) if "web" in wanted else None
    with database_for_serving(settings, data_folder) as opened:
        request = Serve(
            data_folder=data_folder,
            host=host,
            port=listening.getsockname()[1] if listening else port,
            roles=wanted,
            driver=driver_request(driver, settings),
            dsn=opened.dsn,
            database_alive=opened.alive,
            database_ours_alone=opened.ours_alone,
            admin_keys=admin_keys(settings, data_folder),
            show_key=settings.super_admin_api_key is None,
            cloud=cloud,
            outside=outside(settings),
        )
        _run_loop(serve_until_stopped(request, listening))


def _roles(text: str, driver: Driver) -> frozenset[str]:
    from bukuhutang.main.settings import ROLES

    wanted = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not wanted or wanted - set(ROLES):
        raise typer.BadParameter(f"--roles takes {','.join(ROLES)}, one or more")
    if driver is Driver.SIMULATOR and ("web" in wanted) != ("sessions" in wanted):
        raise typer.BadParameter("the simulator needs web and sessions in one process")
    return wanted


def _run_loop(work: Awaitable[Result]) -> Result:
    import uvloop

    async def main() -> Result:
        return await work

    return uvloop.run(main())


@app.command()
def migrate(data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Prepare or upgrade the schema."""
    from bukuhutang.main.database import migrate_now
    from bukuhutang.main.settings import read_settings

    done = migrate_now(read_settings(), data_folder)
    typer.echo(f"applied {', '.join(done)}" if done else "nothing to do")


@app.command()
def understand() -> None:
    """Read messages (JSON Lines in, JSON Lines out): the reader alone."""
    from bukuhutang.entrypoints.chat.understand import run as understand_lines

    understand_lines(sys.stdin, lambda line: typer.echo(line, nl=False))


@app.command()
def schedule() -> None:
    """Plan loans and allocate payments (JSON Lines in, JSON Lines out): the arithmetic alone."""
    from bukuhutang.entrypoints.lines.schedule import run as schedule_lines

    schedule_lines(sys.stdin.buffer, lambda line: typer.echo(line, nl=False))


@app.command()
def audit(
    data_folder: DataFolder = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Recompute every balance, counter and hash; list what differs."""
    from bukuhutang.usecases.audit import audit_books

    async def look(database: Database, _: When) -> list[dict[str, object]]:
        return [vars(one) async for one in audit_books(database)]

    found = _with_database(data_folder, look)
    if as_json:
        typer.echo(json.dumps({"differences": found}))
    else:
        for one in found:
            typer.echo(
                f"tenant {one['tenant_id']}: {one['what']} {one['number']}:"
                f" stored {one['stored']}, the facts say {one['computed']}"
            )
        typer.echo(f"{len(found)} differences")
    raise typer.Exit(1 if found else 0)


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

    _with_database(data_folder, look)


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

    typer.echo(f"tenant {_with_database(data_folder, act)} waits for its scan")


@app.command()
def plan(tenant_id: int, name: str, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Set a tenant's plan: free, basic, pro or enterprise."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.tenants import set_plan

    async def act(database: Database, when: When) -> str:
        return (await set_plan(database, TenantId(tenant_id), name, when)).plan

    typer.echo(f"tenant {tenant_id} has plan {_with_database(data_folder, act)}")


@app.command()
def credits(tenant_id: int, amount: int, data_folder: DataFolder = DEFAULT_DATA) -> None:
    """Add AI credits on top of a tenant's month."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.tenants import add_credits

    async def act(database: Database, when: When) -> int:
        return (await add_credits(database, TenantId(tenant_id), amount, when)).credits_added

    typer.echo(f"tenant {tenant_id} has {_with_database(data_folder, act)} added credits")


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

    typer.echo(f"tenant {tenant_id} is reached through {_with_database(data_folder, act)}")


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

    _with_database(data_folder, act)
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

    picture = _with_database(data_folder, look)
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
    made = _with_database(data_folder, make)
    typer.echo(made.path if base_url is None else link_address(base_url, made))
    if base_url is None:
        typer.echo("put the address of this service before it, or set PUBLIC_URL", err=True)


@app.command("add-user")
def add_user(
    tenant_id: int, phone_number: str, name: str, data_folder: DataFolder = DEFAULT_DATA
) -> None:
    """Let another number speak as the lender of a tenant."""
    from bukuhutang.base.ids import TenantId
    from bukuhutang.usecases.tenants import add_member

    async def act(database: Database, when: When) -> bool:
        return await add_member(
            database, TenantId(tenant_id), phone_number=phone_number, name=name, when=when
        )

    typer.echo("added" if _with_database(data_folder, act) else "already there")


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

    _with_database(data_folder, look)


@contextmanager
def _dsn(data_folder: Path) -> Iterator[str]:
    from bukuhutang.main import logs
    from bukuhutang.main.database import database_for_commands
    from bukuhutang.main.settings import read_settings

    settings = read_settings()
    logs.configure(settings.log_format)
    with database_for_commands(settings, data_folder) as dsn:
        yield dsn


def _with_database(data_folder: Path, act: Callable[[Database, When], Awaitable[Result]]) -> Result:
    """Run `act` on the service's database, which may be running beside us."""
    from bukuhutang.store.scope import connect
    from bukuhutang.usecases.tenants import When

    clock = SystemClock()

    async def work(dsn: str) -> Result:
        database = await connect(dsn)
        try:
            return await act(database, When(clock.now(), clock.machine_now()))
        finally:
            await database.close()

    with _dsn(data_folder) as dsn:
        return asyncio.run(work(dsn))
