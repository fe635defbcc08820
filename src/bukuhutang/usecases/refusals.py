"""The expected noes of the debt book; their words are in `rendering`, by code.

BorrowerUnknown, NothingOwed            nobody to pay, remind or show
DebtNotOpen                             the debt that was pointed at owes nothing any more
NothingToUndo, AlreadyUndone, BuiltUpon BATAL comes too late
NotTheLast, NoRecordQuoted              BATAL points at something it does not take back
RemindedToday, BorrowerOptedOut         the borrower is left in peace
PhoneTaken, PhoneIsOwn                  a number belongs to one person
TooManyPeople                           the name is too common, say more of it
NotPermitted                            only the owner may do this, or somebody who may record
IdempotencyKeyReused                    a program named two requests alike
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bukuhutang.base.errors import Refusal
from bukuhutang.ledger.money import Direction
from bukuhutang.tenancy.roles import Permission


@dataclass(eq=False)
class NotPermitted(Refusal):
    code: ClassVar[str] = "not_permitted"
    permission: Permission


@dataclass(eq=False)
class BorrowerUnknown(Refusal):
    code: ClassVar[str] = "borrower_unknown"
    name: str
    similar: tuple[str, ...]


@dataclass(eq=False)
class NothingOwed(Refusal):
    code: ClassVar[str] = "nothing_owed"
    name: str
    direction: Direction | None  # None: neither way


@dataclass(eq=False)
class DebtNotOpen(Refusal):
    code: ClassVar[str] = "debt_not_open"
    number: int
    name: str


@dataclass(eq=False)
class NotTheLast(Refusal):
    code: ClassVar[str] = "not_the_last"
    name: str


@dataclass(eq=False)
class NoRecordQuoted(Refusal):
    code: ClassVar[str] = "no_record_quoted"


@dataclass(eq=False)
class NothingToUndo(Refusal):
    code: ClassVar[str] = "nothing_to_undo"


@dataclass(eq=False)
class AlreadyUndone(Refusal):
    code: ClassVar[str] = "already_undone"
    debt: int | None  # its number; None for a payment, which shows none


@dataclass(eq=False)
class BuiltUpon(Refusal):
    code: ClassVar[str] = "built_upon"
    name: str


@dataclass(eq=False)
class RemindedToday(Refusal):
    code: ClassVar[str] = "reminded_today"
    name: str
    at: str
    fate: str  # what became of that reminder, as `reminders.ReminderFate` says
    until: date | None


@dataclass(eq=False)
class BorrowerOptedOut(Refusal):
    code: ClassVar[str] = "borrower_opted_out_already"
    name: str


@dataclass(eq=False)
class PhoneTaken(Refusal):
    code: ClassVar[str] = "phone_taken"
    phone: str
    name: str


@dataclass(eq=False)
class PhoneIsOwn(Refusal):
    code: ClassVar[str] = "phone_is_own"


@dataclass(eq=False)
class TooManyPeople(Refusal):
    code: ClassVar[str] = "too_many_people"
    name: str
    max: int


@dataclass(eq=False)
class IdempotencyKeyReused(Refusal):
    code: ClassVar[str] = "idempotency_key_reused"
