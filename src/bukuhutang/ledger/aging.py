"""How late a debt or an installment is."""

from __future__ import annotations

from datetime import date
from enum import StrEnum


class AgingBucket(StrEnum):
    """The five ages of what is owed."""

    CURRENT = "current"
    TO_30 = "1-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "over_90"


_BUCKET_ENDS = (
    (0, AgingBucket.CURRENT),
    (30, AgingBucket.TO_30),
    (60, AgingBucket.TO_60),
    (90, AgingBucket.TO_90),
)


def days_past_due(due_date: date, today: date) -> int:
    """Days since the due date; 0 on the day itself and before it."""
    return max(0, (today - due_date).days)


def aging_bucket(days: int) -> AgingBucket:
    """The bucket of something so many days past due."""
    assert days >= 0
    return next((bucket for end, bucket in _BUCKET_ENDS if days <= end), AgingBucket.OVER_90)
