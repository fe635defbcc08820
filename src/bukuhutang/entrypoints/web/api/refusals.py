"""What the tenant API itself refuses; the refusals of the use cases come on top.

RateLimited                              more requests in this minute than the plan allows
TenantInactive                           the tenant is switched off: its book can be read only
IdempotencyKeyMissing, …Invalid, …Reused a write must say which write it is
PreconditionRequired, PreconditionFailed a change must say what it changes
NameAmbiguous, DirectionAmbiguous,
TargetAmbiguous                          what the chat would ask; the request must say it
PersonNameInvalid, DueDateOutOfRange,
PersonUnclear, TargetUnclear             what the chat's reader would refuse
BorrowerNotFound, DebtNotFound,
PaymentNotFound, ReminderNotFound,
FileNotFound                             no such number, or file, in this book
MemberExists                             this number speaks already; a role is changed by PATCH
OfferNotPossible                         an agreement cannot be made of what was asked for
RescheduleUnclear                        another first day or more months: one of the two
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from bukuhutang.base.errors import Refusal


@dataclass(eq=False)
class RateLimited(Refusal):
    code: ClassVar[str] = "rate_limited"
    limit: int
    retry_after_seconds: int


@dataclass(eq=False)
class TenantInactive(Refusal):
    code: ClassVar[str] = "tenant_inactive"


@dataclass(eq=False)
class IdempotencyKeyMissing(Refusal):
    code: ClassVar[str] = "idempotency_key_missing"


@dataclass(eq=False)
class IdempotencyKeyInvalid(Refusal):
    code: ClassVar[str] = "idempotency_key_invalid"
    max: int


@dataclass(eq=False)
class PreconditionRequired(Refusal):
    code: ClassVar[str] = "precondition_required"


@dataclass(eq=False)
class PreconditionFailed(Refusal):
    code: ClassVar[str] = "precondition_failed"


@dataclass(eq=False)
class NameAmbiguous(Refusal):
    code: ClassVar[str] = "name_ambiguous"
    name: str
    candidates: list[dict[str, Any]]


@dataclass(eq=False)
class DirectionAmbiguous(Refusal):
    code: ClassVar[str] = "direction_ambiguous"
    name: str
    receivable: int
    payable: int


@dataclass(eq=False)
class TargetAmbiguous(Refusal):
    code: ClassVar[str] = "target_ambiguous"
    name: str
    targets: list[dict[str, Any]]


@dataclass(eq=False)
class TargetUnclear(Refusal):
    code: ClassVar[str] = "target_unclear"


@dataclass(eq=False)
class PersonNameInvalid(Refusal):
    code: ClassVar[str] = "person_name_invalid"
    max: int


@dataclass(eq=False)
class PersonUnclear(Refusal):
    code: ClassVar[str] = "person_unclear"


@dataclass(eq=False)
class DueDateOutOfRange(Refusal):
    code: ClassVar[str] = "due_date_out_of_range"
    min: int
    max: int


@dataclass(eq=False)
class BorrowerNotFound(Refusal):
    code: ClassVar[str] = "borrower_not_found"
    borrower_id: int


@dataclass(eq=False)
class DebtNotFound(Refusal):
    code: ClassVar[str] = "debt_not_found"
    number: int


@dataclass(eq=False)
class PaymentNotFound(Refusal):
    code: ClassVar[str] = "payment_not_found"
    number: int


@dataclass(eq=False)
class ReminderNotFound(Refusal):
    code: ClassVar[str] = "reminder_not_found"
    number: int


@dataclass(eq=False)
class FileNotFound(Refusal):
    code: ClassVar[str] = "file_not_found"


@dataclass(eq=False)
class MemberExists(Refusal):
    code: ClassVar[str] = "member_exists"
    name: str
    member_id: int


@dataclass(eq=False)
class OfferNotPossible(Refusal):
    """`reason` says what is in the way; `least` is the figure that would do, where there is one."""

    code: ClassVar[str] = "offer_not_possible"
    reason: str
    least: int | None


@dataclass(eq=False)
class RescheduleUnclear(Refusal):
    code: ClassVar[str] = "reschedule_unclear"
