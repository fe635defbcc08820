"""Speaking of an agreement: to the borrower in its language, to the lender in the tenant's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.rendering.texts import render
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.agreement_facts import ANSWER_DAYS_MAX
from bukuhutang.usecases.agreement_refusals import AgreementWithoutPhone
from bukuhutang.usecases.book import Book


def tell_borrower(
    book: Book,
    stored: StoredAgreement,
    answer: Answer,
    *,
    phone: PhoneNumber | None = None,
    file_id: UUID | None = None,
) -> str:
    """Queue words for the borrower, under a document if there is one; returns the reference.

    Raises AgreementWithoutPhone.
    """
    to = phone or stored.borrower_phone
    if to is None:
        raise AgreementWithoutPhone(stored.number, stored.borrower_name)
    text = render(
        answer.code, Language(stored.language), today=book.occasion.today, **answer.fields()
    )
    about = {"borrower": stored.borrower_id, "agreement": stored.number}
    return book.send(to, text, purpose="agreement", file_id=file_id, about=about)


def speak_to(
    book: Book, chat_id: str, answer: Answer, language: str, *, about: StoredAgreement | None
) -> None:
    """Queue the answer to a borrower into the chat it came from."""
    text = render(answer.code, Language(language), today=book.occasion.today, **answer.fields())
    known = None
    if about is not None:
        known = {"borrower": about.borrower_id, "agreement": about.number}
    book.send(chat_id, text, about=known)


def tell_lender(
    book: Book, stored: StoredAgreement, answer: Answer, *, file_id: UUID | None = None
) -> None:
    """Queue a notice into the lender's own chat."""
    text = render(
        answer.code, book.page.settings.language, today=book.occasion.today, **answer.fields()
    )
    about = {"borrower": stored.borrower_id, "agreement": stored.number}
    book.send(book.page.lender_chat, text, purpose="notice", file_id=file_id, about=about)


def answer_until(book: Book) -> date:
    """The last day on which what is asked now can be answered."""
    return book.occasion.today + timedelta(days=ANSWER_DAYS_MAX)


def local_date(book: Book, at: datetime) -> date:
    """The date of an instant where the tenant is."""
    return at.astimezone(book.page.settings.zone).date()
