"""What a WhatsApp library must be able to do, and what it reports.

One driver serves many logins (`wa_sessions`), one per tenant. The names follow what neonize, pywa
and the simulator share; a use case never sees any of them. Sends return an outcome and never
raise for what the network did; everything else that happens arrives as an event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId


@dataclass(frozen=True)
class Capabilities:
    """How a driver differs from the others, so that callers ask instead of guessing."""

    needs_pairing: bool  # a person must scan a QR or type a code
    templates: bool  # can send approved templates outside the free window
    free_text_window: bool  # free text only within 24 hours of the other's last message
    own_message_id: bool  # `client_ref` becomes the provider's message id
    phone_echo: bool  # our own sends come back as messages from the phone
    self_chat: bool  # the number can write to itself; else the lender writes from another one
    paced: bool  # a number that sends too fast or to too many new people is banned


# --- outcomes of a send -------------------------------------------------------------------------


@dataclass(frozen=True)
class Accepted:
    """The provider took the message under this id."""

    provider_id: str


@dataclass(frozen=True)
class Unknown:
    """Nobody can say whether it went out: wait for a receipt, never send it again blindly."""

    reason: str


@dataclass(frozen=True)
class Rejected:
    """It did not go out. `retry` says whether the same send may succeed later."""

    reason: str
    retry: bool = False


Outcome = Accepted | Unknown | Rejected


# --- events -------------------------------------------------------------------------------------


class ReceiptState(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class QrShown:
    """A new code to scan; the one before is void."""

    code: str
    expires_at: datetime


@dataclass(frozen=True)
class PairCodeShown:
    """The eight characters a person types on a phone that cannot scan its own screen."""

    code: str


@dataclass(frozen=True)
class PairingFailed:
    reason: Literal["timeout", "passkey", "error"]


@dataclass(frozen=True)
class Paired:
    """A phone scanned the code. `phone_number` decides whether it was the right one."""

    phone_number: PhoneNumber
    lid: str | None


@dataclass(frozen=True)
class Connected:
    pass


@dataclass(frozen=True)
class Disconnected:
    """The connection broke or was refused for now; the driver tries again by itself."""

    reason: str | None = None


@dataclass(frozen=True)
class LoggedOut:
    """The phone removed us, or we left: a person must link again."""

    reason: str


@dataclass(frozen=True)
class Replaced:
    """Another owner opened the same login: do not reconnect in a loop."""


@dataclass(frozen=True)
class TemporarilyBanned:
    code: int
    until: datetime | None


@dataclass(frozen=True)
class Banned:
    reason: str


@dataclass(frozen=True)
class ClientOutdated:
    """The library is too old for the service: all sessions are concerned."""


@dataclass(frozen=True)
class Restricted:
    """New chats are barred for this number, existing ones work (463)."""

    until: datetime | None = None


@dataclass(frozen=True)
class Unrestricted:
    """New chats are allowed again."""


class MessageKind(StrEnum):
    TEXT = "text"
    DOCUMENT = "document"
    IMAGE = "image"
    CONTACT = "contact"
    REACTION = "reaction"  # `text` is the emoji, empty when it was taken back
    EDIT = "edit"  # `text` is the new text of the message it refers to
    DELETION = "deletion"
    VOICE = "voice"
    OTHER = "other"  # a sticker, a poll, a place, …


@dataclass(frozen=True)
class Document:
    """A file in a message; `content` is None when only its description is known.

    `mime_type`, `file_name` and `size` are what the sender claims until the content was seen.
    `handle` is what the driver that reported it needs to fetch the content.
    """

    file_name: str
    mime_type: str
    size: int
    content: bytes | None = field(default=None, repr=False)
    handle: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class TooLarge:
    """A received file of more bytes than were asked for; `size` as far as it is known."""

    size: int


Fetched = bytes | TooLarge | None
"""The content of a received file, or why there is none: too large, or not to be had now."""


@dataclass(frozen=True)
class ContactCard:
    """A person sent as a card: the name on it, and its first readable number if there is one."""

    name: str
    phone: PhoneNumber | None


@dataclass(frozen=True)
class MessageReceived:
    """One message in any chat of the linked phone, the owner's own included."""

    id: str
    chat: ChatId  # number digits when known, else `…@lid`, or `…@g.us`
    chat_lid: str | None
    sender: PhoneNumber | None  # None when only a LID is known
    from_me: bool
    self_chat: bool  # the owner writing to the own number
    group: bool
    at: datetime
    text: str  # of a file or picture: its caption
    document: Document | None = None
    kind: MessageKind = MessageKind.TEXT
    refers_to: str | None = None  # the message quoted, reacted to, edited or deleted
    contacts: tuple[ContactCard, ...] = ()
    sender_lid: str | None = None


