"""What did not arrive, or may not have, is told to the lender: once, with the text to forward.

    failed    certainly not there: the text, the file, and a link that opens the chat with it
    unknown   nobody can say: the lender looks into the chat; never sent again by us
    skipped   a reminder that was no longer so; told when a payment has changed the amount
    held      waits until a new chat may be begun; told once a day for all of them

Messages to the lender's own numbers are never told of: who does not read the one would not read
the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import ClassVar
from urllib.parse import quote

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import TenantId
from bukuhutang.store import reminders, undelivered
from bukuhutang.store.paced import RESTRICTED
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.store.settings import read_settings
from bukuhutang.store.undelivered import Undelivered
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.opened import service_book
from bukuhutang.usecases.tenants import When

AT_ONCE_MAX = 50
"""Told in one transaction; the rest in the next one."""

PEOPLE_A_MESSAGE = 5
LINK_TEXT_MAX = 1_000
"""A longer text does not fit a link; the link then only opens the chat."""

NO_WHATSAPP = "no_whatsapp"
WHY = {
    RESTRICTED: "restricted",
    "not_on_whatsapp": NO_WHATSAPP,
    "document_too_large": "too_large",
    "too_long": "too_large",
}
"""What is said for a reason; every other one is `refused`."""

Words = Callable[[Answer, Language, date], str]


@dataclass(frozen=True)
class Missing:
    """One message in a list of them."""

    name: str | None
    phone: str
    what: str  # reminder, reply, agreement, document, notice
    link: str | None  # opens the chat with the text in it


@dataclass(frozen=True)
class NotDelivered(Answer):
    code: ClassVar[str] = "not_delivered"
    why: str  # restricted, no_whatsapp, too_large, refused
    people: tuple[Missing, ...]


@dataclass(frozen=True)
class InDoubt(Answer):
    code: ClassVar[str] = "in_doubt"
    people: tuple[Missing, ...]


@dataclass(frozen=True)
class NewChatsHeld(Answer):
    code: ClassVar[str] = "new_chats_held"
    begun: int  # new chats today
    count: int  # messages that wait
    until: date
    people: tuple[Missing, ...]


@dataclass(frozen=True)
class ReminderOutdated(Answer):
    code: ClassVar[str] = "reminder_outdated"
    name: str


async def no_longer_so(database: Database, tenant_id: TenantId, client_ref: str) -> str | None:
    """Why the reminder behind this message should not go out any more, or None."""
    async with database.tenant_tx(tenant_id) as tx:
        return await reminders.outdated(tx, client_ref)


async def tell_undelivered(
    database: Database, tenant_id: TenantId, when: When, words: Words
) -> bool:
    """Queue what the lender is to be told, and mark it told in the same transaction.

    Returns whether there may be more. Raises TransientFault.
    """
    async with database.book_tx(tenant_id) as tx:
        found = await undelivered.untold(tx, when.machine_now, limit=AT_ONCE_MAX)
        if found:
            # Once told never untold again, so the first of them names the occasion.
            told = await _open(tx, f"told:{found[0].id}", when, words)
            _tell_lost(told, [one for one in found if not one.to_lender])
            await undelivered.mark_told(tx, [one.id for one in found], when.now)
            await told.book.close()
    async with database.book_tx(tenant_id) as tx:
        await _tell_held(tx, when, words)
    return len(found) == AT_ONCE_MAX


@dataclass(frozen=True)
class _Told:
    """The lender's chat, and how words are found for it."""

    book: Book
    words: Callable[[Answer], str]

    def say(self, answer: Answer) -> None:
        self.book.send(self.book.page.lender_chat, self.words(answer), purpose="notice")

    def hand_over(self, one: Undelivered) -> None:
        """The text or file itself, bare, so that it can be forwarded as it is."""
        phone = self.book.page.lender_chat
        self.book.send(phone, one.body, purpose="notice", file_id=one.file_id)


async def _open(tx: TenantTx, key: str, when: When, words: Words) -> _Told:
    book = await service_book(tx, key, when.now)
    language, today = book.page.settings.language, book.occasion.today
    return _Told(book, lambda answer: words(answer, language, today))


def _tell_lost(told: _Told, lost: Sequence[Undelivered]) -> None:
    for why, alike in groupby(sorted(lost, key=_why), key=_why):
        for some in _by_fives(list(alike)):
            _tell_some(told, why, some)
    for one in lost:
        detail = {"status": one.status, "reason": one.reason, "purpose": one.purpose}
        told.book.seal("undelivered_told", borrower=one.borrower_id, subject=one.id, detail=detail)


def _why(one: Undelivered) -> str:
    if one.status in ("unknown", "skipped"):
        return one.status
    return WHY.get(one.reason or "", "refused")


def _tell_some(told: _Told, why: str, some: Sequence[Undelivered]) -> None:
    if why == "skipped":
        for one in some:
            # Settled, or asked to be left in peace: the lender knows already.
            if one.reason == "changed" and one.name is not None:
                told.say(ReminderOutdated(one.name))
        return
    people = tuple(_missing(one, linked=why != NO_WHATSAPP) for one in some)
    told.say(InDoubt(people) if why == "unknown" else NotDelivered(why, people))
    for one in some:
        # One alone is forwarded by its text; of several, the links hold the texts.
        if why != "too_large" and (len(some) == 1 or one.file_id is not None):
            told.hand_over(one)


def _missing(one: Undelivered, *, linked: bool = True) -> Missing:
    what = one.purpose
    if one.file_id is not None and what != "agreement":
        what = "document"
    text = "" if one.file_id is not None else one.body
    return Missing(one.name, one.phone, what, chat_link(one.phone, text) if linked else None)


async def _tell_held(tx: TenantTx, when: When, words: Words) -> None:
    settings = await read_settings(tx)
    zone = settings.zone
    day = when.machine_now.astimezone(zone).date()
    held, count = await undelivered.held(tx, when.machine_now, limit=AT_ONCE_MAX)
    if not held or await undelivered.was_told_of_held(tx, day):
        return
    midnight = datetime.combine(day, time(), tzinfo=zone)
    begun = await undelivered.begun_since(tx, midnight)
    told = await _open(tx, undelivered.held_key(day), when, words)
    until = day + timedelta(days=1)
    for some in _by_fives(held):
        told.say(NewChatsHeld(begun, count, until, tuple(_missing(one) for one in some)))
    told.book.seal("held_told", detail={"count": count})
    await told.book.close()


def _by_fives(found: Sequence[Undelivered]) -> list[Sequence[Undelivered]]:
    return [
        found[first : first + PEOPLE_A_MESSAGE] for first in range(0, len(found), PEOPLE_A_MESSAGE)
    ]


def chat_link(phone: str, text: str) -> str:
    """A link that opens the chat on the lender's phone, with the text in it when it fits."""
    link = f"https://wa.me/{phone}"
    return f"{link}?text={quote(text, safe='')}" if 0 < len(text) <= LINK_TEXT_MAX else link
