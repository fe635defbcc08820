"""`bukuhutang check-config`: what is missing or weak, said before somebody else finds it.

A finding names a setting and what to do, never a value: its output may be pasted anywhere.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.main.settings import (
    KEY_FILE,
    KEY_LENGTH_MIN,
    OPEN_TO_OTHERS,
    SERVICE_PASSWORD_FILE,
    SIGN_IN_FILE,
    Settings,
    read_settings,
)
from bukuhutang.store.login_rights import passes_row_security
from bukuhutang.tenancy.phone import read_phone

DIFFERENT_CHARACTERS_MIN = 10
WIDE_IPV4_BITS, WIDE_IPV6_BITS = 8, 16
ENCRYPTED = frozenset(("require", "verify-ca", "verify-full"))
CHECKED = frozenset(("verify-ca", "verify-full"))

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing to mend or to know."""

    level: Level
    code: str
    advice: str


def findings(data_folder: Path) -> list[Finding]:
    """All of them, the worst first."""
    found = list(_folder(data_folder))
    try:
        settings = read_settings()
    except ConfigurationProblem as problem:
        found.append(Finding("error", "settings_unreadable", str(problem)))
    else:
        for look in (_keys, _databases, _addresses, _cloud, _mail, _operators):
            found += look(settings)
    order: tuple[Level, ...] = ("error", "warning", "note")
    return sorted(found, key=lambda one: order.index(one.level))


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        yield Finding("note", "data_folder_missing", "the first start makes the data folder")
        return
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("error", "data_folder_unwritable", "let the service write the data folder")
        return
    if folder.stat().st_mode & OPEN_TO_OTHERS:
        yield Finding("error", "data_folder_open", "others may look into it: chmod 700 on --data")
    for name in (KEY_FILE, SERVICE_PASSWORD_FILE, SIGN_IN_FILE):
        kept = folder / name
        if kept.exists() and kept.stat().st_mode & OPEN_TO_OTHERS:
            yield Finding("error", "secret_file_open", f"others may read {name}: chmod 600 on it")


def _keys(settings: Settings) -> Iterator[Finding]:
    if settings.super_admin_api_key is None:
        yield Finding("note", "admin_key_generated", f"the key is the one in the file {KEY_FILE}")
    for name, key in (
        ("SUPER_ADMIN_API_KEY", settings.super_admin_api_key),
        ("SUPER_ADMIN_API_KEY_NEXT", settings.super_admin_api_key_next),
    ):
        if key is not None:
            yield from _key(name, key.get_secret_value())
    if (given := settings.sign_in_secret) and len(given.get_secret_value()) < KEY_LENGTH_MIN:
        yield Finding(
            "error",
            "sign_in_secret_short",
            f"SIGN_IN_SECRET needs {KEY_LENGTH_MIN} characters: openssl rand -hex 32",
        )


def _key(name: str, key: str) -> Iterator[Finding]:
    if not key.strip():
        yield Finding("error", "admin_key_empty", f"{name} is empty: unset it or give it a key")
    elif len(key) < KEY_LENGTH_MIN:
        yield Finding(
            "error",
            "admin_key_short",
            f"{name} needs {KEY_LENGTH_MIN} characters: openssl rand -hex 32",
        )
    elif len(set(key)) < DIFFERENT_CHARACTERS_MIN:
        yield Finding(
            "error", "admin_key_monotonous", f"{name} repeats few characters: openssl rand -hex 32"
        )


