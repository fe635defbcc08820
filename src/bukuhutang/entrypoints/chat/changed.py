"""Edited and deleted messages: the book never changes behind anybody's back.

What the original recorded stays as it is, and that is said. An original that recorded nothing is
read anew with its new text, as if it had been written so.
"""

from __future__ import annotations

from dataclasses import dataclass

from bukuhutang.entrypoints.chat.answer import answer_borrower, answer_lender
from bukuhutang.entrypoints.chat.quoted import (
    NOTHING_QUOTED,
    message_behind,
    read_quoted,
    read_reply,
)
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.store import audit_log
from bukuhutang.store.audit_log import DoneAct
from bukuhutang.store.inbox import Inbound
from bukuhutang.store.referred import ACTS_MAX, Theirs, read_referred
from bukuhutang.understanding import intents
from bukuhutang.understanding.commands import read_borrower
from bukuhutang.understanding.dialogues import interview
from bukuhutang.usecases.book import MESSAGE_KEY

UNDOABLE = frozenset(("debt_recorded", "payment_recorded"))


@dataclass(frozen=True)
class RecordLine:
    """One record that stays, as it is named."""

    kind: str  # the act, as the audit log calls it
    name: str
    direction: str
    amount: int
    number: int


async def answer_change(talk: Talk, message: Inbound, heard: intents.Intent | None) -> str:
    """Say or do what an edit or a deletion calls for; returns what became of it."""
    if message.refers_to is None:
        return f"ignored: {message.kind}"
    referred = await read_referred(talk.book.tx, message.chat_id, message.refers_to)
    if referred.ours is not None:
        return "ignored: own message changed"  # the bot writes from the lender's own number
    original = referred.theirs
    if original is not None and original.sender != message.sender:
        return "ignored: not the sender's own"
    if talk.book.page.member_id is None:
        return await _answer_borrower(talk, message, original)
    recorded = await _recorded(talk, original)
    if recorded:
        _say_it_stays(talk, message, recorded)
        return "answered"
    if message.kind == "deletion":
        _withdraw_question(talk, original)
        return "ignored: deletion"
    if heard is None:
        return "ignored: edit"
    await _read_anew(talk, message, heard, original)
    return "answered"


async def _recorded(talk: Talk, original: Theirs | None) -> list[DoneAct]:
    if original is None:
        return []
    keys = [f"{MESSAGE_KEY}{one}:{n}" for one in original.led for n in range(1, ACTS_MAX + 1)]
    return await audit_log.acts_by_key(talk.book.tx, keys)


def _say_it_stays(talk: Talk, message: Inbound, recorded: list[DoneAct]) -> None:
    last = recorded[-1]
    records = [
        RecordLine(
            one.action,
            one.name,
            one.detail.get("direction", ""),
            one.detail.get("amount", 0),
            one.subject or 0,
        )
        for one in recorded
    ]
    if last.undone:
        way_out = "undone"
    elif len(recorded) == 1 and last.action in UNDOABLE:
        way_out = "undo" if last.is_last else "later"
    else:
        way_out = "write"
    text = talk.say_code(
        "record_stays", is_deleted=message.kind == "deletion", records=records, way_out=way_out
    )
    about = {"borrower": last.borrower_id, "key": last.key}
    talk.book.send(message.chat_id, text, about=about if len(recorded) == 1 else None)


def _withdraw_question(talk: Talk, original: Theirs | None) -> None:
    """Who deletes the wish has taken back what the bot wanted to know about it.

    An interview goes on: BATAL ends it, and KEMBALI takes an answer back.
    """
    asked = original is not None and _asked_by(talk) in original.led
    if asked and not _is_interview(talk):
        talk.book.drop_question()


def _is_interview(talk: Talk) -> bool:
    row = talk.book.page.dialogue
    return row is not None and row.kind == interview.KIND


def _asked_by(talk: Talk) -> int | None:
    dialogue = talk.book.page.dialogue
    return None if dialogue is None else message_behind(dialogue.asked_ref)


async def _read_anew(
    talk: Talk, message: Inbound, heard: intents.Intent, original: Theirs | None
) -> None:
    """Work the new text as a message of its own, in reply to what the original replied to."""
    book = talk.book
    quoted = await read_quoted(
        book, message.chat_id, None if original is None else original.refers_to
    )
    heard, quoted = await read_reply(book, message.body, heard, quoted)
    is_last_answer = (
        original is not None and _is_interview(talk) and _asked_by(talk) in original.led
    )
    if is_last_answer:
        quoted = NOTHING_QUOTED  # what it replied to was asked before the question of now
    elif original is not None and _is_interview(talk) and "question" in original.about:
        book.send(message.chat_id, talk.say_code("question_over"))
        return
    await answer_lender(
        talk, message.chat_id, heard, quoted, text=message.body, instead=is_last_answer
    )
    if original is not None:
        _withdraw_question(talk, original)
        book.note_outcome(original.id)


async def _answer_borrower(talk: Talk, message: Inbound, original: Theirs | None) -> str:
    if message.kind == "deletion":
        return "ignored: borrower's deletion"
    if original is not None and (original.status == "done" or len(original.led) > 1):
        return "ignored: acted upon already"
    asked = read_borrower(message.body, talk.book.occasion.today)
    if asked is None:
        return "ignored: borrower's talk"
    await answer_borrower(talk, message.chat_id, talk.book.page.lender_chat, asked)
    if original is not None:
        talk.book.note_outcome(original.id)
    return "answered"
