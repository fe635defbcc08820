"""The people of the book: what the chat's NOMOR does, lists, and somebody noted beforehand."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Response

from bukuhutang.base.ids import BorrowerId
from bukuhutang.entrypoints.web.api.borrower_shapes import (
    BorrowerChangeIn,
    BorrowerIn,
    BorrowerOut,
    BorrowersQuery,
)
from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.people import clean_name, clean_phone, person_of
from bukuhutang.entrypoints.web.api.refusals import (
    BorrowerNotFound,
    PersonNameInvalid,
    PreconditionFailed,
    PreconditionRequired,
)
from bukuhutang.entrypoints.web.api.shapes import NumberInPath, Page
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.lists import as_stored
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.ledger.names import NAME_MAX, name_key
from bukuhutang.store import borrowers
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.contacts import BorrowerExists, add_borrower, set_contact
from bukuhutang.usecases.people import WhichPerson
from bukuhutang.usecases.refusals import PhoneIsOwn, PhoneTaken
from bukuhutang.usecases.tenants import PhoneNumberInvalid

router = APIRouter(prefix="/borrowers", tags=["borrowers"])

NOT_FOUND = BorrowerNotFound(3)
TAKEN = PhoneTaken("6281234567890", "Budi")


@router.get("", responses=refusals(CursorInvalid()))
async def list_borrowers(
    asked: Annotated[BorrowersQuery, Query()], call: ApiReading
) -> Page[BorrowerOut]:
    """Everybody in the book, the newest first."""
    search = as_stored(asked.search)
    is_number = search is not None and re.fullmatch("[0-9]+", search) is not None
    async with call.reading() as book:
        rows = await borrowers.page(
            book.tx,
            before=call.before("borrowers", asked.cursor),
            limit=asked.limit + 1,
            name_key=None if search is None else name_key(search),
            digits=search if is_number else None,
        )
    return Page(
        items=[BorrowerOut.of(one) for one in rows[: asked.limit]],
        next_cursor=call.next("borrowers", [one.borrower.id for one in rows], asked.limit),
    )


@router.get("/{number}", response_model=BorrowerOut, responses=refusals(NOT_FOUND))
async def get_borrower(number: NumberInPath, call: ApiReading) -> Response:
    """One person with what is open on debts."""
    async with call.reading() as book:
        return call.shown(await borrower_shown(book, number))


async def borrower_shown(book: Book, number: int) -> BorrowerOut:
    """A person as the address shows it. Raises BorrowerNotFound."""
    row = await borrowers.read(book.tx, BorrowerId(number))
    if row is None:
        raise BorrowerNotFound(number)
    return BorrowerOut.of(row)


@router.post(
    "",
    status_code=201,
    response_model=BorrowerOut,
    responses=refusals(
        PersonNameInvalid(NAME_MAX),
        PhoneNumberInvalid(),
        BorrowerExists("Budi", 3),
        TAKEN,
        PhoneIsOwn(),
    ),
)
async def post_borrower(body: BorrowerIn, call: ApiWriting) -> Response:
    """Somebody new, with nothing owed yet."""
    name = clean_name(body.name)
    phone = None if body.phone_number is None else clean_phone(body.phone_number)
    async with call.writing(name=name) as work:
        made = await add_borrower(work.book, name, name_key(name), phone, namesake=body.namesake)
        return await work.answer(
            lambda: borrower_shown(work.book, made.id),
            status=201,
            location=f"/borrowers/{made.id}",
        )


@router.patch(
    "/{number}",
    response_model=BorrowerOut,
    responses=refusals(
        NOT_FOUND,
        PhoneNumberInvalid(),
        PreconditionRequired(),
        PreconditionFailed(),
        TAKEN,
        PhoneIsOwn(),
    ),
)
async def patch_borrower(
    number: NumberInPath, body: BorrowerChangeIn, call: ApiWriting
) -> Response:
    """Another WhatsApp number; a new number starts without an opt-out."""
    phone = clean_phone(body.phone_number)
    async with call.writing() as work:
        work.expect(await borrower_shown(work.book, number))
        person = await person_of(work.book, number)
        known = person.borrower
        done = await set_contact(work.book, known.name, known.name_key, phone, chosen=person)
        assert not isinstance(done, WhichPerson), "the person was named by number"
        return await work.answer(lambda: borrower_shown(work.book, number))
