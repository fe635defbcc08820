"""What a message can mean: one frozen value per intent, or why it could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.money import Direction
from bukuhutang.tenancy.roles import Role

MESSAGE_MAX = 4_096


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
class ShowSettings:
    """`SETTING`: what is set."""


@dataclass(frozen=True)
class ChangeSetting:
    """`SETTING template|bahasa|zona|pengingat [nilai]`, the value in its one form.

    template: `default`, `friendly`, `formal` or the own text, with its lines; language: `id`,
    `en`; timezone: `Asia/…`; reminder: `on`, `off`.
    """

    setting: str
    value: str


@dataclass(frozen=True)
class ShowHelp:
    """`HELP`, `BANTUAN`, `MENU`; `topic` is a command word or None."""

    topic: str | None = None


@dataclass(frozen=True)
class Pick:
    """A bare number: the answer to a question with numbered choices."""

    number: int


@dataclass(frozen=True)
class StartAgreement:
    """`BUAT PERJANJIAN [nama] [jumlah]`: begins the interview."""

    name: str
    amount: int
    phone: PhoneNumber | None = None
    months: int | None = None


@dataclass(frozen=True)
class ShowAgreements:
    """`PERJANJIAN`, or `PERJANJIAN [nomor]` for one of them."""

    number: int | None = None


@dataclass(frozen=True)
class ShowInstallments:
    """`CICILAN` for all that run; `STATUS CICILAN [nama]` or `CICILAN [nama]` for one person."""

    name: str | None = None


@dataclass(frozen=True)
class PayInstallment:
    """`BAYAR [nomor]`, `BAYAR CICILAN [nomor] [jumlah]`, `BAYAR CICILAN [nama] [jumlah]`.

    `number` is the installment's, `agreement` the agreement's where it was named; without an
    amount what is due on that installment is paid.
    """

    number: int | None = None
    amount: int | None = None
    name: str | None = None
    agreement: int | None = None


@dataclass(frozen=True)
class SendAgreement:
    """`KIRIM [nomor]`: the PDF again."""

    number: int


@dataclass(frozen=True)
class CancelAgreement:
    """`BATALKAN PERJANJIAN [nomor]`: at once while nobody agreed, else by mutual consent."""

    number: int


@dataclass(frozen=True)
class Forgive:
    """`IKHLASKAN [nomor] [jumlah]`: part of what is owed, or all of it, need not be paid."""

    number: int
    amount: int | None = None


@dataclass(frozen=True)
class WriteOff:
    """`HAPUSBUKU [nomor]`: no longer counted on; still owed."""

    number: int


@dataclass(frozen=True)
class Reschedule:
    """`JADWAL ULANG [nomor]`: due dates moved to start on a day, or more months; one of the two."""

    number: int
    first_due: date | None = None
    months_more: int | None = None


@dataclass(frozen=True)
class PayOff:
    """`PELUNASAN [nomor]`: what it takes to pay all of it today, with interest to the day.

    With an amount it is paid.
    """

    number: int
    amount: int | None = None


@dataclass(frozen=True)
class ShowMembers:
    """`ANGGOTA`: who may speak for the tenant."""


@dataclass(frozen=True)
class AddMember:
    """`TAMBAH ANGGOTA [nama] [nomor] staf`; also another role for one that speaks already."""

    member_name: str  # not `name`: no borrower is looked for
    phone: PhoneNumber
    role: Role


@dataclass(frozen=True)
class RemoveMember:
    """`HAPUS ANGGOTA [nama]` or `[nomor]`."""

    member_name: str | None = None
    phone: PhoneNumber | None = None


@dataclass(frozen=True)
class SignOutAll:
    """`KELUAR SEMUA`: web logins end."""


@dataclass(frozen=True)
class AnswerAgreement:
    """A borrower's `SETUJU` or `TOLAK`, or what only sounds like it (`reply` is `unclear`)."""

    reply: str  # accept, reject, unclear
    number: int | None = None


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
    days_unclear, note_too_long, phone_invalid, text_left_over, installment_missing,
    agreement_number_missing, months_out_of_range, reschedule_unclear, setting_unknown,
    setting_value_unclear, role_missing.
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
    | ShowSettings
    | ChangeSetting
    | ShowHelp
    | Pick
    | StartAgreement
    | ShowAgreements
    | ShowInstallments
    | PayInstallment
    | SendAgreement
    | CancelAgreement
    | Forgive
    | WriteOff
    | Reschedule
    | PayOff
    | ShowMembers
    | AddMember
    | RemoveMember
    | SignOutAll
    | AnswerAgreement
    | Agree
    | AskOwnBalance
    | OptOut
    | OptIn
    | Unreadable
)
