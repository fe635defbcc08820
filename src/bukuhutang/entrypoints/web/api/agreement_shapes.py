"""The JSON of agreements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bukuhutang.entrypoints.web.api.shapes import (
    Amount,
    ApiIn,
    ApiOut,
    IsoDate,
    Number,
    NumberInQuery,
    PageQuery,
    PersonRef,
    one_of,
    shown_as,
)
from bukuhutang.entrypoints.web.shapes import Text
from bukuhutang.ledger.affordability import GRACE_MAX, MONTHS_MAX, RATE_PERCENT_MAX
from bukuhutang.ledger.agreement import InstallmentState
from bukuhutang.ledger.money import AMOUNT_MAX
from bukuhutang.store.agreement_pages import AskedRequest, PlanVersion
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.usecases.agreement_answers import AgreementLine, AgreementShown, PayoffQuote
from bukuhutang.usecases.agreement_views import state_of

StatusName = Literal["draft", "sent", "active", "completed", "cancelled", "expired", "written_off"]
StatusText = Annotated[
    str, one_of("draft", "sent", "active", "completed", "cancelled", "expired", "written_off")
]
Rupiah = Annotated[int, Field(ge=0, le=AMOUNT_MAX)]


class AgreementIn(ApiIn):
    """The answers of the interview that BUAT PERJANJIAN holds in the chat, and its wishes."""

    model_config = shown_as(
        name="Budi",
        phone_number="0812-3456-7890",
        amount=6_000_000,
        income_source="gaji",
        income_day=25,
        monthly_income=5_000_000,
        other_installments=300_000,
    )

    amount: Amount
    borrower_id: Number | None = Field(default=None, examples=[3])
    name: Text | None = Field(default=None, examples=["Budi"])
    new_borrower: bool = Field(default=False, examples=[False])
    phone_number: Text | None = Field(
        default=None,
        examples=["0812-3456-7890"],
        description="the borrower's WhatsApp number; needed unless the book has it",
    )
    income_source: Literal["gaji", "bisnis", "lainnya"] = Field(examples=["gaji"])
    income_day: Annotated[int, Field(ge=1, le=31)] = Field(
        examples=[25], description="day of the month; 31 is the last of every month"
    )
    monthly_income: Annotated[int, Field(ge=1, le=AMOUNT_MAX)] | None = Field(
        default=None, examples=[5_000_000], description="null: not told, so nothing is assessed"
    )
    other_installments: Rupiah = Field(default=0, examples=[300_000], description="a month")
    months: Annotated[int, Field(ge=1, le=MONTHS_MAX)] | None = Field(
        default=None, examples=[10], description="left out: the fewest that fit the income"
    )
    monthly_installment: Annotated[int, Field(ge=1_000, le=AMOUNT_MAX)] | None = Field(
        default=None, examples=[400_000], description="instead of months"
    )
    rate_percent: Annotated[Text, Field(pattern=r"^[0-9]{1,2}(\.[0-9]{1,4})?$")] | None = Field(
        default=None, examples=["1.5"], description=f"a month, at most {RATE_PERCENT_MAX}"
    )
    rate_type: Literal["flat", "declining"] = Field(default="flat", examples=["flat"])
    down_payment: Rupiah = Field(default=0, examples=[0])
    grace_months: Annotated[int, Field(ge=0, le=GRACE_MAX)] = Field(default=0, examples=[0])
    penalty_a_day: Rupiah = Field(
        default=0, examples=[0], description="for each late installment; 30 days at most"
    )
    guarantor: Text | None = Field(default=None, examples=["Bu Rina"])


class AgreementsQuery(PageQuery):
    status: StatusName | None = None
    borrower_id: NumberInQuery | None = None


class InstallmentPaymentIn(ApiIn):
    """Oldest installment first, penalty, interest, principal; the rest goes to the next."""

    model_config = shown_as(amount=500_000)

    amount: Amount | None = Field(
        default=None, description="left out: what is due on the installment, or on the next one"
    )
    installment: Annotated[int, Field(ge=0, le=1_000)] | None = Field(
        default=None, examples=[3], description="0 is the down payment"
    )


class PayoffIn(ApiIn):
    model_config = shown_as()

    amount: Amount | None = Field(default=None, description="left out: exactly what is needed")


class ForgiveIn(ApiIn):
    model_config = shown_as(amount=50_000)

    amount: Amount | None = Field(default=None, description="left out: all that is owed")


class RescheduleIn(ApiIn):
    """One of the two; the new schedule holds when the borrower agrees to it."""

    model_config = shown_as(months_more=3)

    first_due: IsoDate | None = Field(default=None, description="the next installment's new day")
    months_more: Annotated[int, Field(ge=1, le=60)] | None = Field(default=None, examples=[3])


class AgreementOut(ApiOut):
    number: int = Field(examples=[3])
    borrower: PersonRef
    status: StatusText
    principal: int = Field(examples=[6_000_000])
    outstanding: int = Field(examples=[4_000_000], description="interest to come included")
    next_due: date | None
    next_amount: int = Field(examples=[1_000_000])
    days_past_due: int = Field(examples=[0])
    created_at: datetime

    @classmethod
    def of(cls, stored: StoredAgreement, line: AgreementLine) -> AgreementOut:
        """The agreement as a line of a list."""
        return cls(
            number=stored.number,
            borrower=PersonRef(id=stored.borrower_id, name=stored.borrower_name),
            status=stored.status,
            principal=stored.principal,
            outstanding=line.outstanding,
            next_due=line.next_due,
            next_amount=line.next_amount,
            days_past_due=line.days_past_due,
            created_at=stored.created_at,
        )


class InstallmentOut(ApiOut):
    """What is let off was forgiven, or is interest that an early payoff did not owe."""

    number: int = Field(examples=[1], description="0 is the down payment")
    due_date: date
    principal: int
    interest: int
    penalty: int
    paid: int
    let_off: int
    outstanding: int
    state: Annotated[str, one_of("paid", "late", "next", "waiting")]
    days_past_due: int

    @classmethod
    def of(
        cls, one: InstallmentState, today: date, following: InstallmentState | None
    ) -> InstallmentOut:
        """One row of the plan in force."""
        return cls(
            number=one.row.number,
            due_date=one.row.due_date,
            principal=one.row.principal,
            interest=one.row.interest,
            penalty=one.penalty_charged,
            paid=one.paid.total,
            let_off=one.let_off.total,
            outstanding=one.owed.total,
            state=state_of(one, today, following),
            days_past_due=max(0, one.days_past_due(today)),
        )


class RequestOut(ApiOut):
    """A question to the borrower that binds."""

    kind: Annotated[str, one_of("accept", "reschedule", "cancel")]
    version: int | None = Field(description="of the schedule it is about")
    asked_at: datetime
    expires_at: datetime
    reminded_at: datetime | None
    answer: Annotated[str, one_of("accepted", "rejected", "expired", "withdrawn")] | None
    answered_at: datetime | None
    sha256: str | None = Field(description="of the document it was about")

    @classmethod
    def of(cls, one: AskedRequest) -> RequestOut:
        """The question as JSON."""
        return cls(
            kind=one.kind,
            version=one.version,
            asked_at=one.asked_at,
            expires_at=one.expires_at,
            reminded_at=one.reminded_at,
            answer=one.answer,
            answered_at=one.answered_at,
            sha256=None if one.sha256 is None else one.sha256.hex(),
        )


class VersionOut(ApiOut):
    version: int
    agreed_on: date
    reason: Annotated[str, one_of("agreed", "due_date_moved", "term_extended")]
    installments: int
    total: int

    @classmethod
    def of(cls, one: PlanVersion) -> VersionOut:
        """The version as JSON."""
        return cls(
            version=one.version,
            agreed_on=one.agreed_on,
            reason=one.reason,
            installments=one.installments,
            total=one.total,
        )


class AssessmentOut(ApiOut):
    """The analysis as it was shown: all installments together against the income."""

    source: str = Field(examples=["gaji"])
    income: int | None
    other_installments: int
    burden: Annotated[str, one_of("nyaman", "cukup", "berat", "not_assessed")]
    percent: int | None

    @classmethod
    def of(cls, known: dict[str, Any]) -> AssessmentOut:
        """The analysis as JSON."""
        return cls(
            source=known["source"],
            income=known["income"],
            other_installments=known["other"],
            burden=known["burden"],
            percent=known["percent"],
        )


class DocumentOut(ApiOut):
    href: str = Field(examples=["/api/v1/agreements/3/pdf"])
    sha256: str
    version: int


class AgreementDetailOut(AgreementOut):
    """With the schedule in force, every version of it, and what the borrower was asked."""

    interest: int
    paid: int
    penalty: int = Field(description="of what is outstanding")
    credit: int = Field(description="paid, and taken by no installment yet")
    last_due: date
    guarantor: str | None
    language: Annotated[str, one_of("id", "en")]
    accepted_on: date | None
    completed_at: datetime | None
    cancel_reason: Annotated[str, one_of("rejected", "withdrawn", "mutual", "expired")] | None
    assessment: AssessmentOut | None
    version: int = Field(examples=[1], description="of the schedule in force")
    installments: Sequence[InstallmentOut]
    versions: Sequence[VersionOut]
    requests: Sequence[RequestOut]
    document: DocumentOut | None = Field(description="null until the PDF is made")

    @classmethod
    def with_all(
        cls,
        stored: StoredAgreement,
        shown: AgreementShown,
        parts: tuple[Sequence[PlanVersion], Sequence[AskedRequest], DocumentOut | None],
        today: date,
    ) -> AgreementDetailOut:
        """All of it as JSON."""
        now = stored.book.as_of(today)
        following = next(
            (one for one in now.installments if not one.is_settled and one.row.due_date >= today),
            None,
        )
        return cls(
            number=stored.number,
            borrower=PersonRef(id=stored.borrower_id, name=stored.borrower_name),
            status=stored.status,
            principal=stored.principal,
            outstanding=shown.outstanding,
            next_due=shown.next_due,
            next_amount=shown.next_amount,
            days_past_due=shown.days_past_due,
            created_at=stored.created_at,
            interest=shown.interest,
            paid=shown.paid,
            penalty=shown.penalty,
            credit=shown.kept,
            last_due=shown.last_due,
            guarantor=stored.guarantor,
            language=stored.language,
            accepted_on=stored.book.accepted_on,
            completed_at=stored.completed_at,
            cancel_reason=stored.cancel_reason,
            assessment=None if stored.assessment is None else AssessmentOut.of(stored.assessment),
            version=stored.book.plan.version,
            installments=[InstallmentOut.of(one, today, following) for one in now.installments],
            versions=[VersionOut.of(one) for one in parts[0]],
            requests=[RequestOut.of(one) for one in parts[1]],
            document=parts[2],
        )


class PayoffOut(ApiOut):
    """What ends the agreement today."""

    number: int
    on: date
    penalty: int
    interest: int
    principal: int
    credit: int
    to_pay: int
    saved: int = Field(description="interest that an early payoff does not owe")

    @classmethod
    def of(cls, quote: PayoffQuote) -> PayoffOut:
        """The quote as JSON."""
        return cls(
            number=quote.number,
            on=quote.on,
            penalty=quote.penalty,
            interest=quote.interest,
            principal=quote.principal,
            credit=quote.credit,
            to_pay=quote.to_pay,
            saved=quote.saved,
        )
