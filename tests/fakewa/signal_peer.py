"""One phone's end of the Signal protocol, over pyaileys' repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyaileys.auth.state import AuthenticationState
from pyaileys.auth.utils import init_auth_creds
from pyaileys.messages.wa_message import decode_wa_message_bytes, encode_wa_message_bytes
from pyaileys.signal.repository import PreKeyBundle, SignalRepository

from tests.fakewa.nodes import Jid, Node


class _MemoryStore:
    """pyaileys' key store, in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Any] = {}

    async def get(self, key_type: str, ids: list[str]) -> dict[str, Any]:
        return {one: self._kept[key_type, one] for one in ids if (key_type, one) in self._kept}

    async def set(self, changes: Mapping[str, Mapping[str, Any | None]]) -> None:
        for key_type, values in changes.items():
            for one, value in values.items():
                self._kept[key_type, one] = value

    async def clear(self) -> None:
        self._kept.clear()


@dataclass(frozen=True)
class Sealed:
    """A ciphertext and how to open it: `pkmsg` starts a Signal session, `msg` continues one."""

    kind: str
    ciphertext: bytes

    def spoiled(self) -> Sealed:
        """The same with a wrong authentication code at its end."""
        return Sealed(self.kind, self.ciphertext[:-1] + bytes([self.ciphertext[-1] ^ 1]))

    def as_node(self, media_type: str = "") -> Node:
        """The `enc` element that carries it."""
        attrs = {"v": "2", "type": self.kind}
        return Node(
            "enc", attrs | ({"mediatype": media_type} if media_type else {}), self.ciphertext
        )


class SignalPeer:
    """Keys of one phone, and its sessions with linked devices, each named by its plain JID."""

    def __init__(self) -> None:
        self.creds = init_auth_creds()
        self._repository = SignalRepository(AuthenticationState(self.creds, _MemoryStore()))

    async def knows(self, device: Jid) -> bool:
        """Whether something can be sealed for the device without fetching its keys."""
        return await self._repository.validate_session(str(device))

    async def start(self, device: Jid, bundle: PreKeyBundle) -> None:
        """Begin anew with the device, from its published keys."""
        await self._repository.inject_outgoing_session(str(device), bundle)

    async def seal(self, device: Jid, plain: bytes) -> Sealed:
        """Pad and encrypt for the device, with which a session must exist."""
        padded = encode_wa_message_bytes(plain)
        return Sealed(*await self._repository.encrypt_message(str(device), data=padded))

    async def open(self, device: Jid, sealed: Sealed) -> bytes:
        """Decrypt and unpad. Raises SignalError when it cannot be opened."""
        padded = await self._repository.decrypt_message(
            str(device), message_type=sealed.kind, ciphertext=sealed.ciphertext
        )
        return decode_wa_message_bytes(padded)

    def published_keys(self, jid: str) -> Node:
        """What a device that wants to write to this phone is told."""
        signed = self.creds.signed_pre_key
        return Node(
            "user",
            {"jid": jid},
            (
                Node("registration", content=self.creds.registration_id.to_bytes(4, "big")),
                Node("type", content=b"\x05"),
                Node("identity", content=self.creds.signed_identity_key.public),
                Node(
                    "skey",
                    content=(
                        Node("id", content=signed.key_id.to_bytes(3, "big")),
                        Node("value", content=signed.key_pair.public),
                        Node("signature", content=signed.signature),
                    ),
                ),
            ),
        )
