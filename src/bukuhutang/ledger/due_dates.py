"""When installments fall due: counted from the first, never from the one before.

A day that a month does not have is clipped to the month's last day, and comes back in the next
month that has it: 31 January, 28 February, 31 March.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from enum import StrEnum

# calendar.monthrange would also find the weekday, which costs more than all the rest here.
_MONTH_DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class TermUnit(StrEnum):
    """What the distance between two installments is counted in."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


def on_day(year: int, month: int, day: int) -> date:
    """`day` of that month, or the month's last day when it has fewer."""
    assert 1 <= day <= 31
    if day > 28:
        day = min(day, _MONTH_DAYS[month] + (month == 2 and isleap(year)))
    return date(year, month, day)


def add_months(start: date, months: int) -> date:
    """The same day `months` later, clipped to that month's end. Raises OverflowError past 9999."""
    years, month = divmod(start.month - 1 + months, 12)
    if not 1 <= start.year + years <= 9999:
        raise OverflowError("no such year")
    return on_day(start.year + years, month + 1, start.day)


def next_income_day(after: date, day: int) -> date:
    """The first date later than `after` on which a person paid on `day` (1 to 31) has income."""
    here = on_day(after.year, after.month, day)
    if here > after:
        return here
    year, month = divmod(after.year * 12 + after.month, 12)
    return on_day(year, month + 1, day)


def due_date_after(
    first: date, turns: int, *, every: int, unit: TermUnit, day: int | None = None
) -> date:
    """The due date `turns` installments after `first`.

    `day` is the day of the month they keep to where the month has it; by default that of `first`.
    Raises OverflowError past the year 9999.
    """
    if unit is TermUnit.MONTHS:
        months = first.year * 12 + first.month - 1 + turns * every
        if months >= 12 * 10_000:
            raise OverflowError("no such year")
        return on_day(months // 12, months % 12 + 1, day or first.day)
    return first + timedelta(days=turns * every * (1 if unit is TermUnit.DAYS else 7))


def due_dates(
    first: date, count: int, *, every: int, unit: TermUnit, day: int | None = None
) -> list[date]:
    """`count` due dates beginning with `first`, strictly later each; as `due_date_after`."""
    assert count >= 1
    assert every >= 1
    return [due_date_after(first, turn, every=every, unit=unit, day=day) for turn in range(count)]
