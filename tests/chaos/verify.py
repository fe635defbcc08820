"""What must hold after any number of kills, looked up in the database and on the phones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from bukuhutang.messaging.simulated import PAGE_MAX
from bukuhutang.rendering.formats import rupiah
from tests.chaos.book import Action, ExpectedBook
from tests.chaos.load import Tenant, Typed, Writer

Row = dict[str, Any]
OUT = frozenset(("sent", "delivered", "read"))
TABLES = {
    "inbound": "select tenant_id, id, provider_message_id, chat_id, status, reason, attempts"
    " from inbound_messages order by id",
    "outbound": "select tenant_id, id, client_ref, chat_id, status, reason, body, attempts"
    " from outbound_messages order by id",
    "debts": "select d.tenant_id, d.id, d.direction, b.name, d.principal, d.paid, d.status"
    " from debts d join borrowers b on b.tenant_id = d.tenant_id and b.id = d.borrower_id"
    " order by d.id",
    "payments": "select p.tenant_id, p.id, b.name, p.amount, p.reverses"
    " from payments p join borrowers b on b.tenant_id = p.tenant_id and b.id = p.borrower_id"
    " order by p.id",
    "acts": "select tenant_id, idempotency_key, action, subject from audit_log"
    " where idempotency_key like 'in:%' order by id",
}


@dataclass
class Findings:
    """Counts for the table at the end, and every violation in words."""

    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def expect(self, holds: bool, kind: str, words: str) -> None:
        """Note a violation of one kind (lost, doubled, difference) unless it holds."""
        if not holds:
            self.counts[kind] += 1
            self.violations.append(f"{kind}: {words}")


@dataclass(frozen=True)
class Tables:
    """All rows, by tenant."""

    rows: dict[str, dict[int, list[Row]]]

    def of(self, table: str, tenant_id: int) -> list[Row]:
        """One tenant's rows of one table."""
        return self.rows[table].get(tenant_id, [])


def read_tables(dsn: str) -> Tables:
    """Everything that is compared, read as superuser."""
    rows: dict[str, dict[int, list[Row]]] = {}
    with psycopg.connect(dsn, row_factory=dict_row) as db:
        for table, query in TABLES.items():
            rows[table] = defaultdict(list)
            for row in db.execute(query):
                rows[table][row["tenant_id"]].append(row)
    return Tables(rows)


async def verify(http: httpx.AsyncClient, tenants: Sequence[Tenant], dsn: str) -> Findings:
    """Compare what the writers know, the tables, the phones and the model."""
    tables = read_tables(dsn)
    found = Findings()
    for tenant in tenants:
        arrived = check_arrivals(found, tenant, tables.of("inbound", tenant.id))
        check_books(found, tenant, arrived, tables)
        check_amounts_are_used_once(found, tenant, arrived, tables)
        replies = tables.of("outbound", tenant.id)
        check_replies(found, tenant, arrived, replies)
        for writer in (tenant.lender, tenant.borrower):
            shown = await shown_in_chat(http, writer)
            check_phone(found, writer, shown, [one for one in replies if goes_to(one, writer)])
    doubled = (await http.get("/simulator/sends")).raise_for_status().json()["doubled"]
    for ref, times in doubled.items():
        found.expect(False, "doubled sends", f"WhatsApp accepted {ref} {times} times")
    return found


def goes_to(reply: Row, writer: Writer) -> bool:
    """Whether an outbound row is for this writer's phone."""
    return bool(reply["chat_id"] == writer.number)


