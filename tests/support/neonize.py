"""The real neonize; loudly absent where its library does not load, except in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

LOAD_SECONDS_MAX = 60


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
