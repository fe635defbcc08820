"""A reaction: 👍 on a question of the bot is a yes; any other says nothing to the book."""

from __future__ import annotations

from bukuhutang.entrypoints.chat.answer import answer_lender, waiting_form
from bukuhutang.entrypoints.chat.interview import waits_on
from bukuhutang.entrypoints.chat.quoted import Quoted, read_quoted
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.store.inbox import Inbound
from bukuhutang.understanding.assent import is_sign_of_assent
from bukuhutang.understanding.dialogues import interview
from bukuhutang.understanding.dialogues.interview import Question
from bukuhutang.understanding.intents import Agree


async def answer_reaction(talk: Talk, message: Inbound) -> str:
    """Take a member's 👍 for the answer it is; returns what became of it.

    On a question that has expired it is told so, because silence would look like a yes taken; on
    one that was answered it is a mere nod.
    """
    if not is_sign_of_assent(message.body):
        return "ignored: reaction"
    book = talk.book
    quoted = await read_quoted(book, message.chat_id, message.refers_to)
    dialogue = book.page.dialogue
    if not quoted.is_ours or quoted.question is None or dialogue is None:
        return "ignored: reaction"
    if dialogue.asked_ref != quoted.question:
        return "ignored: reaction"
    if dialogue.kind == interview.KIND:
        return await _answer_interview(talk, message, quoted)
    if waiting_form(book, quoted) is None:
        book.send(message.chat_id, talk.say_code("question_over"))
    else:
        await answer_lender(talk, message.chat_id, Agree(), quoted)
    return "answered"


async def _answer_interview(talk: Talk, message: Inbound, quoted: Quoted) -> str:
    """Agree to the offer it shows; a question for a number or a day has no yes."""
    waits = waits_on(talk, quoted)
    if waits is not None and waits is not Question.ANALYSIS:
        return "ignored: reaction"
    await answer_lender(talk, message.chat_id, Agree(), quoted, text="setuju")
    return "answered"
