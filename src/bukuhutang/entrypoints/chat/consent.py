"""SETUJU and TOLAK in a borrower's chat: only who was asked is heard, and both are told."""

from __future__ import annotations

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.entrypoints.chat.quoted import read_quoted
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.rendering.texts import render
from bukuhutang.store.inbox import Inbound
from bukuhutang.tenancy.tenant import Language
from bukuhutang.understanding.consent import read_consent
from bukuhutang.usecases.agreement_consent import Heard, Replies, hear_consent


async def answer_consent(talk: Talk, message: Inbound) -> bool:
    """Take a yes or no to an agreement; False when the message is none or nothing was asked.

    Only a written message counts, never a caption, a reaction or an edit: its id is the proof.
    """
    if message.kind != "text":
        return False
    said = read_consent(message.body)
    if said is None:
        return False
    quoted = await read_quoted(talk.book, message.chat_id, message.refers_to)
    heard = Heard(
        said.reply.value,
        PhoneNumber(message.sender),
        message.provider_message_id,
        said.number,
        quoted.agreement,
    )
    replies = await hear_consent(talk.book, heard)
    if replies is None:
        return False
    _tell(talk, message, replies)
    return True


def _tell(talk: Talk, message: Inbound, replies: Replies) -> None:
    book = talk.book
    about = None
    if replies.about is not None:
        about = {"borrower": replies.about.borrower_id, "agreement": replies.about.number}
    book.send(message.chat_id, _words(talk, replies.to_borrower, replies.language), about=about)
    if replies.to_lender is not None:
        words = talk.say(replies.to_lender)
        book.send(book.page.tenant_phone, words, purpose="notice", about=about)


def _words(talk: Talk, answer: Answer, language: str) -> str:
    today = talk.book.occasion.today
    return render(answer.code, Language(language), today=today, **answer.fields())
