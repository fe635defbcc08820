"""One inbound message, one transaction: the row consumed, the facts, the question, the answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bukuhutang.entrypoints.chat.answer import answer_borrower, answer_lender
from bukuhutang.entrypoints.chat.cards import answer_cards, card_meant
from bukuhutang.entrypoints.chat.changed import answer_change
from bukuhutang.entrypoints.chat.consents import answer_consent, is_doubtful
from bukuhutang.entrypoints.chat.files import answer_file
from bukuhutang.entrypoints.chat.measure import DROPPED
from bukuhutang.entrypoints.chat.operator import OperatorDesk
from bukuhutang.entrypoints.chat.quoted import read_quoted, read_reply
from bukuhutang.entrypoints.chat.reacted import answer_reaction
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.store.book import read_page
from bukuhutang.store.inbox import Inbound
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.tenancy.roles import BY_ROLE, NOTHING
from bukuhutang.understanding import intents
from bukuhutang.understanding.commands import read_borrower, read_lender
from bukuhutang.understanding.names import name_key
from bukuhutang.usecases import rates
from bukuhutang.usecases.book import MESSAGE_KEY, Book, Occasion

WITH_TEXT = frozenset(("text", "document", "image", "edit"))
FILES = frozenset(("document", "image"))
CHANGES = frozenset(("edit", "deletion"))
OVER_CHAT_RATE = "ignored: chat rate"
OUTBOX_FULL = "ignored: outbox full"
DROPS = {OVER_CHAT_RATE: "chat_rate", OUTBOX_FULL: "outbox_full"}


async def handle(
    database: Database, message: Inbound, now: datetime, *, operator: OperatorDesk | None = None
) -> str:
    """Work one leased message; returns what became of it: `answered`, `ignored: …`, `waits: …`.

    Everything happens in one transaction under the tenant's book, so the same message worked
    twice, or by two at once, has one effect; but what the operator orders is done before it, so
    that no other tenant's lock is waited for here, and has one effect by itself. The date is that
    of `now`, our clock's, whatever the sender's phone believes. Raises TransientFault,
    InvariantBroken.
    """
    heard = _hear(message, now)
    told = None if operator is None else await operator.hear(database, message, now)
    async with database.book_tx(message.tenant_id) as tx:
        book = await _open_book(tx, message, heard, now)
        state = book.page.inbound
        if state is None or state.status != "pending":
            return "ignored: already worked"
        if state.is_paused:
            return "waits: for its minute"
        settings = book.page.settings
        if settings.timezone != message.timezone:
            # Changed since the message was leased: its day may be another one there.
            message = replace(message, timezone=settings.timezone)
            heard = _hear(message, now)
            book = await _open_book(tx, message, heard, now)
        talk = Talk(book, settings.language)
        held = await _held_back(talk, message)
        if held is None:
            if told is not None:
                book.send(message.chat_id, talk.say_code(told[0], **told[1]))
            outcome = "answered" if told is not None else await _work(talk, message, heard)
            _consume(book, message, outcome)
        await book.close()
    if held is not None:
        DROPPED.labels("flood").inc(held.flooded)
        return "waits: rate"
    if outcome in DROPS:
        DROPPED.labels(DROPS[outcome]).inc()
    return outcome


async def _held_back(talk: Talk, message: Inbound) -> rates.Held | None:
    """A member's message beyond the plan's rate waits, and says so once."""
    page = talk.book.page
    if page.member is None or (message.from_me and page.is_own_echo):
        return None
    held = await rates.hold_back(talk.book, message.chat_id)
    if held is not None and held.say is not None:
        talk.book.send(message.chat_id, talk.say(held.say), part="waits")
    return held


def _day(message: Inbound, now: datetime) -> date:
    """The date where the tenant is."""
    return now.astimezone(ZoneInfo(message.timezone)).date()


def _hear(message: Inbound, now: datetime) -> intents.Intent | None:
    """What the sender means if it is the lender; None when there is nothing to read.

    The caption of a file is read as a text is.
    """
    if message.kind == "contact":
        return card_meant(message)
    if message.kind == "text" or (message.kind in WITH_TEXT and message.body.strip()):
        return read_lender(message.body, _day(message, now))
    return None


async def _open_book(
    tx: TenantTx, message: Inbound, heard: intents.Intent | None, now: datetime
) -> Book:
    name = getattr(heard, "name", None)
    page = await read_page(
        tx,
        inbound_id=message.id,
        chat_id=message.chat_id,
        sender=message.sender,
        name_key=name_key(name) if name else None,
        provider_message_id=message.provider_message_id if message.from_me else None,
    )
    occasion = Occasion(
        actor="borrower" if page.member is None else f"member:{page.member.id}",
        member_id=page.member_id,
        chat_id=message.chat_id,
        key=f"{MESSAGE_KEY}{message.id}",
        now=now,
        today=_day(message, now),
        permissions=NOTHING if page.member is None else BY_ROLE[page.member.role],
    )
    return Book(tx, page, occasion)


async def _work(talk: Talk, message: Inbound, heard: intents.Intent | None) -> str:
    page = talk.book.page
    if message.from_me and page.is_own_echo:
        return "ignored: own message"
    if page.member_id is None and page.sender is None:
        return "ignored: stranger"
    if page.member_id is None:
        return await _work_within_chat_rate(talk, message, heard)
    outcome = await _work_member(talk, message, heard)
    if outcome == "answered":
        rates.count_answered(talk.book)
    return outcome


async def _work_within_chat_rate(talk: Talk, message: Inbound, heard: intents.Intent | None) -> str:
    """A borrower is answered a few times a minute, told so once, and then heard in silence.

    What he decides is never passed over: SETUJU, TOLAK and STOP are recorded and answered always,
    but not repetitions of them.
    """
    book = talk.book
    window = None
    if is_doubtful(message):
        window = await rates.chat_window(book, message.chat_id)
        if rates.is_full(window):
            return OVER_CHAT_RATE
    outcome = await _work_borrower(talk, message, heard)
    if outcome != "answered":
        return outcome
    window = window or await rates.chat_window(book, message.chat_id)
    is_decision = bool(book.changes.audit)
    if not is_decision and await rates.outbox_is_full(book):
        return await _not_queued(talk)
    if is_decision or not rates.is_full(window):
        rates.count_chat(book, message.chat_id, window)
        return outcome
    book.forget_staged()
    told = rates.refuse_chat(book, message.chat_id, window)
    if told is not None:
        book.send(message.chat_id, talk.say(told))
    return OVER_CHAT_RATE


async def _not_queued(talk: Talk) -> str:
    """Too much waits for WhatsApp already; only the lender hears of it."""
    book = talk.book
    book.forget_staged()
    notice = await rates.refuse_outbox(book)
    if notice is not None:
        book.send(book.page.lender_chat, talk.say(notice), purpose="notice")
    return OUTBOX_FULL


async def _work_member(talk: Talk, message: Inbound, heard: intents.Intent | None) -> str:
    book = talk.book
    if message.kind in CHANGES:
        return await answer_change(talk, message, heard)
    if message.kind == "reaction":
        return await answer_reaction(talk, message)
    if message.kind == "voice":
        book.send(message.chat_id, talk.say_code("voice_unheard"))
        return "answered"
    quoted = await read_quoted(book, message.chat_id, message.refers_to)
    if message.kind == "contact":
        await answer_cards(talk, message, quoted)
        return "answered"
    if heard is not None:
        heard, quoted = await read_reply(book, message.body, heard, quoted)
    if message.kind in FILES:
        await answer_file(talk, message, heard, quoted)
    elif heard is None:
        book.send(message.chat_id, talk.say_code("kind_unread"))
    else:
        await answer_lender(talk, message.chat_id, heard, quoted, text=message.body)
    return "answered"


async def _work_borrower(talk: Talk, message: Inbound, heard: intents.Intent | None) -> str:
    """Only words are heard, also under a picture; nothing else is answered or kept."""
    if await answer_consent(talk, message):
        return "answered"
    if message.kind in CHANGES:
        return await answer_change(talk, message, heard)
    if message.kind not in WITH_TEXT:
        return f"ignored: borrower's {message.kind}"
    asked = read_borrower(message.body, talk.book.occasion.today)
    if asked is None:
        return "ignored: borrower's talk"
    await answer_borrower(talk, message.chat_id, talk.book.page.lender_chat, asked)
    return "answered"


def _consume(book: Book, message: Inbound, outcome: str) -> None:
    ignored = outcome.startswith("ignored")
    book.changes.inbound.append(
        {
            "id": message.id,
            "status": "ignored" if ignored else "done",
            "reason": outcome.removeprefix("ignored: ") if ignored else None,
            "handled_at": book.occasion.now,
            # What is none of our business is not kept: it is the lender's private number too.
            "keep": not ignored,
        }
    )


async def apologise(database: Database, message: Inbound, now: datetime) -> None:
    """Tell a member that one message could not be worked; a borrower or stranger hears nothing."""
    async with database.book_tx(message.tenant_id) as tx:
        book = await _open_book(tx, message, None, now)
        if book.page.member_id is None:
            return
        talk = Talk(book, book.page.settings.language)
        book.send(message.chat_id, talk.say_code("apology_quarantined"))
        await book.close()
