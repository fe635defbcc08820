"""BATAL after something was done to an agreement: the very last act, once."""

from __future__ import annotations

from dataclasses import replace

from bukuhutang.ledger import agreement_acts as acts
from bukuhutang.ledger.agreement import Agreement
from bukuhutang.ledger.agreement_acts import Recorded
from bukuhutang.ledger.money import Direction
from bukuhutang.store import document_jobs
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.agreement_answers import (
    AgreementActUndone,
)
from bukuhutang.usecases.agreement_changes import withdraw_draft, withdraw_request
from bukuhutang.usecases.agreement_facts import append
from bukuhutang.usecases.agreement_notices import (
    ReopenedToBorrower,
)
from bukuhutang.usecases.agreement_reading import agreement_of, recorded
from bukuhutang.usecases.agreement_voice import tell_borrower
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.refusals import BuiltUpon

MONEY = {
    "installment_paid": ("paid", "installment_undone"),
    "agreement_paid_off": ("paid", "installment_undone"),
    "agreement_forgiven": ("forgiven", "forgiveness_undone"),
}
UNDOABLE = frozenset(
    (*MONEY, "agreement_written_off", "agreement_drafted", "reschedule_asked", "cancel_asked")
)


async def undo_agreement_act(book: Book, action: str, number: int) -> AgreementActUndone:
    """Take back the last act on an agreement. Raises BuiltUpon when it cannot be any more."""
    book.require(Permission.RECORD)
    assert action in UNDOABLE
    stored = await agreement_of(book, number)
    if action in MONEY:
        return await _undo_entry(book, stored, *MONEY[action])
    if action == "agreement_written_off":
        return _expected_again(book, stored)
    if action == "agreement_drafted":
        if stored.book.accepted_on is not None or stored.book.cancelled_on is not None:
            raise BuiltUpon(stored.borrower_name)
        await withdraw_draft(book, stored, "draft_undone")
        return _undone("drafted", stored, stored.book, stored.principal)
    waits = await document_jobs.call_off(book.tx, stored.number, "agreement")
    if stored.request is None and not waits:
        raise BuiltUpon(stored.borrower_name)  # answered, or over
    if stored.request is not None:
        withdraw_request(book, stored, stored.request)
    book.seal("request_undone", borrower=stored.borrower_id, subject=stored.number)
    return _undone("asked", stored, stored.book, 0)


def _undone(
    what: str, stored: StoredAgreement, after: Agreement, amount: int
) -> AgreementActUndone:
    return AgreementActUndone(
        what, stored.number, stored.borrower_name, amount, after.outstanding.total
    )


async def _undo_entry(
    book: Book, stored: StoredAgreement, what: str, action: str
) -> AgreementActUndone:
    taken_back = {one.reverses for one in stored.book.entries}
    last = next(
        one
        for one in reversed(stored.book.entries)
        if one.reverses is None and one.goes_with is None and one.number not in taken_back
    )
    done = recorded(stored, acts.reverse(stored.book, last.number, on=book.occasion.today))
    amount = last.paid or last.applied
    append(
        book,
        stored,
        done,
        action,
        detail={"direction": Direction.RECEIVABLE, "amount": amount, "entry": last.number},
    )
    if stored.status == "completed":
        await _say_reopened(book, stored, done)
    return _undone(what, stored, done.agreement, amount)


async def _say_reopened(book: Book, stored: StoredAgreement, done: Recorded) -> None:
    """Who holds a receipt of settlement is told that it does not stand."""
    sent = await document_jobs.settlement_was_sent(book.tx, stored.number)
    await document_jobs.call_off(book.tx, stored.number, "settlement")
    if sent and stored.borrower_phone is not None:
        left = done.agreement.outstanding.total
        tell_borrower(book, stored, ReopenedToBorrower(book.page.tenant_name, stored.number, left))


def _expected_again(book: Book, stored: StoredAgreement) -> AgreementActUndone:
    after = replace(stored.book, written_off_on=None)
    append(book, stored, Recorded(after), "write_off_undone")
    return _undone("written_off", stored, after, after.outstanding.total)
