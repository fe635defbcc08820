"""The small process between BukuHutang and its PostgreSQL: stops it when BukuHutang is gone.

Run as a file (`python -I -S embedded_guard.py UID GID LOCK PROGRAM ARGUMENT…`, working folder = the
cluster), standard library only, so that it is up in some 15 ms. Why a process of its own:

- PostgreSQL must stop with its parent, even after `kill -9`. A parent-death signal
  (PR_SET_PDEATHSIG) fires when the *thread* that started the child ends, and we are started from
  short-lived worker threads; it is also cleared by the change of user. So BukuHutang holds the
  write end of our standard input and never writes: its end, however it comes, is our end of file.
  We are single-threaded, so between us and PostgreSQL the death signal is exact: it covers
  the case that we are the ones who are killed.
- Changing the user and setting that signal needs code between fork and exec, which is unsafe in
  a process with threads (`preexec_fn`) and safe here.
- PostgreSQL's messages pass through us into two files of bounded size, which its own collector
  (one more process) cannot promise: it bounds age, not size.

A normal stop is the same path: BukuHutang closes the pipe.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys

FAST_SECONDS = 6
"""For a fast shutdown: sessions are ended, a checkpoint is written."""
IMMEDIATE_SECONDS = 2
"""For an immediate shutdown: no checkpoint, the next start recovers from the WAL."""
KILL_SECONDS = 2
STAGES = (
    (signal.SIGINT, FAST_SECONDS),
    (signal.SIGQUIT, IMMEDIATE_SECONDS),
    (signal.SIGKILL, KILL_SECONDS),
)
LOG = "../log/postgres.log"
"""Relative to the cluster, because its absolute path may lead through folders closed to us."""
LOG_BYTES_MAX = 5_000_000
READ_BYTES = 65_536
PR_SET_PDEATHSIG = 1


class BoundedLog:
    """`postgres.log` and the one before it, `postgres.log.1`; together at most twice the bound."""

    def __init__(self, path: str, *, bytes_max: int = LOG_BYTES_MAX) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._file = self._open()
        self.reason = b""

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def write(self, chunk: bytes) -> None:
        """Keep the chunk. A full disk loses messages, never the database."""
        for line in chunk.splitlines():
            fatal = b"FATAL:" in line or b"PANIC:" in line
            # Early messages have no level: then the last line must do.
            if fatal or not (b"FATAL:" in self.reason or b"PANIC:" in self.reason):
                self.reason = line
        with contextlib.suppress(OSError):
            if os.fstat(self._file).st_size + len(chunk) > self._bytes_max:
                os.replace(self._path, self._path + ".1")
                os.close(self._file)
                self._file = self._open()
            os.write(self._file, chunk)


def drop_privileges(uid: int, gid: int) -> None:
    """Become the cluster's owner for good; nothing to do for an ordinary user."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)


def become_postgres(owner: tuple[int, int], command: list[str], *, guard_pid: int) -> None:
    """In the forked child: drop privileges, ask to die with the guard, become PostgreSQL."""
    import ctypes  # here, so that the guard itself stays small; before the files get out of reach

    libc = ctypes.CDLL(None, use_errno=True)
    drop_privileges(*owner)
    # After the change of user, which would clear it.
    if libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != guard_pid:
        return  # the guard died before the signal was set
    os.execv(command[0], command)  # noqa: S606  no shell is the point


def spawn(owner: tuple[int, int], command: list[str], log_writer: int) -> int:
    """Start PostgreSQL with its messages on the pipe and return its process id."""
    guard_pid = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(log_writer, 1)
        os.dup2(log_writer, 2)
        become_postgres(owner, command, guard_pid=guard_pid)
    except OSError as trouble:
        os.write(2, f"FATAL:  cannot start {command[0]}: {trouble.strerror}\n".encode())
    os._exit(1)


def guard(child: int, log_reader: int, wake_reader: int, log: BoundedLog) -> bool:
    """Pump messages until PostgreSQL has ended; return whether that was asked for.

    Signals (a child ended, an alarm rang) arrive as bytes on `wake_reader`.
    """
    stages = list(STAGES)
    watched = [0, log_reader, wake_reader]

    def next_stage() -> None:
        if stages:
            signum, seconds = stages.pop(0)
            os.kill(child, signum)
            signal.alarm(seconds)

    while not os.waitpid(child, os.WNOHANG)[0]:
        ready, _, _ = select.select(watched, [], [])
        if log_reader in ready:
            chunk = os.read(log_reader, READ_BYTES)
            log.write(chunk)
            if not chunk:
                watched.remove(log_reader)
        if 0 in ready and not os.read(0, 1):
            watched.remove(0)
            next_stage()
        if wake_reader in ready and signal.SIGALRM in os.read(wake_reader, READ_BYTES):
            next_stage()
    return len(stages) < len(STAGES)


def _heard(signum: int, frame: object) -> None:
    """Python needs a handler for the wake-up byte to be written; the byte says all."""


def main(arguments: list[str]) -> int:
    """Run PostgreSQL until standard input ends. Exit 0 if stopped, else 1 and why it ended."""
    owner, lock = (int(arguments[0]), int(arguments[1])), int(arguments[2])
    os.umask(0o077)
    log_reader, log_writer = os.pipe()
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer)
    # Before the fork: a child that ends at once must not go unnoticed.
    signal.signal(signal.SIGCHLD, _heard)
    signal.signal(signal.SIGALRM, _heard)
    child = spawn(owner, arguments[3:], log_writer)
    os.close(log_writer)
    os.close(lock)  # PostgreSQL's processes alone hold it, so that free means that none lives
    # After the fork, since ignored signals survive exec: a Ctrl-C or a SIGTERM to the whole
    # group is BukuHutang's to handle, it still needs its database while it winds down.
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    drop_privileges(*owner)
    log = BoundedLog(LOG)
    asked_for = guard(child, log_reader, wake_reader, log)
    os.set_blocking(log_reader, False)
    with contextlib.suppress(BlockingIOError):
        while chunk := os.read(log_reader, READ_BYTES):
            log.write(chunk)
    if asked_for:
        return 0
    with contextlib.suppress(OSError):
        os.write(1, log.reason or b"it said nothing")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
