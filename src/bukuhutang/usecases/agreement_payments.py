"""Money for an agreement: an installment paid, paid off, forgiven, written off."""

from __future__ import annotations

from dataclasses import dataclass

from bukuhutang.base.ids import AgreementNumber
from bukuhutang.ledger import agreement_acts as acts
from bukuhutang.ledger.agreement import Entry, EntryKind
from bukuhutang.ledger.agreement_acts import NotPossible, Why
from bukuhutang.ledger.money import Direction, is_recordable
from bukuhutang.store import agreements
from bukuhutang.store.agreements import PENDING, RUNNING, StoredAgreement
from bukuhutang.store.book import Person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_answers import (
    AgreementForgiven,
    AgreementPaidOff,
    AgreementWrittenOff,
    InstallmentPaid,
    InstallmentTouched,
    PayoffQuote,
    WhichAgreement,
)
from bukuhutang.usecases.agreement_facts import append
from bukuhutang.usecases.agreement_reading import (
    check_runs,
    next_of,
    next_open,
    recorded,
    running,
    sums,
    which,
)
from bukuhutang.usecases.agreement_refusals import (
    AgreementNotAccepted,
    ForgiveTooMuch,
    InstallmentSettled,
    InstallmentUnknown,
    NoAgreementRuns,
    PayoffTooLittle,
)
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson, person_known


@dataclass(frozen=True)
class PayInstallment:
    """`installment` of the plan, the agreement's number, the person: whatever was named."""

    installment: int | None = None
    amount: int | None = None  # None: what is due on that installment, else on the next one
    name: str | None = None
    name_key: str | None = None
    agreement: AgreementNumber | None = None


async def pay_installment(
    book: Book, request: PayInstallment, *, chosen: Person | None = None
) -> InstallmentPaid | WhichAgreement | WhichPerson:
    """BAYAR 3, BAYAR CICILAN …: the ledger shares it out, oldest first.

    Asks when several agreements run (WhichAgreement: call again with `agreement`), or when the
    name fits several (call again with `chosen`). Raises AgreementUnknown, NoAgreementRuns,
    AgreementNotAccepted, AgreementOver, InstallmentUnknown, InstallmentSettled, TooManyAgreements,
    BorrowerUnknown, TooManyPeople.
    """
    book.require(Permission.RECORD)
    assert request.amount is None or is_recordable(request.amount)
    if request.agreement is not None:
        return pay_into(book, await running(book, request.agreement), request)
    person: Person | WhichPerson | None = chosen
    if person is None and request.name is not None:
        assert request.name_key is not None
        person = await person_known(book, request.name, request.name_key)
    if isinstance(person, WhichPerson):
        return person
    if person is None:
        found = await agreements.all_open(book.tx, statuses=RUNNING)
    else:
        found = await agreements.running_of(book.tx, [person.borrower.id])
    if not found:
        raise await _nothing_runs(book, person)
    if len(found) > 1:
        return which(found, book.occasion.today)
    return pay_into(book, found[0], request)


async def _nothing_runs(
    book: Book, person: Person | None
) -> AgreementNotAccepted | NoAgreementRuns:
    """Why nothing can be paid: one still waits for its yes, or there is none."""
    name = None if person is None else person.borrower.name
    if person is None:
        pending = await agreements.all_open(book.tx, statuses=PENDING)
    else:
        pending = await agreements.of_borrower(book.tx, person.borrower.id, open_only=True)
    if pending:
        return AgreementNotAccepted(pending[0].number, pending[0].borrower_name)
    return NoAgreementRuns(name)


def pay_into(book: Book, stored: StoredAgreement, request: PayInstallment) -> InstallmentPaid:
    """Record money for one agreement. Raises as `pay_installment`."""
    book.require(Permission.RECORD)
    check_runs(stored)
    today = book.occasion.today
    amount = request.amount or _due_on(stored, request.installment, book)
    if request.amount is not None and request.installment is not None:
        _check_row(stored, request.installment)
    done = recorded(stored, acts.repay(stored.book, amount, on=today))
    [entry] = done.entries
    append(book, stored, done, "installment_paid", detail=_money_detail(entry))
    after = done.agreement
    penalty, interest, principal = sums(entry.portions)
    left = {one.row.number: one.owed.total for one in after.installments}
    installment, due, next_amount = next_of(after)
    return InstallmentPaid(
        number=stored.number,
        name=stored.borrower_name,
        amount=amount,
        penalty=penalty,
        interest=interest,
        principal=principal,
        rows=tuple(
            InstallmentTouched(one.number, one.total, left[one.number]) for one in entry.portions
        ),
        kept=entry.unapplied,
        kept_total=after.unapplied,
        outstanding=after.outstanding.total,
        next_installment=installment,
        next_due=due,
        next_amount=next_amount,
        completed=after.outstanding.total == 0,
    )