def check_arrivals(found: Findings, tenant: Tenant, inbound: list[Row]) -> dict[str, Row]:
    """Every accepted message is there once and done; returns the rows of typed messages by id."""
    by_id = {row["provider_message_id"]: row for row in inbound}
    typed = {one.id: one for one in (*tenant.lender.typed, *tenant.borrower.typed)}
    for one in typed.values():
        row = by_id.get(one.id)
        where = f"tenant {tenant.id} {one.id} {one.command.text!r}"
        found.counts["messages typed"] += 1
        found.counts["messages accepted"] += one.accepted
        found.counts["given up after a failed call"] += not one.accepted
        found.counts["  of which arrived all the same"] += not one.accepted and row is not None
        found.counts["retried after a failed call"] += one.retried > 0
        found.counts["resent on purpose"] += one.resent
        found.expect(row is not None or not one.accepted, "lost", f"{where} never arrived")
        if row is not None:
            state = f"{row['status']} ({row['reason']}, {row['attempts']} attempts)"
            found.expect(row["status"] == "done", "lost", f"{where} is {state}")
    for row in inbound:
        stray = row["provider_message_id"] not in typed
        fine = not stray or (row["status"], row["reason"]) == ("ignored", "own message")
        found.expect(fine, "differences", f"tenant {tenant.id}: nobody typed {row}")
    for writer in (tenant.lender, tenant.borrower):
        order = [by_id[one.id]["id"] for one in writer.typed if one.id in by_id]
        in_order = order == sorted(order)
        found.expect(in_order, "differences", f"{writer.number}: arrived out of order")
        for problem in writer.problems:
            found.expect(False, "differences", problem)
    return {id: row for id, row in by_id.items() if id in typed}


def check_books(
    found: Findings, tenant: Tenant, arrived: dict[str, Row], tables: Tables
) -> ExpectedBook:
    """Acts per message, debts and payments, against the model."""
    acts: dict[str, list[str]] = defaultdict(list)
    for row in tables.of("acts", tenant.id):
        acts[row["idempotency_key"].rpartition(":")[0]].append(row["action"])
    book = expected_book(found, tenant.lender.typed, arrived, acts)
    for key, actions in acts.items():
        found.expect(False, "differences", f"tenant {tenant.id}: {key} did {actions}")
    debts = [
        tuple(row[name] for name in ("id", "direction", "name", "principal", "paid", "status"))
        for row in tables.of("debts", tenant.id)
    ]
    payments = [
        tuple(row[name] for name in ("id", "name", "amount", "reverses"))
        for row in tables.of("payments", tenant.id)
    ]
    paid = [(one.number, one.name, one.amount, one.reverses) for one in book.payments]
    compare(found, f"tenant {tenant.id} debt", debts, [one.line() for one in book.debts])
    compare(found, f"tenant {tenant.id} payment", payments, paid)
    found.counts["debts"] += len(debts)
    found.counts["payments"] += len(payments)
    return book


def expected_book(
    found: Findings, typed: list[Typed], arrived: dict[str, Row], acts: dict[str, list[str]]
) -> ExpectedBook:
    """Replay what arrived; takes the acts that are accounted for out of `acts`."""
    book = ExpectedBook()
    for one in typed:
        if one.id not in arrived:
            continue
        expected: Action | None = book.hear(one.command)
        row = arrived[one.id]
        did = acts.pop(f"in:{row['id']}", [])
        words = f"tenant {row['tenant_id']} {one.id} {one.command.text!r} did {did}, not {expected}"
        found.expect(did == ([expected] if expected else []), "differences", words)
    return book


def check_amounts_are_used_once(
    found: Findings, tenant: Tenant, arrived: dict[str, Row], tables: Tables
) -> None:
    """Without the model: each amount a message named is at most one debt, or one payment."""
    # LUNAS names no amount; what it pays may by chance be what another message named.
    settling = {
        f"in:{arrived[one.id]['id']}:1"
        for one in tenant.lender.typed
        if one.command.verb == "LUNAS" and one.id in arrived
    }
    acts = tables.of("acts", tenant.id)
    settled = {row["subject"] for row in acts if row["idempotency_key"] in settling}
    debts = Counter(row["principal"] for row in tables.of("debts", tenant.id))
    payments = Counter(
        row["amount"]
        for row in tables.of("payments", tenant.id)
        if row["reverses"] is None and row["id"] not in settled
    )
    for one in tenant.lender.typed:
        amount = one.command.amount
        if amount:
            times = (payments if one.command.verb == "BAYAR" else debts)[amount]
            words = f"tenant {tenant.id} {one.id}: {amount} is {times} records"
            found.expect(times <= 1, "doubled effects", words)