def _databases(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        yield Finding("note", "database_embedded", "the embedded PostgreSQL is used")
    for name, url in (
        ("DATABASE_URL", settings.database_url),
        ("DATABASE_ADMIN_URL", settings.database_admin_url),
        ("WHATSAPP_STORE_URL", settings.whatsapp_store_url),
    ):
        if url is not None:
            yield from _database(name, url)
    if settings.database_url is not None:
        yield from _login(settings.database_url)


def _database(name: str, url: SecretStr) -> Iterator[Finding]:
    try:
        parts = urlsplit(url.get_secret_value())
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    if parts.scheme not in ("postgresql", "postgres"):
        yield Finding(
            "error", "database_url_unreadable", f"{name}: postgresql://login:password@host/name"
        )
        return
    options = parse_qs(parts.query)
    host = (options.get("host") or [host])[0]
    mode = (options.get("sslmode") or [""])[0]
    if is_here(host):
        return
    if mode not in ENCRYPTED:
        yield Finding(
            "error", "database_without_tls", f"{name} leaves this machine: add ?sslmode=verify-full"
        )
    elif mode not in CHECKED:
        yield Finding(
            "warning", "database_unchecked", f"{name} trusts any certificate: sslmode=verify-full"
        )


def is_here(host: str) -> bool:
    """Whether a host is this machine: loopback, or the folder of a socket."""
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _login(url: SecretStr) -> Iterator[Finding]:
    passes = passes_row_security(url.get_secret_value())
    if passes is None:
        yield Finding(
            "warning", "database_unreachable", "DATABASE_URL: cannot log in to look at its rights"
        )
    elif passes:
        yield Finding(
            "error",
            "database_superuser",
            "DATABASE_URL passes row level security: another login",
        )


def _addresses(settings: Settings) -> Iterator[Finding]:
    url = settings.public_url
    parts = urlsplit(url or "")
    if url is None:
        yield Finding("note", "public_url_missing", "PUBLIC_URL: links work on this machine only")
    elif parts.scheme not in ("http", "https") or not parts.netloc:
        yield Finding("error", "public_url_unreadable", "PUBLIC_URL: like https://buku.example")
    elif parts.scheme == "http" and not is_here(parts.hostname or ""):
        yield Finding(
            "error", "public_url_plain", "PUBLIC_URL is not https: links and logins can be read"
        )
    named = [one.strip() for one in settings.trusted_proxies.split(",") if one.strip()]
    for one in named:
        network = ipaddress.ip_network(one)
        wide = WIDE_IPV4_BITS if network.version == 4 else WIDE_IPV6_BITS
        if network.prefixlen < wide:
            yield Finding(
                "error", "trusted_proxies_wide", "TRUSTED_PROXIES: name your proxy, not everybody"
            )
    if not named and url is not None and parts.scheme == "https":
        yield Finding(
            "warning", "trusted_proxies_missing", "behind a proxy all clients count as one address"
        )


def _cloud(settings: Settings) -> Iterator[Finding]:
    from bukuhutang.main.cloud import cloud_of

    try:
        cloud = cloud_of(settings)
    except ConfigurationProblem as problem:
        yield Finding("error", "cloud_incomplete", str(problem))
        return
    if cloud is not None and settings.public_url is None:
        yield Finding("warning", "cloud_unreachable", "Meta needs PUBLIC_URL to post to")
    if cloud is not None and settings.whatsapp_cloud_template_notice is None:
        yield Finding(
            "warning", "cloud_template_missing", "reminders outside 24 hours need a template"
        )


def _mail(settings: Settings) -> Iterator[Finding]:
    from bukuhutang.main.mail import outside

    try:
        outside(settings)
    except ConfigurationProblem as problem:
        if settings.smtp_url is not None:
            yield Finding("error", "mail_unusable", str(problem))
        return
    if settings.smtp_url is None:
        yield Finding("note", "mail_missing", "SMTP_URL: nobody is told when WhatsApp is down")
        return
    parts = urlsplit(settings.smtp_url.get_secret_value())
    if parts.scheme != "smtps" and is_here(parts.hostname or ""):
        yield Finding("note", "mail_without_tls", "SMTP_URL: this machine's own server, no TLS")
    if settings.mail_operator is None:
        yield Finding("warning", "mail_operator_missing", "MAIL_OPERATOR: you are told of nothing")


def _operators(settings: Settings) -> Iterator[Finding]:
    numbers = settings.operator_numbers or ""
    if bool(numbers.strip(" ,")) != (settings.operator_tenant is not None):
        yield Finding(
            "error", "operator_incomplete", "OPERATOR_NUMBERS and OPERATOR_TENANT need each other"
        )
    for one in numbers.split(","):
        if one.strip() and read_phone(one.strip()) is None:
            yield Finding(
                "error",
                "operator_number_unreadable",
                "OPERATOR_NUMBERS: like 0812-3456-7890",
            )
            return
