"""The simulator as a door sees it: phones a person can hold, on a WhatsApp of our own.

`messaging.drivers.simulator` implements `SimulatedWhatsApp`; `main` hands it to the web door, which
may not import a driver. Numbers arrive in any spelling a person may type.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Literal, Protocol

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.driver import Document
from bukuhutang.messaging.simulated_acts import PLAIN, Card, Extras

TEXT_MAX = 65_536
"""Characters of one message; WhatsApp's own limit. What the bot reads is less."""

MESSAGE_ID_MAX = 128
"""Characters of an id that a phone chooses itself."""

DOCUMENT_BYTES_MAX = 16 * 1024 * 1024
"""Bytes of one document; a larger one is refused."""

PAGE_MAX = 500
"""Messages in one answer; more are fetched with the last `seq` or `rev` of this one."""

CLOCK_AHEAD_MAX = timedelta(days=3653)
"""Ten years: farther, calendars and holidays are guesses."""


# --- what a phone shows -------------------------------------------------------------------------


class PhoneState(StrEnum):
    """One switch for the phone and for the device linked to it.

    In real life a linked device lives on without its phone for weeks. Here OFFLINE also cuts off
    the linked device, so that one switch can show what a lost connection does. LOGGED_OUT means
    that the person removed the linked device; the phone itself works on.
    """

    ONLINE = "online"
    OFFLINE = "offline"
    LOGGED_OUT = "logged_out"
    BANNED = "banned"
    RESTRICTED = "restricted"


class Ticks(StrEnum):
    """The marks beside one's own message."""

    PENDING = "pending"  # typed without a network
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A file that WhatsApp keeps; `token` is the unguessable part of its address."""

    token: str
    file_name: str
    mime_type: str
    size: int  # as the sender claims it
    kept: int | None = None  # the bytes there really are, where they differ


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message on one phone. `seq` grows by one with each message on that phone."""

    seq: int
    id: str
    sender: PhoneNumber
    to: str  # digits of a number, or `…@g.us`
    text: str
    at: datetime
    document: StoredDocument | None
    ticks: Ticks | None  # only for the phone's own messages
    reply_to: str | None = None
    cards: tuple[Card, ...] = ()
    edited: bool = False
    deleted: bool = False  # then nothing else of it is left
    reactions: tuple[tuple[PhoneNumber, str], ...] = ()  # who, and the emoji


