"""From what was meant to what is done and said: one intent, one use case, its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import BorrowerId, DebtNumber
from bukuhutang.entrypoints.chat.quoted import NOTHING_QUOTED, Quoted, message_behind
from bukuhutang.ledger.money import Direction
from bukuhutang.rendering.texts import render
from bukuhutang.store.book import PEOPLE_MAX, Person, read_person
from bukuhutang.tenancy.tenant import Language
from bukuhutang.understanding import intents
from bukuhutang.understanding.dialogues import choice
from bukuhutang.understanding.dialogues.choice import ChoiceForm, Option
from bukuhutang.understanding.names import name_key
from bukuhutang.usecases import borrower_talk, overview, reminders
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.contacts import set_contact
from bukuhutang.usecases.people import NewPerson, WhichPerson, person_known
from bukuhutang.usecases.record_debt import RecordDebt, record_debt
from bukuhutang.usecases.record_payment import RecordPayment, WhichDirection, record_payment
from bukuhutang.usecases.refusals import NoRecordQuoted
from bukuhutang.usecases.undo import undo_last


@dataclass
class Talk:
    """The book, and how this tenant is spoken to."""

    book: Book
    language: Language
    zone: ZoneInfo

    def say(self, answer: Answer | Refusal) -> str:
        """The words for an answer or a refusal."""
        fields = answer.fields()
        return render(answer.code, self.language, today=self.book.occasion.today, **fields)

    def say_code(self, code: str, **fields: object) -> str:
        """The words for a bare code."""
        return render(code, self.language, today=self.book.occasion.today, **fields)


@dataclass(frozen=True)
class Chosen:
    """What is settled already: the person (or a new one), the direction, the debt."""

    person: Person | NewPerson | None = None
    direction: Direction | None = None
    debt: DebtNumber | None = None


async def answer_lender(
    talk: Talk, chat_id: str, intent: intents.Intent, quoted: Quoted = NOTHING_QUOTED
) -> None:
    """Do what the lender meant, maybe in reply to a message, and queue the answer into `chat_id`.

    A refusal records nothing and is answered all the same.
    """
    book = talk.book
    try:
        text = await _act(talk, intent, quoted)
    except Refusal as no:
        book.forget_staged()
        text = talk.say(no)
    book.send(chat_id, text, about=book.about)


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
    return await _wish(talk, intent, Chosen(quoted.person, debt=quoted.debt))


def _slots(intent: intents.Unreadable) -> dict[str, object]:
    return {"command": intent.command, "suggestion": intent.command, **intent.fields}


def waiting_form(book: Book, quoted: Quoted) -> ChoiceForm | None:
    """The question that this message may answer: the one it replies to, else the one just asked."""
    row = book.page.dialogue
    if row is None or row.kind != choice.KIND or row.expires_at <= book.occasion.now:
        return None
    is_meant = row.asked_ref == quoted.question if quoted.is_known else not row.set_aside
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
    elif isinstance(form.wanted, intents.CreateDebt):
        wanted = form.wanted
        person = NewPerson(wanted.name, name_key(wanted.name), wanted.phone)
    return await _wish(talk, form.wanted, Chosen(person, option.direction))


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
    known = chosen.person if isinstance(chosen.person, Person) else None
    match intent:
        case intents.CreateDebt():
            done: Answer = await record_debt(book, _debt_request(intent), chosen=chosen.person)
        case intents.RecordPayment(name=name, amount=amount):
            payment = RecordPayment(name, name_key(name), amount, chosen.direction, chosen.debt)
            done = await record_payment(book, payment, chosen=known)
        case intents.Settle(name=name):
            payment = RecordPayment(name, name_key(name), None, chosen.direction, chosen.debt)
            done = await record_payment(book, payment, chosen=known)
        case intents.SendReminder(name=name):
            return await _remind(talk, intent, name, known)
        case intents.SetContact(name=name, phone=phone):
            done = await set_contact(book, name, name_key(name), phone, chosen=known)
        case _:
            return await _show(talk, intent, known)
    return _told_or_asked(talk, intent, done)


async def _show(talk: Talk, intent: intents.Intent, known: Person | None) -> str:
    book = talk.book
    match intent:
        case intents.ShowStatus(name=None):
            return talk.say(await overview.show_status(book))
        case intents.ShowStatus(name=str(name)):
            person = known or await person_known(book, name, name_key(name))
            if isinstance(person, WhichPerson):
                return _told_or_asked(talk, intent, person)
            return talk.say(overview.show_person(book, person))
        case intents.ShowHistory(name=None):
            return talk.say(await overview.show_history(book, None, talk.zone))
        case intents.ShowHistory(name=str(name)):
            person = known or await person_known(book, name, name_key(name))
            if isinstance(person, WhichPerson):
                return _told_or_asked(talk, intent, person)
            return talk.say(await overview.show_history(book, person, talk.zone))
        case intents.ShowUsage():
            return talk.say(await overview.show_usage(book, talk.zone))
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


def _told_or_asked(talk: Talk, intent: intents.Intent, done: Answer) -> str:
    """The words; when they are a question, its form waits in the dialogue."""
    if isinstance(done, WhichPerson):
        _ask(talk, intent, tuple(Option(one.borrower_id) for one in done.choices))
    elif isinstance(done, WhichDirection):
        directions = (Direction.RECEIVABLE, Direction.PAYABLE)
        _ask(talk, intent, tuple(Option(done.borrower_id, one) for one in directions))
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
    outcome = await reminders.remind(book, name, name_key(name), talk.zone, chosen=known)
    if isinstance(outcome, WhichPerson):
        return _told_or_asked(talk, intent, outcome)
    if outcome.to is None:
        assert book.occasion.chat_id is not None
        # The explanation first, then the bare text, so that it can be forwarded as it is.
        book.speak_of(outcome.person.borrower.id)
        book.send(book.occasion.chat_id, talk.say(outcome.told), about=book.about)
        return talk.say_code("reminder_text_to_forward", **outcome.text.fields())
    text = talk.say(outcome.text)
    about = {"borrower": outcome.person.borrower.id}
    client_ref = book.send(outcome.to, text, purpose="reminder", about=about)
    reminders.note_reminder(book, outcome.person, client_ref)
    return talk.say(outcome.told)


def answer_borrower(talk: Talk, chat_id: str, lender_chat: str, intent: intents.Intent) -> None:
    """Answer what `read_borrower` has read; a lender may hear of it as well."""
    book = talk.book
    person = book.page.sender
    assert person is not None
    done: Answer
    notice: Answer | None = None
    match intent:
        case intents.AskOwnBalance():
            done = borrower_talk.own_balance(book, person)
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
