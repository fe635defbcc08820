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
    """What ends the agreement today; `saved` is interest that an early payoff does not owe.

    `may_pay` is whether whoever asked may record that it was paid.
    """

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
    may_pay: bool


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
