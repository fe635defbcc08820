"""The reader alone: messages a second on one core."""

from __future__ import annotations

import time
from datetime import date

from bench.table import Line
from bukuhutang.understanding.commands import read_lender

MIX = (
    "PINJAM Budi 500rb 14hari",
    'PINJAM Pak Haji Slamet 1.250.000 2 minggu "semen dan pasir"',
    "BAYAR Budi 200rb",
    "HUTANG Bu Rina 1,25jt 30hari",
    "LUNAS Sari",
    "STATUS",
    "RIWAYAT Budi",
    "pinjam joko 75 ribu 3 hari buat rokok",
    "BATAL",
    "besok saya ke pasar dulu ya",
)
ROUNDS = 4_000
TODAY = date(2026, 2, 18)


def measure() -> Line:
    """Best of three, beside the least any reader must do: fold the text and split it."""
    rate = max(_rate(lambda text: read_lender(text, TODAY)) for _ in range(3))
    floor = max(_rate(lambda text: text.casefold().split()) for _ in range(3))
    return Line("reader alone", rate, "/s", floor, "casefold and split", 20_000, "mix of 10")


def _rate(read: object) -> float:
    assert callable(read)
    started = time.perf_counter()
    for _ in range(ROUNDS // 10):
        for text in MIX:
            read(text)
    return ROUNDS / (time.perf_counter() - started)
