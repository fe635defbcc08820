"""BUAT PERJANJIAN: one question after the other, each answerable in one's own words.

The form is a value. `hear` gives the next one and says what became of the answer; it never
decides anything about money. What a message tells beyond its question is kept ("gajian tgl 25,
sekitar 4,5 juta" answers three), and KEMBALI takes the last answer back, whatever it told, and a
change of the offer as well.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from bukuhutang.base import spelling
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.understanding.interview_answers import (
    Change,
    Facts,
    Word,
    read_change,
    read_facts,
    read_word,
)

KIND = "interview"
FORM_VERSION = 1
HOURS_MAX = 24
"""Product section 3: an interview left open for a day is over."""

STEPS_MAX = 50
"""So many answers and changes can be taken back, one by one."""

Step = tuple[tuple[str, Any], ...]
"""The fields one answer filled, each with what it held before."""


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
    steps: tuple[Step, ...] = ()  # for KEMBALI
    shown: str | None = None  # which offer was shown last: only that one can be agreed to
    name_was_free: bool = False  # nobody of this name was in the book when the interview began

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
    shown = spelling.clean(text)
    said = spelling.fold(shown)
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
    return _stepped(form, new)


def _stepped(form: InterviewForm, new: dict[str, Any]) -> InterviewForm:
    """The form with `new` in it, and the way back; the same form when nothing moves."""
    before = tuple((name, getattr(form, name)) for name in new)
    if all(new[name] == value for name, value in before):
        return form
    return replace(form, **new, steps=(*form.steps, before)[-STEPS_MAX:])


def noted(form: InterviewForm) -> dict[str, Any]:
    """What the last answer told, by field."""
    return {name: getattr(form, name) for name, _ in form.steps[-1]} if form.steps else {}


def _back(form: InterviewForm) -> Heard:
    if not form.steps:
        return Heard(Outcome.BACK_AT_START, form)
    *earlier, last = form.steps
    return Heard(Outcome.ASK, replace(form, **dict(last), steps=tuple(earlier)))


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
    told = {
        one.name: getattr(change, one.name)
        for one in fields(Change)
        if one.name != "problem" and getattr(change, one.name) is not None
    }
    # An amount a month and a number of months exclude one another: the later one counts.
    if "monthly" in told:
        told["months"] = None
    elif "months" in told:
        told["monthly"] = None
    elif "principal" in told:
        told["months"] = told["monthly"] = None  # another loan is proposed anew
    if told.get("rate_percent") == "0":
        told["rate_percent"] = told["rate_type"] = None
    return _stepped(form, told)


def without_wishes(form: InterviewForm) -> InterviewForm:
    """The form with everything as it is proposed: no wished months, amount, rate, grace."""
    return replace(
        form,
        months=None,
        monthly=None,
        rate_percent=None,
        rate_type=None,
        down_payment=0,
        grace_months=0,
    )


def start(
    name: str,
    principal: int,
    *,
    borrower_id: int | None = None,
    phone: PhoneNumber | None = None,
    months: int | None = None,
    name_was_free: bool = False,
) -> InterviewForm:
    """A new interview; a number that is known already is not asked again."""
    assert principal > 0
    return InterviewForm(
        name, principal, borrower_id, phone, months=months, name_was_free=name_was_free
    )


def to_json(form: InterviewForm) -> dict[str, Any]:
    """The form as the database keeps it."""
    return asdict(form)


def from_json(stored: dict[str, Any], version: int) -> InterviewForm | None:
    """The form again, or None when it is of a version this program does not know."""
    if version != FORM_VERSION:
        return None
    steps = tuple(tuple((name, value) for name, value in one) for one in stored["steps"])
    return InterviewForm(**{**stored, "steps": steps})
