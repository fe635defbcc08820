"""What a developer reads on a terminal tells where it broke, and nobody's values."""

from __future__ import annotations

import subprocess
import sys
from typing import Literal

import pytest

SCRIPT = """
import logging, sys, structlog
from bukuhutang.main import logs
logs.configure(sys.argv[1])
def record(name, amount):
    payee = {"name": name, "amount": amount}
    return int(payee["name"])
def work():
    secret = "Siti " + "Rahayu"
    record(secret, 123_000 + 454)
try:
    work()
except ValueError:
    structlog.get_logger("x").exception("it_failed", number=7)
    logging.getLogger("library").exception("it failed")
work()
"""


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_shows_no_local_variables(form: Literal["console", "json"]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, form], capture_output=True, text=True, check=False
    )
    told = done.stdout + done.stderr
    assert done.returncode == 1
    assert told.count("ValueError") == 3, "the log, a library's log, and the end of the process"
    assert told.count("in record") == 3
    for value in ("Rahayu", "123454", "payee =", "secret ="):
        assert value not in told
