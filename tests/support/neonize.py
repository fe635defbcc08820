"""The real neonize: loudly absent where it does not load, except in CI; stores in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

LOAD_SECONDS_MAX = 60
MEMORY = Path("/dev/shm")


def require_neonize() -> None:
    """Skips the test where neonize cannot be loaded, and fails it in CI."""
    reason = _why_not(os.environ.get("PYTHONPATH", ""))
    if reason is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; CI must not skip the tests with the real library")
    pytest.skip(reason)


@cache
def _why_not(_python_path: str) -> str | None:
    """What loading it says; in a process of its own, for Go never leaves one that it entered."""
    tried = subprocess.run(
        [sys.executable, "-c", "import neonize._binder, os; os._exit(0)"],
        capture_output=True,
        text=True,
        timeout=LOAD_SECONDS_MAX,
        check=False,
    )
    if tried.returncode == 0:
        return None
    last = tried.stderr.strip().splitlines()[-1:] or [f"exit status {tried.returncode}"]
    return f"neonize does not load here: {last[0]}"


@contextmanager
def store_folder() -> Iterator[Path]:
    """A folder for the library's stores until the end of the block, in memory where there is some.

    Linking writes 812 keys one by one, each with an fsync: 0.3 s in memory, 10 s on a busy disk.
    """
    where = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="fakewa-", dir=where) as folder:
        yield Path(folder)
