"""What a borrower may say: ask the own balance, stop reminders, start them again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.ledger.money import Direction
from bukuhutang.store.book import Person
from bukuhutang.usecases.agreement_dues import AgreementDue, dues_of
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.overview import DebtLine, debt_lines
from bukuhutang.usecases.people import outstanding


@dataclass(frozen=True)
class OwnBalance(Answer):
    code: ClassVar[str] = "own_balance"
    name: str
    lender: str
    debts: tuple[DebtLine, ...]
    agreements: tuple[AgreementDue, ...]
    total: int  # of both, all that is left


@dataclass(frozen=True)
class OwnBalanceNone(Answer):
    code: ClassVar[str] = "own_balance_none"
    name: str
    lender: str


async def own_balance(book: Book, person: Person) -> OwnBalance | OwnBalanceNone:
    """What this borrower owes this lender: nothing else, nobody else."""
    debts = debt_lines(person, Direction.RECEIVABLE, book.occasion.today)
    lender = book.page.tenant_name
    dues = tuple(await dues_of(book, person.borrower.id))
    if not debts and not dues:
        return OwnBalanceNone(person.borrower.name, lender)
    total = outstanding(person, Direction.RECEIVABLE) + sum(one.outstanding for one in dues)
    return OwnBalance(person.borrower.name, lender, debts, dues, total)


@dataclass(frozen=True)
class OptOutDone(Answer):
    code: ClassVar[str] = "opt_out_done"
    lender: str


@dataclass(frozen=True)
class OptInDone(Answer):
    code: ClassVar[str] = "opt_in_done"
    lender: str


@dataclass(frozen=True)
class BorrowerOptedOutNotice(Answer):
    """What the lender reads."""

    code: ClassVar[str] = "borrower_opted_out"
    name: str


@dataclass(frozen=True)
class BorrowerOptedInNotice(Answer):
    """What the lender reads."""

    code: ClassVar[str] = "borrower_opted_in"
    name: str


def opt_out(book: Book, person: Person) -> tuple[OptOutDone, BorrowerOptedOutNotice | None]:
    """No more reminders; the lender is told, once."""
    done = OptOutDone(book.page.tenant_name)
    if person.borrower.opted_out:
        return done, None
    book.change_borrower(replace(person.borrower, opted_out_at=book.occasion.now))
    book.seal("borrower_opted_out", borrower=person.borrower.id)
    return done, BorrowerOptedOutNotice(person.borrower.name)


def opt_in(book: Book, person: Person) -> tuple[OptInDone, BorrowerOptedInNotice | None]:
    """Reminders again; the lender is told when they were off."""
    done = OptInDone(book.page.tenant_name)
    if not person.borrower.opted_out:
        return done, None
    book.change_borrower(replace(person.borrower, opted_out_at=None))
    book.seal("borrower_opted_in", borrower=person.borrower.id)
    return done, BorrowerOptedInNotice(person.borrower.name)
