"""Mail and the address lenders know us by, read from the settings."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.gateways.mail import MailGateway
from bukuhutang.gateways.providers.smtp import SmtpGateway, read_address, read_smtp_url
from bukuhutang.main.settings import Settings
from bukuhutang.usecases.logins import OtherWay
from bukuhutang.usecases.pairing import SECRET_BYTES


@dataclass(frozen=True)
class Outside:
    """How people are reached beside WhatsApp; all None when nothing is configured."""

    mail: MailGateway | None = None
    other_way: OtherWay | None = None
    public_url: str | None = None


NOBODY_OUTSIDE = Outside()


def outside(settings: Settings) -> Outside:
    """What the settings say. Raises ConfigurationProblem naming the setting that is wrong."""
    public_url = _public_url(settings.public_url)
    if settings.smtp_url is None:
        return Outside(public_url=public_url)
    server = read_smtp_url(settings.smtp_url.get_secret_value())
    if settings.mail_from is None:
        raise ConfigurationProblem("SMTP_URL needs MAIL_FROM, the address that mail comes from")
    sender = read_address(settings.mail_from, "MAIL_FROM")
    operator = settings.mail_operator and read_address(settings.mail_operator, "MAIL_OPERATOR")
    other_way = OtherWay(
        new_token=lambda: secrets.token_hex(SECRET_BYTES),
        public_url=public_url,
        operator=operator.addr_spec if operator else None,
    )
    return Outside(SmtpGateway(server, sender), other_way, public_url)


def _public_url(text: str | None) -> str | None:
    if text is None:
        return None
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationProblem("PUBLIC_URL must be an address, like https://buku.example")
    return text.rstrip("/")
