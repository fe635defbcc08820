"""An agreement of 24 rows as PDF, warm."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable

import typst

from bench.table import Line
from bukuhutang.rendering.documents.agreement import agreement_pdf
from bukuhutang.tenancy.tenant import Language
from tests.rendering.documents.samples import VERIFY_URL, an_agreement

ROUNDS = 50
ROWS = 24
NUMBERS = itertools.count()


def measure() -> Line:
    """Median of ever different agreements, best of three, beside typst with one line to print."""
    bare = typst.Compiler()
    took = min(_median_ms(_agreement) for _ in range(3))
    floor = min(
        _median_ms(lambda name: bare.compile(name.encode(), format="pdf")) for _ in range(3)
    )
    return Line("agreement PDF, warm", took, "ms", floor, "one line by typst", 50, f"{ROWS} rows")


def _agreement(borrower: str) -> bytes:
    agreement = an_agreement(ROWS, borrower=borrower, verify_url=VERIFY_URL)
    return agreement_pdf(agreement, Language.INDONESIAN)


def _median_ms(printed: Callable[[str], object]) -> float:
    printed("Budi")  # warm from here on
    times = []
    for _ in range(ROUNDS):
        name = f"Budi {next(NUMBERS)}"  # never the same document again
        started = time.perf_counter()
        printed(name)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000
