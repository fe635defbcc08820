"""The things of the simulated WhatsApp: messages, phones, and the devices linked to them."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging.driver import Document, MessageReceived, ReceiptState
from bukuhutang.messaging.simulated import PhoneState, ShownMessage, StoredDocument, Ticks

RANK = {
    Ticks.PENDING: 0,
    Ticks.SENT: 1,
    Ticks.DELIVERED: 2,
    Ticks.READ: 3,
    Ticks.FAILED: 4,
}
"""Ticks only climb; a failed message stays failed."""

GROUP_SUFFIX = "@g.us"


def is_group(chat: str) -> bool:
    """Whether the chat is a group; its members are all phones that ever wrote in it."""
    return chat.endswith(GROUP_SUFFIX)


@dataclass(slots=True, eq=False)
class Message:
    """One message at WhatsApp: the same object in every phone that shows it."""

    id: str
    sender: PhoneNumber
    to: str
    text: str
    at: datetime
    document: StoredDocument | None
    by_service: bool  # sent by the linked device, not typed on the phone
    ticks: Ticks = Ticks.PENDING
    sender_seq: int = 0  # its `seq` on the phone it was sent from
    to_group: bool = field(init=False)

    def __post_init__(self) -> None:
        self.to_group = is_group(self.to)

    def seen_by(self, owner: PhoneNumber, document: Document | None) -> MessageReceived:
        """The message as the device linked to `owner` receives it."""
        from_me = self.sender == owner
        group = self.to_group
        chat = self.to if group or from_me else self.sender
        return MessageReceived(
            id=self.id,
            chat=ChatId(chat),
            chat_lid=None,
            sender=self.sender,
            from_me=from_me,
            self_chat=from_me and self.to == owner,
            group=group,
            at=self.at,
            text=self.text,
            document=document,
        )


@dataclass(slots=True, eq=False)
class Link:
    """A device linked to a phone, and what it has not confirmed yet: at least once, in order.

    An item is a message, or a receipt: the message and its new state.
    """

    tenant: TenantId
    number: PhoneNumber
    mailbox: deque[tuple[Message, ReceiptState | None]] = field(default_factory=deque)
    confirmed: int = 0  # items taken out of the mailbox since the phone was linked
    outcome: asyncio.Future[bool] | None = None  # who scanned waits for the service's decision

    @property
    def last_position(self) -> int:
        """The position of the newest item; it is reported once `confirmed` has reached it."""
        return self.confirmed + len(self.mailbox)

    def confirm(self, position: int) -> None:
        """Take out everything up to `position`."""
        while self.confirmed < position and self.mailbox:
            self.mailbox.popleft()
            self.confirmed += 1

    def decide(self, accepted: bool) -> None:
        """Tell whoever scanned whether the service wants this link."""
        if self.outcome is not None and not self.outcome.done():
            self.outcome.set_result(accepted)


@dataclass(slots=True, eq=False)
class Phone:
    """A phone and what it shows. Lists, not queues: most phones never hold anything."""

    number: PhoneNumber
    state: PhoneState = PhoneState.ONLINE
    link: Link | None = None
    shown: list[Message] = field(default_factory=list)  # `seq` is the place, counted from 1
    changes: array[int] = field(default_factory=lambda: array("I"))  # seqs; `rev` is its length
    by_id: dict[str, Message] = field(default_factory=dict)  # of its chats, shown or held
    held: list[Message] = field(default_factory=list)  # received while it was unreachable
    unsent: list[Message] = field(default_factory=list)  # typed while it was offline
    heard_from: set[str] = field(default_factory=set)  # who wrote to it at least once

    @property
    def reachable(self) -> bool:
        """Whether messages reach the phone."""
        return self.state is not PhoneState.OFFLINE and self.state is not PhoneState.BANNED

    def own(self, message_id: str) -> Message | None:
        """The message typed on this phone under this id."""
        message = self.by_id.get(message_id)
        if message is None or message.sender != self.number or message.by_service:
            return None
        return message

    def show(self, message: Message) -> int:
        """Put the message at the end of what the phone shows; its `seq` here."""
        self.shown.append(message)
        seq = len(self.shown)
        self.changes.append(seq)
        return seq

    def page(self, after: int, end: int) -> list[ShownMessage]:
        """The messages with a `seq` above `after` up to `end`."""
        return [self.view(seq) for seq in range(after + 1, end + 1)]

    def view(self, seq: int) -> ShownMessage:
        """The message at `seq` as this phone shows it."""
        one = self.shown[seq - 1]
        return ShownMessage(
            seq=seq,
            id=one.id,
            sender=one.sender,
            to=one.to,
            text=one.text,
            at=one.at,
            document=one.document,
            ticks=one.ticks if one.sender == self.number else None,
        )
