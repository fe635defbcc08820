"""From an agreement of the book to what its documents are printed from. Pure."""

from __future__ import annotations

from bukuhutang.ledger import penalty as rules
from bukuhutang.ledger.agreement import Agreement, EntryKind, Plan
from bukuhutang.ledger.due_dates import TermUnit
from bukuhutang.ledger.schedule import Installment
from bukuhutang.ledger.terms import Excess, InterestKind, LoanTerms
from bukuhutang.rendering.documents import shapes
from bukuhutang.store.agreements import StoredAgreement

PENALTIES = {
    rules.PenaltyKind.ONCE: shapes.PenaltyKind.FLAT,
    rules.PenaltyKind.RUPIAH_A_DAY: shapes.PenaltyKind.DAILY_AMOUNT,
    rules.PenaltyKind.PERCENT_A_DAY: shapes.PenaltyKind.DAILY_PERCENT,
}
INTERESTS = {
    InterestKind.FLAT: shapes.InterestKind.FLAT,
    InterestKind.DECLINING: shapes.InterestKind.DECLINING,
}


def agreement_paper(
    stored: StoredAgreement, plan: Plan, lender: shapes.Party, verify_url: str | None
) -> shapes.AgreementDocument:
    """What the agreement's document says of one version of its plan."""
    rows = installments_of(plan)
    guarantor = None if stored.guarantor is None else shapes.Party(stored.guarantor)
    return shapes.AgreementDocument(
        number=stored.number,
        version=plan.version,
        agreed_on=plan.agreed_on,
        lender=lender,
        borrower=shapes.Party(stored.borrower_name, stored.borrower_phone),
        principal=sum(row.principal for row in rows),
        rows=tuple(
            shapes.InstallmentRow(row.number, row.due_date, row.principal, row.interest)
            for row in rows
        ),
        guarantor=guarantor,
        down_payment=sum(row.principal for row in plan.rows if not row.number),
        interest=_interest(plan),
        penalty=_penalty(stored.book.penalty),
        surplus=(
            shapes.Surplus.PAYS_AHEAD
            if plan.terms.excess is Excess.AHEAD
            else shapes.Surplus.STAYS_CREDIT
        ),
        verify_url=verify_url,
    )


def installments_of(plan: Plan) -> list[Installment]:
    """The rows without the down payment."""
    return [row for row in plan.rows if row.number]


def _interest(plan: Plan) -> shapes.Interest:
    rate = plan.terms.annual_percent
    if rate == 0:
        return shapes.Interest()
    return shapes.Interest(INTERESTS[plan.terms.interest], rate, by_month=_is_by_month(plan.terms))


def _is_by_month(terms: LoanTerms) -> bool:
    """Whether the rate is one a month with at most two decimals, as the interview takes it."""
    is_monthly = terms.unit is TermUnit.MONTHS and terms.every == 1
    return is_monthly and terms.annual_percent * 100 % shapes.MONTHS_A_YEAR == 0


def _penalty(rule: rules.PenaltyRule | None) -> shapes.Penalty:
    if rule is None:
        return shapes.Penalty()
    by_percent = rule.kind is rules.PenaltyKind.PERCENT_A_DAY
    return shapes.Penalty(
        PENALTIES[rule.kind],
        amount=0 if by_percent else rule.amount,
        percent_a_day=rule.percent,
        grace_days=rule.grace_days,
        amount_max=rule.cap,
    )


def settlement_paper(
    stored: StoredAgreement, lender: shapes.Party, verify_url: str | None
) -> shapes.SettlementDocument:
    """The receipt for a completed agreement: what was paid and stands."""
    book = stored.book
    assert book.accepted_on is not None
    return shapes.SettlementDocument(
        agreement_number=stored.number,
        agreed_on=book.accepted_on,
        settled_on=max(entry.on for entry in book.entries),
        lender=lender,
        borrower=shapes.Party(stored.borrower_name, stored.borrower_phone),
        principal=stored.principal,
        payments=_payments(book),
        forgiven=forgiven(book),
        credit=book.unapplied,
        verify_url=verify_url,
    )


def _payments(book: Agreement) -> tuple[shapes.SettledPayment, ...]:
    taken_back = {one.reverses for one in book.entries}
    stand = [
        one
        for one in book.entries
        if one.kind in (EntryKind.REPAYMENT, EntryKind.CREDIT)
        and one.reverses is None
        and one.number not in taken_back
        and one.portions
    ]
    return tuple(
        shapes.SettledPayment(
            one.on,
            sum(part.penalty for part in one.portions),
            sum(part.interest for part in one.portions),
            sum(part.principal for part in one.portions),
        )
        for one in stand
    )


def forgiven(book: Agreement) -> int:
    """What the lender let go, reversals taken off, in rupiah."""
    return sum(one.applied for one in book.entries if one.kind is EntryKind.WAIVER)
