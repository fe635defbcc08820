"""From what was meant to what is done and said: one intent, one use case, its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import BorrowerId
from bukuhutang.entrypoints.chat.agreements import do_agreement
from bukuhutang.entrypoints.chat.chosen import NOTHING_CHOSEN, Chosen, options_of
from bukuhutang.entrypoints.chat.interview import hear_interview, start_interview, waiting_line
from bukuhutang.entrypoints.chat.members import do_member
from bukuhutang.entrypoints.chat.preferences import say_settings
from bukuhutang.entrypoints.chat.quoted import NOTHING_QUOTED, Quoted, message_behind
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.store.book import PEOPLE_MAX, Person, read_person
from bukuhutang.tenancy.roles import Permission
from bukuhutang.understanding import intents
from bukuhutang.understanding.dialogues import choice
from bukuhutang.understanding.dialogues.choice import ChoiceForm, Option
from bukuhutang.understanding.names import name_key
from bukuhutang.usecases import borrower_talk, overview, reminders
from bukuhutang.usecases.agreement_answers import PayoffQuote
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.contacts import set_contact
from bukuhutang.usecases.interview import check_room
from bukuhutang.usecases.pay_person import pay_person
from bukuhutang.usecases.people import NewPerson, WhichPerson, person_known, person_to_lend
from bukuhutang.usecases.record_debt import RecordDebt, record_debt
from bukuhutang.usecases.record_payment import RecordPayment
from bukuhutang.usecases.refusals import NoRecordQuoted
from bukuhutang.usecases.undo import undo_last


async def answer_lender(
    talk: Talk,
    chat_id: str,
    intent: intents.Intent,
    quoted: Quoted = NOTHING_QUOTED,
    *,
    text: str = "",
    instead: bool = False,
) -> None:
    """Do what the lender meant, maybe in reply to a message, and queue the answer into `chat_id`.

    `text` is the message as it was written: an interview that waits may hear it, `instead` of its
    last answer. A refusal records nothing and is answered all the same.
    """
    book = talk.book
    said: str | None = None
    try:
        if waiting_form(book, quoted) is None or not _answers_choice(intent):
            said = await hear_interview(talk, intent, quoted, text, instead=instead)
        was_heard = said is not None
        said = said if said is not None else await _act(talk, intent, quoted)
        reminder = None if was_heard else waiting_line(talk)
    except Refusal as no:
        book.forget_staged()
        talk.attached = None
        said, reminder = talk.say(no), waiting_line(talk)
    if reminder is None or _asks_something(book):
        book.send(chat_id, said, file_id=talk.attached, about=book.about)
    elif book.changes.outbound:  # a text to be forwarded went before: nothing is put under it
        book.send(chat_id, said, file_id=talk.attached, about=book.about)
        book.send(chat_id, reminder)
    else:
        said = f"{said}\n\n{reminder}"
        book.send(chat_id, said, file_id=talk.attached, about=book.about)


def _answers_choice(intent: intents.Intent) -> bool:
    return isinstance(intent, intents.Pick | intents.Agree | intents.Undo)


def _asks_something(book: Book) -> bool:
    """Whether a new question is asked now; one that only goes on was asked earlier."""
    return any(one["asked_ref"] is None for one in book.changes.dialogue_asked)


async def _act(talk: Talk, intent: intents.Intent, quoted: Quoted) -> str:
    book = talk.book
    waiting = waiting_form(book, quoted)
    match intent:
        case intents.Unreadable():
            return talk.say_code(intent.code, **_slots(intent))
        case intents.ShowHelp(topic=None | "BANTUAN" | "HELP" | "MENU"):
            return talk.say_code("help")
        case intents.ShowHelp(topic=topic):
            return talk.say_code("help_topic", topic=topic)
        case intents.Pick(number=number):
            return await _picked(talk, waiting, number, quoted)
        case intents.Agree():
            return await _agreed(talk, waiting, quoted)
        case intents.Undo():
            return await _undo(talk, waiting, quoted)
    # Everything else is a wish of its own: a number no longer answers the question left open.
    book.set_question_aside()
    about = Chosen(quoted.person, debt=quoted.debt, option=quoted.agreement)
    return await _wish(talk, intent, about)


def _slots(intent: intents.Unreadable) -> dict[str, object]:
    return {"command": intent.command, "suggestion": intent.command, **intent.fields}


def waiting_form(book: Book, quoted: Quoted) -> ChoiceForm | None:
    """The question that this message may answer: the one it replies to, else the one just asked."""
    row = book.page.dialogue
    if row is None or row.kind != choice.KIND or row.expires_at <= book.occasion.now:
        return None
    if quoted.is_known:
        is_meant = quoted.question is not None and quoted.question == row.asked_ref
    else:
        is_meant = not row.set_aside
    if not is_meant:
        return None
    return choice.from_json(row.form, row.form_version)


async def _picked(talk: Talk, form: ChoiceForm | None, number: int, quoted: Quoted) -> str:
    """A number answers the question that waits; without one it means nothing."""
    if form is None and quoted.is_known:
        return talk.say_code("question_over")
    if form is None:
        return talk.say_code("pick_without_question", number=number)
    book = talk.book
    option = form.hear(number)
    if option is None:
        _keep_asking(book)
        return talk.say_code("pick_out_of_range", count=len(form.options))
    book.drop_question()
    asked_by = message_behind(_asked_ref(book))
    if asked_by is not None:
        book.note_outcome(asked_by)
    person: Person | NewPerson | None = None
    if option.borrower_id is not None:
        person = await read_person(book.tx, BorrowerId(option.borrower_id))
        assert person is not None, "borrowers are never deleted"
    elif isinstance(form.wanted, intents.CreateDebt | intents.StartAgreement):
        wanted = form.wanted
        person = NewPerson(wanted.name, name_key(wanted.name), wanted.phone)
    return await _wish(talk, form.wanted, Chosen(person, option.direction, option=option.target))


async def _agreed(talk: Talk, form: ChoiceForm | None, quoted: Quoted) -> str:
    """A yes picks the only choice there is; of several it cannot say which."""
    if form is None and quoted.question is not None:
        return talk.say_code("question_over")
    if form is None:
        return talk.say_code("command_unknown", suggestion=None)
    if len(form.options) == 1:
        return await _picked(talk, form, 1, quoted)
    _keep_asking(talk.book)
    return talk.say_code("yes_needs_number", count=len(form.options))


async def _undo(talk: Talk, form: ChoiceForm | None, quoted: Quoted) -> str:
    """The way out of a question, else the last record is taken back; never another one."""
    if form is not None:
        talk.book.drop_question()
        return talk.say_code("question_dropped")
    if quoted.question is not None:
        return talk.say_code("question_over")
    if quoted.refers and quoted.key is None:
        raise NoRecordQuoted
    return talk.say(await undo_last(talk.book, key=quoted.key))


def _asked_ref(book: Book) -> str | None:
    return None if book.page.dialogue is None else book.page.dialogue.asked_ref


def _keep_asking(book: Book) -> None:
    """A reply to what is said now answers the question that still waits."""
    book.about = {"question": _asked_ref(book)}


async def _wish(talk: Talk, intent: intents.Intent, chosen: Chosen) -> str:
    book = talk.book
    known = chosen.known
    match intent:
        case intents.CreateDebt():
            done: Answer = await record_debt(book, _debt_request(intent), chosen=chosen.person)
        case intents.RecordPayment(name=name, amount=amount):
            payment = RecordPayment(name, name_key(name), amount, chosen.direction, chosen.debt)
            done = await pay_person(book, payment, chosen=known, target=chosen.target)
        case intents.Settle(name=name):
            payment = RecordPayment(name, name_key(name), None, chosen.direction, chosen.debt)
            done = await pay_person(book, payment, chosen=known, target=chosen.target)
        case intents.SendReminder(name=name):
            return await _remind(talk, intent, name, known)
        case intents.SetContact(name=name, phone=phone):
            done = await set_contact(book, name, name_key(name), phone, chosen=known)
        case intents.StartAgreement():
            return await _begin(talk, intent, chosen.person)
        case _ if (told := await do_member(talk, intent)) is not None:
            return talk.say(told)
        case _ if (about := await do_agreement(talk, intent, chosen)) is not None:
            done, chosen = about
        case _:
            return await _show(talk, intent, known)
    return _told_or_asked(talk, intent, done, chosen)


async def _begin(
    talk: Talk, intent: intents.StartAgreement, person: Person | NewPerson | None
) -> str:
    """BUAT PERJANJIAN: whom with, then the interview; refused before any question."""
    talk.book.require(Permission.RECORD)
    await check_room(talk.book)
    if person is None:
        key = name_key(intent.name)
        found = await person_to_lend(talk.book, intent.name, key, intent.phone)
        if isinstance(found, WhichPerson):
            return _told_or_asked(talk, intent, found)
        person = found
    return start_interview(talk, intent, person)


async def _show(talk: Talk, intent: intents.Intent, known: Person | None) -> str:
    book = talk.book
    match intent:
        case intents.ShowStatus(name=None):
            return talk.say(await overview.show_status(book))
        case intents.ShowStatus(name=str(name)):
            person = known or await person_known(book, name, name_key(name))
            if isinstance(person, WhichPerson):
                return _told_or_asked(talk, intent, person)
            return talk.say(await overview.show_person(book, person))
        case intents.ShowHistory(name=None):
            return talk.say(await overview.show_history(book, None))
        case intents.ShowHistory(name=str(name)):
            person = known or await person_known(book, name, name_key(name))
            if isinstance(person, WhichPerson):
                return _told_or_asked(talk, intent, person)
            return talk.say(await overview.show_history(book, person))
        case intents.ShowUsage():
            return talk.say(await overview.show_usage(book))
        case intents.ShowSettings() | intents.ChangeSetting():
            return say_settings(talk, intent)
    return talk.say_code("command_unknown", suggestion=None)


def _debt_request(intent: intents.CreateDebt) -> RecordDebt:
    return RecordDebt(
        intent.direction,
        intent.name,
        name_key(intent.name),
        intent.amount,
        intent.due_date,
        intent.note,
        intent.phone,
    )


def _told_or_asked(
    talk: Talk, intent: intents.Intent, done: Answer, chosen: Chosen = NOTHING_CHOSEN
) -> str:
    """The words; when they are a question, its form waits in the dialogue."""
    options = options_of(done, chosen)
    if options:
        if isinstance(done, PayoffQuote) and isinstance(intent, intents.PayOff):
            intent = replace(intent, amount=done.to_pay)
        _ask(talk, intent, options)
    return talk.say(done)


def _ask(talk: Talk, intent: intents.Intent, options: tuple[Option, ...]) -> None:
    assert isinstance(intent, choice.Askable)
    assert len(options) <= PEOPLE_MAX + 1
    talk.book.ask(
        choice.KIND,
        choice.to_json(ChoiceForm(intent, options)),
        version=choice.FORM_VERSION,
        expires_at=talk.book.occasion.now + timedelta(minutes=choice.MINUTES_MAX),
    )


async def _remind(talk: Talk, intent: intents.Intent, name: str, known: Person | None) -> str:
    book = talk.book
    outcome = await reminders.remind(book, name, name_key(name), chosen=known)
    if isinstance(outcome, WhichPerson):
        return _told_or_asked(talk, intent, outcome)
    if outcome.to is None:
        assert book.occasion.chat_id is not None
        # The explanation first, then the bare text, so that it can be forwarded as it is.
        book.speak_of(outcome.person.borrower.id)
        book.send(book.occasion.chat_id, talk.say(outcome.told), about=book.about)
        return reminders.words_of(book, outcome)
    reminders.queue_reminder(book, outcome)
    return talk.say(outcome.told)


async def answer_borrower(
    talk: Talk, chat_id: str, lender_chat: str, intent: intents.Intent
) -> None:
    """Answer what `read_borrower` has read; a lender may hear of it as well."""
    book = talk.book
    person = book.page.sender
    assert person is not None
    done: Answer
    notice: Answer | None = None
    match intent:
        case intents.AskOwnBalance():
            done = await borrower_talk.own_balance(book, person)
        case intents.OptOut():
            done, notice = borrower_talk.opt_out(book, person)
        case intents.OptIn():
            done, notice = borrower_talk.opt_in(book, person)
        case _:
            raise AssertionError(f"a borrower cannot mean {type(intent).__name__}")
    book.send(chat_id, talk.say(done))
    if notice is not None:
        about = {"borrower": person.borrower.id}
        book.send(lender_chat, talk.say(notice), purpose="notice", about=about)
