"""The audit names whatever was changed behind the service's back."""

from __future__ import annotations

import pytest

from bukuhutang.ledger.chain import AuditEntry, entry_hash
from bukuhutang.usecases.audit import audit_books
from tests.store.ground import Ground
from tests.usecases.rig import Shop


@pytest.fixture
async def busy(shop: Shop) -> Shop:
    """A book with everything in it: settled, open, reversed, a credit, a reversal, a number."""
    await shop.lent("Budi", 500)
    await shop.paid("Budi", 520)
    await shop.lent("Sari", 300, phone="6281200000001")
    await shop.paid("Sari", 100)
    await shop.undo()
    await shop.lent("Sari", 70)
    await shop.undo()
    await shop.lent("Tono", 90)
    await shop.paid("Tono", 10)
    return shop


TAMPERED = [
    ("update debts set paid = 1 where {mine} and id = 4", "debt.paid 4"),
    ("update debts set status = 'reversed', paid = 0 where {mine} and id = 2", "debt.status 2"),
    ("update debts set paid = 0, status = 'open' where {mine} and id = 1", "debt.paid 1"),
    ("update borrowers set credit_receivable = 0 where {mine} and id = 1", "credit_receivable 1"),
    ("update borrowers set credit_payable = 9 where {mine} and id = 2", "credit_payable 2"),
    ("update payments set amount = 519 where {mine} and id = 1", "credit_receivable 1"),
    ("update payment_allocations set amount = 11 where {mine} and debt_id = 4", "debt.paid 4"),
    ("delete from payments where {mine} and id = 3", "credit_receivable 2"),
    ("delete from payment_allocations where {mine} and id = 1", "debt.paid 1"),
    ("update books set last_debt = 9 where {mine}", "counter.debts 0"),
    ("update books set last_payment = 1 where {mine}", "counter.payments 0"),
    ("update books set last_allocation = 1 where {mine}", "counter.allocations 0"),
    ("update books set last_borrower = 7 where {mine}", "counter.borrowers 0"),
    ("update books set last_member = 7 where {mine}", "counter.members 0"),
    ("update books set last_reminder = 7 where {mine}", "counter.reminders 0"),
    ("update books set audit_hash = sha256('x') where {mine}", "audit.head 10"),
    ("update audit_log set actor = 'member:9' where {mine} and id = 2", "audit.chain 2"),
    ("update audit_log set at = at + interval '1 s' where {mine} and id = 3", "audit.chain 3"),
    ("update audit_log set detail = '{{}}' where {mine} and id = 4", "audit.chain 4"),
    ("update audit_log set subject = 2 where {mine} and id = 2", "audit.chain 2"),
    ("update audit_log set borrower_id = null where {mine} and id = 2", "audit.chain 2"),
    ("update audit_log set chat_id = 'x' where {mine} and id = 2", "audit.chain 2"),
    ("update audit_log set idempotency_key = 'x' where {mine} and id = 5", "audit.chain 5"),
    ("delete from audit_log where {mine} and id = 1", "audit.chain 1"),
    ("delete from audit_log where {mine} and id = 6", "audit.chain 6"),
    ("delete from audit_log where {mine} and id = 10", "audit.head 9"),
    ("delete from audit_log where {mine} and id >= 8", "counter.audit 0"),
    ("delete from audit_log where {mine}", "audit.head 0"),
    # What the balances alone do not show: the facts themselves were changed.
    ("update debts set principal = 80 where {mine} and id = 4", "4"),
    ("update debts set principal = 301 where {mine} and id = 2", "2"),
    ("update debts set borrower_id = 1 where {mine} and id = 2", "2"),
    ("update debts set direction = 'hutang' where {mine} and id = 2", "2"),
    ("update debts set due_date = '2030-01-01' where {mine} and id = 2", "2"),
    ("update payments set amount = 99 where {mine} and id = 2", ""),
    ("delete from debts where {mine} and id = 2", ""),
    ("delete from debts where {mine} and id = 3", ""),
]


async def named(busy: Shop) -> set[str]:
    """What the audit of all books names in this one."""
    return {
        f"{one.what} {one.number}"
        async for one in audit_books(busy.database)
        if one.tenant_id == busy.tenant_id
    }


async def test_an_honest_book_has_no_differences(busy: Shop) -> None:
    assert await named(busy) == set()
    assert await busy.count("audit_log") == 10


@pytest.mark.parametrize(("statement", "what"), TAMPERED, ids=[one for one, _ in TAMPERED])
async def test_what_was_tampered_with_is_named(
    ground: Ground, busy: Shop, statement: str, what: str
) -> None:
    await ground.tamper(statement.format(mine=f"tenant_id = {busy.tenant_id}"))
    assert [one for one in await named(busy) if one.endswith(what)]


async def test_a_difference_says_whose_it_is_and_both_values(ground: Ground, busy: Shop) -> None:
    mine = f"tenant_id = {busy.tenant_id}"
    await ground.tamper(TAMPERED[0][0].format(mine=mine))
    every = [one async for one in audit_books(busy.database)]
    [found] = [one for one in every if one.tenant_id == busy.tenant_id]
    assert (found.what, found.number) == ("debt.paid", 4)
    assert (found.stored, found.computed) == ("1", "10")


async def test_a_row_replaced_with_its_hash_redone_still_breaks_the_chain(
    ground: Ground, busy: Shop
) -> None:
    """Whoever changes a row and seals it anew must change every row after it, and the head."""
    async with ground.superuser() as db:
        row = await db.fetchrow(
            "select * from audit_log where id = 4 and tenant_id = $1", busy.tenant_id
        )
        assert row is not None
        forged = AuditEntry(
            row["id"],
            row["at"],
            "member:9",
            row["chat_id"],
            row["action"],
            row["borrower_id"],
            row["subject"],
            {},
            row["idempotency_key"],
        )
        await db.execute(
            "update audit_log set actor = 'member:9', detail = '{}', hash = $1 where id = 4"
            " and tenant_id = $2",
            entry_hash(busy.tenant_id, row["previous_hash"], forged),
            busy.tenant_id,
        )
    assert await named(busy) >= {"audit.chain 5"}
