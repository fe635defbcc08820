"""The things of the simulated WhatsApp: messages, phones, and the devices linked to them."""

from __future__ import annotations

import asyncio
from array import array
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging.driver import (
    ContactCard,
    Document,
    MessageKind,
    MessageReceived,
    ReceiptState,
)
from bukuhutang.messaging.simulated import PhoneState, ShownMessage, StoredDocument, Ticks
from bukuhutang.messaging.simulated_acts import PLAIN, ActKind, Extras
from bukuhutang.tenancy.phone import read_phone

RANK = {
    Ticks.PENDING: 0,
    Ticks.SENT: 1,
    Ticks.DELIVERED: 2,
    Ticks.READ: 3,
    Ticks.FAILED: 4,
}
"""Ticks only climb; a failed message stays failed."""

KIND_OF_FAMILY = {"image": MessageKind.IMAGE, "audio": MessageKind.VOICE}
"""By the first half of a MIME type; any other file is a document."""

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
    extras: Extras = PLAIN
    ticks: Ticks = Ticks.PENDING
    sender_seq: int = 0  # its `seq` on the phone it was sent from; 0 when nothing of it is shown
    to_group: bool = field(init=False)

    def __post_init__(self) -> None:
        self.to_group = is_group(self.to)

    @property
    def is_act(self) -> bool:
        """Whether it does something to another message and is not shown as one."""
        return self.extras.act is not None

    def is_in_chat(self, number: PhoneNumber, chat: str) -> bool:
        """Whether it stands in this chat of that phone."""
        return self.to == chat if self.to_group else {self.sender, self.to} == {number, chat}

    @property
    def kind(self) -> MessageKind:
        """What a linked device takes it for; of a file, by what its sender claims."""
        if self.extras.act is not None:
            return MessageKind(self.extras.act)
        if self.extras.cards:
            return MessageKind.CONTACT
        if self.document is None:
            return MessageKind.TEXT
        family = self.document.mime_type.partition("/")[0]
        return KIND_OF_FAMILY.get(family, MessageKind.DOCUMENT)

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
            kind=self.kind,
            refers_to=self.extras.refers_to,
            contacts=tuple(
                ContactCard(one.name, read_phone(one.phone)) for one in self.extras.cards
            ),
        )


@dataclass(slots=True, eq=False)
class Overlay:
    """What was done to one message, as far as one phone has heard of it."""

    text: str | None = None
    deleted: bool = False
    reactions: dict[PhoneNumber, str] = field(default_factory=dict)


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
    overlays: dict[Message, Overlay] = field(default_factory=dict)

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

    def seq_of(self, message: Message) -> int | None:
        """Where the phone shows the message, the newest looked at first; None when it does not."""
        for place in range(len(self.shown), 0, -1):
            if self.shown[place - 1] is message:
                return place
        return None

    def apply(self, act: Message) -> None:
        """Show what somebody did to a message; does nothing when that one is not shown here."""
        target = self.by_id.get(act.extras.refers_to or "")
        seq = None if target is None else self.seq_of(target)
        if target is None or seq is None:
            return
        overlay = self.overlays.setdefault(target, Overlay())
        match act.extras.act:
            case ActKind.EDIT:
                overlay.text = act.text
            case ActKind.DELETION:
                overlay.deleted = True
            case ActKind.REACTION if act.text:
                overlay.reactions[act.sender] = act.text
            case _:
                overlay.reactions.pop(act.sender, None)
        self.changes.append(seq)

    def page(self, after: int, end: int) -> list[ShownMessage]:
        """The messages with a `seq` above `after` up to `end`."""
        return [self.view(seq) for seq in range(after + 1, end + 1)]

    def view(self, seq: int) -> ShownMessage:
        """The message at `seq` as this phone shows it."""
        one = self.shown[seq - 1]
        shown = ShownMessage(
            seq=seq,
            id=one.id,
            sender=one.sender,
            to=one.to,
            text=one.text,
            at=one.at,
            document=one.document,
            ticks=one.ticks if one.sender == self.number else None,
            reply_to=one.extras.refers_to,
            cards=one.extras.cards,
        )
        overlay = self.overlays.get(one)
        return shown if overlay is None else _changed(shown, overlay)


def _changed(shown: ShownMessage, overlay: Overlay) -> ShownMessage:
    if overlay.deleted:
        return replace(shown, text="", document=None, cards=(), reply_to=None, deleted=True)
    return replace(
        shown,
        text=shown.text if overlay.text is None else overlay.text,
        edited=overlay.text is not None,
        reactions=tuple(overlay.reactions.items()),
    )
