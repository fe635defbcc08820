"""The JSON of the admin routes: camelCase, checked strictly on the way in, nothing coerced."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from bukuhutang.entrypoints.web.cursors import CURSOR_CHARACTERS_MAX, ID_MAX
from bukuhutang.entrypoints.web.login_shapes import LoginOut
from bukuhutang.messaging.states import WaSessionState
from bukuhutang.store.tenants import TenantRow
from bukuhutang.store.usage import Usage
from bukuhutang.tenancy.plans import PLANS, PlanName
from bukuhutang.tenancy.tenant import TenantStatus
from bukuhutang.usecases.tenants import TenantDetails

PAGE_ROWS_MAX = 200
PAGE_ROWS_DEFAULT = 50
SEARCH_CHARACTERS_MAX = 100
DIGITS_MAX = 19


def _storable(text: str) -> str:
    """JSON can spell two things that are no text for anybody behind this door."""
    if "\0" in text:
        raise PydanticCustomError("nul", "A text cannot contain the NUL character")
    if any("\ud800" <= one <= "\udfff" for one in text):
        raise PydanticCustomError("surrogate", "A text cannot contain half a character")
    return text


def digits_only(text: object) -> int:
    """A whole number of an address or query; pydantic alone would also read `1_0` and `10.0`."""
    digits = isinstance(text, str) and text.isascii() and text.isdigit()
    if isinstance(text, str) and digits and len(text) <= DIGITS_MAX:
        return int(text)
    raise PydanticCustomError("digits", "Only a whole number in digits")


Text = Annotated[str, AfterValidator(_storable)]
TenantIdInPath = Annotated[
    int, BeforeValidator(digits_only), Path(alias="id", ge=1, le=ID_MAX, examples=[7])
]
PageRows = Annotated[int, BeforeValidator(digits_only), Field(ge=1, le=PAGE_ROWS_MAX)]


class _In(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class _Query(BaseModel):
    # A query is all text, so it cannot be read strictly; a misspelt filter is refused all the same.
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class _Out(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


# --- in -----------------------------------------------------------------------------------------


class RegisterIn(_In):
    """Any spelling of the number; the name as borrowers will read it."""

    phone_number: Text = Field(examples=["0812-3456-7890"])
    name: Text = Field(examples=["Toko Dani"])
    email: Text | None = Field(default=None, examples=["dani@example.com"])


class PlanIn(_In):
    plan: Text = Field(examples=["basic"], description="free, basic, pro or enterprise")


class CreditsIn(_In):
    amount: int = Field(examples=[500])


class ChannelIn(_In):
    driver: Text = Field(examples=["cloud"], description="linked or cloud")
    phone_id: Text | None = Field(
        default=None, examples=["106540352242922"], description="of the Cloud API"
    )
    owner_phone: Text | None = Field(
        default=None,
        examples=["0812-3456-7890"],
        description="the owner's own number; a business number cannot write to itself",
    )


class TenantsQuery(_Query):
    search: Text | None = Field(
        default=None,
        max_length=SEARCH_CHARACTERS_MAX,
        description="anywhere in name or email, or the beginning of the phone number",
    )
    status: TenantStatus | None = None
    plan: PlanName | None = None
    limit: PageRows = PAGE_ROWS_DEFAULT
    cursor: Text | None = Field(
        default=None, max_length=CURSOR_CHARACTERS_MAX, description="nextCursor of the page before"
    )


class SessionsQuery(_Query):
    state: WaSessionState | None = None
    limit: PageRows = PAGE_ROWS_DEFAULT
    cursor: Text | None = Field(
        default=None, max_length=CURSOR_CHARACTERS_MAX, description="nextCursor of the page before"
    )


# --- out ----------------------------------------------------------------------------------------


class WhatsappOut(_Out):
    state: str = Field(examples=["connected"])
    reason: str | None = Field(examples=[None])
    since: datetime | None
    driver: str | None = Field(
        examples=["cloud"], description="linked or cloud; null is what the service runs with"
    )
    phone_id: str | None = Field(examples=[None], description="of the Cloud API")

    @classmethod
    def of(cls, row: TenantRow) -> WhatsappOut:
        """The login's state as JSON."""
        return cls(
            state=row.wa_state,
            reason=row.wa_reason,
            since=row.wa_since,
            driver=row.driver,
            phone_id=row.cloud_phone_id,
        )


