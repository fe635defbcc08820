"""Noise XX as WhatsApp speaks it: a handshake, then every frame encrypted and counted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyaileys.crypto.hkdf import hkdf_sha256

from tests.fakewa.keys import NoiseKeys, curve
from tests.fakewa.proto import wa
from tests.fakewa.websocket import WebSocket

_PROTOCOL = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0"
_HEADER = b"WA\x06"
_HEADER_BYTES = 4
_LENGTH_BYTES = 3


class _Frames:
    """Length-prefixed frames inside WebSocket messages, which need not start together."""

    def __init__(self, socket: WebSocket, buffered: bytes) -> None:
        self.socket, self._buffered = socket, buffered

    async def read(self) -> bytes:
        while not self._has_frame():
            self._buffered += await self.socket.read()
        length = int.from_bytes(self._buffered[:_LENGTH_BYTES], "big")
        frame = self._buffered[_LENGTH_BYTES : _LENGTH_BYTES + length]
        self._buffered = self._buffered[_LENGTH_BYTES + length :]
        return frame

    def _has_frame(self) -> bool:
        if len(self._buffered) < _LENGTH_BYTES:
            return False
        length = int.from_bytes(self._buffered[:_LENGTH_BYTES], "big")
        return len(self._buffered) >= _LENGTH_BYTES + length

    def write(self, frame: bytes) -> None:
        self.socket.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)


class _Cipher:
    """AES-GCM with a counter for a nonce."""

    def __init__(self, key: bytes) -> None:
        self._aead, self._count = AESGCM(key), 0

    def encrypt(self, plain: bytes, bound_to: bytes = b"") -> bytes:
        return self._aead.encrypt(self._nonce(), plain, bound_to)

    def decrypt(self, sealed: bytes, bound_to: bytes = b"") -> bytes:
        return self._aead.decrypt(self._nonce(), sealed, bound_to)

    def _nonce(self) -> bytes:
        nonce = self._count.to_bytes(12, "big")
        self._count += 1
        return nonce


class _Handshake:
    """The running hash and keys of Noise's symmetric state."""

    def __init__(self, prologue: bytes) -> None:
        self._hash, self._salt, self._cipher = _PROTOCOL, _PROTOCOL, _Cipher(_PROTOCOL)
        self.mix_hash(prologue)

    def mix_hash(self, part: bytes) -> None:
        self._hash = hashlib.sha256(self._hash + part).digest()

    def mix_key(self, shared: bytes) -> None:
        self._salt, key = self._derive(shared)
        self._cipher = _Cipher(key)

    def encrypt(self, plain: bytes) -> bytes:
        sealed = self._cipher.encrypt(plain, self._hash)
        self.mix_hash(sealed)
        return sealed

    def decrypt(self, sealed: bytes) -> bytes:
        plain = self._cipher.decrypt(sealed, self._hash)
        self.mix_hash(sealed)
        return plain

    def transport_keys(self) -> tuple[bytes, bytes]:
        """First the key we read with, then the one we write with."""
        return self._derive(b"")

    def _derive(self, shared: bytes) -> tuple[bytes, bytes]:
        both = hkdf_sha256(ikm=shared, length=64, salt=self._salt, info=b"")
        return both[:32], both[32:]


@dataclass
class NoiseChannel:
    """An encrypted line, and what the client said about itself while it was set up."""

    frames: _Frames
    reading: _Cipher
    writing: _Cipher
    client_key: bytes
    client_payload: Any

    async def read(self) -> bytes:
        """The next decrypted frame."""
        return self.reading.decrypt(await self.frames.read())

    def write(self, frame: bytes) -> None:
        """Encrypt and queue one frame."""
        self.frames.write(self.writing.encrypt(frame))

    @property
    def socket(self) -> WebSocket:
        """What the channel runs on."""
        return self.frames.socket


async def accept(socket: WebSocket, keys: NoiseKeys) -> NoiseChannel:
    """Shake hands as the server. Raises ValueError when the client does not speak WhatsApp."""
    opening = await socket.read()
    # In front of the header there may be a hint for the load balancer.
    start = opening.index(_HEADER)
    header = opening[start : start + _HEADER_BYTES]
    frames = _Frames(socket, opening[start + _HEADER_BYTES :])
    shake = _Handshake(header)

    hello = wa.HandshakeMessage.FromString(await frames.read())
    client_ephemeral = bytes(hello.clientHello.ephemeral)
    shake.mix_hash(client_ephemeral)

    ephemeral = curve.generate_keypair()
    answer = wa.HandshakeMessage()
    answer.serverHello.ephemeral = ephemeral.public
    shake.mix_hash(ephemeral.public)
    shake.mix_key(curve.shared_key(ephemeral.private, client_ephemeral))
    answer.serverHello.static = shake.encrypt(keys.static.public)
    shake.mix_key(curve.shared_key(keys.static.private, client_ephemeral))
    answer.serverHello.payload = shake.encrypt(keys.chain)
    frames.write(answer.SerializeToString())

    finish = wa.HandshakeMessage.FromString(await frames.read())
    client_key = shake.decrypt(bytes(finish.clientFinish.static))
    shake.mix_key(curve.shared_key(ephemeral.private, client_key))
    payload = wa.ClientPayload.FromString(shake.decrypt(bytes(finish.clientFinish.payload)))
    reading, writing = shake.transport_keys()
    return NoiseChannel(frames, _Cipher(reading), _Cipher(writing), client_key, payload)
