"""Lenders who link their phones and write commands to themselves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from time import perf_counter

from bukuhutang.base.ids import TenantId
from bukuhutang.rendering.formats import rupiah
from bukuhutang.store.scope import Database
from bukuhutang.usecases.tenants import When, qr_of, register_tenant, set_plan
from tests.fakewa.client import FakeWhatsApp

LINK_SECONDS_MAX = 180
LINKINGS_AT_ONCE = 6
LOOK_SECONDS = 0.1
NAMES = ("Budi", "Siti", "Joko")


@dataclass(frozen=True)
class Typed:
    """One message; its amount is used once in its book, so that its answer can be told."""

    id: str
    verb: str
    amount: int
    at: float  # perf_counter

    @property
    def mark(self) -> str:
        """What only the answer to this message says."""
        return f"{self.verb.lower()} *{rupiah(self.amount)}*"


@dataclass
class Lender:
    """A tenant and its phone."""

    number: str
    tenant: TenantId
    rng: Random
    typed: list[Typed] = field(default_factory=list)

    async def write(self, fake: FakeWhatsApp) -> Typed:
        """Write the next command into the chat with oneself."""
        count = len(self.typed) + 1
        # The first debts are larger than all payments: something is always owed.
        lends = count <= len(NAMES) or self.rng.random() < 0.5
        name = NAMES[(count - 1) % len(NAMES)] if lends else self.rng.choice(NAMES)
        verb, amount = ("PINJAM", 90_000_000 + count) if lends else ("BAYAR", 10_000 + count)
        at = perf_counter()
        written = await fake.write(self.number, self.number, f"{verb} {name} {amount}")
        one = Typed(written, verb, amount, at)
        self.typed.append(one)
        return one


async def link_all(
    database: Database, fake: FakeWhatsApp, logins: int, seed: int
) -> tuple[list[Lender], float]:
    """Register and link so many; the lenders, and the seconds it took."""
    started = perf_counter()
    gate = asyncio.Semaphore(LINKINGS_AT_ONCE)

    async def link(place: int) -> Lender:
        number = f"62811{1_000_000 + place}"
        async with gate:
            await fake.phone(number)
            made = await register_tenant(
                database, phone_number=number, name=f"Toko {place}", email=None, when=now()
            )
            await set_plan(database, made.id, "enterprise", now())
            await fake.scan(await _code(database, made.id), number)
            # The first login is the linking process, the second a worker.
            linked = await fake.online(number, logins=2, seconds=LINK_SECONDS_MAX)
            assert linked, f"login {place} did not come up"
        return Lender(number, made.id, Random(f"{seed}:{number}"))  # noqa: S311  to be repeated

    lenders = await asyncio.gather(*(link(one) for one in range(1, logins + 1)))
    return list(lenders), perf_counter() - started


async def _code(database: Database, tenant: TenantId) -> str:
    async with asyncio.timeout(LINK_SECONDS_MAX):
        # Another process shows it.
        while (shown := await qr_of(database, tenant, now())) is None:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
    return shown.code


async def first_debts(fake: FakeWhatsApp, lenders: list[Lender]) -> None:
    """Everybody is owed something by everyone, before anything breaks."""
    for _ in NAMES:
        for one in lenders:
            written = await one.write(fake)
            assert await fake.acked(written.id), f"{one.number}: {written.id} is not acknowledged"


async def traffic(
    fake: FakeWhatsApp, lenders: list[Lender], rate: float, rng: Random, stop: asyncio.Event
) -> None:
    """So many messages a second in all, each by a lender drawn at random, now and then several."""
    due = perf_counter()
    while not stop.is_set():
        one = rng.choice(lenders)
        at_once = rng.choices((1, 2, 4), (80, 12, 8))[0]
        for _ in range(at_once):
            await one.write(fake)
        due += at_once / rate
        await asyncio.sleep(max(0.0, due - perf_counter()))


def now() -> When:
    """Both clocks are the machine's."""
    instant = datetime.now(UTC)
    return When(instant, instant)
