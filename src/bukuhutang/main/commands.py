"""What the commands of the command line share: the program, the data folder, a database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bukuhutang.base.clock import SystemClock

if TYPE_CHECKING:
    from bukuhutang.store.scope import Database
    from bukuhutang.usecases.tenants import When

Result = TypeVar("Result")
DEFAULT_DATA = Path("data")
ACTOR = "operator:cli"
"""How the audit log names who works from a shell."""

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


@contextmanager
def dsn_of(data_folder: Path) -> Iterator[str]:
    """Where the database of a short command is; it may be started for it."""
    from bukuhutang.main import logs
    from bukuhutang.main.database import database_for_commands
    from bukuhutang.main.settings import read_settings

    settings = read_settings()
    logs.configure(settings.log_format)
    with database_for_commands(settings, data_folder) as dsn:
        yield dsn


def with_database(data_folder: Path, act: Callable[[Database, When], Awaitable[Result]]) -> Result:
    """Run `act` on the service's database, which may be running beside us."""
    from bukuhutang.store.scope import connect
    from bukuhutang.usecases.tenants import When

    clock = SystemClock()

    async def work(dsn: str) -> Result:
        database = await connect(dsn)
        try:
            return await act(database, When(clock.now(), clock.machine_now(), ACTOR))
        finally:
            await database.close()

    with dsn_of(data_folder) as dsn:
        return asyncio.run(work(dsn))
