"""The expected noes about agreements; their words are in `rendering`, by code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bukuhutang.base.errors import Refusal


@dataclass(eq=False)
class AgreementUnknown(Refusal):
    code: ClassVar[str] = "agreement_unknown"
    number: int


@dataclass(eq=False)
class NoAgreementRuns(Refusal):
    """Nobody, or not this person, has a running agreement."""

    code: ClassVar[str] = "no_agreement_runs"
    name: str | None


@dataclass(eq=False)
class AgreementNotAccepted(Refusal):
    code: ClassVar[str] = "agreement_not_accepted"
    number: int
    name: str


@dataclass(eq=False)
class AgreementOver(Refusal):
    """`status` is completed, cancelled, expired or written_off."""

    code: ClassVar[str] = "agreement_over"
    number: int
    name: str
    status: str


@dataclass(eq=False)
class InstallmentUnknown(Refusal):
    code: ClassVar[str] = "installment_unknown"
    number: int
    installment: int
    last: int


@dataclass(eq=False)
class InstallmentSettled(Refusal):
    """Paid already, and no amount was said; `next_installment` is the oldest open one."""

    code: ClassVar[str] = "installment_settled"
    number: int
    name: str
    installment: int
    next_installment: int


@dataclass(eq=False)
class TooManyAgreements(Refusal):
    """More than a question can list: name the person or the agreement."""

    code: ClassVar[str] = "too_many_agreements"
    max: int


@dataclass(eq=False)
class PayoffTooLittle(Refusal):
    code: ClassVar[str] = "payoff_too_little"
    number: int
    amount: int
    to_pay: int


@dataclass(eq=False)
class ForgiveTooMuch(Refusal):
    code: ClassVar[str] = "forgive_too_much"
    number: int
    amount: int
    owed: int


@dataclass(eq=False)
class AgreementHasPayments(Refusal):
    """What was paid on cannot be called off; it can be forgiven, or the payments taken back."""

    code: ClassVar[str] = "agreement_has_payments"
    number: int
    name: str
    paid: int


@dataclass(eq=False)
class RequestWaits(Refusal):
    """The borrower has been asked this already; `kind` is accept, reschedule or cancel."""

    code: ClassVar[str] = "request_waits"
    number: int
    name: str
    kind: str


@dataclass(eq=False)
class RescheduleImpossible(Refusal):
    """`why` is date_taken, too_long, too_few (installments) or terms."""

    code: ClassVar[str] = "reschedule_impossible"
    number: int
    why: str


@dataclass(eq=False)
class AgreementWithoutPhone(Refusal):
    code: ClassVar[str] = "agreement_without_phone"
    number: int
    name: str


@dataclass(eq=False)
class DocumentNotReady(Refusal):
    code: ClassVar[str] = "document_not_ready"
    number: int
    name: str
