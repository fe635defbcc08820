"""BUAT PERJANJIAN: one question after the other, each answerable in one's own words.

The form is a value. `hear` gives the next one and says what became of the answer; it never
decides anything about money. What a message tells beyond its question is kept ("gajian tgl 25,
sekitar 4,5 juta" answers three), and KEMBALI takes the last answer back, whatever it told.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.understanding import normalise
from bukuhutang.understanding.interview_answers import (
    Change,
    Facts,
    IncomeSource,
    Word,
    read_change,
    read_facts,
    read_word,
)

KIND = "interview"
FORM_VERSION = 1
HOURS_MAX = 24
"""Product section 3: an interview left open for a day is over."""

MONTHS_MAX = 60


class Question(StrEnum):
    """What is asked, in this order; ANALYSIS is the offer that is agreed to or changed."""

    PHONE = "phone"
    SOURCE = "source"
    INCOME_DAY = "income_day"
    INCOME = "income"
    OTHER = "other"
    ANALYSIS = "analysis"


@dataclass(frozen=True)
class InterviewForm:
    """Everything told so far; amounts in whole rupiah, rates in percent as decimal strings."""

    name: str
    principal: int
    borrower_id: int | None = None  # None: a new person
    phone: str | None = None
    source: str | None = None
    income_day: int | None = None  # 1 to 31; 31 is the last day of every month
    income: int | None = None
    income_skipped: bool = False
    other: int | None = None
    # What was asked to be otherwise than proposed.
    months: int | None = None
    monthly: int | None = None
    rate_percent: str | None = None  # a month
    rate_type: str | None = None  # flat or declining
    down_payment: int = 0
    grace_months: int = 0
    penalty_a_day: int = 0
    guarantor: str | None = None
    told: tuple[tuple[str, ...], ...] = ()  # by answer, the fields it filled; for KEMBALI

    @property
    def question(self) -> Question:
        """The first thing that is not known yet."""
        if self.phone is None:
            return Question.PHONE
        if self.source is None:
            return Question.SOURCE
        if self.income_day is None:
            return Question.INCOME_DAY
        if self.income is None and not self.income_skipped:
            return Question.INCOME
        if self.other is None:
            return Question.OTHER
        return Question.ANALYSIS


class Outcome(StrEnum):
    """What an answer did."""

    ASK = "ask"  # the next question, or the offer anew
    UNCLEAR = "unclear"  # the same question again, with the reason
    BACK_AT_START = "back_at_start"  # KEMBALI at the first question
    ENDED = "ended"  # BATAL
    AGREED = "agreed"  # SETUJU to the offer


@dataclass(frozen=True)
class Heard:
    """The form after an answer; `problem` is a text code when the answer was not understood."""

    outcome: Outcome
    form: InterviewForm
    problem: str | None = None


def hear(form: InterviewForm, text: str) -> Heard:
    """One answer. Never raises, whatever the text."""
    shown = normalise.clean(text)
    said = normalise.fold(shown)
    word = read_word(said)
    if word is Word.CANCEL:
        return Heard(Outcome.ENDED, form)
    if word is Word.BACK:
        return _back(form)
    if form.question is Question.ANALYSIS:
        return _hear_offer(form, shown, word)
    facts = read_facts(said, form.question.value)
    if facts.problem is not None:
        return Heard(Outcome.UNCLEAR, form, facts.problem)
    filled = _filled(form, facts)
    if filled == form:
        return Heard(Outcome.UNCLEAR, form, f"{form.question.value}_unclear")
    return Heard(Outcome.ASK, filled)


def _filled(form: InterviewForm, facts: Facts) -> InterviewForm:
    """The form with what is new in `facts`; what was told before stays."""
    new: dict[str, Any] = {}
    if facts.phone is not None and form.phone is None:
        new["phone"] = facts.phone
    if facts.source is not None and form.source is None:
        new["source"] = facts.source.value
    if facts.income_day is not None and form.income_day is None:
        new["income_day"] = facts.income_day
    if form.income is None and not form.income_skipped:
        if facts.income is not None:
            new["income"] = facts.income
        elif facts.skipped:
            new["income_skipped"] = True
    if facts.other is not None and form.other is None:
        new["other"] = facts.other
    if not new:
        return form
    return replace(form, **new, told=(*form.told, tuple(new)))


def _back(form: InterviewForm) -> Heard:
    if not form.told:
        return Heard(Outcome.BACK_AT_START, form)
    *earlier, last = form.told
    blank = {one.name: one.default for one in fields(InterviewForm)}
    cleared: dict[str, Any] = {name: blank[name] for name in last}
    return Heard(Outcome.ASK, replace(form, **cleared, told=tuple(earlier)))


def _hear_offer(form: InterviewForm, shown: str, word: Word | None) -> Heard:
    if word is Word.AGREE:
        return Heard(Outcome.AGREED, form)
    change = read_change(shown)
    if change is None:
        return Heard(Outcome.UNCLEAR, form, "analysis_unclear")
    if change.problem is not None:
        return Heard(Outcome.UNCLEAR, form, change.problem)
    return Heard(Outcome.ASK, _changed(form, change))


def _changed(form: InterviewForm, change: Change) -> InterviewForm:
    new = {one.name: getattr(change, one.name) for one in fields(Change) if one.name != "problem"}
    told = {name: value for name, value in new.items() if value is not None}
    # An amount a month and a number of months exclude one another: the later one counts.
    if "monthly" in told:
        told["months"] = None
    elif "months" in told:
        told["monthly"] = None
    if told.get("rate_percent") == "0":
        told["rate_percent"] = told["rate_type"] = None
    return replace(form, **told)


def start(
    name: str,
    principal: int,
    *,
    borrower_id: int | None = None,
    phone: PhoneNumber | None = None,
    months: int | None = None,
) -> InterviewForm:
    """A new interview; a number that is known already is not asked again."""
    assert principal > 0
    return InterviewForm(name, principal, borrower_id, phone, months=months)


def to_json(form: InterviewForm) -> dict[str, Any]:
    """The form as the database keeps it."""
    return asdict(form)


def from_json(stored: dict[str, Any], version: int) -> InterviewForm | None:
    """The form again, or None when it is of a version this program does not know."""
    if version != FORM_VERSION:
        return None
    told = tuple(tuple(one) for one in stored["told"])
    return InterviewForm(**{**stored, "told": told})


SOURCES = tuple(IncomeSource)
"""In the order of their numbers: 1 is GAJI."""
