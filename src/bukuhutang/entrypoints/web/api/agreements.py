"""Installment agreements: listed, shown with schedule and PDF, drafted as the interview does."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Response

from bukuhutang.base.ids import BorrowerId, PhoneNumber
from bukuhutang.entrypoints.web.api.agreement_shapes import (
    AgreementDetailOut,
    AgreementIn,
    AgreementOut,
    AgreementsQuery,
    DocumentOut,
)
from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.files import NOT_CHANGED, served
from bukuhutang.entrypoints.web.api.gate import GUARDED
from bukuhutang.entrypoints.web.api.people import (
    CANDIDATE,
    ambiguous,
    clean_name,
    clean_phone,
    person_of,
)
from bukuhutang.entrypoints.web.api.refusals import (
    BorrowerNotFound,
    NameAmbiguous,
    OfferNotPossible,
    PersonNameInvalid,
    PersonUnclear,
)
from bukuhutang.entrypoints.web.api.shapes import NumberInPath, Page
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.openapi import Responses, refusals
from bukuhutang.ledger.affordability import RATE_PERCENT_MAX
from bukuhutang.ledger.names import NAME_MAX, name_key
from bukuhutang.store import agreement_pages, agreement_requests, files
from bukuhutang.store.book import PEOPLE_MAX, Person
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.usecases.agreement_reading import agreement_of
from bukuhutang.usecases.agreement_refusals import (
    AgreementUnknown,
    AgreementWithoutPhone,
    DocumentNotReady,
)
from bukuhutang.usecases.agreement_views import line_of, show_agreement
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.interview import OfferRefused, Told, draft_agreement, propose_offer
from bukuhutang.usecases.people import NewPerson, WhichPerson, person_to_lend
from bukuhutang.usecases.quotas import AgreementQuotaReached, PdfQuotaReached
from bukuhutang.usecases.refusals import PhoneIsOwn, PhoneTaken, TooManyPeople
from bukuhutang.usecases.tenants import PhoneNumberInvalid

router = APIRouter(prefix="/agreements", tags=["agreements"])

NOT_FOUND = AgreementUnknown(3)
TOKEN_BYTES = 24
PDF: Responses = {
    200: {
        "description": "The PDF that was sent, byte for byte; its ETag is its SHA-256",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("", responses=refusals(CursorInvalid()))
async def list_agreements(
    asked: Annotated[AgreementsQuery, Query()], call: ApiReading
) -> Page[AgreementOut]:
    """Agreements, the newest first."""
    async with call.reading() as book:
        rows = await agreement_pages.page(
            book.tx,
            status=asked.status,
            borrower=None if asked.borrower_id is None else BorrowerId(asked.borrower_id),
            before=call.before("agreements", asked.cursor),
            limit=asked.limit + 1,
        )
    today = book.occasion.today
    return Page(
        items=[AgreementOut.of(one, line_of(one, today)) for one in rows[: asked.limit]],
        next_cursor=call.next("agreements", [one.number for one in rows], asked.limit),
    )


@router.get("/{number}", response_model=AgreementDetailOut, responses=refusals(NOT_FOUND))
async def get_agreement(number: NumberInPath, call: ApiReading) -> Response:
    """One agreement with its schedule, and what the borrower was asked."""
    async with call.reading() as book:
        return call.shown(await agreement_shown(book, number))


async def agreement_shown(book: Book, number: int) -> AgreementDetailOut:
    """An agreement as its address shows it. Raises AgreementUnknown."""
    stored = await agreement_of(book, number)
    sent = await agreement_requests.last_file(book.tx, number)
    document = None
    if sent is not None:
        href = f"{GUARDED}/agreements/{number}/pdf"
        document = DocumentOut(href=href, sha256=sent.sha256.hex(), version=sent.version)
    parts = (
        await agreement_pages.versions(book.tx, number),
        await agreement_pages.requests(book.tx, number),
        document,
    )
    shown = await show_agreement(book, number)
    return AgreementDetailOut.with_all(stored, shown, parts, book.occasion.today)


@router.get(
    "/{number}/pdf",
    response_class=Response,
    responses=PDF | NOT_CHANGED | refusals(NOT_FOUND, DocumentNotReady(3, "Budi")),
)
async def get_agreement_pdf(number: NumberInPath, call: ApiReading) -> Response:
    """The document that the borrower was asked with last."""
    async with call.reading() as book:
        stored = await agreement_of(book, number)
        sent = await agreement_requests.last_file(book.tx, number)
        if sent is None:
            raise DocumentNotReady(stored.number, stored.borrower_name)
        file = await files.read(book.tx, sent.file_id)
    assert file is not None, "what was sent is kept"
    return served(file, call)


@router.post(
    "",
    status_code=201,
    response_model=AgreementDetailOut,
    responses=refusals(
        PersonUnclear(),
        PersonNameInvalid(NAME_MAX),
        PhoneNumberInvalid(),
        BorrowerNotFound(3),
        NameAmbiguous("Budi", [CANDIDATE]),
        TooManyPeople("Budi", PEOPLE_MAX),
        AgreementWithoutPhone(0, "Budi"),
        PhoneTaken("6281234567890", "Budi"),
        PhoneIsOwn(),
        OfferNotPossible("months", None),
        AgreementQuotaReached(PlanName.FREE, 5, 5, PlanName.BASIC, 20),
        PdfQuotaReached(PlanName.FREE, 5, 5, PlanName.BASIC, 20),
    ),
)
async def post_agreement(body: AgreementIn, call: ApiWriting) -> Response:
    """Draft what the interview would: its analysis decides the installments, its PDF is sent.

    A burden above 30 % of the income is drafted all the same, as in the chat, and said in
    `assessment`; it holds when the borrower answers SETUJU.
    """
    name, phone = _checked(body)
    async with call.writing(name=name) as work:
        book = work.book
        person = await _whom(book, body, name, phone)
        told = _told(body, person, phone)
        offer = propose_offer(told, book.occasion.today)
        if isinstance(offer, OfferRefused):
            raise OfferNotPossible(offer.code.removeprefix("offer_"), offer.least)
        drafted = await draft_agreement(
            book,
            told,
            offer[1],
            borrower_id=person.borrower.id if isinstance(person, Person) else None,
            name_key=name_key(told.name),
            name_was_free=False,
            language=book.page.settings.language.value,
            verify_token=secrets.token_urlsafe(TOKEN_BYTES),
        )
        return await work.answer(
            lambda: agreement_shown(book, drafted.number),
            status=201,
            location=f"/agreements/{drafted.number}",
        )


def _checked(body: AgreementIn) -> tuple[str | None, PhoneNumber | None]:
    by_number = body.borrower_id is not None
    if by_number == (body.name is not None) or (by_number and body.new_borrower):
        raise PersonUnclear
    if body.months is not None and body.monthly_installment is not None:
        raise OfferNotPossible("months_and_installment", None)
    if float(body.rate_percent or 0) > RATE_PERCENT_MAX:
        raise OfferNotPossible("rate", None)
    name = None if body.name is None else clean_name(body.name)
    phone = None if body.phone_number is None else clean_phone(body.phone_number)
    return name, phone


async def _whom(
    book: Book, body: AgreementIn, name: str | None, phone: PhoneNumber | None
) -> Person | NewPerson:
    if body.borrower_id is not None:
        return await person_of(book, body.borrower_id)
    assert name is not None
    if body.new_borrower:
        return NewPerson(name, name_key(name), phone)
    found = await person_to_lend(book, name, name_key(name), phone)
    if isinstance(found, WhichPerson):
        raise ambiguous(found)
    return found


def _told(body: AgreementIn, person: Person | NewPerson, phone: PhoneNumber | None) -> Told:
    known = person.borrower if isinstance(person, Person) else person
    number = phone or known.phone
    if number is None:
        raise AgreementWithoutPhone(0, known.name)
    rated = body.rate_percent is not None and float(body.rate_percent) > 0
    return Told(
        known.name,
        body.amount,
        number,
        body.income_source,
        body.income_day,
        body.monthly_income,
        body.other_installments,
        months=body.months,
        monthly=body.monthly_installment,
        rate_percent=body.rate_percent if rated else None,
        rate_type=body.rate_type if rated else None,
        down_payment=body.down_payment,
        grace_months=body.grace_months,
        penalty_a_day=body.penalty_a_day,
        guarantor=None if body.guarantor is None else clean_name(body.guarantor),
    )
