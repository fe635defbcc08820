"""When something is due, said in days, weeks, months, weekdays and dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.ledger.due_dates import add_months
from bukuhutang.understanding.dates import Due, DueProblem, match

TODAY = date(2026, 2, 18)  # a Wednesday


def read(text: str, today: date = TODAY) -> Due | None:
    """What all of `text` says, or None when it is not (only) about time."""
    words = text.lower().split()
    found = match(words, 0, today)
    return found[0] if found is not None and found[1] == len(words) else None


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("14hari", "2026-03-04"),
        ("14 hari", "2026-03-04"),
        ("10 hr", "2026-02-28"),
        ("7 days", "2026-02-25"),
        ("1 day", "2026-02-19"),
        ("2minggu", "2026-03-04"),
        ("2 mgg", "2026-03-04"),
        ("2 weeks", "2026-03-04"),
        ("dua minggu", "2026-03-04"),
        ("dua minggu lagi", "2026-03-04"),
        ("empat belas hari", "2026-03-04"),
        ("seminggu", "2026-02-25"),
        ("minggu depan", "2026-02-25"),
        ("next week", "2026-02-25"),
        ("1bulan", "2026-03-18"),
        ("3 bln", "2026-05-18"),
        ("sebulan", "2026-03-18"),
        ("bulan depan", "2026-03-18"),
        ("1 month", "2026-03-18"),
        ("1 tahun", "2027-02-18"),
        ("besok", "2026-02-19"),
        ("tomorrow", "2026-02-19"),
        ("lusa", "2026-02-20"),
        ("jumat", "2026-02-20"),
        ("hari senin", "2026-02-23"),
        ("sabtu", "2026-02-21"),
        ("rabu", "2026-02-25"),
        ("minggu", "2026-02-22"),
        ("hari minggu", "2026-02-22"),
        ("sunday", "2026-02-22"),
        ("tgl 25", "2026-02-25"),
        ("tgl25", "2026-02-25"),
        ("tanggal 10", "2026-03-10"),
        ("tgl 18", "2026-03-18"),
        ("tgl 25 maret", "2026-03-25"),
        ("tgl 4/3/2026", "2026-03-04"),
        ("25 maret", "2026-03-25"),
        ("25 mar 2026", "2026-03-25"),
        ("1 februari", "2027-02-01"),
        ("2026-03-04", "2026-03-04"),
        ("4/3/2026", "2026-03-04"),
        ("4/3/26", "2026-03-04"),
        ("04-03-2026", "2026-03-04"),
        ("4.3.2026", "2026-03-04"),
        ("17/8", "2026-08-17"),
        ("1/2", "2027-02-01"),
        ("akhir bulan", "2026-02-28"),
        ("akhir bulan depan", "2026-03-31"),
        ("akhir maret", "2026-03-31"),
    ],
)
def test_due_date_is_read(text: str, due: str) -> None:
    assert read(text) == date.fromisoformat(due)


@pytest.mark.parametrize(
    "text",
    "senin depan|minggu ini|bulan ini|next friday|setengah bulan|awal bulan|1,5 bulan|2-3 hari"
    "|tgl 30|tgl 31|tgl 40|tgl|tgl dua|30 feb|29/2|31/11|2026-13-01|2026-02-30|akhir minggu".split(
        "|"
    ),
)
def test_time_with_two_readings_or_none_is_asked(text: str) -> None:
    assert read(text) == DueProblem("days_unclear")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0hari", 0),
        ("hari ini", 0),
        ("18/2", 0),
        ("kemarin", -1),
        ("-5 hari", -5),
        ("2020-01-01", -2240),
        ("366 hari", 366),
        ("53 minggu", 371),
        ("13 bulan", 393),
        ("2 tahun", 730),
        ("99999999999999999999 hari", 999_999),
        ("999999 tahun", 999_999),
        ("-999999 tahun", -999_999),
    ],
)
def test_due_date_outside_one_to_365_days_says_how_far_it_is(text: str, days: int) -> None:
    assert read(text) == DueProblem("days_out_of_range", days)


@pytest.mark.parametrize(
    "text",
    "budi|agus|maret|25 agus|500|500rb|500.000 minggu depan|100rb hari sabtu|bulan".split("|"),
)
def test_names_and_amounts_are_no_due_date(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)
def test_month_keeps_its_day_and_clips_to_the_months_end(start: str, months: int, due: str) -> None:
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(due)


days_of_life = st.dates(date(2000, 1, 1), date(2999, 12, 31))


@given(today=days_of_life, days=st.integers(1, 365))
def test_every_number_of_days_reads_back_equal(today: date, days: int) -> None:
    due = today + timedelta(days=days)
    for text in (f"{days}hari", f"{days} hari", f"{days} days", due.isoformat()):
        assert read(text, today) == due
    assert read(f"{due.day}/{due.month}/{due.year}", today) == due


@given(today=days_of_life, word=st.sampled_from(["senin", "kamis", "hari minggu", "sabtu"]))
def test_weekday_is_the_next_one_and_never_today(today: date, word: str) -> None:
    due = read(word, today)
    assert isinstance(due, date)
    assert 1 <= (due - today).days <= 7
    assert due.weekday() == {"senin": 0, "kamis": 3, "hari minggu": 6, "sabtu": 5}[word]


@given(today=days_of_life, day=st.integers(1, 28))
def test_passed_day_of_the_month_rolls_to_the_next_month(today: date, day: int) -> None:
    due = read(f"tgl {day}", today)
    assert isinstance(due, date)
    assert due.day == day
    assert 1 <= (due - today).days <= 31
