"""BUAT PERJANJIAN in the chat: who hears what, what is asked next, and the draft at its end.

The interview waits while other commands are worked; what is no command is its answer.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta

from bukuhutang.base.ids import BorrowerId, PhoneNumber
from bukuhutang.entrypoints.chat.quoted import Quoted
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.ledger.affordability import Proposal
from bukuhutang.store.book import DialogueRow, Person
from bukuhutang.understanding import intents
from bukuhutang.understanding.dialogues import interview
from bukuhutang.understanding.dialogues.interview import (
    Heard,
    InterviewForm,
    Outcome,
    Question,
)
from bukuhutang.understanding.interview_answers import says_another_loan
from bukuhutang.understanding.names import name_key
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.interview import (
    Offer,
    OfferRefused,
    Told,
    check_phone,
    draft_agreement,
    propose_offer,
)
from bukuhutang.usecases.people import NewPerson
from bukuhutang.usecases.refusals import PhoneIsOwn, PhoneTaken

DAYS_REMEMBERED = 7
"""So long after an interview ran out, a late answer is told so; later it is any other text."""

TOKEN_BYTES = 24


def interview_row(book: Book) -> DialogueRow | None:
    """The interview of this chat, on top or beneath a question; it may have run out."""
    row = book.page.dialogue
    if row is None or row.kind == interview.KIND:
        return row
    return row.beneath


def open_form(book: Book) -> InterviewForm | None:
    """What the interview that waits has been told, or None when none waits."""
    row = interview_row(book)
    if row is None or row.expires_at <= book.occasion.now:
        return None
    return interview.from_json(row.form, row.form_version)


def start_interview(talk: Talk, wish: intents.StartAgreement, person: Person | NewPerson) -> str:
    """Begin with a person; an interview that waited is given up, and that is said."""
    before = open_form(talk.book)
    known = person.borrower if isinstance(person, Person) else None
    form = interview.start(
        known.name if known else wish.name,
        wish.amount,
        borrower_id=known.id if known else None,
        phone=(known.phone if known else None) or wish.phone,
        months=wish.months,
        name_was_free=known is None and not talk.book.page.people,
    )
    return _ask(talk, form, given_up=None if before is None else before.name, is_first=True)


async def hear_interview(
    talk: Talk, intent: intents.Intent, quoted: Quoted, text: str, *, instead: bool = False
) -> str | None:
    """The interview's next words when `text` is its answer, else None.

    With `instead` the answer takes the place of the last one. Raises what drafting raises.
    """
    book = talk.book
    row = interview_row(book)
    if row is None or not _is_meant(row, quoted):
        return None
    if row.expires_at <= book.occasion.now:
        return _too_late(talk, row, intent)
    form = interview.from_json(row.form, row.form_version)
    if form is None:
        return None
    if instead:
        form = interview.hear(form, "KEMBALI").form
    answer = _answer_in(intent, form, text)
    if answer is None:
        return None
    heard = interview.hear(form, answer)
    match heard.outcome:
        case Outcome.ENDED:
            book.drop_dialogues()
            return talk.say_code("interview_ended", name=form.name, principal=form.principal)
        case Outcome.AGREED:
            return await _agree(talk, form)
    if heard.form.phone is not None and heard.form.phone != form.phone:
        try:
            await check_phone(
                book, PhoneNumber(heard.form.phone), form.borrower_id, name_key(form.name)
            )
        except (PhoneTaken, PhoneIsOwn) as no:
            return _ask(talk, form, problem=no.code)
    return _next(talk, form, heard)


def waits_on(talk: Talk, quoted: Quoted) -> Question | None:
    """Which question of a waiting interview the quoted message asks, if it is the last one."""
    row, form = interview_row(talk.book), open_form(talk.book)
    if row is None or form is None or row.asked_ref != quoted.question:
        return None
    return form.question


def waiting_line(talk: Talk) -> str | None:
    """The short line under other answers that the interview waits; None when none does."""
    form = open_form(talk.book)
    if form is None:
        return None
    return talk.say_code("interview_waits", name=form.name, question=form.question.value)


def _is_meant(row: DialogueRow, quoted: Quoted) -> bool:
    """Whether a message may be for the interview: not when it replies to something else."""
    if quoted.is_known:
        return quoted.question is not None and quoted.question == row.asked_ref
    return True


def _too_late(talk: Talk, row: DialogueRow, intent: intents.Intent) -> str | None:
    """An answer to an interview that ran out is told so, once; commands do not notice it."""
    unknown = isinstance(intent, intents.Unreadable) and intent.code == "command_unknown"
    if not unknown and not isinstance(intent, intents.Pick | intents.Agree):
        return None
    if row.expires_at + timedelta(days=DAYS_REMEMBERED) <= talk.book.occasion.now:
        return None
    form = interview.from_json(row.form, row.form_version)
    if form is None:
        return None
    talk.book.drop_dialogues()
    return talk.say_code("interview_expired", name=form.name, principal=form.principal)


def _answer_in(intent: intents.Intent, form: InterviewForm, text: str) -> str | None:
    """The message as an answer; None when it is a command of its own.

    A few answers begin with a command word ("cicilan motor 300rb", "nomor 0812…"): they are
    answers when they answer just what was asked.
    """
    match intent:
        case intents.Pick() | intents.Agree() | intents.Undo():
            return text
        case intents.Unreadable(code="command_unknown"):
            return text
        case intents.SetContact(name=name, phone=phone) if form.question is Question.PHONE:
            is_card = not text
            return phone if is_card or name_key(name) == name_key(form.name) else None
        case intents.CreateDebt() | intents.RecordPayment() if not says_another_loan(text):
            return None  # what could be recorded is, unless it speaks of a bank or a motorbike
        case intents.Unreadable(command="NOMOR") if form.question is Question.PHONE:
            return _if_understood(form, text)
        case intents.Unreadable() | intents.ShowInstallments() | intents.PayInstallment():
            return _if_understood(form, text)
        case intents.CreateDebt() | intents.RecordPayment():
            return _if_understood(form, text)
    return None


def _if_understood(form: InterviewForm, text: str) -> str | None:
    if form.question not in (Question.PHONE, Question.OTHER, Question.ANALYSIS):
        return None
    return text if interview.hear(form, text).outcome is Outcome.ASK else None


def _next(talk: Talk, before: InterviewForm, heard: Heard) -> str:
    form = heard.form
    if heard.outcome is Outcome.BACK_AT_START:
        return _ask(talk, form, problem="back_at_start")
    if heard.problem is not None:
        return _ask(talk, form, problem=heard.problem)
    is_back = len(form.steps) < len(before.steps)
    return _ask(talk, form, is_back=is_back, noted=not is_back)


def _ask(
    talk: Talk,
    form: InterviewForm,
    *,
    problem: str | None = None,
    least: int | None = None,
    is_back: bool = False,
    noted: bool = False,
    is_first: bool = False,
    given_up: str | None = None,
) -> str:
    """Keep the form and say its question; at the end, the offer."""
    shown: tuple[str, str] | None = None
    if form.question is Question.ANALYSIS and problem is None:
        shown = _offer(talk, form)
        if shown is None:
            return _refuse_offer(talk, form)
        form = replace(form, shown=shown[1])
    _keep(talk.book, form)
    if shown is not None:
        return shown[0]
    return talk.say_code(
        "interview_question",
        question=form.question.value,
        name=form.name,
        principal=form.principal,
        problem=problem,
        least=least,
        is_back=is_back,
        is_first=is_first,
        given_up=given_up,
        **_noted(form, noted),
    )


NOTED = ("phone", "source", "income_day", "income", "income_skipped", "other")


def _noted(form: InterviewForm, wanted: bool) -> dict[str, object]:
    """What the last answer told, to be said back; None for what it did not."""
    told = interview.noted(form) if wanted else {}
    return {name: told.get(name) for name in NOTED}


def _keep(book: Book, form: InterviewForm) -> None:
    book.ask(
        interview.KIND,
        interview.to_json(form),
        version=interview.FORM_VERSION,
        expires_at=book.occasion.now + timedelta(hours=interview.HOURS_MAX),
    )


def _offer(talk: Talk, form: InterviewForm, *, is_new_day: bool = False) -> tuple[str, str] | None:
    """The offer in words and its fingerprint; None when these terms cannot be."""
    made = propose_offer(_told(form), talk.book.occasion.today)
    if isinstance(made, OfferRefused):
        return None
    offer, proposal = made
    text = talk.say_code("interview_offer", is_new_day=is_new_day, **offer.fields())
    return text, _fingerprint(offer, proposal)


def _refuse_offer(talk: Talk, form: InterviewForm) -> str:
    """What was asked for cannot be: the offer before it stays, or the first one is made."""
    refused = propose_offer(_told(form), talk.book.occasion.today)
    assert isinstance(refused, OfferRefused)
    before = interview.hear(form, "KEMBALI").form
    if before.question is not Question.ANALYSIS or before.shown is None:
        return _ask(talk, interview.without_wishes(form))
    return _ask(talk, before, problem=refused.code, least=refused.least)


def _fingerprint(offer: Offer, proposal: Proposal) -> str:
    return hashlib.sha256(f"{offer}{proposal.terms}".encode()).hexdigest()


async def _agree(talk: Talk, form: InterviewForm) -> str:
    """Draft exactly what was shown; when that has changed (the day has), show it again."""
    book = talk.book
    made = propose_offer(_told(form), book.occasion.today)
    if isinstance(made, OfferRefused):
        return _ask(talk, interview.without_wishes(form))
    offer, proposal = made
    if _fingerprint(offer, proposal) != form.shown:
        again = _offer(talk, form, is_new_day=True)
        assert again is not None
        _keep(book, replace(form, shown=again[1]))
        return again[0]
    drafted = await draft_agreement(
        book,
        _told(form),
        proposal,
        borrower_id=None if form.borrower_id is None else BorrowerId(form.borrower_id),
        name_key=name_key(form.name),
        name_was_free=form.name_was_free,
        language=talk.language.value,
        verify_token=secrets.token_urlsafe(TOKEN_BYTES),
    )
    book.drop_dialogues()
    return talk.say(drafted)


def _told(form: InterviewForm) -> Told:
    assert form.question is Question.ANALYSIS
    assert form.phone is not None
    assert form.source is not None
    assert form.income_day is not None
    assert form.other is not None
    return Told(
        form.name,
        form.principal,
        PhoneNumber(form.phone),
        form.source,
        form.income_day,
        form.income,
        form.other,
        months=form.months,
        monthly=form.monthly,
        rate_percent=form.rate_percent,
        rate_type=form.rate_type,
        down_payment=form.down_payment,
        grace_months=form.grace_months,
        penalty_a_day=form.penalty_a_day,
        guarantor=form.guarantor,
    )
