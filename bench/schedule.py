"""The installment arithmetic alone: schedules of 24 rows a second on one core."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

from bench.table import Line
from bukuhutang.ledger.schedule import Schedule, make_schedule
from bukuhutang.ledger.terms import Amortization, DayCount, InterestKind, LoanTerms

ROUNDS = 400
MIX = tuple(
    LoanTerms(
        5_000_000,
        24,
        date(2026, 1, 31),
        interest=kind,
        annual_percent=Decimal("18.75"),
        day_count=day_count,
        amortization=amortization,
        multiple_of=100,
    )
    for kind in InterestKind
    for day_count in (DayCount.THIRTY_360, DayCount.ACTUAL_365)
    for amortization in Amortization
)


def measure() -> list[Line]:
    """Best of three each, by the processor's time, since one core is meant.

    The floor makes 24 rows of nothing; that of the command reads and writes the same JSON.
    """
    rate = max(_rate(1) for _ in range(3))
    floor = max(_rate(0) for _ in range(3))
    lines = _command_lines()
    piped = max(_command_rate(lines) for _ in range(3))
    bare = max(_json_rate(lines) for _ in range(3))
    return [
        Line("schedules of 24 rows", rate, "/s", floor, "make 24 rows", 2_000, note="mix of 8"),
        Line("the same by the command", piped, "/s", bare, "JSON in and out", 2_000,
             note="start of the program included"),
    ]  # fmt: skip


def _rate(real: int) -> float:
    row = make_schedule(MIX[0]).rows[0]
    started = time.process_time()
    for _ in range(ROUNDS):
        for terms in MIX:
            if real:
                make_schedule(terms)
            else:
                Schedule(tuple(row._replace(number=number) for number in range(24)))
    return ROUNDS * len(MIX) / (time.process_time() - started)


def _command_lines() -> str:
    asked = [
        {
            "principal": terms.principal,
            "installments": terms.installments,
            "start": terms.start.isoformat(),
            "interest": {
                "type": terms.interest,
                "annualRatePercent": str(terms.annual_percent),
                "dayCount": terms.day_count,
            },
            "amortization": terms.amortization,
            "multipleOf": terms.multiple_of,
        }
        for terms in MIX
    ]
    return "".join(json.dumps(one) + "\n" for one in asked) * (2 * ROUNDS)


def _command_rate(lines: str) -> float:
    command: list[str | Path] = [Path(sys.executable).parent / "bukuhutang", "schedule"]
    started = _children_seconds()
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    took = _children_seconds() - started
    assert done.stdout.count('{"rows"') == lines.count("\n")
    return lines.count("\n") / took


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _json_rate(lines: str) -> float:
    rows = [{"number": n, "dueDate": "2026-01-31", "principal": 1, "interest": 1, "due": 2,
             "balanceAfter": 3} for n in range(24)]  # fmt: skip
    out = io.StringIO()
    started = time.process_time()
    for line in lines.splitlines():
        json.loads(line)
        out.write(json.dumps({"rows": rows}) + "\n")
    return lines.count("\n") / (time.process_time() - started)
