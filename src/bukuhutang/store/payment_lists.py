"""Payments by number and in lists, as programs read them; a reversal shows at what it took back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bukuhutang.base.ids import AgreementNumber, BorrowerId, DebtNumber, PaymentNumber
from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import TenantTx


@dataclass(frozen=True)
class ListedPayment:
    """A payment with whom it is with, what it is for and whether it stands."""

    number: PaymentNumber
    direction: Direction
    borrower_id: BorrowerId
    borrower_name: str
    amount: int
    agreement: AgreementNumber | None
    created_at: datetime
    reversed_at: datetime | None


@dataclass(frozen=True)
class OnAgreement:
    """What a payment into an agreement settled there, in whole rupiah."""

    entry: int
    penalty: int
    interest: int
    principal: int
    unapplied: int


READ = """
select p.id, p.direction, p.borrower_id, b.name, p.amount, p.agreement_id, p.created_at,
    (select r.created_at from payments r where r.tenant_id = p.tenant_id and r.reverses = p.id)
  from payments p join borrowers b on b.tenant_id = p.tenant_id and b.id = p.borrower_id
 where p.tenant_id = $1 and p.reverses is null"""


def _row(row: Any) -> ListedPayment:
    number, direction, borrower, name, amount, agreement, created_at, reversed_at = row
    return ListedPayment(
        PaymentNumber(number),
        Direction(direction),
        BorrowerId(borrower),
        name,
        amount,
        None if agreement is None else AgreementNumber(agreement),
        created_at,
        reversed_at,
    )


async def read(tx: TenantTx, number: PaymentNumber) -> ListedPayment | None:
    """One payment, or None; a reversal is none."""
    row = await tx.db.fetchrow(f"{READ} and p.id = $2", tx.tenant_id, number)
    return None if row is None else _row(tuple(row))


async def page(
    tx: TenantTx,
    *,
    before: int,
    limit: int,
    borrower: BorrowerId | None,
    direction: Direction | None,
    debt: DebtNumber | None,
    agreement: AgreementNumber | None,
) -> list[ListedPayment]:
    """Payments with a number below `before`, the newest first; at most `limit`."""
    rows = await tx.db.fetch(
        f"{READ} and p.id < $2 and ($4::bigint is null or p.borrower_id = $4)"
        " and ($5::text is null or p.direction = $5)"
        " and ($6::bigint is null or exists (select from payment_allocations a"
        "   where a.tenant_id = p.tenant_id and a.payment_id = p.id and a.debt_id = $6))"
        " and ($7::bigint is null or p.agreement_id = $7)"
        " order by p.id desc limit $3",
        tx.tenant_id,
        before,
        limit,
        borrower,
        direction,
        debt,
        agreement,
    )
    return [_row(tuple(row)) for row in rows]


async def on_agreement(tx: TenantTx, number: PaymentNumber) -> OnAgreement:
    """What one payment into an agreement settled when it was recorded."""
    row = await tx.db.fetchrow(
        "select e.number, coalesce(sum(a.penalty), 0)::bigint,"
        " coalesce(sum(a.interest), 0)::bigint, coalesce(sum(a.principal), 0)::bigint,"
        " e.unapplied from agreement_entries e"
        " left join installment_allocations a on a.tenant_id = e.tenant_id"
        "   and a.agreement_id = e.agreement_id and a.entry = e.number"
        " where e.tenant_id = $1 and e.payment_id = $2 group by e.number, e.unapplied",
        tx.tenant_id,
        number,
    )
    assert row is not None, "a payment into an agreement has an entry there"
    return OnAgreement(*row)
