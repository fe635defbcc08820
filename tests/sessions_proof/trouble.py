"""What goes wrong on purpose: the service at the other end is away, worker processes are killed."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from time import perf_counter

import psutil

from tests.fakewa.client import FakeWhatsApp
from tests.fakewa.shapes import Refusing
from tests.sessions_proof.measures import workers

UP_SECONDS_MAX = 180.0


@dataclass(frozen=True)
class Storm:
    """Everybody was thrown out and turned away for a while."""

    away_seconds: float
    first_up_seconds: float  # after the doors opened
    all_up_seconds: float
    refused: int  # connections turned away meanwhile


async def storm(fake: FakeWhatsApp, logins: int, away_seconds: float) -> Storm:
    """Break every line, refuse everybody, open again; raises AssertionError if one stays away."""
    before = (await fake.counts()).refused
    await fake.refuse(Refusing.HTTP_503)
    await fake.drop()
    await asyncio.sleep(away_seconds)
    opened = perf_counter()
    await fake.refuse(Refusing.NOBODY)
    await fake.counts(online=1, seconds=UP_SECONDS_MAX)
    first = perf_counter() - opened
    counts = await fake.counts(online=logins, seconds=UP_SECONDS_MAX)
    took = perf_counter() - opened
    assert counts.online >= logins, f"only {counts.online} of {logins} came back"
    return Storm(away_seconds, first, took, counts.refused - before)


async def kill_workers(
    host: int, rng: Random, seconds: float, between: tuple[float, float]
) -> list[float]:
    """SIGKILL a worker drawn at random, again and again; the seconds at which it was done."""
    began, killed = perf_counter(), list[float]()
    while (left := began + seconds - perf_counter()) > 0:
        await asyncio.sleep(min(left, rng.uniform(*between)))
        alive = workers(host)
        if alive and perf_counter() - began < seconds:
            with suppress(psutil.NoSuchProcess):
                rng.choice(alive).send_signal(signal.SIGKILL)
                killed.append(perf_counter() - began)
    return killed
