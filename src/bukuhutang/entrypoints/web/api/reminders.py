"""Reminders: listed with what became of them, and sent now as the chat's INGATKAN does."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import Field

from bukuhutang.base.ids import BorrowerId
from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.people import CANDIDATE, ambiguous, clean_name, person_of
from bukuhutang.entrypoints.web.api.refusals import (
    BorrowerNotFound,
    NameAmbiguous,
    PersonNameInvalid,
    PersonUnclear,
    ReminderNotFound,
)
from bukuhutang.entrypoints.web.api.shapes import (
    ApiIn,
    ApiOut,
    Number,
    NumberInPath,
    NumberInQuery,
    Page,
    PageQuery,
    PersonRef,
    one_of,
    shown_as,
)
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.openapi import Responses, refusals
from bukuhutang.entrypoints.web.shapes import Text
from bukuhutang.ledger.money import Direction
from bukuhutang.ledger.names import NAME_MAX, name_key
from bukuhutang.store import reminders
from bukuhutang.store.book import PEOPLE_MAX
from bukuhutang.store.reminders import ReminderRow
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.fates import fate_of
from bukuhutang.usecases.people import WhichPerson
from bukuhutang.usecases.refusals import (
    BorrowerOptedOut,
    BorrowerUnknown,
    NothingOwed,
    RemindedToday,
    TooManyPeople,
)
from bukuhutang.usecases.reminders import Reminded, ReminderSent, queue_reminder, remind, words_of

router = APIRouter(prefix="/reminders", tags=["reminders"])

FateText = Annotated[
    str,
    one_of("waiting", "held", "sent", "delivered", "read", "failed", "skipped", "unknown"),
]


class RemindersQuery(PageQuery):
    borrower_id: NumberInQuery | None = None


class ReminderOut(ApiOut):
    number: int = Field(examples=[7])
    borrower: PersonRef
    kind: Annotated[str, one_of("manual", "automatic")]
    local_date: date = Field(description="the day it counts for; at most one a day per person")
    fate: FateText = Field(description="read off the message that carries it")
    held_until: date | None = Field(description="of a held one: the day it goes")
    reason: str | None = Field(examples=[None], description="why it was held, skipped or failed")
    created_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, row: ReminderRow, zone: ZoneInfo) -> ReminderOut:
        """The reminder as JSON."""
        known = fate_of(row.fate, zone)
        return cls(
            number=row.number,
            borrower=PersonRef(id=row.borrower_id, name=row.borrower_name),
            kind=row.kind,
            local_date=row.local_date,
            fate=known.fate,
            held_until=known.until,
            reason=row.fate.reason,
            created_at=row.fate.created_at,
            sent_at=row.fate.sent_at,
        )


class RemindIn(ApiIn):
    """Whom to remind: by `borrowerId`, or by `name`."""

    model_config = shown_as(borrower_id=3)

    borrower_id: Number | None = Field(default=None, examples=[3])
    name: Text | None = Field(default=None, examples=["Budi"])


class RemindedOut(ApiOut):
    """What goes out, or what is to be forwarded by hand when no number is known."""

    reminder: ReminderOut | None = Field(description="null when it is to be forwarded")
    text: str
    outside_hours: bool = Field(description="sent outside 08-20 where the tenant is")


@router.get("", responses=refusals(CursorInvalid()))
async def list_reminders(
    asked: Annotated[RemindersQuery, Query()], call: ApiReading
) -> Page[ReminderOut]:
    """Reminders and their fate, the newest first."""
    async with call.reading() as book:
        rows = await reminders.page(
            book.tx,
            borrower=None if asked.borrower_id is None else BorrowerId(asked.borrower_id),
            before=call.before("reminders", asked.cursor),
            limit=asked.limit + 1,
        )
        zone = book.page.settings.zone
    return Page(
        items=[ReminderOut.of(one, zone) for one in rows[: asked.limit]],
        next_cursor=call.next("reminders", [one.number for one in rows], asked.limit),
    )


@router.get("/{number}", response_model=ReminderOut, responses=refusals(ReminderNotFound(7)))
async def get_reminder(number: NumberInPath, call: ApiReading) -> Response:
    """One reminder."""
    async with call.reading() as book:
        return call.shown(await _shown(book, number))


async def _shown(book: Book, number: int) -> ReminderOut:
    row = await reminders.read(book.tx, number)
    if row is None:
        raise ReminderNotFound(number)
    return ReminderOut.of(row, book.page.settings.zone)


TO_FORWARD: Responses = {
    200: {"model": RemindedOut, "description": "No number is known: the text to forward by hand"}
}


@router.post(
    "",
    status_code=201,
    response_model=RemindedOut,
    responses=TO_FORWARD
    | refusals(
        PersonUnclear(),
        PersonNameInvalid(NAME_MAX),
        BorrowerNotFound(3),
        BorrowerUnknown("Budi", ()),
        NameAmbiguous("Budi", [CANDIDATE]),
        TooManyPeople("Budi", PEOPLE_MAX),
        NothingOwed("Budi", Direction.RECEIVABLE),
        BorrowerOptedOut("Budi"),
        RemindedToday("Budi", "09.15", "sent", None),
    ),
)
async def post_reminder(body: RemindIn, call: ApiWriting) -> Response:
    """Remind somebody now of what is open, once a day at most."""
    if (body.borrower_id is None) == (body.name is None):
        raise PersonUnclear
    name = None if body.name is None else clean_name(body.name)
    async with call.writing(name=name) as work:
        book = work.book
        chosen = None if body.borrower_id is None else await person_of(book, body.borrower_id)
        shown = chosen.borrower.name if chosen is not None else name
        assert shown is not None
        done = await remind(book, shown, name_key(shown), chosen=chosen)
        if isinstance(done, WhichPerson):
            raise ambiguous(done)
        number = _queue(book, done)
        return await work.answer(
            lambda: _reminded(book, done, number),
            status=200 if number is None else 201,
            location=None if number is None else f"/reminders/{number}",
        )


def _queue(book: Book, reminded: Reminded) -> int | None:
    if reminded.to is None:
        return None
    queue_reminder(book, reminded)
    return book.counters.last_reminder


async def _reminded(book: Book, reminded: Reminded, number: int | None) -> RemindedOut:
    return RemindedOut(
        reminder=None if number is None else await _shown(book, number),
        text=words_of(book, reminded),
        outside_hours=isinstance(reminded.told, ReminderSent) and reminded.told.outside_hours,
    )
