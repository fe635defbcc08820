"""A borrower's SETUJU or TOLAK in the chat; everything else of a borrower is left to others."""

from __future__ import annotations

from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.store import agreement_requests
from bukuhutang.store.inbox import Inbound
from bukuhutang.understanding.consent import Consent, Reply, read_consent
from bukuhutang.usecases.agreement_consent import Heard, hear_consent
from bukuhutang.usecases.agreement_voice import speak_to, tell_lender

SIGNS_OF_ASSENT = ("👍", "👌", "✅", "🙏", "❤️", "🤝")


async def answer_consent(talk: Talk, message: Inbound) -> bool:
    """Take a borrower's answer to an agreement; False when it is none and nothing is said.

    Only words count. A thumb under the agreement is polite, so the word is asked for; an edited
    message is no answer, for it could change what was agreed to.
    """
    book = talk.book
    consent = _read(message)
    if consent is None:
        return False
    quoted, over = None, None
    if message.refers_to is not None:
        quoted = await agreement_requests.quoted_agreement(
            book.tx, message.chat_id, message.refers_to
        )
        over = await agreement_requests.quoted_over(book.tx, message.chat_id, message.refers_to)
    if message.kind == "reaction" and quoted is None:
        return False
    heard = Heard(
        consent.reply.value,
        message.sender,
        message.provider_message_id,
        consent.number,
        quoted,
        over,
    )
    said = await hear_consent(book, heard)
    if said is None:
        return False
    speak_to(book, message.chat_id, said.to_borrower, said.language, about=said.about)
    if said.to_lender is not None and said.about is not None:
        tell_lender(book, said.about, said.to_lender)
    return True


def is_doubtful(message: Inbound) -> bool:
    """Whether it may be meant as an answer to an agreement without being one."""
    consent = _read(message)
    return consent is not None and consent.reply is Reply.UNCLEAR


def _read(message: Inbound) -> Consent | None:
    if message.kind == "text":
        return read_consent(message.body)
    if message.kind == "reaction" and message.body.strip().startswith(SIGNS_OF_ASSENT):
        return Consent(Reply.UNCLEAR)
    return None
