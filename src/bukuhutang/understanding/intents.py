"""What a message can mean: one frozen value per intent, or why it could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.money import Direction

NAME_MAX = 60
NOTE_MAX = 200
MESSAGE_MAX = 4_096
DAYS_MIN = 1
DAYS_MAX = 365
DEFAULT_DAYS = {Direction.RECEIVABLE: 14, Direction.PAYABLE: 30}


@dataclass(frozen=True)
class CreateDebt:
    """`PINJAM` or `HUTANG`; all limits already checked."""

    direction: Direction
    name: str
    amount: int  # whole rupiah
    due_date: date
    note: str | None = None
    phone: PhoneNumber | None = None


@dataclass(frozen=True)
class RecordPayment:
    """`BAYAR [nama] [jumlah]`."""

    name: str
    amount: int


@dataclass(frozen=True)
class Settle:
    """`LUNAS [nama]`: everything this person still owes is paid."""

    name: str


@dataclass(frozen=True)
class ShowStatus:
    """`STATUS`, or `STATUS [nama]` for one person."""

    name: str | None = None


@dataclass(frozen=True)
class ShowHistory:
    """`RIWAYAT [nama]`; without a name the latest records of the book."""

    name: str | None = None


@dataclass(frozen=True)
class SendReminder:
    """`INGATKAN [nama]`."""

    name: str


@dataclass(frozen=True)
class SetContact:
    """`NOMOR [nama] [nomor]`: the person's WhatsApp number."""

    name: str
    phone: PhoneNumber


@dataclass(frozen=True)
class Undo:
    """`BATAL`: also the way out of a question."""


@dataclass(frozen=True)
class ShowUsage:
    """`STATUS AKUN`."""


@dataclass(frozen=True)
class ShowHelp:
    """`HELP`, `BANTUAN`, `MENU`; `topic` is a command word or None."""

    topic: str | None = None


@dataclass(frozen=True)
class Pick:
    """A bare number: the answer to a question with numbered choices."""

    number: int


@dataclass(frozen=True)
class Agree:
    """A bare "ya" or 👍: the answer to a question that can be answered so."""


@dataclass(frozen=True)
class AskOwnBalance:
    """A borrower's "sisa hutang saya?"."""


@dataclass(frozen=True)
class OptOut:
    """A borrower's `STOP`."""


@dataclass(frozen=True)
class OptIn:
    """A borrower's `MULAI`."""


@dataclass(frozen=True)
class Unreadable:
    """Not recorded, with the reason as a text code and the command whose example helps.

    Codes: message_too_long, command_unknown, name_missing, name_too_long, amount_missing,
    amount_unclear, amount_not_positive, amount_too_large, amount_not_whole, days_out_of_range,
    days_unclear, note_too_long, phone_invalid, text_left_over.
    """

    code: str
    command: str | None = None  # PINJAM, HUTANG, BAYAR, … as the person should type it
    fields: dict[str, Any] = field(default_factory=dict)


Intent = (
    CreateDebt
    | RecordPayment
    | Settle
    | ShowStatus
    | ShowHistory
    | SendReminder
    | SetContact
    | Undo
    | ShowUsage
    | ShowHelp
    | Pick
    | Agree
    | AskOwnBalance
    | OptOut
    | OptIn
    | Unreadable
)