def _money_detail(entry: Entry) -> dict[str, object]:
    penalty, interest, principal = sums(entry.portions)
    return {
        "direction": Direction.RECEIVABLE,
        "amount": entry.paid,
        "entry": entry.number,
        "penalty": penalty,
        "interest": interest,
        "principal": principal,
        "unapplied": entry.unapplied,
    }


def _check_row(stored: StoredAgreement, installment: int) -> None:
    numbers = [one.row.number for one in stored.book.installments]
    if installment not in numbers:
        raise InstallmentUnknown(stored.number, installment, max(numbers))


def _due_on(stored: StoredAgreement, installment: int | None, book: Book) -> int:
    """What BAYAR without an amount pays: that installment, or the next one, in rupiah."""
    now = stored.book.as_of(book.occasion.today)
    following = next_open(now)
    assert following is not None, "a running agreement asks for something"
    if installment is None:
        return following.owed.total
    _check_row(stored, installment)
    state = next(one for one in now.installments if one.row.number == installment)
    if state.is_settled:
        raise InstallmentSettled(
            stored.number, stored.borrower_name, installment, following.row.number
        )
    return state.owed.total


async def quote_payoff(book: Book, number: int) -> PayoffQuote:
    """PELUNASAN [nomor]. Raises AgreementUnknown, AgreementNotAccepted, AgreementOver."""
    book.require(Permission.READ)
    stored = await running(book, number)
    quote = stored.book.payoff(book.occasion.today)
    now = stored.book.as_of(book.occasion.today)
    return PayoffQuote(
        number=stored.number,
        name=stored.borrower_name,
        on=quote.on,
        penalty=quote.penalty,
        interest=quote.interest,
        principal=quote.principal,
        credit=quote.credit,
        to_pay=quote.to_pay,
        saved=now.outstanding.interest - quote.interest,
        may_pay=Permission.RECORD in book.occasion.permissions,
    )


async def pay_off(book: Book, number: int, amount: int | None = None) -> AgreementPaidOff:
    """All of it paid today; without an amount exactly what is needed.

    Raises PayoffTooLittle, AgreementUnknown, AgreementNotAccepted, AgreementOver.
    """
    book.require(Permission.RECORD)
    stored = await running(book, number)
    today = book.occasion.today
    needed = stored.book.payoff(today).to_pay
    if not needed:
        raise PayoffTooLittle(number, amount or 0, needed)
    paid = amount or needed
    outcome = acts.pay_off(stored.book, paid, on=today)
    if isinstance(outcome, NotPossible) and outcome.why is Why.LESS_THAN_OWED:
        raise PayoffTooLittle(number, paid, needed)
    done = recorded(stored, outcome)
    entry = done.entries[-1]
    append(book, stored, done, "agreement_paid_off", detail=_money_detail(entry))
    penalty, interest, principal = sums(entry.portions)
    return AgreementPaidOff(
        number=stored.number,
        name=stored.borrower_name,
        amount=paid,
        penalty=penalty,
        interest=interest,
        principal=principal,
        saved=sum(one.applied for one in done.entries if one.kind is EntryKind.REBATE),
        kept=done.agreement.unapplied,
    )


async def forgive(book: Book, number: int, amount: int | None = None) -> AgreementForgiven:
    """IKHLASKAN: all that is owed, or `amount` of it.

    Raises ForgiveTooMuch, AgreementUnknown, AgreementNotAccepted, AgreementOver.
    """
    book.require(Permission.REMOVE)
    stored = await running(book, number)
    outcome = acts.forgive(stored.book, on=book.occasion.today, amount=amount)
    if isinstance(outcome, NotPossible) and outcome.why is Why.MORE_THAN_OWED:
        assert amount is not None
        assert outcome.amount is not None
        raise ForgiveTooMuch(number, amount, outcome.amount)
    done = recorded(stored, outcome)
    [entry] = done.entries
    detail = {**_money_detail(entry), "amount": entry.applied}
    append(book, stored, done, "agreement_forgiven", detail=detail)
    penalty, interest, principal = sums(entry.portions)
    left = done.agreement.outstanding.total
    return AgreementForgiven(
        stored.number,
        stored.borrower_name,
        entry.applied,
        penalty,
        interest,
        principal,
        left,
        completed=left == 0,
    )


async def write_off(book: Book, number: int) -> AgreementWrittenOff:
    """HAPUSBUKU. Raises AgreementUnknown, AgreementNotAccepted, AgreementOver."""
    book.require(Permission.REMOVE)
    stored = await running(book, number)
    done = recorded(stored, acts.write_off(stored.book, on=book.occasion.today))
    left = done.agreement.outstanding.total
    append(book, stored, done, "agreement_written_off", detail={"outstanding": left})
    return AgreementWrittenOff(stored.number, stored.borrower_name, left)
