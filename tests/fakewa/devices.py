"""A linked device as the service knows it: its published keys and what waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyaileys.signal.repository import PreKeyBundle, PreKeyBundleKey
from pyaileys.signal.util import signal_pubkey

from tests.fakewa.nodes import LID_SERVER, Jid, Node
from tests.fakewa.shapes import Content, Delivery
from tests.fakewa.signal_peer import Sealed

if TYPE_CHECKING:
    from tests.fakewa.connection import Connection

RETRIES_MAX = 4


@dataclass
class PublishedKeys:
    """What a device uploaded so that others can begin Signal sessions with it."""

    registration_id: int
    identity: bytes
    signed: PreKeyBundleKey
    one_time: list[PreKeyBundleKey]

    @classmethod
    def read(cls, upload: Node) -> PublishedKeys:
        """Read an upload, or the `keys` of a retry receipt with one key in it."""
        registration = upload.find("registration")
        listed = upload.find("list")
        keys = listed.children if listed is not None else tuple(upload.named("key"))
        return cls(
            registration_id=int.from_bytes(registration.payload) if registration else 0,
            identity=signal_pubkey(upload.need("identity").payload),
            signed=_read_key(upload.need("skey")),
            one_time=[_read_key(one) for one in keys],
        )

    def take_bundle(self) -> PreKeyBundle:
        """Keys for one new session; a one-time key is given out once, then never again."""
        one_time = self.one_time.pop() if self.one_time else None
        return PreKeyBundle(self.registration_id, self.identity, self.signed, one_time)


def _read_key(node: Node) -> PreKeyBundleKey:
    signature = node.find("signature")
    return PreKeyBundleKey(
        int.from_bytes(node.need("id").payload),
        signal_pubkey(node.need("value").payload),
        signature.payload if signature is not None else None,
    )


@dataclass
class Letter:
    """One stanza for one linked device. It is sealed when it first leaves, and kept like that.

    Who seals it is `writer`, a phone's number; a stanza from another linked device comes sealed.
    """

    id: str
    writer: str
    attrs: dict[str, str]
    content: Content | None
    self_copy: str = ""  # where the own phone sent it: the device gets a copy of the message
    extra: tuple[Node, ...] = ()
    sealed: Sealed | None = None
    media_type: str = ""
    delivered: int = 0
    sent_in_login: int = 0  # the device's login in which it last left; 0 before it ever did
    retries: int = 0
    acked: bool = False
    acks: int = 0  # heard, of all copies
    stale_acks: int = 0  # still to come in this login, for copies that could not be read
    receipts: list[str] = field(default_factory=list)
    nacks: list[str] = field(default_factory=list)

    def hear_ack(self) -> None:
        """One stanza with this id is done with; perhaps not the newest."""
        self.acks += 1
        if self.stale_acks:
            self.stale_acks -= 1
        else:
            self.acked = True

    def begin_anew(self) -> None:
        """The device could not read its copy and asks for another, which is a stanza of its own.

        The unreadable copy it acknowledges too, before or after asking. That says nothing of the
        new one, which the service keeps until that one is acknowledged, as it keeps any.
        """
        self.retries += 1
        self.sealed = None
        self.stale_acks += not self.acked
        self.acked = False


@dataclass
class Device:
    """One linked device. `connection` is set while it is logged in.

    It is sent messages once it is `listening`, in order, one sender at a time.
    """

    jid: Jid
    lid: str
    noise_key: bytes
    identity: bytes
    keys: PublishedKeys | None = None
    letters: dict[str, Letter] = field(default_factory=dict)
    notices: list[Node] = field(default_factory=list)
    connection: Connection | None = None
    listening: bool = False
    logins: int = 0
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def lid_jid(self) -> Jid | None:
        """Its hidden address, if its phone has one."""
        return Jid(self.lid, LID_SERVER, self.jid.device) if self.lid else None

    def unacked(self) -> Iterator[Letter]:
        """What has to be sent at the next login, in order."""
        return (one for one in self.letters.values() if not one.acked)

    def begin_login(self, connection: Connection) -> None:
        """It is logged in over this connection; what an earlier one still owed never comes."""
        self.connection, self.listening = connection, False
        self.logins += 1
        for letter in self.letters.values():
            letter.stale_acks = 0

    def hear_ack(self, node: Node) -> None:
        """The device does not want the stanza again, perhaps because of an error."""
        letter = self.letters.get(node.attrs.get("id", ""))
        if letter is None or node.attrs.get("class") != "message":
            return
        letter.hear_ack()
        if error := node.attrs.get("error"):
            letter.nacks.append(error)

    def delivery_of(self, message_id: str) -> Delivery | None:
        """What became of this message here."""
        letter = self.letters.get(message_id)
        if letter is None:
            return None
        return Delivery(
            device=str(self.jid),
            delivered=letter.delivered,
            acked=letter.acked,
            acks=letter.acks,
            receipts=tuple(letter.receipts),
            nacks=tuple(letter.nacks),
        )
