"""`make fuzz`: many requests to each operation, with a seed to repeat them by."""

from __future__ import annotations

import argparse
import logging
import secrets
import sys

import structlog

from tests.fuzz.rig import running_target
from tests.fuzz.run import fuzz, operations
from tests.support.database import running_server


def tell(line: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Exit 1 when something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="of each kind, per operation")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    wanted = parser.parse_args()
    # A line for each request would hide what is found.
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    tell(f"seed {wanted.seed}")
    count = 0
    with running_server() as server, running_target(server) as target:
        for operation in operations(target):
            found = fuzz(target, operation, examples=wanted.examples, number=wanted.seed)
            tell(f"{operation.method.upper():7}{operation.path}: {len(found) or 'sound'}")
            for one in found:
                tell(f"\n{one}\n")
            count += len(found)
        if target.theirs != target.rows_of_theirs():
            tell("the other tenant's book was changed")
            count += 1
    tell(f"{count} found")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
