"""What must hold afterwards, from WhatsApp's side: what it saw acknowledged, what phones show."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter

from bukuhutang.store import checks
from bukuhutang.store.scope import Database
from tests.fakewa.client import FakeWhatsApp
from tests.fakewa.shapes import Delivery
from tests.sessions_proof.people import Lender

LOOK_SECONDS = 1.0
OUT = ("sent", "delivered", "read", "unknown")


@dataclass
class Findings:
    """Counts for the table, and in words everything that must not be."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def wrong(self, kind: str, words: str) -> None:
        """Something that must not be."""
        self.counts[kind] += 1
        self.violations.append(f"{kind}: {words}")


async def rest(
    database: Database, fake: FakeWhatsApp, lenders: list[Lender], seconds: float
) -> float:
    """Wait until WhatsApp holds nothing back and all is worked; the seconds, also when in vain."""
    began = perf_counter()
    while perf_counter() - began < seconds:
        if not await _waiting(fake, lenders) and not await _unworked(database, lenders):
            break
        await asyncio.sleep(LOOK_SECONDS)
    return perf_counter() - began


async def _waiting(fake: FakeWhatsApp, lenders: list[Lender]) -> int:
    """Messages that WhatsApp would deliver again."""
    return sum([one.waiting for lender in lenders for one in await fake.linked(lender.number)])


async def _unworked(database: Database, lenders: list[Lender]) -> int:
    """Messages stored and not worked, answers not gone."""
    total = 0
    for one in lenders:
        async with database.tenant_tx(one.tenant) as tx:
            total += await tx.db.fetchval(
                "select (select count(*) from inbound_messages"
                " where status not in ('done', 'ignored', 'quarantined'))"
                " + (select count(*) from outbound_messages where status <> all($1::text[]))",
                list(OUT),
            )
    return total


async def verify(database: Database, fake: FakeWhatsApp, lenders: list[Lender]) -> Findings:
    """Everything, lender by lender."""
    found = Findings()
    for lender in lenders:
        await _one(found, database, fake, lender)
    for problem in (await fake.counts()).problems:
        found.notes.append(f"the fake complains: {problem}")
    return found


async def _one(found: Findings, database: Database, fake: FakeWhatsApp, lender: Lender) -> None:
    async with database.tenant_tx(lender.tenant) as tx:
        stored = Counter(
            row["provider_message_id"]
            for row in await tx.db.fetch("select provider_message_id from inbound_messages")
        )
        outcomes = {
            row["provider_message_id"]: row["outcome"]
            for row in await tx.db.fetch(
                "select i.provider_message_id, o.status as outcome"
                " from inbound_messages i left join outbound_messages o"
                " on o.tenant_id = i.tenant_id and o.client_ref = 'in:' || i.id || ':1'"
            )
        }
        for one in await checks.differences(tx):
            found.wrong("differences", f"tenant {lender.tenant}: {one}")
    shown = [one.text for one in await fake.messages(lender.number, count=0)]
    for typed in lender.typed:
        deliveries = await fake.deliveries(typed.id, acked=False, seconds=0)
        acked = bool(deliveries) and all(one.acked for one in deliveries)
        where = f"tenant {lender.tenant} {typed.id} {typed.verb} {typed.amount}"
        _stored_once(found, where, stored[typed.id], acked, deliveries)
        answers = sum(typed.mark in text for text in shown)
        _answered_once(found, where, answers, typed.id in stored, outcomes.get(typed.id))


def _stored_once(
    found: Findings, where: str, times: int, acked: bool, deliveries: list[Delivery]
) -> None:
    found.counts["messages written"] += 1
    found.counts["  acknowledged"] += acked
    found.counts["  sealed anew after a retry receipt"] += any(
        "retry" in one.receipts for one in deliveries
    )
    found.counts["  delivered more than once"] += any(one.delivered > 1 for one in deliveries)
    if times > 1:
        found.wrong("stored twice", f"{where}: {times} times")
    if times == 0 and acked:
        found.wrong("acknowledged and lost", f"{where}: {deliveries}")
    if not acked:
        found.counts["  never acknowledged, still with WhatsApp"] += 1
        found.notes.append(f"not acknowledged, stored {times} times: {where}: {deliveries}")


def _answered_once(
    found: Findings, where: str, answers: int, is_stored: bool, outcome: str | None
) -> None:
    """`outcome` is what the outbox says of the answer; an unknown one is never sent again."""
    found.counts["answers shown"] += answers
    if answers > 1:
        found.wrong("answered twice", f"{where}: {answers} times")
    if answers or not is_stored:
        return
    if outcome == "unknown":
        found.counts["  not shown, the outbox says unknown"] += 1
        found.notes.append(f"unknown and not shown: {where}")
    else:
        found.wrong("unanswered", f"{where}: the outbox says {outcome}")
