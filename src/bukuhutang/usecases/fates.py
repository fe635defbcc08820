"""What became of a reminder: read off the message that carries it, kept nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from bukuhutang.store.paced import HELD
from bukuhutang.store.reminders import Fate


@dataclass(frozen=True)
class ReminderFate:
    """As the lender reads it, in the tenant's zone."""

    on: date
    at: str  # hours and minutes: of the sending, or of the wish while it waits
    fate: str  # waiting, held, sent, delivered, read, failed, skipped, unknown
    until: date | None  # of a held one: the day it goes


def fate_of(row: Fate, zone: ZoneInfo) -> ReminderFate:
    """The fate behind a row."""
    at = (row.sent_at or row.created_at).astimezone(zone)
    fate, until = row.status, None
    if row.status in ("queued", "sending"):
        fate = "waiting"
        if row.reason == HELD and row.not_before is not None:
            fate, until = "held", row.not_before.astimezone(zone).date()
    return ReminderFate(at.date(), f"{at:%H.%M}", fate, until)
