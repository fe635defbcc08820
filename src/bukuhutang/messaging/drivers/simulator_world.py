"""What is true in the simulated WhatsApp, and what follows from each act. Synchronous, no files.

`simulator_network` decides what may happen and writes it down; here it happens. The same calls in
the same order lead to the same world, which is how a restart brings it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.driver import ReceiptState
from bukuhutang.messaging.drivers.simulator_phones import RANK, Link, Message, Phone, is_group
from bukuhutang.messaging.simulated import PhoneState, SimulatorFull, Ticks

PHONES_MAX = 200_000
"""Phones on the network; about 1 kB each before they chat."""

RECEIPT_OF = {Ticks.DELIVERED: ReceiptState.DELIVERED, Ticks.READ: ReceiptState.READ}


class World:
    """All phones, chats and linked devices."""

    def __init__(self) -> None:
        self._phones: dict[PhoneNumber, Phone] = {}
        self._bells: dict[PhoneNumber, asyncio.Event] = {}
        self.groups: dict[str, dict[PhoneNumber, None]] = {}  # the members, in order of entry
        self.links: dict[TenantId, Link] = {}
        self.messages = 0
        self.sends = 0
        self.doubled: dict[tuple[PhoneNumber, str], int] = {}  # times accepted, if above once
        self.on_mail: Callable[[Link], None] = lambda link: None

    # --- who is there ---

    def has_phone(self, number: str) -> bool:
        """Whether somebody has used this number already."""
        return number in self._phones

    def phone(self, number: PhoneNumber) -> Phone:
        """The phone with this number, bought on its first use. Raises SimulatorFull."""
        phone = self._phones.get(number)
        if phone is None:
            if len(self._phones) >= PHONES_MAX:
                raise SimulatorFull("phones")
            phone = self._phones[number] = Phone(number)
        return phone

    def others(self, message: Message) -> Iterable[Phone]:
        """Whom the message is for, its sender left out."""
        if message.to_group:
            members = self.groups.get(message.to, {})
            return [self.phone(one) for one in members if one != message.sender]
        if message.to == message.sender:
            return ()
        return (self.phone(PhoneNumber(message.to)),)

    def barred(self, phone: Phone, to: str) -> bool:
        """Whether a restriction keeps the phone from writing there."""
        if phone.state is not PhoneState.RESTRICTED or is_group(to):
            return False
        return to != phone.number and to not in phone.heard_from

    def times_accepted(self, ref: str) -> int:
        """How many sends under this reference were accepted, over all linked devices."""
        times = 0
        for number, phone in self._phones.items():
            message = phone.by_id.get(ref)
            if message is not None and message.by_service and message.sender == number:
                times += self.doubled.get((number, ref), 1)
        return times

    # --- messages ---

    def accept(self, message: Message) -> None:
        """A message is on its sender's phone; it goes out now, or when that phone has a network."""
        sender = self.phone(message.sender)
        self.messages += 1
        if message.by_service:
            self._count_send(sender, message)
        if message.to_group:
            self.groups.setdefault(message.to, {})[message.sender] = None
        sender.by_id[message.id] = message
        if message.is_act:
            sender.apply(message)
        else:
            message.sender_seq = sender.show(message)
        for other in self.others(message):
            other.by_id[message.id] = message
        if sender.reachable:
            self._transmit(sender, message)
        else:
            sender.unsent.append(message)
        self._ring(sender.number)

    def _count_send(self, sender: Phone, message: Message) -> None:
        self.sends += 1
        earlier = sender.by_id.get(message.id)
        if earlier is not None and earlier.by_service and earlier.sender == sender.number:
            key = (sender.number, message.id)
            self.doubled[key] = self.doubled.get(key, 1) + 1

    def _transmit(self, sender: Phone, message: Message) -> None:
        message.ticks = Ticks.SENT
        if sender.link is not None:
            self._mail(sender.link, message, None)
        if message.to == sender.number:
            self.mark(message, Ticks.DELIVERED)
        for other in self.others(message):
            if other.link is not None:
                self._mail(other.link, message, None)
            if other.reachable:
                self._receive(other, message)
            else:
                other.held.append(message)

    def _receive(self, phone: Phone, message: Message) -> None:
        if message.is_act:
            phone.apply(message)
        else:
            phone.show(message)
        phone.heard_from.add(message.sender)
        self.mark(message, Ticks.DELIVERED)
        self._ring(phone.number)

    def mail_again(self, message: Message) -> None:
        """The same message reaches the linked devices once more; the phones show nothing new."""
        for phone in (self.phone(message.sender), *self.others(message)):
            if phone.link is not None:
                self._mail(phone.link, message, None)

    def mark(self, message: Message, ticks: Ticks) -> None:
        """Raise the ticks and tell the sender's phone and linked device.

        A group's message stays `sent`: its ticks would need a count of members. What is no message
        of its own has none.
        """
        if message.is_act or message.to_group or RANK[ticks] <= RANK[message.ticks]:
            return
        message.ticks = ticks
        sender = self.phone(message.sender)
        sender.changes.append(message.sender_seq)
        self._ring(sender.number)
        state = RECEIPT_OF.get(ticks)
        # A note typed to oneself has no receipts.
        told = message.by_service or message.to != message.sender
        if state is not None and told and sender.link is not None:
            self._mail(sender.link, message, state)

    def _mail(self, link: Link, message: Message, state: ReceiptState | None) -> None:
        link.mailbox.append((message, state))
        self.on_mail(link)

    # --- switches and links ---

    def switch(self, phone: Phone, state: PhoneState) -> None:
        """Turn the phone's switch; what was held arrives, then what was typed goes out."""
        phone.state = state
        if state is PhoneState.LOGGED_OUT:
            self.unlink(phone)
        if phone.reachable:
            held, phone.held = phone.held, []
            for message in held:
                self._receive(phone, message)
            unsent, phone.unsent = phone.unsent, []
            for message in unsent:
                if self.barred(phone, message.to):
                    self.mark(message, Ticks.FAILED)
                else:
                    self._transmit(phone, message)
                    if not message.is_act:
                        phone.changes.append(message.sender_seq)
        self._ring(phone.number)

    def link(self, phone: Phone, tenant: TenantId) -> None:
        """Link a device of the tenant; what is written from now on reaches its mailbox."""
        if phone.state is PhoneState.LOGGED_OUT:
            phone.state = PhoneState.ONLINE
        self.unlink(phone)
        assert tenant not in self.links, "a tenant's device is linked to one phone"
        phone.link = self.links[tenant] = Link(tenant, phone.number)
        self._ring(phone.number)

    def unlink(self, phone: Phone) -> None:
        """Forget the phone's linked device and its mailbox, if there is one."""
        link, phone.link = phone.link, None
        if link is not None:
            del self.links[link.tenant]
            link.decide(False)
            self._ring(phone.number)

    # --- waiting for a phone ---

    def bell(self, number: PhoneNumber) -> asyncio.Event:
        """Set when something changes on the phone; afterwards a new one is needed."""
        return self._bells.setdefault(number, asyncio.Event())

    def ring_all(self) -> None:
        """Wake everybody who waits for a phone."""
        for number in list(self._bells):
            self._ring(number)

    def _ring(self, number: PhoneNumber) -> None:
        if self._bells and (bell := self._bells.pop(number, None)) is not None:
            bell.set()
