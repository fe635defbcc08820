"""`make sessions`: many linked phones, a reconnect storm, worker processes killed under traffic.

Prints one table; exit 1 when a message was lost that had been acknowledged, or one was stored or
answered twice.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from time import time_ns

from tests.sessions_proof.run import Plan, run
from tests.support.database import running_server

SHOWN_MAX = 100


def main() -> int:
    """Run and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.sessions_proof", description=__doc__)
    parser.add_argument("--logins", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to repeat it")
    parser.add_argument("--rate", type=float, default=4.0, help="messages a second in all")
    parser.add_argument("--log", type=Path, default=None, help="keep the service's log here")
    asked = parser.parse_args()
    seed = time_ns() % 1_000_000 if asked.seed is None else asked.seed
    _say(f"seed {seed}")
    plan = Plan(asked.logins, asked.minutes * 60, seed, rate=asked.rate, log=asked.log)
    with running_server() as server:
        report = asyncio.run(run(plan, server, _say))
    for name, value in report.lines():
        _say(f"{name:<46}{value:>16}")
    for words in (*report.found.notes[:SHOWN_MAX], *report.found.violations[:SHOWN_MAX]):
        _say(words)
    return 1 if report.found.violations else 0


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201  the command's output


if __name__ == "__main__":
    sys.exit(main())
