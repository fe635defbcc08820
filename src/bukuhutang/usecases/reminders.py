"""INGATKAN: the borrower is reminded now, once a day, and may say stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.ledger.money import Direction
from bukuhutang.rendering.texts import render
from bukuhutang.store import reminders
from bukuhutang.store.book import Person
from bukuhutang.tenancy.reminder_template import DEFAULT, READY_MADE, pieces
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_dues import AgreementDue, dues_of, people_with_dues
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.fates import fate_of
from bukuhutang.usecases.overview import DebtLine, debt_lines
from bukuhutang.usecases.people import (
    WhichPerson,
    outstanding,
    person_among,
    person_with_debts,
)
from bukuhutang.usecases.refusals import BorrowerOptedOut, NothingOwed, RemindedToday

CONTACT_HOURS = range(8, 20)
"""Collection contact is for 08–20 local time (POJK 22/2023 art. 62)."""


@dataclass(frozen=True)
class ReminderText(Answer):
    """What the borrower reads, in the words of the template that the tenant chose."""

    code: ClassVar[str] = "reminder_to_borrower"
    name: str
    lender: str
    debts: tuple[DebtLine, ...]
    agreements: tuple[AgreementDue, ...]
    total: int  # of the debts, and what is due first of the agreements


@dataclass(frozen=True)
class ReminderSent(Answer):
    code: ClassVar[str] = "reminder_sent"
    name: str
    outside_hours: bool


@dataclass(frozen=True)
class ReminderToForward(Answer):
    """No number is known: the lender forwards the text by hand."""

    code: ClassVar[str] = "reminder_to_forward"
    name: str


@dataclass(frozen=True)
class Reminded:
    """What the lender is told, what the borrower gets, and where (None: to forward)."""

    told: ReminderSent | ReminderToForward
    text: ReminderText
    to: str | None
    person: Person


async def remind(
    book: Book, name: str, name_key: str, *, chosen: Person | None = None
) -> Reminded | WhichPerson:
    """Prepare the reminder of one person's open receivables and of what is due of agreements.

    Raises NotPermitted, BorrowerUnknown, NothingOwed, TooManyPeople, BorrowerOptedOut,
    RemindedToday.
    """
    book.require(Permission.RECORD)
    person = chosen or await _who(book, name, name_key)
    if isinstance(person, WhichPerson):
        return person
    borrower = person.borrower
    if borrower.opted_out:
        raise BorrowerOptedOut(borrower.name)
    today, zone = book.occasion.today, book.page.settings.zone
    earlier = await reminders.sent_on(book.tx, borrower.id, today)
    if earlier is not None:
        known = fate_of(earlier, zone)
        raise RemindedToday(borrower.name, known.at, known.fate, known.until)
    dues = tuple(one for one in await dues_of(book, borrower.id) if one.is_expected)
    debts = debt_lines(person, Direction.RECEIVABLE, today)
    if not debts and not dues:
        raise NothingOwed(borrower.name, Direction.RECEIVABLE)
    total = outstanding(person, Direction.RECEIVABLE) + sum(one.due for one in dues)
    text = ReminderText(borrower.name, book.page.tenant_name, debts, dues, total)
    if borrower.phone is None:
        return Reminded(ReminderToForward(borrower.name), text, None, person)
    hour = book.occasion.now.astimezone(zone).hour
    told = ReminderSent(borrower.name, outside_hours=hour not in CONTACT_HOURS)
    return Reminded(told, text, borrower.phone, person)


async def _who(book: Book, name: str, name_key: str) -> Person | WhichPerson:
    lending = await people_with_dues(book)
    if not lending:
        return await person_with_debts(book, name, name_key, Direction.RECEIVABLE)
    return person_among(
        list(book.page.people),
        name,
        name_key,
        lambda one: bool(outstanding(one, Direction.RECEIVABLE)) or one.borrower.id in lending,
    )


def queue_reminder(book: Book, reminded: Reminded) -> str:
    """Queue the reminder and log it; returns the reference of its message."""
    book.require(Permission.RECORD)
    assert reminded.to is not None
    about = {"borrower": reminded.person.borrower.id}
    text = words_of(book, reminded)
    client_ref = book.send(reminded.to, text, purpose="reminder", about=about)
    note_reminder(book, reminded.person, client_ref)
    return client_ref


def note_reminder(book: Book, person: Person, client_ref: str) -> None:
    """Log the reminder that was queued as `client_ref`."""
    book.require(Permission.RECORD)
    book.add_reminder(person.borrower.id, client_ref)
    book.seal("reminder_queued", borrower=person.borrower.id, detail={"kind": "manual"})


def words_of(book: Book, reminded: Reminded) -> str:
    """The reminder in the tenant's language, by its template.

    One that is forwarded by hand names no word that only our bot would answer.
    """
    settings = book.page.settings
    forwarded = reminded.to is None
    fields = {**reminded.text.fields(), "forwarded": forwarded}
    template = settings.reminder_template
    if template == DEFAULT:
        code = "reminder_text_to_forward" if forwarded else ReminderText.code
    elif template in READY_MADE:
        code = f"reminder_{template}"
    else:
        code = "reminder_own"
        fields |= {"lines": pieces(template), "first_due": _first_due(reminded.text)}
    return render(code, settings.language, today=book.occasion.today, **fields)


def _first_due(text: ReminderText) -> date:
    dates = [one.due_date for one in text.debts] + [one.due_date for one in text.agreements]
    return min(dates)
