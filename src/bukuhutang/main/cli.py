"""The command line. Exit status: 0 done, 1 refused or a difference found, 2 wrong usage."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bukuhutang.base.errors import ConfigurationProblem, Refusal, TransientFault
from bukuhutang.main import cli_keys, cli_members, cli_tenants
from bukuhutang.main.commands import DEFAULT_DATA, DataFolder, Result, app, with_database

if TYPE_CHECKING:
    from bukuhutang.store.scope import Database
    from bukuhutang.usecases.tenants import When

__all__ = ["app", "run"]

# Importing them adds their commands.
assert cli_tenants.app is cli_keys.app is cli_members.app is app


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
    from bukuhutang.base.ids import TenantId
    from bukuhutang.main import logs
    from bukuhutang.main.address import claim_port
    from bukuhutang.main.cloud import cloud_of
    from bukuhutang.main.database import database_for_serving
    from bukuhutang.main.drivers import driver_request
    from bukuhutang.main.mail import outside
    from bukuhutang.main.serve import Serve
    from bukuhutang.main.serve import serve as serve_until_stopped
    from bukuhutang.main.settings import (
        admin_keys,
        operator_numbers,
        read_settings,
        sign_in_secret,
    )

    wanted = _roles(roles, driver)
    settings = read_settings()
    logs.configure(settings.log_format)
    own = None if settings.operator_tenant is None else TenantId(settings.operator_tenant)
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
            sign_in_secret=sign_in_secret(settings, data_folder),
            operator_tenant=own,
            operator_numbers=operator_numbers(settings),
            show_key=settings.super_admin_api_key is None,
            cloud=cloud,
            outside=outside(settings),
            trusted_proxies=settings.trusted_proxies,
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


@app.command("check-config")
def check_config(
    data_folder: DataFolder = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say what is missing or weak in the configuration; never shows a secret."""
    from bukuhutang.main.check_config import findings

    found = findings(data_folder)
    if as_json:
        typer.echo(json.dumps({"findings": [vars(one) for one in found]}))
    else:
        for one in found:
            typer.echo(f"{one.level}: {one.code}: {one.advice}")
        errors = sum(one.level == "error" for one in found)
        typer.echo(f"{errors} errors, {len(found) - errors} others")
    raise typer.Exit(1 if any(one.level == "error" for one in found) else 0)


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

    found = with_database(data_folder, look)
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
