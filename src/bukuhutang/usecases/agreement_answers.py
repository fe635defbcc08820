"""What is said about agreements: to the lender who keeps the book, and to the borrower.

Amounts are whole rupiah, dates the tenant's. `number` is the agreement's, `installment` a row of
its plan (0 is the down payment).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import AgreementNumber, BorrowerId

# --- questions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgreementChoice:
    """One agreement that may be meant, with what is due of it next."""

    number: AgreementNumber
    name: str
    outstanding: int
    next_due: date | None
    next_amount: int


@dataclass(frozen=True)
class WhichAgreement(Answer):
    """Several are meant: the lender picks a line; ask again with its number."""

    code: ClassVar[str] = "which_agreement"
    choices: tuple[AgreementChoice, ...]


@dataclass(frozen=True)
class TargetChoice:
    """What a person's money may be for: an agreement, or (None) the debts."""

    agreement: AgreementNumber | None
    outstanding: int
    next_due: date | None


@dataclass(frozen=True)
class WhichTarget(Answer):
    """This person has debts and an agreement: what is the money for? Ask again with the choice."""

    code: ClassVar[str] = "which_target"
    borrower_id: BorrowerId
    name: str
    amount: int | None
    choices: tuple[TargetChoice, ...]


# --- what happened to money -----------------------------------------------------------------------


@dataclass(frozen=True)
class InstallmentTouched:
    """One installment that received money."""

    installment: int
    applied: int
    left: int


@dataclass(frozen=True)
class InstallmentPaid(Answer):
    """Money came: what it paid, what is left, what is due next (`next_due` None: nothing)."""

    code: ClassVar[str] = "installment_paid"
    number: AgreementNumber
    name: str
    amount: int
    penalty: int
    interest: int
    principal: int
    rows: tuple[InstallmentTouched, ...]
    kept: int  # of this payment, no installment took it
    kept_total: int
    outstanding: int
    next_installment: int | None
    next_due: date | None
    next_amount: int
    completed: bool


@dataclass(frozen=True)
class PayoffQuote(Answer):
    """What ends the agreement today; `saved` is interest that an early payoff does not owe."""

    code: ClassVar[str] = "payoff_quote"
    number: AgreementNumber
    name: str
    on: date
    penalty: int
    interest: int
    principal: int
    credit: int
    to_pay: int
    saved: int


@dataclass(frozen=True)
class AgreementPaidOff(Answer):
    """Paid early and wholly; `kept` is beyond all that was owed."""

    code: ClassVar[str] = "agreement_paid_off"
    number: AgreementNumber
    name: str
    amount: int
    penalty: int
    interest: int
    principal: int
    saved: int
    kept: int


@dataclass(frozen=True)
class AgreementForgiven(Answer):
    code: ClassVar[str] = "agreement_forgiven"
    number: AgreementNumber
    name: str
    amount: int
    penalty: int
    interest: int
    principal: int
    outstanding: int
    completed: bool


@dataclass(frozen=True)
class AgreementWrittenOff(Answer):
    code: ClassVar[str] = "agreement_written_off"
    number: AgreementNumber
    name: str
    outstanding: int


@dataclass(frozen=True)
class AgreementActUndone(Answer):
    """BATAL: `what` is paid, forgiven, written_off, drafted, or asked (a question withdrawn)."""

    code: ClassVar[str] = "agreement_act_undone"
    what: str
    number: AgreementNumber
    name: str
    amount: int
    outstanding: int


# --- changes of the agreement itself --------------------------------------------------------------


@dataclass(frozen=True)
class RescheduleProposed(Answer):
    """The new plan as it will be asked about; its document is made and sent now."""

    code: ClassVar[str] = "reschedule_proposed"
    number: AgreementNumber
    name: str
    first_due: date
    last_due: date
    installments: int
    installment: int  # rupiah, the highest
    outstanding: int


@dataclass(frozen=True)
class AgreementWithdrawn(Answer):
    """Called off before anybody agreed; `told` says whether the borrower had it and is told."""

    code: ClassVar[str] = "agreement_withdrawn"
    number: AgreementNumber
    name: str
    told: bool


@dataclass(frozen=True)
class CancelProposed(Answer):
    """The borrower is asked whether it is called off."""

    code: ClassVar[str] = "cancel_proposed"
    number: AgreementNumber
    name: str
    until: date


@dataclass(frozen=True)
class DocumentResent(Answer):
    """On its way to the borrower again; `file_id` is the same PDF, for the lender's own chat."""

    code: ClassVar[str] = "document_resent"
    number: AgreementNumber
    name: str
    file_id: UUID


# --- looking --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgreementLine:
    """`status` is draft, sent, active, completed, cancelled, expired or written_off."""

    number: AgreementNumber
    name: str
    status: str
    principal: int
    outstanding: int
    next_due: date | None
    next_amount: int
    days_past_due: int


@dataclass(frozen=True)
class AgreementList(Answer):
    code: ClassVar[str] = "agreement_list"
    lines: tuple[AgreementLine, ...]
    more: int
    outstanding: int


@dataclass(frozen=True)
class AgreementsNone(Answer):
    code: ClassVar[str] = "agreements_none"


@dataclass(frozen=True)
class AgreementShown(Answer):
    """One agreement; `asked` is the question that waits: accept, reschedule, cancel or None."""

    code: ClassVar[str] = "agreement_shown"
    number: AgreementNumber
    name: str
    status: str
    principal: int
    interest: int
    paid: int
    outstanding: int
    penalty: int  # of what is outstanding
    kept: int
    installments: int
    installments_settled: int
    next_installment: int | None
    next_due: date | None
    next_amount: int
    last_due: date
    days_past_due: int
    guarantor: str | None
    asked: str | None


@dataclass(frozen=True)
class InstallmentLine:
    """`state` is paid, late, next or waiting: ✅ ⚠️ ⏳ ⏸️."""

    number: AgreementNumber
    name: str
    installment: int
    due_date: date
    due: int
    left: int
    state: str
    days_past_due: int


@dataclass(frozen=True)
class InstallmentsRunning(Answer):
    """CICILAN: of each running agreement what is late, else what is next; late ones first."""

    code: ClassVar[str] = "installments_running"
    lines: tuple[InstallmentLine, ...]
    more: int
    late: int  # rupiah
    outstanding: int


@dataclass(frozen=True)
class InstallmentStatus(Answer):
    """STATUS CICILAN of one agreement: every row; more than fit are counted in `more`."""

    code: ClassVar[str] = "installment_status"
    number: AgreementNumber
    name: str
    status: str
    lines: tuple[InstallmentLine, ...]
    before: int  # settled rows left out at the top
    more: int
    paid: int
    outstanding: int
    kept: int


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
    installment: int
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
