"""`make chaos N=200`: kill the service N times under load, then audit the books.

Prints one table; exit 1 when a message was lost or doubled, or a book differs.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from time import time_ns

from tests.chaos.run import Plan, run

VIOLATIONS_SHOWN = 50


def main() -> int:
    """Run and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to repeat it")
    parser.add_argument("--tenants", type=int, default=5)
    parser.add_argument(
        "--seconds-between", type=float, nargs=2, default=(0.2, 1.8), metavar=("MIN", "MAX")
    )
    asked = parser.parse_args()
    seed = time_ns() % 1_000_000 if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)  # noqa: T201  the command's output
    low, high = asked.seconds_between
    plan = Plan(asked.kills, seed, asked.tenants, (low, high))
    report = asyncio.run(run(plan))
    print("\n".join(report.lines()))  # noqa: T201  the command's output
    for words in report.violations[:VIOLATIONS_SHOWN]:
        print(words)  # noqa: T201  the command's output
    if len(report.violations) > VIOLATIONS_SHOWN:
        print(f"… {len(report.violations)} in all")  # noqa: T201  the command's output
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
