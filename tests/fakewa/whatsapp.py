"""What the fake service knows: phones, linked devices, how it is told to misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.fakewa.devices import Device
from tests.fakewa.keys import NoiseKeys
from tests.fakewa.media import MediaHost
from tests.fakewa.nodes import LID_SERVER, Jid
from tests.fakewa.phones import Phone
from tests.fakewa.shapes import Counts, Mode, Refusing

if TYPE_CHECKING:
    from tests.fakewa.connection import Connection

EVERYBODY = ""


class Unknown(LookupError):
    """A test named something that the service does not have."""


class Bell:
    """Wakes everybody who waits for something to have changed."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something changed."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether the condition came to hold in time."""
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    await self._rung.wait()
        except TimeoutError:
            return False
        return True


@dataclass
class WhatsApp:
    """The service's memory; it ends with the process."""

    noise_keys: NoiseKeys
    media: MediaHost = field(default_factory=MediaHost)
    phones: dict[str, Phone] = field(default_factory=dict)
    modes: dict[str, Mode] = field(default_factory=lambda: {EVERYBODY: Mode()})
    refusing: Refusing = Refusing.NOBODY
    connections: set[Connection] = field(default_factory=set)
    # Which linked device sent a message, and the address it used for the chat.
    senders: dict[str, tuple[Device, str]] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    bell: Bell = field(default_factory=Bell)

    def phone(self, number: str) -> Phone:
        """The phone with this number, as it was or new."""
        if number not in self.phones:
            self.phones[number] = Phone(number, name=f"Phone {number[-4:]}", lid=f"9{number}")
        return self.phones[number]

    def phone_at(self, jid: Jid) -> Phone | None:
        """The phone behind an address, if there is one."""
        if jid.server == LID_SERVER:
            return next((one for one in self.phones.values() if one.lid == jid.user_part), None)
        return self.phones.get(jid.user_part)

    def devices(self) -> Iterator[Device]:
        """Every linked device."""
        return (device for phone in self.phones.values() for device in phone.devices.values())

    def mode(self, number: str) -> Mode:
        """How this number is treated."""
        return self.modes.get(number, self.modes[EVERYBODY])

    def count(self, what: str, by: int = 1) -> None:
        """Add to one of the sums."""
        self.counts = replace(self.counts, **{what: getattr(self.counts, what) + by})
        self.bell.ring()

    def complain(self, problem: str) -> None:
        """Note what a client should not have done, or this fake cannot do."""
        self.counts = replace(self.counts, problems=(*self.counts.problems, problem)[-100:])
        self.bell.ring()
