"""The data folder of the embedded PostgreSQL: who may use it, who owns what in it.

    data/                    0700 when we make it; ours
      lock                   held (flock) by the one BukuHutang that uses the folder
      postgres/              ours; as root 0710 for the server's group, else 0700
        layout               version of this layout
        superuser_password   0600, ours
        running.lock         held by every living PostgreSQL process of this folder
        address              the socket folder as clients name it
        temporary            folders made elsewhere, to be removed at the next start
        cluster/ log/ socket/  0700, the server's

Everything root reads, writes or removes by name lies in a folder that root owns, so that the
server's user cannot lead root elsewhere with a symbolic link.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import pwd
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bukuhutang.base.clock import monotonic
from bukuhutang.base.errors import ConfigurationProblem

LAYOUT = 1
UNUSED_IDS = range(60_706, 61_184)
"""The range that systemd's list of user ids calls unused, below the 65,536 of small containers."""
POLL_SECONDS = 0.01
ORPHAN_STAGES = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 5.0))
TEMPORARY_PREFIX = "bukuhutang-"


@dataclass(frozen=True)
class ServerOwner:
    """The user that PostgreSQL runs as. It refuses root, so root must switch to another."""

    uid: int
    gid: int
    switch: bool

    def run_as(self) -> dict[str, Any]:
        """Arguments for `subprocess` that start a program as this user."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Hand a file or folder that we made to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def give_tree(self, top: Path) -> None:
        """Hand over a folder with all that is in it, if it is not this user's already.

        It is not when we have just made it, or when root has copied the data folder.
        """
        if self.switch and top.stat().st_uid != self.uid:
            for folder, _, names in os.walk(top):
                for path in (Path(folder), *(Path(folder, name) for name in names)):
                    self.give(path)


class DataFolder:
    """Paths, locks and ownership of one data folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))
        self.lock = self.root / "lock"
        self.postgres = self.root / "postgres"
        self.layout = self.postgres / "layout"
        self.password = self.postgres / "superuser_password"
        self.running = self.postgres / "running.lock"
        self.address = self.postgres / "address"
        self.temporary = self.postgres / "temporary"
        self.cluster = self.postgres / "cluster"
        self.cluster_new = self.postgres / "cluster.new"
        self.log = self.postgres / "log"
        self.socket = self.postgres / "socket"

    def unusable(self, trouble: OSError) -> ConfigurationProblem:
        """One line for the operator about what the file system refused."""
        if isinstance(trouble, FileExistsError | NotADirectoryError):
            return ConfigurationProblem(f"{self.root} is not a folder, or lies below a file")
        if trouble.errno in (errno.ENOSPC, errno.EDQUOT):
            return ConfigurationProblem(f"no space left on the disk of the data folder {self.root}")
        where = f" ({trouble.filename})" if trouble.filename else ""
        return ConfigurationProblem(
            f"cannot write in the data folder {self.root} as user {os.geteuid()}: "
            f"{trouble.strerror}{where}"
        )

    def hold(self) -> int:
        """Make the folder if needed and take it for this process; return the lock's descriptor.

        Raises ConfigurationProblem if it is in use, a file, or not writable.
        """
        try:
            if not self.root.exists():
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            elif self.root.is_dir() and not any(self.root.iterdir()):
                # Empty, so handed to us as it is. A folder with other things in it keeps its
                # mode: it may be somebody's home, and what is secret in it is closed by itself.
                # Closing only: a folder made read-only on purpose stays so, and is refused.
                self.root.chmod(self.root.stat().st_mode & 0o700)
            held = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as trouble:
            raise self.unusable(trouble) from trouble
        if not _try_lock(held):
            holder = os.read(held, 20).decode(errors="replace").strip()
            os.close(held)
            raise ConfigurationProblem(
                f"the data folder {self.root} is already in use by another BukuHutang"
                f" (process {holder})"
            )
        os.ftruncate(held, 0)
        os.write(held, f"{os.getpid()}\n".encode())
        return held

    def prepare(self) -> ServerOwner:
        """Make the folders and decide who owns the server's part.

        Raises ConfigurationProblem if a newer BukuHutang made the layout.
        """
        self.postgres.mkdir(mode=0o700, exist_ok=True)
        found = self.layout.read_text().strip() if self.layout.exists() else ""
        if found.isdecimal() and int(found) > LAYOUT:
            raise ConfigurationProblem(
                f"the data folder {self.root} was made by a newer BukuHutang"
                f" (layout {found}, this one knows {LAYOUT}): start that one"
            )
        if not found:
            write_file(self.layout, f"{LAYOUT}\n")
        owner = self._owner()
        if owner.switch and self.postgres.stat().st_uid == 0:
            # The server steps from its cluster to `../socket` and `../log`; nobody else may.
            os.chown(self.postgres, 0, owner.gid)
            self.postgres.chmod(0o710)
        else:
            self.postgres.chmod(0o700)
        for folder in (self.log, self.socket):
            folder.mkdir(mode=0o700, exist_ok=True)
            owner.give_tree(folder)
        return owner

    def _owner(self) -> ServerOwner:
        if os.geteuid() != 0:
            return ServerOwner(os.geteuid(), os.getegid(), switch=False)
        if self.cluster.exists() and (made_by := self.cluster.stat()).st_uid != 0:
            return ServerOwner(made_by.st_uid, made_by.st_gid, switch=True)
        # Two folders get two users where possible: the search starts at the folder's own number.
        start = self.postgres.stat().st_ino % len(UNUSED_IDS)
        for candidate in (*UNUSED_IDS[start:], *UNUSED_IDS[:start]):
            if not _has_name(candidate):
                return ServerOwner(candidate, candidate, switch=True)
        raise ConfigurationProblem(
            f"no unused user id between {UNUSED_IDS.start} and {UNUSED_IDS.stop} for PostgreSQL"
        )

    @property
    def marker(self) -> str:
        """Name of this folder's server in the process list, by which strays are found."""
        made = self.postgres.stat()
        return f"bukuhutang-{made.st_dev:x}-{made.st_ino:x}"

    def running_lock(self) -> int:
        """Stop what an earlier run left behind; return a lock for all processes of this one.

        An flock belongs to the open file, which children inherit: it stays busy while any
        process of the server lives, whatever its process id says, across process id
        namespaces too. Raises ConfigurationProblem if strays cannot be stopped.
        """
        held = os.open(self.running, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if _try_lock(held):
            return held
        for signum, seconds in ORPHAN_STAGES:
            self._signal_orphans(signum)
            deadline = monotonic() + seconds
            while monotonic() < deadline:
                if _try_lock(held):
                    return held
                time.sleep(POLL_SECONDS)
        os.close(held)
        raise ConfigurationProblem(
            f"a PostgreSQL of an earlier run still uses {self.cluster} and cannot be stopped"
        )

    def is_running(self) -> bool:
        """Whether any PostgreSQL process of this folder lives."""
        try:
            probe = os.open(self.running, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            return not _try_lock(probe)
        finally:
            os.close(probe)

    def _signal_orphans(self, signum: signal.Signals) -> None:
        started_as = f"cluster_name={self.marker}".encode()
        title = f"postgres: {self.marker}: ".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                # The main process alone hears the polite signals: to its children they
                # mean something else.
                if started_as in command.split(b"\0") or (
                    signum == signal.SIGKILL and command.startswith(title)
                ):
                    os.kill(int(entry.name), signum)

    def make_temporary(self, parent: Path | None = None) -> Path:
        """Make a folder (0700) with a short path; recorded, so that no crash leaves it behind."""
        made = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent))
        earlier = self.temporary.read_text() if self.temporary.exists() else ""
        write_file(self.temporary, f"{earlier}{made}\n")
        return made

    def clear_temporary(self) -> None:
        """Remove the folders that this or an earlier run made."""
        if not self.temporary.exists():
            return
        for line in self.temporary.read_text().splitlines():
            path = Path(line)
            with contextlib.suppress(OSError):
                # It may be gone and its name taken by somebody else since.
                if path.name.startswith(TEMPORARY_PREFIX) and path.lstat().st_uid == os.geteuid():
                    shutil.rmtree(path)
        self.temporary.unlink()


def write_file(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file as a whole and durably: after a crash it is the old one or the new one."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    writer = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(writer, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in the folder durable."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _has_name(number: int) -> bool:
    for lookup in (pwd.getpwuid, grp.getgrgid):
        with contextlib.suppress(KeyError):
            lookup(number)
            return True
    return False
