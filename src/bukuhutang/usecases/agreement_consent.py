"""SETUJU and TOLAK: what a borrower's answer does, and the proof that is kept of it.

Only the number that was asked may answer. The answer is kept with that number, the time, the
provider's id of the message and, beside the question, the SHA-256 of the document it was about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger import agreement_acts as acts
from bukuhutang.ledger.agreement import Agreement
from bukuhutang.store import agreement_requests, agreements
from bukuhutang.store.agreement_requests import ClosedRequest
from bukuhutang.store.agreements import OpenRequest, RequestKind, StoredAgreement
from bukuhutang.usecases.agreement_facts import append, close_request, replan
from bukuhutang.usecases.agreement_notices import (
    AnsweredAlready,
    AnswerPlainly,
    AnswerTaken,
    AnswerWhich,
    AskedLine,
    BorrowerAnswered,
    ExpiredNotice,
    ExpiredToBorrower,
    PlanChanged,
    PlanChangedNotice,
)
from bukuhutang.usecases.agreement_plans import as_shown
from bukuhutang.usecases.agreement_reading import next_of, recorded
from bukuhutang.usecases.agreement_voice import local_date
from bukuhutang.usecases.book import Book

ECHO_DAYS_MAX = 14
"""So long a further answer to something that is over is told so; later it is other talk."""

CLARIFIED_FOR = timedelta(days=1)

Reply = Literal["accept", "reject", "unclear"]


@dataclass(frozen=True)
class Heard:
    """A borrower's answer as it was read: from whom, in which message, about which agreement."""

    reply: Reply
    phone: PhoneNumber
    message_id: str  # the provider's
    number: int | None = None  # as named in the text
    quoted: int | None = None  # of the agreement whose message it replies to
    over: ClosedRequest | None = None  # the question it replies to, when that is over


@dataclass(frozen=True)
class Replies:
    """What the borrower is told, and what the lender; `language` is the agreement's."""

    to_borrower: Answer
    language: str
    about: StoredAgreement | None = None
    to_lender: Answer | None = None


async def hear_consent(book: Book, heard: Heard) -> Replies | None:
    """Take the answer of whoever was asked; None when this number was asked nothing: silence."""
    asked = await agreements.asked_of(book.tx, heard.phone)
    if heard.over is not None and heard.reply != "unclear":
        # A yes under an old paper is none to the paper that took its place.
        newer = any(one.number == heard.over.agreement for one in asked)
        return await _already(book, heard.over, newer=newer)
    named = heard.quoted or heard.number
    if heard.reply == "unclear" and heard.quoted is None:
        named = None  # the number in "setuju tapi tanggal 10" is none of an agreement
    meant = asked if named is None else [one for one in asked if one.number == named]
    if not meant:
        if asked and heard.quoted is None:
            return _ask_which(book, asked)  # a number that was not asked about
        return await _about_the_past(book, heard)
    if len(meant) > 1:
        return None if heard.reply == "unclear" else _ask_which(book, meant)
    stored = meant[0]
    request = stored.request
    assert request is not None
    if request.expires_at <= book.occasion.now:
        return expire(book, stored)
    if heard.reply == "unclear":
        return await _ask_plainly(book, stored, request, pointed=named is not None)
    return _taken(book, stored, request, heard)


async def _ask_plainly(
    book: Book, stored: StoredAgreement, request: OpenRequest, *, pointed: bool
) -> Replies | None:
    """Ask for the word; of what may be other talk with the lender, only once a day."""
    now = book.occasion.now
    lately = request.clarified_at is not None and now - request.clarified_at < CLARIFIED_FOR
    if lately and not pointed:
        return None
    await agreement_requests.note_clarified(book.tx, request.id, now)
    plainly = AnswerPlainly(request.kind.value, book.page.tenant_name, stored.number)
    return Replies(plainly, stored.language, stored)


def _ask_which(book: Book, asked: list[StoredAgreement]) -> Replies:
    lines = tuple(
        AskedLine(one.number, one.request.kind.value, one.principal)
        for one in asked
        if one.request is not None
    )
    return Replies(AnswerWhich(book.page.tenant_name, lines), asked[0].language)