@dataclass(frozen=True)
class Undecryptable:
    id: str


@dataclass(frozen=True)
class ReceiptReceived:
    """How far sent messages came.

    `client_ref` is the reference the send carried, where the provider gives it back: it finds a
    message whose provider id was never learned. `reason` says why it failed.
    """

    ids: tuple[str, ...]
    state: ReceiptState
    client_ref: str | None = None
    reason: str | None = None


Event = (
    QrShown
    | PairCodeShown
    | PairingFailed
    | Paired
    | Connected
    | Disconnected
    | LoggedOut
    | Replaced
    | TemporarilyBanned
    | Banned
    | ClientOutdated
    | Restricted
    | Unrestricted
    | MessageReceived
    | Undecryptable
    | ReceiptReceived
)


@dataclass(frozen=True)
class WorkerMeasure:
    """What one child process of a driver uses now, and how many logins it carries."""

    worker: str
    sessions: int
    memory_bytes: int
    threads: int
    descriptors: int


OnEvent = Callable[[TenantId, Event], Awaitable[None]]
"""Where a driver reports. It returns only when the event is durably dealt with, so a driver
acknowledges a message to WhatsApp after this call, never before. Events of one session are
reported one after the other, in order; sessions are independent."""


class Driver(Protocol):
    """One kind of WhatsApp connection; the SessionManager is its only caller.

    Every method takes the tenant; calls for one tenant never overlap, except that sends run while
    a session is up. No method reports trouble with the connection: that is an event. Nor is there
    one to ask for the code on show, the state or the list of sessions: what the events told is in
    `wa_sessions`, where every process can read it.
    """

    @property
    def capabilities(self) -> Capabilities:
        """How this driver differs from others; of one for several kinds, its default's."""
        ...

    async def open(self, on_event: OnEvent) -> None:
        """Start the driver itself; nothing is connected yet."""
        ...

    async def aclose(self) -> None:
        """Stop every session and free everything."""
        ...

    async def create_session(self, tenant: TenantId, phone_number: PhoneNumber) -> None:
        """Make the (unlinked) login known; does nothing when it exists."""
        ...

    async def is_linked(self, tenant: TenantId) -> bool:
        """Whether the stored login can connect without a person."""
        ...

    async def start_pairing(self, tenant: TenantId, how: Literal["qr", "code"] = "qr") -> None:
        """Begin to show codes: QrShown or PairCodeShown events, then Paired or PairingFailed."""
        ...

    async def start(self, tenant: TenantId) -> None:
        """Connect a linked login; the result is an event. Returns at once."""
        ...

    async def stop(self, tenant: TenantId) -> None:
        """Disconnect and keep the login; also ends a pairing."""
        ...

    async def logout(self, tenant: TenantId) -> None:
        """Unlink the device at WhatsApp and forget the login."""
        ...

    async def send_text(
        self, tenant: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> Outcome: ...

    async def send_document(
        self, tenant: TenantId, chat: ChatId, document: Document, caption: str, *, client_ref: str
    ) -> Outcome: ...

    async def send_image(
        self, tenant: TenantId, chat: ChatId, image: Document, caption: str, *, client_ref: str
    ) -> Outcome: ...

    async def mark_read(self, tenant: TenantId, chat: ChatId, ids: tuple[str, ...]) -> None: ...

    async def typing(self, tenant: TenantId, chat: ChatId, *, on: bool) -> None: ...

    async def check_number(self, tenant: TenantId, number: PhoneNumber) -> bool:
        """Whether the number has WhatsApp."""
        ...

    async def resolve_identity(self, tenant: TenantId, lid: str) -> PhoneNumber | None:
        """The phone number behind a LID, when WhatsApp tells it."""
        ...

    async def download(self, tenant: TenantId, document: Document, *, bytes_max: int) -> Fetched:
        """The content of a received file, at most `bytes_max` bytes."""
        ...

    def measures(self) -> Sequence[WorkerMeasure]:
        """What the driver's child processes use, as last reported; empty when it has none."""
        ...
