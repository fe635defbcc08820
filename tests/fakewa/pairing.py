"""Linking a device: by the QR code it shows, or by the eight characters it shows.

The codes carry secrets between the device and the phone past the server; here both ends of the
service are one, so a phone that scans or types gets them as arguments.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyaileys.crypto.aes import aes_decrypt_ctr, aes_encrypt_ctr
from pyaileys.crypto.hkdf import hkdf_sha256

from tests.fakewa.devices import Device
from tests.fakewa.keys import curve
from tests.fakewa.nodes import LID_SERVER, SERVER_JID, Jid, Node
from tests.fakewa.phones import Phone
from tests.fakewa.proto import wa
from tests.fakewa.whatsapp import Unknown

if TYPE_CHECKING:
    from tests.fakewa.connection import Connection

PAIRING_ID = "pair-success"
PAIRING_SECONDS_MAX = 20
_ACCOUNT_SIGNATURE = b"\x06\x00"
_NO_SALT = b"\0" * 32
_CODE_ROUNDS = 2 << 16
_SALT_BYTES, _IV_BYTES, _NONCE_BYTES, _KEY_BYTES = 32, 16, 12, 32


class PairingFailed(Exception):
    """The phone says that the device could not be linked."""


@dataclass
class CodeOffer:
    """A device waits for somebody to type its eight characters on the phone of `number`."""

    number: str
    reference: bytes
    wrapped_ephemeral: bytes


@dataclass
class Registration:
    """A connection that is not a linked device yet."""

    connection: Connection
    noise_key: bytes
    identity: bytes
    references: list[str] = field(default_factory=list)
    offer: CodeOffer | None = None
    # What the device says to a code that was typed, and to being linked; set while we wait for it.
    bundle: asyncio.Future[bytes] | None = None
    answer: asyncio.Future[Node] | None = None


async def offer_qr(registration: Registration, codes: int) -> None:
    """Give the device the references that its QR codes carry, one after the other."""
    registration.references = [f"2@{secrets.token_urlsafe(40)}" for _ in range(codes)]
    references = tuple(Node("ref", content=one.encode()) for one in registration.references)
    await registration.connection.send(
        Node(
            "iq",
            {"from": SERVER_JID, "type": "set", "id": "pair-device", "xmlns": "md"},
            (Node("pair-device", content=references),),
        )
    )


def find_scanned(waiting: list[Registration], code: str) -> tuple[Registration, bytes]:
    """Whose QR code this is, and the secret in it. Raises Unknown when it has expired."""
    reference, _, identity, secret, *_ = code.rpartition("#")[2].split(",")
    for registration in waiting:
        if registration.identity == base64.b64decode(identity):
            if reference in registration.references:
                return registration, base64.b64decode(secret)
    raise Unknown("no device shows this QR code any more")


async def demand_passkey(registration: Registration) -> None:
    """What the service does instead of linking, for some accounts: ask for a passkey."""
    asked = {"challenge": "ZmFrZQ", "timeout": 60_000, "rpId": "web.whatsapp.com"}
    options = Node("passkey_request_options", content=json.dumps(asked).encode())
    await registration.connection.send(
        Node(
            "notification",
            {
                "from": SERVER_JID,
                "type": "passkey_prologue_request",
                "id": secrets.token_hex(8),
                "t": str(int(time.time())),
            },
            (options,),
        )
    )


async def link(phone: Phone, registration: Registration, secret: bytes) -> Device:
    """Vouch for the device as its phone does. Raises PairingFailed when it does not accept."""
    device = phone.add_device(registration.noise_key, registration.identity)
    registration.answer = asyncio.get_running_loop().create_future()
    await registration.connection.send(_pair_success(phone, device, secret))
    try:
        async with asyncio.timeout(PAIRING_SECONDS_MAX):
            answer = await registration.answer
    except TimeoutError:
        answer = Node("iq", {"type": "error"})
    if answer.attrs.get("type") != "result":
        del phone.devices[device.jid.device]
        raise PairingFailed(f"the device refused to be linked: {answer}")
    # Asks the device to come back as what it now is.
    await registration.connection.end(Node("stream:error", {"code": "515"}))
    return device


def _pair_success(phone: Phone, device: Device, secret: bytes) -> Node:
    details = wa.ADVDeviceIdentity(
        rawId=device.jid.device, timestamp=int(time.time()), keyIndex=device.jid.device
    ).SerializeToString()
    account_key = phone.peer.creds.signed_identity_key
    signed = wa.ADVSignedDeviceIdentity(
        details=details,
        accountSignatureKey=account_key.public,
        accountSignature=curve.sign(
            account_key.private, _ACCOUNT_SIGNATURE + details + device.identity
        ),
    ).SerializeToString()
    vouched = wa.ADVSignedDeviceIdentityHMAC(
        details=signed, hmac=hmac.digest(secret, signed, hashlib.sha256)
    ).SerializeToString()
    addresses = {"jid": str(device.jid)}
    if phone.lid:
        addresses["lid"] = str(Jid(phone.lid, LID_SERVER, device.jid.device))
    success = (
        Node("device-identity", content=vouched),
        Node("platform", {"name": "android"}),
        Node("device", addresses),
    )
    return Node(
        "iq",
        {"from": SERVER_JID, "type": "set", "id": PAIRING_ID, "t": str(int(time.time()))},
        (Node("pair-success", content=success),),
    )


# --- by code --------------------------------------------------------------------------------------


def hear_hello(registration: Registration, hello: Node) -> Node:
    """The device asks to be linked by code; the answer to its query."""
    registration.offer = CodeOffer(
        number=Jid.parse(hello.attrs["jid"]).user_part,
        reference=secrets.token_bytes(24),
        wrapped_ephemeral=hello.need("link_code_pairing_wrapped_companion_ephemeral_pub").payload,
    )
    reference = Node("link_code_pairing_ref", content=registration.offer.reference)
    return Node("link_code_companion_reg", content=(reference,))


def hear_finish(registration: Registration, finish: Node) -> None:
    """The device answers what was typed on the phone."""
    if registration.bundle is not None and not registration.bundle.done():
        registration.bundle.set_result(finish.need("link_code_pairing_wrapped_key_bundle").payload)


async def type_code(phone: Phone, registration: Registration, code: str) -> bytes:
    """Type the characters on the phone; the secret it then shares with the device.

    Raises PairingFailed when they are not the ones the device shows.
    """
    offer = registration.offer
    assert offer is not None
    typed = code.replace("-", "").strip().upper()
    device_ephemeral = _unwrap(typed, offer.wrapped_ephemeral)
    ephemeral = curve.generate_keypair()
    account_key = phone.peer.creds.signed_identity_key
    registration.bundle = asyncio.get_running_loop().create_future()
    await registration.connection.send(
        Node(
            "notification",
            {"from": SERVER_JID, "type": "link_code_companion_reg", "id": secrets.token_hex(8)},
            (
                Node(
                    "link_code_companion_reg",
                    {"stage": "primary_hello"},
                    (
                        Node("link_code_pairing_ref", content=offer.reference),
                        Node("primary_identity_pub", content=account_key.public),
                        Node(
                            "link_code_pairing_wrapped_primary_ephemeral_pub",
                            content=_wrap(typed, ephemeral.public),
                        ),
                    ),
                ),
            ),
        )
    )
    try:
        async with asyncio.timeout(PAIRING_SECONDS_MAX):
            bundle = await registration.bundle
    except TimeoutError:
        raise PairingFailed("the device did not answer the code") from None
    shared = curve.shared_key(ephemeral.private, device_ephemeral)
    return _open_bundle(bundle, shared, account_key.private, registration.identity)


def _open_bundle(bundle: bytes, shared: bytes, account_private: bytes, identity: bytes) -> bytes:
    salt, nonce = bundle[:_SALT_BYTES], bundle[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    key = hkdf_sha256(
        ikm=shared,
        length=_KEY_BYTES,
        salt=salt,
        info=b"link_code_pairing_key_bundle_encryption_key",
    )
    try:
        plain = AESGCM(key).decrypt(nonce, bundle[_SALT_BYTES + _NONCE_BYTES :], None)
    except InvalidTag:
        raise PairingFailed("this is not the code that the device shows") from None
    device_identity, drawn = plain[:_KEY_BYTES], plain[2 * _KEY_BYTES :]
    if device_identity != identity:
        raise PairingFailed("the device that answered is not the one that asked")
    both = shared + curve.shared_key(account_private, device_identity) + drawn
    return hkdf_sha256(ikm=both, length=_KEY_BYTES, salt=_NO_SALT, info=b"adv_secret")


def _wrap(code: str, public_key: bytes) -> bytes:
    salt, start = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_IV_BYTES)
    return salt + start + aes_encrypt_ctr(public_key, key=_code_key(code, salt), iv=start)


def _unwrap(code: str, wrapped: bytes) -> bytes:
    salt, start = wrapped[:_SALT_BYTES], wrapped[_SALT_BYTES : _SALT_BYTES + _IV_BYTES]
    sealed = wrapped[_SALT_BYTES + _IV_BYTES :]
    return aes_decrypt_ctr(sealed, key=_code_key(code, salt), iv=start)


def _code_key(code: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", code.encode(), salt, _CODE_ROUNDS, _KEY_BYTES)