async def _about_the_past(book: Book, heard: Heard) -> Replies | None:
    """A plain answer to something that is over changes nothing, and is told so."""
    if heard.reply == "unclear":
        return None
    now = book.occasion.now
    over = await agreement_requests.last_closed(
        book.tx,
        heard.phone,
        agreement=heard.quoted or heard.number,
        since=now - timedelta(days=ECHO_DAYS_MAX),
    )
    if over is None:
        return None
    return await _already(book, over, newer=False)


async def _already(book: Book, over: ClosedRequest, *, newer: bool) -> Replies:
    already = AnsweredAlready(
        over.kind.value,
        over.answer,
        local_date(book, over.answered_at),
        book.page.tenant_name,
        over.agreement,
        newer,
    )
    return Replies(already, over.language)


def _taken(book: Book, stored: StoredAgreement, request: OpenRequest, heard: Heard) -> Replies:
    accepted = heard.reply == "accept"
    after: Agreement | None = stored.book
    if accepted:
        after = _accept(book, stored, request)
    elif request.kind is RequestKind.ACCEPT:
        done = recorded(stored, acts.cancel(stored.book, on=book.occasion.today))
        append(book, stored, done, "agreement_rejected", cancel_reason="rejected")
    else:
        book.seal(f"{request.kind}_rejected", borrower=stored.borrower_id, subject=stored.number)
    if after is None:
        close_request(book, request, "withdrawn", borrower=stored.borrower_id)
        return Replies(
            PlanChanged(book.page.tenant_name, stored.number),
            stored.language,
            stored,
            PlanChangedNotice(stored.borrower_name, stored.number),
        )
    answer = "accepted" if accepted else "rejected"
    close_request(
        book,
        request,
        answer,
        borrower=stored.borrower_id,
        by=heard.phone,
        message=heard.message_id,
    )
    _, first_due, first_amount = next_of(after)
    due = first_due or book.occasion.today
    kind, number = request.kind.value, stored.number
    return Replies(
        AnswerTaken(kind, accepted, book.page.tenant_name, number, due, first_amount),
        stored.language,
        stored,
        BorrowerAnswered(kind, accepted, stored.borrower_name, number, due, first_amount),
    )


def _accept(book: Book, stored: StoredAgreement, request: OpenRequest) -> Agreement | None:
    """Let what was asked take effect; None when it would not be what was shown."""
    today = book.occasion.today
    sha256 = None if request.sha256 is None else bytes(request.sha256).hex()
    if request.kind is RequestKind.ACCEPT:
        done = recorded(stored, acts.accept(stored.book, on=today))
        append(book, stored, done, "agreement_accepted", detail={"sha256": sha256})
        return done.agreement
    if request.kind is RequestKind.CANCEL:
        outcome = acts.cancel(stored.book, on=today)
        if not isinstance(outcome, acts.Recorded):
            return None  # something was paid since
        append(book, stored, outcome, "agreement_cancelled", cancel_reason="mutual")
        return outcome.agreement
    assert request.wanted is not None
    changed = as_shown(stored.book, request.wanted, request.version)
    if changed is None:
        return None
    replan(book, stored, changed, "agreement_rescheduled")
    return changed.agreement


def expire(book: Book, stored: StoredAgreement) -> Replies:
    """The days to answer are over: nothing was agreed to, and an agreement nobody took ends."""
    request = stored.request
    assert request is not None
    close_request(book, request, "expired", borrower=stored.borrower_id)
    if request.kind is RequestKind.ACCEPT:
        done = recorded(stored, acts.cancel(stored.book, on=book.occasion.today))
        append(book, stored, done, "agreement_expired", status="expired", cancel_reason="expired")
    else:
        book.seal(f"{request.kind}_expired", borrower=stored.borrower_id, subject=stored.number)
    kind = request.kind.value
    return Replies(
        ExpiredToBorrower(kind, book.page.tenant_name, stored.number),
        stored.language,
        stored,
        ExpiredNotice(kind, stored.borrower_name, stored.number),
    )
