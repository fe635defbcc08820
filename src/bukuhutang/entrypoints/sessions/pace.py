"""How fast a number may write, and to how many new people a day; pure.

Numbers of linked devices are restricted for behaving like a machine: answers within milliseconds,
bursts, and above all chats begun with people who never wrote. Seconds are those of one machine
clock; `draw` gives numbers from 0 up to 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

Draw = Callable[[], float]

OPENS_AT = time(8)
"""When messages held over night go on, in the tenant's zone: collection contact is for 08–20."""


class Lane(StrEnum):
    """What waits in one lane goes one after the other; the lanes of a number do not wait for one
    another."""

    OWN = "own"  # the lender's chat with oneself
    ANSWER = "answer"  # to people who wrote
    BEGIN = "begin"  # what we begin: reminders, agreements, notices


@dataclass(frozen=True)
class Span:
    """Seconds, from the least to the most."""

    least: float
    most: float

    def at(self, share: float) -> float:
        """The length at `share` of the way, 0 to 1."""
        return self.least + (self.most - self.least) * share


@dataclass(frozen=True)
class Pace:
    """The settings; what an ordinary person does, and what numbers have survived.

    15 to 20 cold messages a day have restricted numbers, so the cap ends at 12: a fifth below the
    least that was seen to hurt. A number linked today has no history of its own as a device, so it
    begins with 3 and takes nine days to get there.
    """

    own: Span = Span(0.2, 0.6)
    answer: Span = Span(1.0, 3.0)  # with typing all the time
    begin: Span = Span(4.0, 12.0)  # from one message that we begin to the next
    begin_typing: Span = Span(1.5, 5.0)
    between: float = 1.0  # between any two messages to other people
    seconds_a_character: float = 0.02
    new_chats_first_day: int = 3
    new_chats_more_each_day: int = 1
    new_chats_most: int = 12
    good_number_days: int = 14
    bad_number_days: int = 1

    def __post_init__(self) -> None:
        assert self.new_chats_first_day >= 1  # at zero a held message would wait for ever


UNHURRIED = Pace()
AT_ONCE = Pace(
    own=Span(0, 0), answer=Span(0, 0), begin=Span(0, 0), begin_typing=Span(0, 0), between=0
)
"""For numbers that nobody bans for being quick."""


@dataclass
class Number:
    """What one number has sent last and is about to send; instants in seconds."""

    other_at: float = -math.inf  # to somebody else than the lender
    begun_at: float = -math.inf
    planned: dict[Lane, float] = field(default_factory=dict)

    def sent(self, lane: Lane, at: float) -> None:
        """A message went out at this instant."""
        if lane is not Lane.OWN:
            self.other_at = max(self.other_at, at)
        if lane is Lane.BEGIN:
            self.begun_at = max(self.begun_at, at)


@dataclass(frozen=True)
class Slot:
    """When to show that somebody types (None: never), and when to send."""

    typing_at: float | None
    send_at: float


def plan(
    pace: Pace, number: Number, lane: Lane, *, characters: int, now: float, draw: Draw
) -> Slot:
    """The moment for the next message of this lane; longer messages are typed longer."""
    if lane is Lane.OWN:
        return Slot(None, now + pace.own.at(draw()))
    span = pace.answer if lane is Lane.ANSWER else pace.begin_typing
    # Half by length, half by chance: two messages of one length do not take the same time.
    written = span.least + characters * pace.seconds_a_character
    typing = min(span.most, (written + span.at(draw())) / 2)
    send_at = max(now + typing, number.other_at + pace.between)
    if lane is Lane.BEGIN:
        send_at = max(send_at, number.begun_at + pace.begin.at(draw()))
    # What the other lane is about to send may be seconds away: only its own moment is avoided.
    for other in number.planned.values():
        if abs(send_at - other) < pace.between:
            send_at = other + pace.between
    return Slot(send_at - typing if typing else None, send_at)


def new_chats_a_day(pace: Pace, linked_at: datetime | None, now: datetime, zone: ZoneInfo) -> int:
    """How many people may hear from this number for the first time on the tenant's day."""
    if linked_at is None:
        return pace.new_chats_first_day
    days = (now.astimezone(zone).date() - linked_at.astimezone(zone).date()).days
    grown = pace.new_chats_first_day + max(0, days) * pace.new_chats_more_each_day
    return min(grown, pace.new_chats_most)


def opens_at(now: datetime, zone: ZoneInfo) -> datetime:
    """When tomorrow's new chats may begin, in UTC."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, OPENS_AT, tzinfo=zone).astimezone(UTC)


def check_wanted(
    pace: Pace, has_whatsapp: bool | None, checked_at: datetime | None, now: datetime
) -> bool:
    """Whether WhatsApp must be asked (again) if a number exists before it is written to."""
    if has_whatsapp is None or checked_at is None:
        return True
    days = pace.good_number_days if has_whatsapp else pace.bad_number_days
    return now - checked_at >= timedelta(days=days)
