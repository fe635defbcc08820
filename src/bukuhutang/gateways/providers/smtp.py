"""Mail by SMTP: encrypted on every way that leaves this machine, or not at all."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.gateways.mail import Mail, NotSent, Outcome, Sent

SECONDS_MAX = 30
PORTS = {"smtp": 587, "smtps": 465}
PERMANENT = range(500, 600)


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over."""

    host: str
    port: int
    tls: bool  # from the first byte
    login: str | None
    password: str | None = field(repr=False)

    @property
    def is_here(self) -> bool:
        """Whether the way to it leaves this machine; only then may it be plain."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_smtp_url(url: str) -> SmtpServer:
    """`smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`. Raises ConfigurationProblem.

    What is wrong is said without the address, which holds a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise ConfigurationProblem("SMTP_URL cannot be read") from None
    if parts.scheme not in PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise ConfigurationProblem(
            "SMTP_URL must be smtp://user:password@host:587 or smtps://user:password@host:465"
        )
    login = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (login is None) != (password is None):
        raise ConfigurationProblem("SMTP_URL needs both a user and a password, or neither")
    return SmtpServer(parts.hostname, port, parts.scheme == "smtps", login, password)


def read_address(text: str, setting: str) -> Address:
    """`BukuHutang <hutang@example.com>` or the address alone. Raises ConfigurationProblem."""
    name, address = parseaddr(text)
    try:
        if any(ord(one) < 32 for one in text) or "@" not in address:
            raise ValueError(text)
        return Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise ConfigurationProblem(
            f"{setting} must be an address, like BukuHutang <hutang@example.com>"
        ) from None


class SmtpGateway:
    """`MailGateway` on one SMTP server; a connection for each mail, since they are rare."""

    def __init__(
        self, server: SmtpServer, sender: Address, *, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._tls_context = tls_context

    async def send(self, mail: Mail) -> Outcome:
        """Hand one mail over; STARTTLS is demanded wherever the way leaves this machine."""
        server = self._server
        try:
            written = self._written(mail)
        except (ValueError, IndexError, MessageError):
            # A line break in a header, an address that is none: never sent, nor repaired.
            return NotSent("not a mail", retry=False)
        try:
            await aiosmtplib.send(
                written,
                hostname=server.host,
                port=server.port,
                username=server.login,
                password=server.password,
                use_tls=server.tls,
                start_tls=None if server.tls else not server.is_here,
                tls_context=self._tls_context,
                timeout=SECONDS_MAX,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [one.code for one in refused.recipients]
            return NotSent("recipient refused", retry=not all(one in PERMANENT for one in codes))
        except aiosmtplib.SMTPAuthenticationError:
            return NotSent("login refused", retry=True)
        except aiosmtplib.SMTPResponseException as refused:
            return NotSent(f"refused with {refused.code}", retry=refused.code not in PERMANENT)
        except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
            return NotSent(type(problem).__name__, retry=True)
        return Sent()

    def _written(self, mail: Mail) -> EmailMessage:
        """Raises ValueError when a header would hold a line break or no address."""
        recipient = Address(addr_spec=mail.recipient)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = recipient
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(mail.written_at)
        message["Message-ID"] = f"<{mail.reference}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # no holiday notes, please
        message.set_content(mail.body)
        return message
