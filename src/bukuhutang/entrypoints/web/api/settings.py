"""Settings and usage: what the chat's SETTING and STATUS AKUN do, for programs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.refusals import PreconditionFailed, PreconditionRequired
from bukuhutang.entrypoints.web.api.shapes import ApiIn, ApiOut
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.entrypoints.web.shapes import Text, UsageOut
from bukuhutang.store.usage import Usage
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.tenancy.roles import Permission
from bukuhutang.tenancy.tenant import Language, TenantSettings
from bukuhutang.usecases.quotas import usage_now
from bukuhutang.usecases.settings import (
    ChangeSettings,
    ReminderFieldsUnknown,
    ReminderTemplateEmpty,
    ReminderTemplateTooLong,
    TimezoneUnknown,
    change_settings,
    read_settings,
)

router = APIRouter(tags=["settings"])

TEMPLATE_TYPED_MAX = 8_000
"""What is sent may hold more than is kept; far more is not read at all."""


class SettingsPatch(ApiIn):
    """What is to be otherwise; what is left out stays."""

    reminder_template: Annotated[Text, Field(max_length=TEMPLATE_TYPED_MAX)] | None = Field(
        default=None,
        examples=["friendly"],
        description="default, friendly, formal, or your own text of at most 2,000 letters with"
        " {nama}, {toko}, {jumlah}, {jatuh_tempo}, {rincian} (or {name}, {shop}, {amount},"
        " {due_date}, {details})",
    )
    auto_reminder: bool | None = Field(default=None, examples=[True])
    language: Literal["id", "en"] | None = Field(default=None, examples=["id"])
    timezone: Text | None = Field(
        default=None,
        examples=["Asia/Makassar"],
        description="Asia/Jakarta, Asia/Makassar or Asia/Jayapura; WIB, WITA and WIT are taken",
    )


class TenantSettingsOut(ApiOut):
    reminder_template: str = Field(examples=["default"])
    auto_reminder: bool
    language: Language
    timezone: str = Field(examples=["Asia/Jakarta"])

    @classmethod
    def of(cls, settings: TenantSettings) -> TenantSettingsOut:
        """The settings as JSON."""
        return cls(
            reminder_template=settings.reminder_template,
            auto_reminder=settings.auto_reminder,
            language=settings.language,
            timezone=settings.timezone,
        )


@router.get("/settings", response_model=TenantSettingsOut)
async def get_settings(call: ApiReading) -> Response:
    """How the bot speaks and reminds."""
    async with call.reading() as book:
        return call.shown(TenantSettingsOut.of(read_settings(book)))


@router.patch(
    "/settings",
    response_model=TenantSettingsOut,
    responses=refusals(
        ReminderTemplateEmpty(),
        ReminderTemplateTooLong(2_100, 2_000),
        ReminderFieldsUnknown(("{umur}",), ("{nama}", "{jumlah}")),
        TimezoneUnknown("Europe/Paris"),
        PreconditionRequired(),
        PreconditionFailed(),
    ),
)
async def patch_settings(body: SettingsPatch, call: ApiWriting) -> Response:
    """Change some of them; only who knows them as they are (`If-Match`) may."""
    async with call.writing(Permission.SETTINGS) as work:
        work.expect(TenantSettingsOut.of(read_settings(work.book)))
        wanted = ChangeSettings(
            body.reminder_template,
            body.auto_reminder,
            None if body.language is None else Language(body.language),
            body.timezone,
        )
        done = change_settings(work.book, wanted)
        return await work.answer(TenantSettingsOut.of(done.settings))


class TenantUsageOut(ApiOut):
    """The same figures as STATUS AKUN."""

    plan: PlanName
    whatsapp_state: str = Field(examples=["connected"])
    usage: UsageOut

    @classmethod
    def of(cls, used: Usage) -> TenantUsageOut:
        """The usage as JSON."""
        return cls(plan=used.plan, whatsapp_state=used.state, usage=UsageOut.of(used))


@router.get("/usage", response_model=TenantUsageOut)
async def get_usage(call: ApiReading) -> Response:
    """The plan, and what of it is used."""
    async with call.reading() as book:
        used = await usage_now(book.tx, book.occasion.now, book.page.settings.zone)
        return call.shown(TenantUsageOut.of(used))
