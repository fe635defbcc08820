"""How a tenant wants to be spoken to and reminded for: shown, and changed by who may.

Refusals: ReminderTemplateEmpty, ReminderTemplateTooLong, ReminderFieldsUnknown, TimezoneUnknown.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.tenancy import reminder_template
from bukuhutang.tenancy.reminder_template import READY_MADE, SHOWN, TEMPLATE_MAX
from bukuhutang.tenancy.roles import Permission
from bukuhutang.tenancy.tenant import Language, TenantSettings, read_timezone, short_timezone
from bukuhutang.usecases.book import Book

OWN_DIGEST_SIZE = 16


@dataclass(eq=False)
class ReminderTemplateEmpty(Refusal):
    code: ClassVar[str] = "reminder_template_empty"


@dataclass(eq=False)
class ReminderTemplateTooLong(Refusal):
    code: ClassVar[str] = "reminder_template_too_long"
    length: int
    max: int


@dataclass(eq=False)
class ReminderFieldsUnknown(Refusal):
    code: ClassVar[str] = "reminder_fields_unknown"
    names: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(eq=False)
class TimezoneUnknown(Refusal):
    code: ClassVar[str] = "timezone_unknown"
    text: str


@dataclass(frozen=True)
class ChangeSettings:
    """What is to be otherwise; None leaves a setting as it is."""

    reminder_template: str | None = None
    auto_reminder: bool | None = None
    language: Language | None = None
    timezone: str | None = None


@dataclass(frozen=True)
class SettingsShown(Answer):
    """All of them, as they are told; `own_lines` only when the reminder is the tenant's own."""

    code: ClassVar[str] = "settings_shown"
    reminder_template: str  # default, friendly, formal or own
    own_lines: tuple[str, ...]
    auto_reminder: bool
    zone_name: str  # WIB, WITA, WIT


@dataclass(frozen=True)
class SettingsChanged:
    """What holds from now on, and the names of what is otherwise; empty when all was so."""

    settings: TenantSettings
    changed: tuple[str, ...]


def read_settings(book: Book) -> TenantSettings:
    """How things are. Raises NotPermitted."""
    book.require(Permission.READ)
    return book.page.settings


def show_settings(book: Book) -> SettingsShown:
    """How things are, as they are told. Raises NotPermitted."""
    return settings_told(read_settings(book))


def settings_told(settings: TenantSettings) -> SettingsShown:
    """Settings as they are told."""
    own = settings.reminder_template not in READY_MADE
    return SettingsShown(
        reminder_template="own" if own else settings.reminder_template,
        own_lines=tuple(settings.reminder_template.split("\n")) if own else (),
        auto_reminder=settings.auto_reminder,
        zone_name=short_timezone(settings.timezone),
    )


def _fields_shown(language: Language) -> tuple[str, ...]:
    """The fields of an own text as they are typed."""
    return tuple(f"{{{one}}}" for one in SHOWN[language])


def change_settings(book: Book, wanted: ChangeSettings) -> SettingsChanged:
    """Stage what is otherwise from now on, one sealed act for each setting, from what to what.

    Raises NotPermitted, ReminderTemplateEmpty, ReminderTemplateTooLong, ReminderFieldsUnknown,
    TimezoneUnknown.
    """
    book.require(Permission.SETTINGS)
    before = book.page.settings
    after = _after(before, wanted)
    old, new = asdict(before), asdict(after)
    changed = tuple(name for name in new if new[name] != old[name])
    if changed:
        book.changes.settings = [new]
    for name in changed:
        detail = {"setting": name, "from": _sealed(name, old), "to": _sealed(name, new)}
        book.seal("setting_changed", detail=detail)
    return SettingsChanged(after, changed)


def _after(before: TenantSettings, wanted: ChangeSettings) -> TenantSettings:
    after = before
    if wanted.reminder_template is not None:
        template = _template(wanted.reminder_template, before.language)
        after = replace(after, reminder_template=template)
    if wanted.auto_reminder is not None:
        after = replace(after, auto_reminder=wanted.auto_reminder)
    if wanted.language is not None:
        after = replace(after, language=wanted.language)
    if wanted.timezone is not None:
        zone = read_timezone(wanted.timezone)
        if zone is None:
            raise TimezoneUnknown(wanted.timezone[:60])
        after = replace(after, timezone=zone)
    return after


def _template(text: str, language: Language) -> str:
    text = reminder_template.clean(text)
    if not text:
        raise ReminderTemplateEmpty
    if len(text) > TEMPLATE_MAX:
        raise ReminderTemplateTooLong(len(text), TEMPLATE_MAX)
    if unknown := reminder_template.unknown_fields(text):
        raise ReminderFieldsUnknown(unknown, _fields_shown(language))
    return text


def _sealed(name: str, values: dict[str, object]) -> object:
    """As the audit log keeps it, which holds no names: of an own text, what tells it apart."""
    value = values[name]
    if name != "reminder_template" or value in READY_MADE:
        return value
    return "own:" + hashlib.sha256(str(value).encode()).hexdigest()[:OWN_DIGEST_SIZE]
