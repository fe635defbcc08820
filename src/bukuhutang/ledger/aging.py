"""How late a debt is."""

from __future__ import annotations

from datetime import date


def days_past_due(due_date: date, today: date) -> int:
    """Days since the due date; 0 on the day itself and before it."""
    return max(0, (today - due_date).days)