class TenantOut(_Out):
    tenant_id: int = Field(examples=[7])
    phone_number: str = Field(examples=["6281234567890"], description="E.164 digits")
    name: str = Field(examples=["Toko Dani"])
    email: str | None = Field(examples=["dani@example.com"])
    status: TenantStatus
    status_since: datetime
    plan: str = Field(examples=["free"])
    ai_credits: int | None = Field(
        examples=[100], description="the plan's month and what was added; null is unlimited"
    )
    ai_credits_added: int = Field(examples=[0])
    max_debts: int | None = Field(examples=[50], description="null is unlimited")
    max_agreements: int | None = Field(examples=[5], description="null is unlimited")
    created_at: datetime
    whatsapp: WhatsappOut

    @classmethod
    def of(cls, row: TenantRow) -> TenantOut:
        """The tenant as JSON."""
        month = row.ai_credits
        return cls(
            tenant_id=row.id,
            phone_number=row.phone_number,
            name=row.name,
            email=row.email,
            status=row.status,
            status_since=row.status_since,
            plan=row.plan,
            ai_credits=None if month is None else month + row.credits_added,
            ai_credits_added=row.credits_added,
            max_debts=row.max_debts,
            max_agreements=row.max_agreements,
            created_at=row.created_at,
            whatsapp=WhatsappOut.of(row),
        )


class TenantAnswer(_Out):
    success: Literal[True] = True
    tenant: TenantOut


class TenantsPage(_Out):
    success: Literal[True] = True
    tenants: list[TenantOut]
    next_cursor: str | None = Field(description="null on the last page")


class QrAnswer(_Out):
    success: Literal[True] = True
    qr: str = Field(description="the text to show as a QR code")
    expires_at: datetime


class PairCodeAnswer(_Out):
    success: Literal[True] = True
    code: str = Field(examples=["ABCD-EFGH"], description="what to type on the lender's phone")


class LinkAnswer(_Out):
    success: Literal[True] = True
    url: str = Field(description="send this to the lender; it opens the pairing page")
    expires_at: datetime


class SettingsOut(_Out):
    reminder_template: str
    auto_reminder: bool
    language: str
    timezone: str


class UsageOut(_Out):
    """This calendar month in the tenant's own zone, against what the plan allows."""

    month: str = Field(examples=["2026-03"])
    debts_open: int = Field(examples=[12], description="of both directions")
    max_debts: int | None = Field(examples=[50], description="null is unlimited")
    agreements_open: int = Field(examples=[2], description="not yet closed: draft, sent, active")
    max_agreements: int | None = Field(examples=[5], description="null is unlimited")
    ai_credits_used: int = Field(examples=[40], description="of the plan's month")
    max_ai_credits: int | None = Field(examples=[100], description="null is unlimited")
    ai_credits_added_used: int = Field(examples=[0], description="this month, of the added ones")
    ai_credits_added_left: int = Field(examples=[500], description="they do not expire")
    pdfs: int = Field(examples=[3], description="agreements printed this month")
    max_pdfs: int | None = Field(examples=[5], description="null is unlimited")
    messages: int = Field(examples=[140], description="of chats, worked this month")
    messages_a_minute: int = Field(examples=[20], description="what the plan allows")
    api_requests_a_minute: int = Field(examples=[60], description="what the plan allows")

    @classmethod
    def of(cls, used: Usage) -> UsageOut:
        """The same figures that the lender reads at STATUS AKUN."""
        plan = PLANS[used.plan]
        return cls(
            month=f"{used.month:%Y-%m}",
            debts_open=used.debts_open,
            max_debts=used.max_debts,
            agreements_open=used.agreements_open,
            max_agreements=used.max_agreements,
            ai_credits_used=used.credits.from_month,
            ai_credits_added_used=used.credits.used_added,
            max_ai_credits=used.credits.of_month,
            ai_credits_added_left=used.credits.added_left,
            pdfs=used.pdfs,
            max_pdfs=plan.pdfs_a_month,
            messages=used.messages,
            messages_a_minute=plan.messages_a_minute,
            api_requests_a_minute=plan.api_requests_a_minute,
        )


