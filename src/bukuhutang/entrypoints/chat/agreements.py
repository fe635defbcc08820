"""The commands around agreements: one intent, one use case, its answer."""

from __future__ import annotations

from dataclasses import replace

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import AgreementNumber
from bukuhutang.entrypoints.chat.chosen import Chosen
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.understanding import intents
from bukuhutang.understanding.names import name_key
from bukuhutang.usecases import agreement_changes, agreement_payments, agreement_views
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.people import WhichPerson, person_known


async def do_agreement(
    talk: Talk, intent: intents.Intent, chosen: Chosen
) -> tuple[Answer, Chosen] | None:
    """What became of a wish about agreements, and who is known by now; None for other wishes.

    Raises what the use cases raise.
    """
    match intent:
        case intents.PayInstallment():
            return await _pay(talk.book, intent, chosen), chosen
        case intents.PayOff(number=number, amount=None):
            return await agreement_payments.quote_payoff(talk.book, number), chosen
        case intents.PayOff(number=number, amount=amount):
            return await agreement_payments.pay_off(talk.book, number, amount), chosen
        case intents.ShowAgreements(number=None):
            return await agreement_views.list_agreements(talk.book), chosen
        case intents.ShowAgreements(number=int(number)):
            return await agreement_views.show_agreement(talk.book, number), chosen
        case intents.ShowInstallments(name=None):
            return await agreement_views.running_installments(talk.book), chosen
        case intents.ShowInstallments(name=str(name)):
            return await _show_installments(talk.book, name, chosen)
    done = await _change(talk, intent)
    return None if done is None else (done, chosen)


async def _change(talk: Talk, intent: intents.Intent) -> Answer | None:
    book = talk.book
    match intent:
        case intents.SendAgreement(number=number):
            sent = await agreement_changes.resend_document(book, number)
            talk.attached = sent.file_id
            return sent
        case intents.CancelAgreement(number=number):
            return await agreement_changes.cancel_agreement(book, number)
        case intents.Forgive(number=number, amount=amount):
            return await agreement_payments.forgive(book, number, amount)
        case intents.WriteOff(number=number):
            return await agreement_payments.write_off(book, number)
        case intents.Reschedule(number=number, first_due=first_due, months_more=months):
            return await agreement_changes.reschedule(
                book, number, first_due=first_due, months_more=months
            )
    return None


async def _pay(book: Book, intent: intents.PayInstallment, chosen: Chosen) -> Answer:
    named = None if intent.agreement is None else AgreementNumber(intent.agreement)
    request = agreement_payments.PayInstallment(
        intent.number,
        intent.amount,
        intent.name,
        None if intent.name is None else name_key(intent.name),
        chosen.agreement or named,
    )
    return await agreement_payments.pay_installment(book, request, chosen=chosen.known)


async def _show_installments(book: Book, name: str, chosen: Chosen) -> tuple[Answer, Chosen]:
    person = chosen.known or await person_known(book, name, name_key(name))
    if isinstance(person, WhichPerson):
        return person, chosen
    shown = await agreement_views.installment_status(book, person, agreement=chosen.agreement)
    return shown, replace(chosen, person=person)