def compare(
    found: Findings, what: str, stored: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]
) -> None:
    """Line by line, by number."""
    for number in range(max(len(stored), len(expected))):
        is_stored = stored[number] if number < len(stored) else None
        is_expected = expected[number] if number < len(expected) else None
        words = f"{what} {number + 1}: stored {is_stored}, expected {is_expected}"
        found.expect(is_stored == is_expected, "differences", words)


def check_replies(
    found: Findings, tenant: Tenant, arrived: dict[str, Row], replies: list[Row]
) -> None:
    """One reply for each message that arrived, and every reply came to an end."""
    refs = Counter(row["client_ref"] for row in replies)
    for id, row in arrived.items():
        times = refs.pop(f"in:{row['id']}:1", 0)
        found.expect(times == 1, "lost", f"tenant {tenant.id} {id} has {times} replies")
    found.expect(not refs, "differences", f"tenant {tenant.id}: replies to nothing: {refs}")
    for row in replies:
        found.counts["replies"] += 1
        found.counts["unknown sends"] += row["status"] == "unknown"
        ended = row["status"] in OUT or row["status"] == "unknown"
        words = f"tenant {tenant.id} {row['client_ref']} is {row['status']} ({row['reason']})"
        found.expect(ended, "lost", words)


async def shown_in_chat(http: httpx.AsyncClient, writer: Writer) -> list[Row]:
    """What this writer's phone shows in the one chat he writes in."""
    chat = {writer.number, writer.to}
    return [one for one in await shown_on(http, writer.number) if {one["from"], one["to"]} == chat]


async def shown_on(http: httpx.AsyncClient, number: str) -> list[Row]:
    """All messages of a phone, oldest first."""
    shown: list[Row] = []
    more = True
    while more:
        after = shown[-1]["seq"] if shown else 0
        page = await http.get(f"/simulator/phones/{number}/messages", params={"after": after})
        shown += page.raise_for_status().json()
        more = page.headers["X-More"] == "true"
        assert not more or len(shown) % PAGE_MAX == 0
    return shown


def check_phone(found: Findings, writer: Writer, shown: list[Row], replies: list[Row]) -> None:
    """A person sees every reply that went out once, in order, and none that is `unknown`."""
    own = {one.id for one in writer.typed}
    heard = [one["id"] for one in shown if one["id"] not in own]
    for ref, times in Counter(heard).items():
        words = f"{writer.number} shows {ref} {times} times"
        found.expect(times == 1, "doubled sends", words)
    expected = [row["client_ref"] for row in replies if row["status"] in OUT]
    unknown = {row["client_ref"] for row in replies if row["status"] == "unknown"}
    for ref in unknown & set(heard):
        # It was shown, so its receipt must have settled it.
        found.expect(False, "differences", f"{writer.number} shows {ref}, which is unknown")
    missing = [ref for ref in expected if ref not in set(heard)]
    found.expect(not missing, "lost", f"{writer.number} never showed {missing}")
    by_order = [ref for ref in heard if ref not in unknown]
    words = f"{writer.number} shows replies in another order than they were queued"
    found.expect(bool(missing) or by_order == expected, "differences", words)
    typed = [one["id"] for one in shown if one["id"] in own]
    found.expect(typed == sorted(set(typed)), "differences", f"{writer.number} typed {typed}")


def check_status(found: Findings, tenant: Tenant, one: Typed, dsn: str) -> None:
    """The last STATUS says what the model says."""
    tables = read_tables(dsn)
    by_id = {row["provider_message_id"]: row for row in tables.of("inbound", tenant.id)}
    book = expected_book(Findings(), tenant.lender.typed, by_id, defaultdict(list))
    ref = f"in:{by_id[one.id]['id']}:1"
    body = next(row["body"] for row in tables.of("outbound", tenant.id) if row["client_ref"] == ref)
    for direction in ("piutang", "hutang"):
        total = book.outstanding(direction)
        words = f"tenant {tenant.id}: STATUS does not say {direction} {total}: {body!r}"
        found.expect(not total or f"*{rupiah(total)}*" in body, "differences", words)
