"""What is said about agreements without being asked: to borrowers, and notices to the lender.

Amounts are whole rupiah, dates the tenant's. `kind` is that of the question: accept, reschedule or
cancel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import AgreementNumber

# --- to the borrower, with the lender's name ------------------------------------------------------


@dataclass(frozen=True)
class AgreementCaption(Answer):
    """Goes with the PDF that asks for a yes; `kind` is accept or reschedule."""

    code: ClassVar[str] = "agreement_caption"
    kind: str
    lender: str
    name: str
    number: AgreementNumber
    principal: int
    installments: int
    installment: int  # the highest
    is_level: bool  # all installments are equal
    first_due: date
    last_due: date
    interest: int
    penalty: int  # rupiah, a day or once, of one late installment; 0 without
    penalty_kind: str | None  # once, rupiah_a_day, percent_a_day
    until: date


@dataclass(frozen=True)
class CancelQuestion(Answer):
    code: ClassVar[str] = "cancel_question"
    lender: str
    name: str
    number: AgreementNumber
    principal: int
    until: date


@dataclass(frozen=True)
class AgreementReminder(Answer):
    """Once, when three days passed without an answer."""

    code: ClassVar[str] = "agreement_reminder"
    kind: str
    lender: str
    name: str
    number: AgreementNumber
    until: date


@dataclass(frozen=True)
class AnswerTaken(Answer):
    """The borrower's answer to a question of this `kind` counts; `accepted` or not."""

    code: ClassVar[str] = "answer_taken"
    kind: str
    accepted: bool
    lender: str
    number: AgreementNumber
    first_due: date
    first_amount: int


@dataclass(frozen=True)
class AnswerPlainly(Answer):
    """What came was no plain yes or no."""

    code: ClassVar[str] = "answer_plainly"
    kind: str
    lender: str
    number: AgreementNumber


@dataclass(frozen=True)
class AskedLine:
    number: AgreementNumber
    kind: str
    principal: int


@dataclass(frozen=True)
class AnswerWhich(Answer):
    """Several questions wait: the number has to be named."""

    code: ClassVar[str] = "answer_which"
    lender: str
    lines: tuple[AskedLine, ...]


@dataclass(frozen=True)
class AnsweredAlready(Answer):
    """`answer` is accepted, rejected, expired or withdrawn; nothing changes any more."""

    code: ClassVar[str] = "answered_already"
    kind: str
    answer: str
    on: date
    lender: str
    number: AgreementNumber


@dataclass(frozen=True)
class PlanChanged(Answer):
    """Since the new schedule was sent something was paid: it fits no longer, nothing changed."""

    code: ClassVar[str] = "plan_changed"
    lender: str
    number: AgreementNumber


@dataclass(frozen=True)
class WithdrawnToBorrower(Answer):
    """The lender takes back what was asked; `kind` as asked."""

    code: ClassVar[str] = "withdrawn_to_borrower"
    kind: str
    lender: str
    number: AgreementNumber


@dataclass(frozen=True)
class ExpiredToBorrower(Answer):
    code: ClassVar[str] = "expired_to_borrower"
    kind: str
    lender: str
    number: AgreementNumber


@dataclass(frozen=True)
class SettlementCaption(Answer):
    """LUNAS: goes with the receipt of settlement, to the borrower."""

    code: ClassVar[str] = "settlement_caption"
    lender: str
    name: str
    number: AgreementNumber
    paid: int
    forgiven: int
    kept: int


@dataclass(frozen=True)
class ReopenedToBorrower(Answer):
    """What was told to be settled is not: the last record was taken back."""

    code: ClassVar[str] = "reopened_to_borrower"
    lender: str
    number: AgreementNumber
    outstanding: int


# --- notices to the lender ------------------------------------------------------------------------


@dataclass(frozen=True)
class AgreementSent(Answer):
    code: ClassVar[str] = "agreement_sent"
    kind: str
    name: str
    number: AgreementNumber
    until: date


@dataclass(frozen=True)
class DocumentFailed(Answer):
    """The PDF could not be made; `what` is agreement or settlement."""

    code: ClassVar[str] = "document_failed"
    what: str
    name: str
    number: AgreementNumber


@dataclass(frozen=True)
class BorrowerAnswered(Answer):
    code: ClassVar[str] = "borrower_answered"
    kind: str
    accepted: bool
    name: str
    number: AgreementNumber
    first_due: date
    first_amount: int


@dataclass(frozen=True)
class PlanChangedNotice(Answer):
    code: ClassVar[str] = "plan_changed_notice"
    name: str
    number: AgreementNumber


@dataclass(frozen=True)
class ExpiredNotice(Answer):
    code: ClassVar[str] = "expired_notice"
    kind: str
    name: str
    number: AgreementNumber


@dataclass(frozen=True)
class SettlementSent(Answer):
    """The lender's copy of the receipt, and that the borrower has it."""

    code: ClassVar[str] = "settlement_sent"
    name: str
    number: AgreementNumber
    paid: int
    forgiven: int
