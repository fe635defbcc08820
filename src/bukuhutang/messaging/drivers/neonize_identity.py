"""Who wrote to whom: WhatsApp names people by phone number or by LID, often by both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bukuhutang.base.ids import ChatId, PhoneNumber

NUMBER_SERVERS = frozenset({"s.whatsapp.net", "c.us", "hosted"})
LID_SERVERS = frozenset({"lid", "hosted.lid"})


@dataclass(frozen=True)
class Own:
    """The linked phone's own two names."""

    phone_number: PhoneNumber
    lid: str | None  # `…@lid`


@dataclass(frozen=True)
class Person:
    """One end of a chat; at least one of the two names is known."""

    phone_number: PhoneNumber | None
    lid: str | None

    @property
    def chat(self) -> ChatId:
        """The chat with this person: the number when it is known."""
        return ChatId(self.phone_number or self.lid or "")

    def is_named_like(self, own: Own) -> bool:
        """Whether this is the linked phone itself."""
        if self.phone_number is not None:
            return self.phone_number == own.phone_number
        return self.lid is not None and self.lid == own.lid


@dataclass(frozen=True)
class Ends:
    """The other end of a chat, and who wrote."""

    peer: Person
    writer: Person
    from_me: bool
    self_chat: bool


def person(*jids: Any) -> Person | None:
    """Who these JIDs name together, without the number of a device; None when they are nobody.

    A JID is protobuf `JID` of neonize: User, Device, Server.
    """
    number: PhoneNumber | None = None
    lid: str | None = None
    for jid in jids:
        bare = jid.User.partition(":")[0].partition(".")[0]
        if not bare.isascii() or not bare.isdigit():
            continue
        if jid.Server in NUMBER_SERVERS:
            number = number or PhoneNumber(bare)
        elif jid.Server in LID_SERVERS:
            lid = lid or f"{bare}@lid"
    return None if number is None and lid is None else Person(number, lid)


def ends_of(source: Any, own: Own) -> Ends | None:
    """Both ends of a message or receipt (`MessageSource`); None when it is no chat of two people.

    Groups, broadcasts, the status and newsletters are none of our business.
    """
    if source.IsGroup or source.Chat.Server not in NUMBER_SERVERS | LID_SERVERS:
        return None
    me = Person(own.phone_number, own.lid)
    if not source.IsFromMe:
        writer = person(source.Chat, source.Sender, source.SenderAlt)
        if writer is None:
            return None
        return Ends(writer, writer, from_me=False, self_chat=False)
    # `SenderAlt` is the writer's other name, `RecipientAlt` the chat's.
    peer = person(source.Chat, source.RecipientAlt)
    if peer is None:
        return None
    if peer.is_named_like(own):
        return Ends(me, me, from_me=True, self_chat=True)
    return Ends(peer, me, from_me=True, self_chat=False)


def with_number(ends: Ends, number: PhoneNumber) -> Ends:
    """The same ends once somebody told the number behind the peer's LID."""
    peer = Person(number, ends.peer.lid)
    return Ends(peer, ends.writer if ends.from_me else peer, ends.from_me, ends.self_chat)
