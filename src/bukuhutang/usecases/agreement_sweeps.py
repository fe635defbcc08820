"""What happens to an unanswered agreement because time passes: one reminder, then its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bukuhutang.base.ids import AgreementNumber, TenantId
from bukuhutang.store import agreement_requests, agreements
from bukuhutang.store.agreement_requests import OpenQuestion
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.store.book import read_person
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.usecases.agreement_consent import expire
from bukuhutang.usecases.agreement_facts import ANSWER_DAYS_MAX
from bukuhutang.usecases.agreement_notices import (
    AgreementReminder,
)
from bukuhutang.usecases.agreement_voice import (
    local_date,
    tell_borrower,
    tell_lender,
)
from bukuhutang.usecases.opened import service_book

REMIND_AFTER_DAYS = 3
SWEPT_MAX = 500

assert REMIND_AFTER_DAYS < ANSWER_DAYS_MAX


@dataclass(frozen=True)
class Due:
    """One thing that fell due for an open question, and when."""

    at: datetime
    what: str  # remind, expire
    tenant_id: TenantId
    request_id: int
    agreement: AgreementNumber


async def due_by(database: Database, now: datetime) -> tuple[list[Due], bool]:
    """What fell due by `now`, in order of its time; and whether there is more than one sweep does.

    Raises TransientFault.
    """
    async with database.courier() as db:
        found = await agreement_requests.waiting(
            db,
            asked_by=now - timedelta(days=REMIND_AFTER_DAYS),
            expired_by=now,
            limit=SWEPT_MAX,
        )
    due = [one for question in found for one in _of_question(question, now)]
    return sorted(due, key=lambda one: (one.at, one.tenant_id, one.request_id)), (
        len(found) == SWEPT_MAX
    )


def _of_question(question: OpenQuestion, now: datetime) -> list[Due]:
    what = [(question.asked_at + timedelta(days=REMIND_AFTER_DAYS), "remind")]
    if question.reminded_at is not None:
        what = []
    what.append((question.expires_at, "expire"))
    return [
        Due(at, name, question.tenant_id, question.id, question.agreement)
        for at, name in what
        if at <= now
    ]


async def carry_out(database: Database, due: Due) -> None:
    """Remind of a question, or end it, as of the time it fell due; once. Raises TransientFault."""
    async with database.book_tx(due.tenant_id) as tx:
        stored = await agreements.by_number(tx, due.agreement)
        assert stored is not None
        request = stored.request
        if request is None or request.id != due.request_id:
            return  # answered in the meantime
        book = await service_book(tx, f"{due.what}:{request.id}", due.at)
        if due.what == "expire":
            said = expire(book, stored)
            tell_borrower(book, stored, said.to_borrower, phone=request.phone)
            assert said.to_lender is not None
            tell_lender(book, stored, said.to_lender)
        elif request.reminded_at is None:
            until = local_date(book, request.expires_at)
            reminder = AgreementReminder(
                request.kind.value,
                book.page.tenant_name,
                stored.borrower_name,
                stored.number,
                until,
            )
            if not await _left_in_peace(tx, stored):
                tell_borrower(book, stored, reminder, phone=request.phone)
            await agreement_requests.note_reminded(tx, request.id, due.at)
            book.seal("agreement_reminded", borrower=stored.borrower_id, subject=stored.number)
        await book.close()


async def _left_in_peace(tx: TenantTx, stored: StoredAgreement) -> bool:
    """Whether the borrower wants no reminders; answers to what they write still come."""
    person = await read_person(tx, stored.borrower_id)
    return person is not None and person.borrower.opted_out
