"""Everything that can be configured, from the environment; files of secrets are 0600."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import structlog
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.tenancy.phone import read_phone

KEY_FILE = "super_admin_api_key"
SERVICE_PASSWORD_FILE = "service_password"  # noqa: S105  a file's name
SIGN_IN_FILE = "sign_in_secret"
KEY_LENGTH_MIN = 24
OPEN_TO_OTHERS = 0o077
SECRET_CHARACTERS_MAX = 4_096
ROLES = ("web", "chat", "sessions", "clock")

log = structlog.get_logger("settings")


class Settings(BaseSettings):
    """The environment's part of the configuration; the command line has the rest."""

    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL of your own; the embedded one without it"
    )
    database_admin_url: SecretStr | None = Field(
        default=None, description="a login that may create roles; only `migrate` uses it"
    )
    super_admin_api_key: SecretStr | None = Field(
        default=None, description="key of the admin API; generated into the data folder without it"
    )
    super_admin_api_key_next: SecretStr | None = Field(
        default=None, description="a second valid key, while keys are changed"
    )
    operator_numbers: str | None = Field(
        default=None, description="numbers that may act as operator by chat, with commas between"
    )
    operator_tenant: int | None = Field(
        default=None, description="the operator's own tenant, in whose chats they may"
    )
    sign_in_secret: SecretStr | None = Field(
        default=None, description="what sign-in codes and cookies are made with; kept without it"
    )
    public_url: str | None = Field(
        default=None, description="how people outside reach this service, https://buku.example"
    )
    whatsapp_cloud_token: SecretStr | None = Field(
        default=None, description="system user token of the Cloud API app"
    )
    whatsapp_cloud_app_secret: SecretStr | None = Field(
        default=None, description="the app's secret, with which Meta signs webhooks"
    )
    whatsapp_cloud_verify_token: SecretStr | None = Field(
        default=None, description="what Meta shows when the webhook address is set up"
    )
    whatsapp_cloud_api_version: str = Field(default="23.0", description="version of the Graph API")
    whatsapp_cloud_base_url: str = Field(
        default="https://graph.facebook.com", description="another address of the Graph API"
    )
    whatsapp_cloud_template_notice: str | None = Field(
        default=None, description="approved template for texts outside the 24-hour window"
    )
    whatsapp_cloud_template_document: str | None = Field(
        default=None, description="approved template with a document for files outside the window"
    )
    whatsapp_cloud_template_language: str = Field(
        default="id", description="language code of the templates"
    )
    whatsapp_store_url: SecretStr | None = Field(
        default=None, description="PostgreSQL of the linked devices; files in the data folder else"
    )
    whatsapp_proxy_url: SecretStr | None = Field(
        default=None, description="proxy to WhatsApp, http://"
    )
    smtp_url: SecretStr | None = Field(
        default=None, description="smtp://user:password@host:587 or smtps://…:465, to send mail"
    )
    mail_from: str | None = Field(default=None, description="the address that mail comes from")
    mail_operator: str | None = Field(
        default=None, description="who is told by mail that BukuHutang itself needs care"
    )
    trusted_proxies: str = Field(
        default="", description="addresses or networks of your proxies, comma separated"
    )
    log_format: Literal["auto", "json", "console"] = "auto"

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, text: str) -> str:
        for one in text.split(","):
            if one.strip():
                ipaddress.ip_network(one.strip())
        return text


SECRET_SETTINGS = tuple(
    name.upper()
    for name, field in Settings.model_fields.items()
    if SecretStr in (field.annotation, *get_args(field.annotation))
)
"""Each of them may also be given as `NAME_FILE`, the path of a file that only its owner reads."""


def read_settings() -> Settings:
    """The settings of this environment. Raises ConfigurationProblem naming what is wrong."""
    given: dict[str, Any] = secrets_in_files(os.environ)
    try:
        return Settings(**given)
    except ValidationError as problem:
        named = ", ".join(".".join(map(str, one["loc"])).upper() for one in problem.errors())
        raise ConfigurationProblem(f"these settings cannot be read: {named}") from problem