class TotalsOut(_Out):
    """Since the beginning; amounts in whole rupiah."""

    debts_total: int
    debts_open: int
    receivable: int
    payable: int
    agreements_total: int
    agreements_open: int


class DetailsAnswer(_Out):
    success: Literal[True] = True
    tenant: TenantOut
    settings: SettingsOut
    usage: UsageOut
    totals: TotalsOut
    session: LoginOut

    @classmethod
    def of(cls, found: TenantDetails, *, login: LoginOut) -> DetailsAnswer:
        """All of it as JSON."""
        settings, used, totals = found.settings, found.usage, found.totals
        return cls(
            tenant=TenantOut.of(found.tenant),
            settings=SettingsOut(
                reminder_template=settings.reminder_template,
                auto_reminder=settings.auto_reminder,
                language=settings.language,
                timezone=settings.timezone,
            ),
            usage=UsageOut.of(used),
            totals=TotalsOut(
                debts_total=totals["debts_total"],
                debts_open=used.debts_open,
                receivable=totals["receivable"],
                payable=totals["payable"],
                agreements_total=totals["agreements_total"],
                agreements_open=used.agreements_open,
            ),
            session=login,
        )


class TenantCounts(_Out):
    total: int
    by_status: dict[str, int]
    by_plan: dict[str, int]


class SessionCounts(_Out):
    total: int
    by_state: dict[str, int]


class DebtCounts(_Out):
    total: int
    open: int
    settled: int
    reversed: int
    outstanding_receivable: int
    outstanding_payable: int


class PaymentCounts(_Out):
    total: int
    reversals: int
    amount: int


class AgreementCounts(_Out):
    total: int
    by_status: dict[str, int]


class MessageCounts(_Out):
    inbound: dict[str, int]
    outbound: dict[str, int]


class CreditCounts(_Out):
    added: int
    used: int
    used_added: int = Field(description="of the used ones, from those that were added")


class PdfCounts(_Out):
    counted: int = Field(description="agreements printed, as the plans count them")


class StatsAnswer(_Out):
    """Over all tenants, counted from rows when asked; amounts in whole rupiah."""

    success: Literal[True] = True
    counted_at: datetime
    tenants: TenantCounts
    sessions: SessionCounts
    debts: DebtCounts
    payments: PaymentCounts
    agreements: AgreementCounts
    messages: MessageCounts
    ai_credits: CreditCounts
    pdfs: PdfCounts

    @classmethod
    def of(cls, counted: dict[str, Any], *, at: datetime) -> StatsAnswer:
        """The counts as JSON; what has no rows is 0, not missing."""
        tenants, wa_sessions = counted["tenants"], counted["sessions"]
        return cls(
            counted_at=at,
            tenants=TenantCounts(
                total=tenants["total"],
                by_status=_complete(TenantStatus, tenants["byStatus"]),
                by_plan=_complete(PlanName, tenants["byPlan"]),
            ),
            sessions=SessionCounts(
                total=wa_sessions["total"],
                by_state=_complete(WaSessionState, wa_sessions["byState"]),
            ),
            debts=DebtCounts.model_validate(counted["debts"]),
            payments=PaymentCounts.model_validate(counted["payments"]),
            agreements=AgreementCounts(
                total=counted["agreements"]["total"],
                by_status=counted["agreements"]["byStatus"] or {},
            ),
            messages=MessageCounts(
                inbound=counted["messages"]["inbound"] or {},
                outbound=counted["messages"]["outbound"] or {},
            ),
            ai_credits=CreditCounts.model_validate(counted["aiCredits"]),
            pdfs=PdfCounts.model_validate(counted["pdfs"]),
        )


def _complete(
    names: type[TenantStatus | PlanName | WaSessionState], counted: dict[str, int] | None
) -> dict[str, int]:
    return {**dict.fromkeys((one.value for one in names), 0), **(counted or {})}
