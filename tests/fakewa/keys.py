"""Keys and certificates of the fake service, made anew at each start."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyaileys.auth.creds import KeyPair
from pyaileys.crypto.curve import DefaultCurve25519Provider

from tests.fakewa.proto import wa

MEDIA_HOST = "media.fakewa.test"
HOSTS = ("web.whatsapp.com", "*.whatsapp.net", MEDIA_HOST)
DAY_SECONDS = 86_400

curve = DefaultCurve25519Provider()


@dataclass(frozen=True)
class NoiseKeys:
    """What proves to a client that it talks to WhatsApp: a chain up to the root it has pinned."""

    root: KeyPair
    static: KeyPair
    chain: bytes


def new_noise_keys() -> NoiseKeys:
    """A root, an intermediate and a server key, valid from yesterday for ten days."""
    root, intermediate, static = (curve.generate_keypair() for _ in range(3))
    chain = wa.CertChain()
    chain.intermediate.details = _noise_certificate(7, 0, intermediate.public)
    chain.intermediate.signature = curve.sign(root.private, chain.intermediate.details)
    chain.leaf.details = _noise_certificate(8, 7, static.public)
    chain.leaf.signature = curve.sign(intermediate.private, chain.leaf.details)
    return NoiseKeys(root, static, chain.SerializeToString())


def _noise_certificate(serial: int, issuer: int, public_key: bytes) -> bytes:
    now = int(time.time())
    details = wa.CertChain.NoiseCertificate.Details(
        serial=serial,
        issuerSerial=issuer,
        key=public_key,
        notBefore=now - DAY_SECONDS,
        notAfter=now + 10 * DAY_SECONDS,
    )
    return bytes(details.SerializeToString())


def tls_for_whatsapp(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A TLS context for WhatsApp's host names, and the file with the CA that vouches for it."""
    ca_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _name("BukuHutang test CA")
    ca = (
        _certificate(issuer, issuer, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    server = (
        _certificate(_name("web.whatsapp.com"), issuer, server_key.public_key())
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    ca_path, server_path = folder / "ca.pem", folder / "server.pem"
    ca_path.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    server_path.touch(mode=0o600)
    server_path.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + server.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_path)
    context.set_alpn_protocols(["http/1.1"])
    return context, ca_path


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _certificate(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=10))
    )