def secrets_in_files(environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets that `NAME_FILE` names, by field. Raises ConfigurationProblem without them."""
    found = {}
    for name in SECRET_SETTINGS:
        path = environment.get(f"{name}_FILE")
        if not path:
            continue
        if environment.get(name):
            raise ConfigurationProblem(f"{name} and {name}_FILE are both set: keep one of them")
        found[name.lower()] = secret_in_file(f"{name}_FILE", Path(path))
    return found


def secret_in_file(setting: str, path: Path) -> str:
    """The content of a file that nobody but its owner may read. Raises ConfigurationProblem."""
    try:
        with path.open() as file:
            # Of the file that is open, so that it cannot be exchanged in between.
            mode = os.fstat(file.fileno()).st_mode
            if mode & OPEN_TO_OTHERS:
                raise ConfigurationProblem(
                    f"{setting}: others may read {path}, so it is no secret: chmod 600"
                )
            secret = file.read(SECRET_CHARACTERS_MAX + 1).strip()
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "not a text"
        raise ConfigurationProblem(f"{setting}: cannot read {path}: {why}") from None
    if not secret or len(secret) > SECRET_CHARACTERS_MAX:
        raise ConfigurationProblem(f"{setting}: {path} is empty or too long for a secret")
    return secret


def admin_keys(settings: Settings, data_folder: Path) -> tuple[str, ...]:
    """The keys that open the admin API, the first one to be shown; generated once.

    Raises ConfigurationProblem when a configured key is empty; a short one is only warned of.
    """
    first = settings.super_admin_api_key
    keys = [first.get_secret_value() if first else kept_secret(data_folder / KEY_FILE)]
    if settings.super_admin_api_key_next:
        keys.append(settings.super_admin_api_key_next.get_secret_value())
    for key in keys:
        if not key:
            raise ConfigurationProblem("SUPER_ADMIN_API_KEY is empty: unset it or give it a key")
        if len(key) < KEY_LENGTH_MIN:
            log.warning("admin_key_short", characters=len(key), advised=KEY_LENGTH_MIN)
    return tuple(keys)


def operator_numbers(settings: Settings) -> frozenset[PhoneNumber]:
    """Who acts as operator by chat; nobody when it is not configured.

    Raises ConfigurationProblem for what is no number, and for numbers without a tenant.
    """
    spelled = [one.strip() for one in (settings.operator_numbers or "").split(",") if one.strip()]
    numbers = [read_phone(one) for one in spelled]
    if None in numbers:
        raise ConfigurationProblem("OPERATOR_NUMBERS holds something that is no phone number")
    if bool(numbers) != (settings.operator_tenant is not None):
        raise ConfigurationProblem("OPERATOR_NUMBERS and OPERATOR_TENANT need each other")
    return frozenset(one for one in numbers if one is not None)


def sign_in_secret(settings: Settings, data_folder: Path) -> bytes:
    """What codes and cookies are made with; all web processes of a service must share it.

    Raises ConfigurationProblem when a configured one is too short to keep anybody out.
    """
    given = settings.sign_in_secret
    secret = given.get_secret_value() if given else kept_secret(data_folder / SIGN_IN_FILE)
    if len(secret) < KEY_LENGTH_MIN:
        raise ConfigurationProblem(f"SIGN_IN_SECRET needs {KEY_LENGTH_MIN} characters or more")
    return secret.encode()


def kept_secret(path: Path) -> str:
    """The secret in a file that only its owner may read; made when it is missing or empty."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and (kept := path.read_text().strip()):
            path.chmod(0o600)
            return kept
        made = secrets.token_urlsafe(32)
        # Complete under another name first: a crash leaves the old file or the new, never half.
        half = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{made}\n")
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as problem:
        raise ConfigurationProblem(f"cannot keep a secret in {path}: {problem.strerror}") from None
    return made
