"""Mail by SMTP, against a real server on loopback: what arrives, what is refused, what is plain."""

from __future__ import annotations

import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.gateways.mail import Mail, NotSent, Sent
from bukuhutang.gateways.providers.smtp import (
    SmtpGateway,
    SmtpServer,
    read_address,
    read_smtp_url,
)

NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
SENDER = read_address("BukuHutang <hutang@example.com>", "MAIL_FROM")
MAIL = Mail("dani@example.com", "WhatsApp Toko Dani", "Halo Dani ✅\n", "1.2.3", NOON)


@dataclass
class Letterbox:
    """What the server was given, and what it says to it."""

    answer: str = "250 taken"
    received: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: Any, box: Any, envelope: Any) -> str:
        """Called by aiosmtpd."""
        if self.answer.startswith("250"):
            self.received.append(email.message_from_bytes(envelope.content, policy=default))
            self.recipients += envelope.rcpt_tos
        return self.answer


@contextmanager
def mail_server(box: Letterbox, **options: Any) -> Iterator[SmtpServer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield SmtpServer("127.0.0.1", port, tls=False, login=None, password=None)
    finally:
        controller.stop()


async def test_a_mail_arrives_as_plain_text_with_its_date_and_reference() -> None:
    box = Letterbox()
    with mail_server(box) as server:
        assert await SmtpGateway(server, SENDER).send(MAIL) == Sent()
    [letter] = box.received
    assert box.recipients == ["dani@example.com"]
    assert letter["From"] == "BukuHutang <hutang@example.com>"
    assert letter["Subject"] == "WhatsApp Toko Dani"
    assert letter["Message-ID"] == "<1.2.3@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_payload(decode=True) == "Halo Dani ✅\r\n".encode()


@pytest.mark.parametrize(
    "hostile",
    [
        {"subject": "Halo\r\nBcc: everybody@example.com"},
        {"subject": "Halo\nX-Evil: 1"},
        {"recipient": "dani@example.com\r\nBcc: everybody@example.com"},
        {"recipient": "dani@example.com, everybody@example.com"},
        {"recipient": "no address"},
    ],
)
async def test_nobody_can_write_headers_or_recipients(hostile: dict[str, str]) -> None:
    box = Letterbox()
    with mail_server(box) as server:
        outcome = await SmtpGateway(server, SENDER).send(Mail(**{**vars(MAIL), **hostile}))
    assert outcome == NotSent("not a mail", retry=False)
    assert box.received == []


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 later", NotSent("refused with 451", retry=True)),
        ("554 never", NotSent("refused with 554", retry=False)),
    ],
)
async def test_a_refusal_says_whether_to_try_again(answer: str, outcome: NotSent) -> None:
    with mail_server(Letterbox(answer)) as server:
        assert await SmtpGateway(server, SENDER).send(MAIL) == outcome


async def test_a_server_that_is_away_is_tried_again() -> None:
    with mail_server(Letterbox()) as server:
        pass
    outcome = await SmtpGateway(server, SENDER).send(MAIL)
    assert isinstance(outcome, NotSent)
    assert outcome.retry


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


async def test_tls_from_the_first_byte_with_a_certificate_that_is_checked(
    certificate: Path,
) -> None:
    box = Letterbox()
    offered = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    offered.load_cert_chain(certificate)
    with mail_server(box, ssl_context=offered) as plain:
        server = SmtpServer("127.0.0.1", plain.port, tls=True, login=None, password=None)
        trusting = ssl.create_default_context(cafile=str(certificate))
        sent = await SmtpGateway(server, SENDER, tls_context=trusting).send(MAIL)
        assert sent == Sent()
        assert await SmtpGateway(server, SENDER).send(MAIL) != Sent(), "nobody vouches for it"
    assert len(box.received) == 1


async def test_beyond_this_machine_nothing_is_said_in_plain() -> None:
    box = Letterbox()
    with mail_server(box) as plain:
        # Loopback by another name, so that the way to it counts as leaving the machine.
        server = SmtpServer("127.0.0.1.", plain.port, tls=False, login=None, password=None)
        assert not server.is_here
        outcome = await SmtpGateway(server, SENDER).send(MAIL)
    assert isinstance(outcome, NotSent)
    assert box.received == [], "the server offers no STARTTLS"


def test_an_address_of_a_server_is_read_with_its_login() -> None:
    read = read_smtp_url("smtp://me%40x:p%2Fw@mail.example:2525")
    assert read == SmtpServer("mail.example", 2525, tls=False, login="me@x", password="p/w")
    assert read_smtp_url("smtps://mail.example").port == 465
    assert read_smtp_url("smtp://mail.example").port == 587
    assert "p/w" not in repr(read)


@pytest.mark.parametrize(
    "wrong", ["mail.example", "http://x", "smtp://", "smtp://x:port", "smtp://u@x", "smtp://x/path"]
)
def test_a_wrong_address_of_a_server_is_refused_without_being_shown(wrong: str) -> None:
    with pytest.raises(ConfigurationProblem) as refused:
        read_smtp_url(wrong)
    assert "SMTP_URL" in str(refused.value)


@pytest.mark.parametrize("wrong", ["", "nobody", "a@x\nBcc: b@x", "@x"])
def test_a_wrong_sender_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigurationProblem):
        read_address(wrong, "MAIL_FROM")
