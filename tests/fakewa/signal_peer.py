"""One phone's end of the Signal protocol, over pyaileys' repository."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyaileys.auth.state import AuthenticationState
from pyaileys.auth.utils import init_auth_creds
from pyaileys.messages.wa_message import decode_wa_message_bytes, encode_wa_message_bytes
from pyaileys.signal.repository import PreKeyBundle, SignalError, SignalRepository

from tests.fakewa.nodes import Jid, Node

EARLIER_MAX = 40
"""So many replaced sessions a phone remembers for each device, as libsignal does."""


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
    """Keys of one phone, and its sessions with linked devices, each named by its plain JID.

    Both sides may begin anew at the same moment; what is on its way was sealed for the session
    before. Phones therefore keep replaced sessions, and pyaileys keeps none: this does.
    """

    def __init__(self) -> None:
        self.creds = init_auth_creds()
        self._store = _MemoryStore()
        self._repository = SignalRepository(AuthenticationState(self.creds, self._store))
        self._earlier: defaultdict[str, deque[Any]] = defaultdict(lambda: deque(maxlen=EARLIER_MAX))

    async def knows(self, device: Jid) -> bool:
        """Whether something can be sealed for the device without fetching its keys."""
        return await self._repository.validate_session(str(device))

    async def start(self, device: Jid, bundle: PreKeyBundle) -> None:
        """Begin anew with the device, from its published keys."""
        await self._remember(device)
        await self._repository.inject_outgoing_session(str(device), bundle)

    async def seal(self, device: Jid, plain: bytes) -> Sealed:
        """Pad and encrypt for the device, with which a session must exist."""
        padded = encode_wa_message_bytes(plain)
        return Sealed(*await self._repository.encrypt_message(str(device), data=padded))

    async def open(self, device: Jid, sealed: Sealed) -> bytes:
        """Decrypt and unpad; an earlier session that can is the current one from now on.

        Raises SignalError when none can.
        """
        earlier = list(self._earlier[self._address(device)])
        if sealed.kind == "pkmsg":
            await self._remember(device)
        try:
            return await self._open(device, sealed)
        except SignalError:
            current = await self._record(device)
            for record in reversed(earlier):
                await self._set(device, record)
                try:
                    opened = await self._open(device, sealed)
                except SignalError:
                    continue
                self._earlier[self._address(device)].append(current)
                return opened
            await self._set(device, current)
            raise

    async def _open(self, device: Jid, sealed: Sealed) -> bytes:
        padded = await self._repository.decrypt_message(
            str(device), message_type=sealed.kind, ciphertext=sealed.ciphertext
        )
        return decode_wa_message_bytes(padded)

    def _address(self, device: Jid) -> str:
        return str(self._repository.jid_to_address(str(device)))

    async def _record(self, device: Jid) -> Any | None:
        address = self._address(device)
        return (await self._store.get("session", [address])).get(address)

    async def _set(self, device: Jid, record: Any | None) -> None:
        await self._store.set({"session": {self._address(device): record}})

    async def _remember(self, device: Jid) -> None:
        if (record := await self._record(device)) is not None:
            self._earlier[self._address(device)].append(record)

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
