"""How many messages a minute: members' wait for the next one, a borrower's are passed over.

A minute is one of the calendar, by business time. All of it happens under the book's lock, in the
transaction of the message that is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.store import outbox, rate_windows
from bukuhutang.store.rate_windows import Window
from bukuhutang.store.waiting import Queue, pause
from bukuhutang.tenancy.plans import PLANS, PlanName, next_plan
from bukuhutang.usecases.book import MESSAGE_KEY, Book

MINUTES_WAITING_MAX = 10
"""So many minutes' worth of a tenant's rate may wait; what comes beyond is not read."""

CHAT_MESSAGES_A_MINUTE = 6
"""So many messages of one borrower are answered in a minute."""

OUTBOX_WAITING_MAX = 5_000
"""With so many messages of a tenant waiting to be sent, borrowers' questions are passed over."""

CHAT = "chat"
WAITING = "waiting"
FLOOD = "flood"
OUTBOX = "outbox"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class RateReached(Answer):
    """The rest of a lender's messages wait; they need not be sent again."""

    code: ClassVar[str] = "rate_reached"
    plan: PlanName
    limit: int
    next_plan: PlanName | None
    next_limit: int | None
    hour: str
    minute: str


@dataclass(frozen=True)
class RateFlooded(Answer):
    """So many wait that further ones are not read; the place is where reading goes on."""

    code: ClassVar[str] = "rate_flooded"
    waiting_max: int
    hour: str
    minute: str


@dataclass(frozen=True)
class ChatRateReached(Answer):
    """A borrower wrote too often; what was written was not read."""

    code: ClassVar[str] = "chat_rate_reached"
    tenant_name: str
    hour: str
    minute: str


@dataclass(frozen=True)
class OutboxFull(Answer):
    """So much waits for WhatsApp that borrowers are not answered; the lender is told."""

    code: ClassVar[str] = "outbox_full"
    waiting_max: int


@dataclass(frozen=True)
class Held:
    """A message was not worked now. `say` is told, if anything; `flooded` are not read at all."""

    say: Answer | None
    flooded: int


def inbox_rows_max(plan: PlanName) -> int:
    """So many messages of a tenant's members may wait."""
    return PLANS[plan].messages_a_minute * MINUTES_WAITING_MAX


async def hold_back(book: Book, chat_id: str) -> Held | None:
    """Let a member's message wait when the minute's rate is used up; None when it may be worked.

    With it wait all later ones of its chat, so that none overtakes it. A message that waited
    already has had its minute reserved.
    """
    state = book.page.inbound
    assert state is not None
    if state.had_to_wait:
        return None
    plan = book.page.limits.plan
    limit = PLANS[plan].messages_a_minute
    minute = _this_minute(book)
    is_full = book.counters.rate_used >= limit
    if not is_full and not state.is_behind:
        return None
    queue = Queue(minute + MINUTE if is_full else minute, limit, inbox_rows_max(plan))
    inbound_id = int(book.occasion.key.removeprefix(MESSAGE_KEY))
    done = await pause(book.tx, inbound_id, chat_id, queue, now=book.occasion.now)
    kind = FLOOD if done.flooded else WAITING
    # Each chat has its own: who writes in another one has not read what was said in the first.
    if await _was_told(book, kind, chat_id, minute, MINUTE):
        return Held(None, done.flooded)
    return Held(_line(book, queue, kind), done.flooded)


async def _was_told(book: Book, kind: str, key: str, start: datetime, length: timedelta) -> bool:
    """Whether a line was said in a window that holds `start`; if not, one begins there with it."""
    before = await rate_windows.read(book.tx, kind, key)
    if before is not None and start < before.started_at + length:
        return True
    _write(book, kind, key, Window(start, 0, told=True))
    return False


def _line(book: Book, queue: Queue, kind: str) -> Answer:
    """What is said of messages that wait, or that are not read."""
    if kind == FLOOD:
        end = queue.first + MINUTES_WAITING_MAX * MINUTE
        return RateFlooded(queue.rows_max, *_hour(book, end))
    plan = book.page.limits.plan
    above = next_plan(plan)
    above_limit = None if above is None else PLANS[above].messages_a_minute
    return RateReached(plan, queue.a_minute, above, above_limit, *_hour(book, queue.first))


def count_answered(book: Book) -> None:
    """One more message of a member was answered in this minute."""
    _this_minute(book)
    book.counters.rate_used += 1


def _this_minute(book: Book) -> datetime:
    """The minute that runs, with its counts; they begin anew with it.

    Never one before the minute counted last: the clocks of two machines differ a little.
    """
    minute = minute_of(book.occasion.now)
    counted = book.counters.rate_minute
    if counted is None or counted < minute:
        book.counters.rate_minute = minute
        book.counters.rate_used = 0
        return minute
    return counted


async def chat_window(book: Book, chat_id: str) -> Window:
    """How often a borrower was answered in the minute that runs."""
    minute = minute_of(book.occasion.now)
    found = await rate_windows.read(book.tx, CHAT, chat_id)
    if found is None or found.started_at < minute:
        return Window(minute, 0, told=False)
    return found


def is_full(window: Window) -> bool:
    """Whether a borrower has had his answers of this minute."""
    return window.used >= CHAT_MESSAGES_A_MINUTE


def count_chat(book: Book, chat_id: str, window: Window) -> None:
    """One more answer to a borrower."""
    _write(book, CHAT, chat_id, replace(window, used=window.used + 1))


def refuse_chat(book: Book, chat_id: str, window: Window) -> Answer | None:
    """A borrower has had his answers: what is told, once a minute."""
    if window.told:
        return None
    _write(book, CHAT, chat_id, replace(window, told=True))
    return ChatRateReached(book.page.tenant_name, *_hour(book, window.started_at + MINUTE))


async def outbox_is_full(book: Book) -> bool:
    """Whether a further answer would only pile up: WhatsApp has been away for long."""
    return await outbox.is_full(book.tx, OUTBOX_WAITING_MAX)


async def refuse_outbox(book: Book) -> OutboxFull | None:
    """An answer is not queued: what the lender is told, once a day."""
    if await _was_told(book, OUTBOX, OUTBOX, book.occasion.now, DAY):
        return None
    return OutboxFull(OUTBOX_WAITING_MAX)


def _write(book: Book, kind: str, key: str, window: Window) -> None:
    book.changes.rate_windows.append(
        {
            "kind": kind,
            "key": key,
            "started_at": window.started_at,
            "used": window.used,
            "told": window.told,
        }
    )


def minute_of(now: datetime) -> datetime:
    """The whole minute an instant lies in."""
    return now.replace(second=0, microsecond=0)


def _hour(book: Book, at: datetime) -> tuple[str, str]:
    there = at.astimezone(book.page.settings.zone)
    return f"{there:%H}", f"{there:%M}"