@dataclass(frozen=True, slots=True)
class MessagePage:
    """At most PAGE_MAX messages, oldest first; `more` says whether others follow."""

    messages: list[ShownMessage]
    more: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Messages that are new or changed since an earlier `rev`, oldest first."""

    rev: int
    messages: list[ShownMessage]
    state: PhoneState
    more: bool


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A phone's own facts."""

    number: PhoneNumber
    state: PhoneState
    tenant: TenantId | None  # whose device is linked to it
    last_seq: int
    rev: int


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a typed message; `resent` when the phone had sent this id before."""

    id: str
    seq: int
    resent: bool


@dataclass(frozen=True, slots=True)
class AcceptedSends:
    """How often WhatsApp took a send of the service; the fault test looks for doubles.

    `doubled` maps a client reference to how often it was accepted, for those above once.
    """

    total: int
    doubled: dict[str, int]


# --- refusals -----------------------------------------------------------------------------------


@dataclass(eq=False)
class SimulatorRefusal(Refusal):
    """A no from the simulated WhatsApp or from one of its phones; only its own door shows it."""


@dataclass(eq=False)
class NumberInvalid(SimulatorRefusal):
    """Nobody can hold this number."""

    code: ClassVar[str] = "number_invalid"
    number: str


@dataclass(eq=False)
class QrUnknown(SimulatorRefusal):
    """No session showed this code, or it did so too long ago to remember."""

    code: ClassVar[str] = "qr_unknown"


@dataclass(eq=False)
class QrExpired(SimulatorRefusal):
    """The code was shown and is void now: replaced by a newer one, or used."""

    code: ClassVar[str] = "qr_expired"


@dataclass(eq=False)
class PairCodeUnknown(SimulatorRefusal):
    """No session shows this code for the number of this phone."""

    code: ClassVar[str] = "pair_code_unknown"


@dataclass(eq=False)
class PairCodeExpired(SimulatorRefusal):
    """The code was shown and is void now."""

    code: ClassVar[str] = "pair_code_expired"


@dataclass(eq=False)
class WrongNumber(SimulatorRefusal):
    """The service declined the link: the code belongs to a tenant with another number."""

    code: ClassVar[str] = "wrong_number"
    number: str


@dataclass(eq=False)
class PhoneAlreadyLinked(SimulatorRefusal):
    """The phone is linked to another tenant; it must log that device out first."""

    code: ClassVar[str] = "phone_already_linked"
    number: str
    tenant_id: int


@dataclass(eq=False)
class PhoneOffline(SimulatorRefusal):
    """The phone has no network for what was asked."""

    code: ClassVar[str] = "phone_offline"
    number: str


@dataclass(eq=False)
class PhoneBanned(SimulatorRefusal):
    """WhatsApp bars the number from everything."""

    code: ClassVar[str] = "phone_banned"
    number: str


@dataclass(eq=False)
class NewChatBarred(SimulatorRefusal):
    """A restricted number may only write where the other side has written before (463)."""

    code: ClassVar[str] = "new_chat_barred"
    number: str
    to: str


@dataclass(eq=False)
class MessageUnknown(SimulatorRefusal):
    """The phone does not show a message with this id, or not in that chat."""

    code: ClassVar[str] = "message_unknown"
    id: str


@dataclass(eq=False)
class MessageNotYours(SimulatorRefusal):
    """Only the own messages can be edited and deleted for everyone."""

    code: ClassVar[str] = "message_not_yours"
    id: str


@dataclass(eq=False)
class MessageTooOld(SimulatorRefusal):
    """WhatsApp lets people edit and delete a message for a while only."""

    code: ClassVar[str] = "message_too_old"
    minutes_max: int


@dataclass(eq=False)
class DocumentUnknown(SimulatorRefusal):
    """No document has this address."""

    code: ClassVar[str] = "document_unknown"


@dataclass(eq=False)
class DocumentTooLarge(SimulatorRefusal):
    """The document is larger than DOCUMENT_BYTES_MAX."""

    code: ClassVar[str] = "document_too_large"
    size: int
    size_max: int = DOCUMENT_BYTES_MAX


@dataclass(eq=False)
class ClockBackwards(SimulatorRefusal):
    """Time travel goes forward only."""

    code: ClassVar[str] = "clock_backwards"
    now: str


@dataclass(eq=False)
class ClockTooFar(SimulatorRefusal):
    """The clock would be more than CLOCK_AHEAD_MAX in front of the machine."""

    code: ClassVar[str] = "clock_too_far"
    days_max: int = CLOCK_AHEAD_MAX.days


@dataclass(eq=False)
class SimulatorFull(SimulatorRefusal):
    """A limit of the simulator is reached; a new data folder, or removing its own, empties it."""

    code: ClassVar[str] = "simulator_full"
    what: str


@dataclass(eq=False)
class StillBusy(SimulatorRefusal):
    """The service did not come to rest within the time given."""

    code: ClassVar[str] = "still_busy"


# --- the interface ------------------------------------------------------------------------------


class SimulatedWhatsApp(Protocol):
    """What a person can do with the simulated phones, and time travel.

    Every `number` and `to` may be spelled in any way; all raise NumberInvalid for one that nobody
    can hold. A phone exists from its first use.
    """

    async def scan(self, number: str, qr: str) -> TenantId:
        """Link the phone to the tenant whose code it sees; answers when the service has decided.

        Raises QrUnknown, QrExpired, PhoneOffline, PhoneBanned, PhoneAlreadyLinked, WrongNumber.
        """
        ...

    async def pair(self, number: str, code: str) -> TenantId:
        """Type the eight characters instead, dash and case as one likes; answers as `scan`.

        Raises PairCodeUnknown, PairCodeExpired and all that `scan` raises about the phone.
        """
        ...

    async def write(
        self,
        number: str,
        to: str,
        text: str,
        *,
        document: Document | None = None,
        message_id: str | None = None,
        extras: Extras = PLAIN,
    ) -> Written:
        """Type a message, or do something to one; answers when the linked and connected sessions
        have stored it.

        An id that this phone has used before is a resend: the phones show the first message once,
        linked sessions get it again. Raises PhoneBanned, NewChatBarred, DocumentTooLarge,
        SimulatorFull, MessageUnknown, MessageNotYours, MessageTooOld.
        """
        ...

    async def messages(
        self, number: str, *, after: int = 0, wait_seconds: float = 0
    ) -> MessagePage:
        """What the phone shows behind `after`; waits for the first one if there is none yet."""
        ...

    async def changes(self, number: str, *, after: int = 0, wait_seconds: float = 0) -> Changes:
        """What is new or has other ticks since the revision `after`; waits as `messages` does."""
        ...

    def phone(self, number: str) -> PhoneView:
        """The phone's state and what is linked to it."""
        ...

    async def receipt(
        self, number: str, message_id: str, state: Literal["delivered", "read"]
    ) -> Ticks:
        """The phone confirms a message it received; ticks never go back. The ticks afterwards.

        Raises MessageUnknown, PhoneOffline, PhoneBanned.
        """
        ...

    async def set_connection(self, number: str, state: PhoneState) -> None:
        """Turn the phone's switch; answers when a linked session has heard of it."""
        ...

    def document(self, token: str) -> tuple[StoredDocument, Path]:
        """A document and the file with its bytes. Raises DocumentUnknown."""
        ...

    def accepted_sends(self) -> AcceptedSends:
        """How many sends of the service were accepted, and which of them more than once."""
        ...

    def times_accepted(self, client_ref: str) -> int:
        """How often a send with this reference was accepted; at most once is right."""
        ...

    def now(self) -> datetime:
        """The business instant, which `move_clock` moves."""
        ...

    def move_clock(self, by: timedelta) -> datetime:
        """Move business time forward for the whole service; the new instant.

        Codes on show expire in order. Raises ClockBackwards, ClockTooFar, SimulatorFull.
        """
        ...

    def at_rest(self) -> bool:
        """Whether no connected session has anything left to report."""
        ...

    def end_waits(self) -> None:
        """Answer every waiting `messages` and `changes` now, and never wait again: at the end."""
        ...
