"""BUAT PERJANJIAN: from what was told to an offer in rupiah, and from the offer to a draft.

What is stored is exactly what was shown last: the offer is recomputed from the form by the same
function, and the draft is made of its terms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import AgreementNumber, BorrowerId, PhoneNumber
from bukuhutang.ledger.affordability import (
    BEARABLE_PERCENT,
    Alternative,
    Means,
    Proposal,
    first_terms,
    propose,
    with_installment,
    with_months,
)
from bukuhutang.ledger.penalty import PenaltyKind, PenaltyRule
from bukuhutang.ledger.terms import BadTerms, InterestKind, LoanTerms
from bukuhutang.store.book import read_people, read_person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_facts import NewAgreement, open_agreement
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import NewPerson, borrower_of, holder_of
from bukuhutang.usecases.quotas import room_for_agreement, room_for_pdf, took_place
from bukuhutang.usecases.refusals import PhoneTaken

MONTHS_A_YEAR = 12
PENALTY_GRACE_DAYS = 1
PENALTY_CAP_DAYS = 30
"""A penalty a day ends after thirty days: what is agreed on must stay in proportion."""


@dataclass(frozen=True)
class Told:
    """What the interview has found out; amounts in whole rupiah, rates in percent a month."""

    name: str
    principal: int
    phone: PhoneNumber
    source: str
    income_day: int
    income: int | None
    other: int
    months: int | None = None
    monthly: int | None = None
    rate_percent: str | None = None
    rate_type: str | None = None
    down_payment: int = 0
    grace_months: int = 0
    penalty_a_day: int = 0
    guarantor: str | None = None


@dataclass(frozen=True)
class OfferRefused:
    """These terms cannot be; `code` is the text, `least` the figure that would work."""

    code: str
    least: int | None = None


@dataclass(frozen=True)
class Offer(Answer):
    """The analysis: what is lent, what it costs, how it weighs; all in rupiah."""

    code: ClassVar[str] = "interview_offer"
    name: str
    principal: int
    down_payment: int
    months: int
    installment: int
    installment_last: int
    first_due: date
    last_due: date
    interest: int
    rate_percent: str | None  # a month
    rate_type: str | None
    grace_months: int
    penalty_a_day: int
    penalty_most: int
    penalty_grace_days: int
    guarantor: str | None
    total: int
    burden: str
    burden_percent: int | None
    burden_percent_max: int
    income: int | None
    other: int
    alternative: Alternative | None


def propose_offer(told: Told, today: date) -> tuple[Offer, Proposal] | OfferRefused:
    """The offer for what was told, agreed on `today`. Pure."""
    terms = first_terms(told.principal, start=today, income_day=told.income_day)
    terms = replace(
        terms,
        down_payment=told.down_payment,
        grace_principal=told.grace_months,
        interest=InterestKind(told.rate_type or "flat"),
        annual_percent=Decimal(told.rate_percent or 0) * MONTHS_A_YEAR,
    )
    made = _proposal(told, terms)
    if isinstance(made, BadTerms):
        return OfferRefused(_refusal(made), _least(made))
    return _offer(told, made), made


def _proposal(told: Told, terms: LoanTerms) -> Proposal | BadTerms:
    means = Means(told.income, told.other)
    if told.down_payment >= told.principal:
        return BadTerms("too_large", "down_payment", "less than the principal")
    if told.monthly is not None:
        return with_installment(terms, means, told.monthly)
    if told.months is not None:
        return with_months(terms, means, told.months)
    return propose(terms, means)


def _refusal(bad: BadTerms) -> str:
    known = {
        "fixed_installment": "offer_too_small",
        "down_payment": "offer_down_payment",
        "installments": "offer_months",
        "grace_principal": "offer_grace",
        "annual_percent": "offer_rate",
    }
    return known.get(bad.field, "offer_terms")


def _least(bad: BadTerms) -> int | None:
    figure = bad.message.split(" ", 1)[0]
    return int(figure) if bad.code == "too_small" and figure.isdecimal() else None


def _offer(told: Told, made: Proposal) -> Offer:
    rows = [row for row in made.schedule.rows if row.number]
    rule = penalty_of(told)
    return Offer(
        name=told.name,
        principal=told.principal,
        down_payment=told.down_payment,
        months=made.months,
        installment=made.installment,
        installment_last=rows[-1].due,
        first_due=rows[0].due_date,
        last_due=rows[-1].due_date,
        interest=made.schedule.interest,
        rate_percent=told.rate_percent,
        rate_type=told.rate_type,
        grace_months=told.grace_months,
        penalty_a_day=told.penalty_a_day,
        penalty_most=0 if rule is None or rule.cap is None else rule.cap,
        penalty_grace_days=PENALTY_GRACE_DAYS,
        guarantor=told.guarantor,
        total=made.schedule.due,
        burden=made.burden.value,
        burden_percent=made.burden_percent,
        burden_percent_max=BEARABLE_PERCENT,
        income=told.income,
        other=told.other,
        alternative=made.alternative,
    )


def penalty_of(told: Told) -> PenaltyRule | None:
    """So much a day for each late installment, after a day of grace, for thirty days at most."""
    if not told.penalty_a_day:
        return None
    return PenaltyRule(
        PenaltyKind.RUPIAH_A_DAY,
        amount=told.penalty_a_day,
        grace_days=PENALTY_GRACE_DAYS,
        cap=told.penalty_a_day * PENALTY_CAP_DAYS,
    )


@dataclass(frozen=True)
class AgreementDrafted(Answer):
    """Recorded; the document is made and sent now."""

    code: ClassVar[str] = "agreement_drafted"
    number: AgreementNumber
    name: str
    principal: int
    months: int
    installment: int


async def draft_agreement(
    book: Book,
    told: Told,
    made: Proposal,
    *,
    borrower_id: BorrowerId | None,
    name_key: str,
    name_was_free: bool,
    language: str,
    verify_token: str,
) -> AgreementDrafted:
    """Write down what was shown and agreed to; a new person is added when `borrower_id` is None.

    With `name_was_free` who got this name in the meantime, without a number, is that person.
    Raises AgreementQuotaReached, PdfQuotaReached, PhoneTaken, PhoneIsOwn.
    """
    book.require(Permission.RECORD)
    place, paper = await room_for_agreement(book), await room_for_pdf(book)
    if borrower_id is None and name_was_free:
        borrower_id = await _named_meanwhile(book, name_key)
    borrower = await _borrower(book, told, borrower_id, name_key)
    assessment: dict[str, Any] = {
        "source": told.source,
        "income": told.income,
        "other": told.other,
        "burden": made.burden.value,
        "percent": made.burden_percent,
    }
    new = NewAgreement(
        borrower,
        made.terms,
        penalty_of(told),
        told.guarantor,
        language,
        assessment,
        verify_token,
    )
    number, _ = open_agreement(book, new)
    took_place(book, place)
    took_place(book, paper)
    return AgreementDrafted(number, told.name, told.principal, made.months, made.installment)


async def check_room(book: Book) -> None:
    """Refuse before the first question what could not be drafted after the last.

    Raises AgreementQuotaReached, PdfQuotaReached.
    """
    book.require(Permission.RECORD)
    await room_for_agreement(book)
    await room_for_pdf(book)


async def check_phone(
    book: Book, phone: PhoneNumber, borrower_id: int | None, name_key: str
) -> None:
    """Refuse a number as soon as it is told. Raises PhoneTaken, PhoneIsOwn."""
    book.require(Permission.RECORD)
    holder = await holder_of(book, phone)
    is_same = borrower_id is None and holder is not None and holder.name_key == name_key
    if holder is not None and holder.id != borrower_id and not is_same:
        raise PhoneTaken(phone, holder.name)


async def _named_meanwhile(book: Book, name_key: str) -> BorrowerId | None:
    people = [one.borrower for one in await read_people(book.tx, name_key)]
    same = [one for one in people if one.name_key == name_key and one.phone is None]
    return same[0].id if len(same) == 1 else None


async def _borrower(
    book: Book, told: Told, borrower_id: BorrowerId | None, name_key: str
) -> BorrowerId:
    holder = await holder_of(book, told.phone)
    if holder is not None and holder.id != borrower_id:
        if borrower_id is not None or holder.name_key != name_key:
            raise PhoneTaken(told.phone, holder.name)
        return holder.id
    if borrower_id is None:
        return borrower_of(NewPerson(told.name, name_key, told.phone), book).id
    if holder is None:
        known = await read_person(book.tx, borrower_id)
        assert known is not None, "borrowers are never deleted"
        book.change_borrower(replace(known.borrower, phone=told.phone))
    return borrower_id
