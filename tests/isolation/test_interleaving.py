"""Two tenants at once are two tenants alone: whatever the order of their messages, row for row.

Both write with the same provider ids about people of the same names and numbers. Only what the
database numbers over all tenants is renumbered before rows are compared.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.chat.desk import Desk
from tests.isolation.two import Rows
from tests.store.ground import Ground

NUMBERS = itertools.count(10_000_000)
BUDI, SITI = "6281230000001", "6281230000002"
TABLES = (
    *("borrowers", "debts", "payments", "payment_allocations", "reminders", "books", "audit_log"),
    *("inbound_messages", "outbound_messages", "dialogues", "loan_agreements", "usage_meters"),
)
NOT_COMPARED = frozenset(
    ("tenant_id", "hash", "previous_hash", "audit_hash", "leased_until", "leased_by")
)
"""Hashes hold the tenant's number: the audit recomputes them from the rows. Leases: the machine's
time."""

LENDERS = st.sampled_from(
    [
        *("PINJAM Budi 500rb 14hari 081230000001", "PINJAM Siti 70rb 081230000002"),
        *("PINJAM Budi Santoso 40rb", "HUTANG Budi 250rb 30hari", "BAYAR Budi 100rb"),
        *("BAYAR Siti 90rb", "LUNAS Budi", "INGATKAN Budi", "BATAL", "STATUS", "RIWAYAT Budi"),
        *("NOMOR Siti 081230000003", "1", "2", "YA", "BUAT PERJANJIAN Budi 3jt", "apa kabar"),
    ]
)
BORROWERS = st.sampled_from(["SISA", "STOP", "MULAI", "halo"])
MESSAGES = st.lists(
    st.one_of(
        st.tuples(st.none(), LENDERS),
        st.tuples(st.none(), LENDERS),
        st.tuples(st.sampled_from([BUDI, SITI]), BORROWERS),
    ),
    min_size=1,
    max_size=7,
)


@dataclass
class Lender:
    """A tenant made for one run."""

    desk: Desk

    async def hears(self, message: tuple[str | None, str]) -> None:
        """One message, worked at once."""
        sender, text = message
        await self.desk.say(text, sender=sender)


async def lender(ground: Ground) -> Lender:
    """A tenant like every other one, with a number of its own."""
    phone = f"62811{next(NUMBERS)}"
    return Lender(Desk(ground, await ground.tenant(f"+{phone}", "Toko Dani"), phone))


@given(first=MESSAGES, second=MESSAGES, order=st.randoms(use_true_random=False))
@settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_in_any_order_each_has_the_book_it_would_have_alone(
    ground: Ground, first: list[Any], second: list[Any], order: Any
) -> None:
    one, other = await lender(ground), await lender(ground)
    turns = [one] * len(first) + [other] * len(second)
    order.shuffle(turns)
    left = {id(one): iter(first), id(other): iter(second)}
    for who in turns:
        await who.hears(next(left[id(who)]))
    for together, messages in ((one, first), (other, second)):
        alone = await lender(ground)
        for message in messages:
            await alone.hears(message)
        assert await book_of(together) == await book_of(alone)
        assert await together.desk.audited() == []


async def book_of(who: Lender) -> Rows:
    """All rows of a tenant, as if it were the only one."""
    async with who.desk.ground.database.tenant_tx(who.desk.tenant_id) as tx:
        rows = {
            table: [
                json.loads(row[0])
                for row in await tx.db.fetch(
                    f"select to_jsonb(x)::text from {table} x order by id"  # noqa: S608  names above
                )
            ]
            for table in TABLES
        }
    inbound = {row["id"]: number for number, row in enumerate(rows["inbound_messages"], start=1)}
    return {table: [_alone(row, inbound, who) for row in found] for table, found in rows.items()}


def _alone(row: dict[str, Any], inbound: dict[int, int], who: Lender) -> str:
    """One row without what only tells which tenant it is of."""
    kept = {name: value for name, value in row.items() if name not in NOT_COMPARED}
    if "provider_message_id" in row or "form" in row:
        kept.pop("id")  # numbered over all tenants
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False)
    text = re.sub(
        r'(?<=in:)\d+|(?<="led_to": )\d+', lambda found: str(inbound[int(found[0])]), text
    )
    shown = f"0{who.desk.phone[2:5]}-{who.desk.phone[5:9]}-{who.desk.phone[9:]}"
    return text.replace(who.desk.phone, "PHONE").replace(shown, "PHONE")
