"""The people who write while the service is killed: lenders in their own chats, borrowers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random

import httpx

from tests.chaos.book import Command

RECEIVABLE_NAMES = ("Budi", "Siti", "Joko")
PAYABLE_NAME = "Agus"
RETRY_SECONDS = 0.25
PAUSE_SECONDS = (-0.05, 0.15)
"""Between two messages; below zero is no pause, so that some follow at once."""
GIVES_UP = 0.3
"""How often a person lets a message be whose first call failed; who tries again goes on trying."""
ASKS_AFTER_SECONDS = (10.5, 14.0)
"""Between two questions of a borrower: six a minute are answered."""
SENDS_TWICE = 0.10
SENDS_OLD_AGAIN = 0.05
MESSAGES_MAX = 9_999
"""Of one lender, so that every amount can carry the message's number."""


@dataclass
class Typed:
    """One message and what its writer knows of it."""

    id: str
    command: Command
    accepted: bool = False  # answered with 2xx at least once
    retried: int = 0  # sent again because the call failed
    resent: int = 0  # sent again on purpose


@dataclass
class Writer:
    """Types one message after the other into one chat."""

    http: httpx.AsyncClient
    number: str
    to: str
    rng: Random
    prefix: str  # of the ids: the same in every tenant, on purpose
    typed: list[Typed] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def type(self, command: Command, *, patient: bool = False) -> Typed:
        """Write one message; a failed call is tried again with the same id, or given up."""
        one = Typed(f"{self.prefix}{len(self.typed) + 1:05}", command)
        self.typed.append(one)
        while not await self._call(one):
            if not patient and not one.retried and self.rng.random() < GIVES_UP:
                return one
            one.retried += 1
            await asyncio.sleep(RETRY_SECONDS)
        one.accepted = True
        return one

    async def resend_some(self) -> None:
        """A phone that does not trust its network."""
        again = []
        if self.typed[-1].accepted and self.rng.random() < SENDS_TWICE:
            again.append(self.typed[-1])
        if self.rng.random() < SENDS_OLD_AGAIN:
            again.append(self.rng.choice([one for one in self.typed if one.accepted]))
        for one in again:
            one.resent += await self._call(one)

    async def _call(self, one: Typed) -> bool:
        message = {"to": self.to, "text": one.command.text, "id": one.id}
        try:
            answer = await self.http.post(f"/simulator/phones/{self.number}/messages", json=message)
        except httpx.TransportError:
            return False
        if answer.is_success:
            if answer.json()["id"] != one.id:
                self.problems.append(f"{self.number} {one.id}: accepted as {answer.text}")
            return True
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            self.problems.append(f"{self.number} {one.id}: {answer.status_code} {answer.text}")
        return False


@dataclass
class Tenant:
    """A lender, and a borrower who asks."""

    id: int
    lender: Writer
    borrower: Writer

    async def lend_and_collect(self, stop: asyncio.Event) -> None:
        """Write commands until told to stop."""
        while not stop.is_set() and len(self.lender.typed) < MESSAGES_MAX:
            await self.lender.type(self._command())
            await self.lender.resend_some()
            await asyncio.sleep(max(0.0, self.lender.rng.uniform(*PAUSE_SECONDS)))

    async def ask(self, stop: asyncio.Event) -> None:
        """The borrower's question, now and then."""
        while not stop.is_set():
            await self.borrower.type(Command("LOOK", "sisa hutang saya?"))
            await asyncio.sleep(self.borrower.rng.uniform(*ASKS_AFTER_SECONDS))

    def _command(self) -> Command:
        rng = self.lender.rng
        name = rng.choice(RECEIVABLE_NAMES)
        amount = self.amount(rng.randint(1, 9))
        kind = rng.choices(
            ("PINJAM", "HUTANG", "BAYAR", "BAYAR " + PAYABLE_NAME, "LUNAS", "BATAL", "LOOK"),
            (30, 5, 32, 5, 3, 10, 15),
        )[0]
        match kind:
            case "PINJAM":
                return Command("PINJAM", f"PINJAM {name} {amount}", name, amount)
            case "HUTANG":
                text = f"HUTANG {PAYABLE_NAME} {amount}"
                return Command("HUTANG", text, PAYABLE_NAME, amount)
            case "BAYAR":
                return Command("BAYAR", f"BAYAR {name} {amount}", name, amount)
            case "LUNAS":
                return Command("LUNAS", f"LUNAS {name}", name)
            case "BATAL":
                return Command("BATAL", "BATAL")
            case "LOOK":
                return Command("LOOK", rng.choice(("STATUS", f"RIWAYAT {name}", "STATUS AKUN")))
        return Command("BAYAR", f"BAYAR {PAYABLE_NAME} {amount}", PAYABLE_NAME, amount)

    def amount(self, millions: int) -> int:
        """A sum that no other message of any tenant names."""
        return millions * 1_000_000 + self.id * 10_000 + len(self.lender.typed) + 1


async def set_up(http: httpx.AsyncClient, index: int, seed: int) -> Tenant:
    """Register a lender, scan, and lend to a borrower who can be reached."""
    number, borrower = f"62811{index:07}", f"62822{index:07}"
    made = await http.post(
        "/admin/tenants/register",
        json={"phoneNumber": number, "name": f"Toko {index}", "email": f"t{index}@example.com"},
    )
    made.raise_for_status()
    tenant_id = made.json()["tenant"]["tenantId"]
    qr = (await http.get(f"/admin/tenant/{tenant_id}/qr")).raise_for_status().json()["qr"]
    (await http.post(f"/simulator/phones/{number}/scan", json={"qr": qr})).raise_for_status()
    plan = await http.post(f"/admin/tenant/{tenant_id}/plan", json={"plan": "enterprise"})
    plan.raise_for_status()
    tenant = Tenant(
        tenant_id,
        Writer(http, number, number, _dice(f"{seed}:{number}"), "m"),
        Writer(http, borrower, number, _dice(f"{seed}:{borrower}"), "b"),
    )
    name, amount = RECEIVABLE_NAMES[0], tenant.amount(1)
    first = Command("PINJAM", f"PINJAM {name} {amount} {borrower}", name, amount)
    await tenant.lender.type(first, patient=True)
    (await http.post("/simulator/idle")).raise_for_status()
    return tenant


def _dice(seed: str) -> Random:
    return Random(seed)  # noqa: S311  what is typed can be had again
