"""A simulated person's phone: who it is, what it shows, which devices are linked to it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tests.fakewa.contents import MediaReference
from tests.fakewa.devices import Device
from tests.fakewa.nodes import LID_SERVER, Jid
from tests.fakewa.shapes import Act, Shown
from tests.fakewa.signal_peer import SignalPeer

ACTS_MAX = 1000


@dataclass
class Phone:
    """One number. `lid` is its hidden id, empty where WhatsApp gave it none."""

    number: str
    name: str
    lid: str
    on_whatsapp: bool = True
    peer: SignalPeer = field(default_factory=SignalPeer)
    shown: list[Shown] = field(default_factory=list)
    files: dict[str, MediaReference] = field(default_factory=dict)
    devices: dict[int, Device] = field(default_factory=dict)
    devices_ever: int = 0
    acts: deque[Act] = field(default_factory=lambda: deque(maxlen=ACTS_MAX))

    @property
    def jid(self) -> Jid:
        """Its address by number."""
        return Jid(self.number)

    @property
    def lid_jid(self) -> Jid:
        """Its hidden address; only for a phone that has one."""
        assert self.lid, f"{self.number} has no LID"
        return Jid(self.lid, LID_SERVER)

    def show(self, shown: Shown) -> None:
        """Append a message; what is repeated (same id) is shown once, as phones do."""
        if not any(one.id == shown.id for one in self.shown):
            self.shown.append(shown)

    def find(self, message_id: str) -> Shown | None:
        """A message on this phone."""
        return next((one for one in self.shown if one.id == message_id), None)

    def talked_with(self, number: str) -> bool:
        """Whether this phone ever wrote to that number."""
        return any(one.chat == number and one.from_me for one in self.shown)

    def add_device(self, noise_key: bytes, identity: bytes) -> Device:
        """Link one more device; its index is never used again."""
        self.devices_ever += 1
        jid = Jid(self.number, device=self.devices_ever)
        device = Device(jid, self.lid, noise_key, identity)
        self.devices[jid.device] = device
        return device
