"""Explicit commands: a first word in any case, then its parts. They act at once.

Whatever is not exactly a command is Unreadable with the reason, and where a command is known or
probable, with the one whose example helps. A guess is suggested, never acted upon.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from bukuhutang.base import spelling
from bukuhutang.ledger.debt import DEFAULT_DAYS
from bukuhutang.ledger.money import Direction
from bukuhutang.understanding import agreement_commands, member_commands, setting_commands
from bukuhutang.understanding.assent import is_assent
from bukuhutang.understanding.body import (
    Line,
    is_decoration,
    read_body,
    read_note,
    read_plain_name,
)
from bukuhutang.understanding.borrower import read_borrower as _read_borrower
from bukuhutang.understanding.intents import (
    MESSAGE_MAX,
    Agree,
    CreateDebt,
    Intent,
    Pick,
    RecordPayment,
    SendReminder,
    SetContact,
    Settle,
    ShowHelp,
    ShowHistory,
    ShowStatus,
    ShowUsage,
    Undo,
    Unreadable,
)
from bukuhutang.understanding.names import shorten
from bukuhutang.understanding.scan import Kind

COMMANDS: dict[str, str] = {
    **dict.fromkeys(("pinjam", "lend"), "PINJAM"),
    **dict.fromkeys(("hutang", "borrow"), "HUTANG"),
    **dict.fromkeys(("bayar", "pay"), "BAYAR"),
    **dict.fromkeys(("lunas", "settle"), "LUNAS"),
    "status": "STATUS",
    **dict.fromkeys(("akun", "account"), "STATUS AKUN"),
    **dict.fromkeys(("riwayat", "history"), "RIWAYAT"),
    **dict.fromkeys(("ingatkan", "remind"), "INGATKAN"),
    **dict.fromkeys(("nomor", "contact"), "NOMOR"),
    **dict.fromkeys(("batal", "cancel", "undo"), "BATAL"),
    **agreement_commands.COMMANDS,
    **member_commands.COMMANDS,
    **setting_commands.COMMANDS,
    "bantuan": "BANTUAN",
    "help": "HELP",
    "menu": "MENU",
}
"""Every command word and the word that answers use for it."""

_KIN = {
    **dict.fromkeys(
        "pinjamkan pinjami pinjamin pinjemin minjamin minjemin kasbon".split(), "PINJAM"
    ),
    **dict.fromkeys("byr bayarin dibayar".split(), "BAYAR"),
    **dict.fromkeys("tagih tagihin ingetin ingatin".split(), "INGATKAN"),
}
# "utang Budi" is what Budi owes or what is owed to Budi: HUTANG would be a guess.
_NO_TYPO = frozenset(("utang", "start", "stop"))
_NEVER_MEANT_BY_TYPO = frozenset(("buat",))  # "batl" is BATAL
_TYPO_LETTERS_MIN = 4

_FIRST_WORD = re.compile(
    r"[\W_]*([a-z]+)(?:[*_~`]*(?:[:!.,;]+[*_~`]*)?(?=\s|$|\?|[^\w\x00-\x7f])|:)"
)
_PICK = re.compile(r"[\s#(*_]*(?:no\.? ?)?([1-9][0-9]?)[\s.):!*_\ufe0f\u20e3]*")
_HOME_NUMBER = re.compile(r"8[0-9]{2}[0-9-]{6,}")
_NUMBER_KINDS = frozenset(("hp", "wa", "whatsapp", "telp", "telepon", "phone"))
_ACCOUNT_WORDS = frozenset(("akun", "account"))

_DEBT_PARTS = frozenset((Kind.AMOUNT, Kind.DUE, Kind.PHONE, Kind.QUOTED, Kind.NOTE))
_PAYMENT_PARTS = frozenset((Kind.AMOUNT,))
_CONTACT_PARTS = frozenset((Kind.PHONE, Kind.AMOUNT))
_NAME_ONLY: frozenset[Kind] = frozenset()
_FEW_DIGITS = re.compile(r"\d{1,3}")


def read_lender(text: str, today: date, *, name: str | None = None) -> Intent:
    """What the lender or a member wrote, `today` being the date where the tenant is.

    `name` is who is meant when a command that needs a name has none: the message it replies to
    tells. All limits of the contract are checked. Never raises, whatever the text.
    """
    if len(text) > MESSAGE_MAX:
        return Unreadable("message_too_long", None, {"length": len(text), "max": MESSAGE_MAX})
    shown = spelling.clean(text)
    folded = spelling.fold(shown)
    if picked := _PICK.fullmatch(folded):
        return Pick(int(picked[1]))
    if is_assent(folded):
        return Agree()
    begins = _begins(folded)
    if isinstance(begins, Unreadable):
        return begins
    command, typed, end = begins
    line = Line(
        command,
        typed,
        words=folded[end:].split(" ") if end < len(folded) else [],
        shown=shown[end:].split(" ") if end < len(folded) else [],
        today=today,
        name=name,
    )
    if line.words and not line.words[0]:
        del line.words[0], line.shown[0]
    if command == "SETTING" and setting_commands.sets_template(line):
        return setting_commands.read_setting(line, text)
    if refused := _second_command(text, line):
        return refused
    if command == "SETTING":
        return setting_commands.read_setting(line, text)
    return _READERS[command](line)


def _begins(folded: str) -> tuple[str, str, int] | Unreadable:
    """The command at the start, its word or words as typed, and where they end."""
    if (pair := member_commands.pair(folded)) is not None:
        return pair
    first = _FIRST_WORD.match(folded)
    if first is None:
        return Unreadable("command_unknown")
    command = COMMANDS.get(first[1])
    if command is None:
        return Unreadable("command_unknown", _closest(first[1]))
    return command, first[1], first.end()


def read_borrower(text: str, today: date) -> Intent | None:
    """What a known borrower wrote, or None when it must stay unanswered. Never raises.

    `today` is not needed yet: promises of payment will name days.
    """
    return _read_borrower(text)


def _read_debt(line: Line) -> Intent:
    direction = Direction.RECEIVABLE if line.command == "PINJAM" else Direction.PAYABLE
    body = read_body(line, _DEBT_PARTS, amount_needed=True)
    if isinstance(body, Unreadable):
        return body
    note = read_note(line, body)
    if isinstance(note, Unreadable):
        return note
    default = line.today + timedelta(days=DEFAULT_DAYS[direction])
    return CreateDebt(
        direction,
        body.name,
        body.value(Kind.AMOUNT),
        body.value(Kind.DUE) or default,
        note=note,
        phone=body.value(Kind.PHONE),
    )


def _read_payment(line: Line) -> Intent:
    if (installment := agreement_commands.read_installment_payment(line)) is not None:
        return installment
    body = read_body(line, _PAYMENT_PARTS, amount_needed=True)
    if isinstance(body, Unreadable):
        return body
    amount = body.found[Kind.AMOUNT]
    text = line.text(amount.start, amount.end)
    if _FEW_DIGITS.fullmatch(text):
        # "bayar 200" is said for 200 ribu; Rp200 is written out ("Rp200") by who means it.
        return line.unreadable("amount_unclear", text=text)
    return RecordPayment(body.name, amount.value)


def _read_settle(line: Line) -> Intent:
    body = read_body(line, _NAME_ONLY)
    return body if isinstance(body, Unreadable) else Settle(body.name)


def _read_reminder(line: Line) -> Intent:
    body = read_body(line, _NAME_ONLY)
    return body if isinstance(body, Unreadable) else SendReminder(body.name)


def _read_contact(line: Line) -> Intent:
    if len(line.words) > 1 and line.words[0] in _NUMBER_KINDS:  # NOMOR WA Budi 0812…
        line = replace(line, words=line.words[1:], shown=line.shown[1:])
    # Where a number is expected, 812… without the nought is one, and an amount is a bad one.
    words = [f"+62{one}" if _HOME_NUMBER.fullmatch(one) else one for one in line.words]
    body = read_body(replace(line, words=words), _CONTACT_PARTS)
    if isinstance(body, Unreadable):
        if not body.code.startswith("amount_"):
            return body
        return line.unreadable("phone_invalid", text=shorten(line.text(0, len(line.shown))))
    phone, other = body.value(Kind.PHONE), body.found.get(Kind.AMOUNT)
    if phone is None or other is not None:
        text = line.text(other.start, other.end) if other is not None else ""
        return line.unreadable("phone_invalid", text=shorten(text))
    return SetContact(body.name, phone)


def _read_status(line: Line) -> Intent:
    words = [one.rstrip("?!.") for one in line.words]
    if is_decoration([one for one in words if one]):
        return ShowStatus(line.name)
    if words[0] in _ACCOUNT_WORDS and is_decoration([one for one in words[1:] if one]):
        return ShowUsage()
    if words[0] in agreement_commands.INSTALLMENT_WORDS:
        return agreement_commands.read_installments(
            replace(line, words=line.words[1:], shown=line.shown[1:])
        )
    name = read_plain_name(line)
    return name if isinstance(name, Unreadable) else ShowStatus(name)


def _read_usage(line: Line) -> Intent:
    rest = [one.rstrip("?!.") for one in line.words]
    if is_decoration([one for one in rest if one and one != "status"]):
        return ShowUsage()
    return line.left_over(line.text(0, len(line.shown)))


def _read_history(line: Line) -> Intent:
    if is_decoration([one for one in line.words if one.rstrip("?!.")]):
        return ShowHistory(line.name)
    name = read_plain_name(line)
    return name if isinstance(name, Unreadable) else ShowHistory(name)


def _read_undo(line: Line) -> Intent:
    return Undo() if is_decoration(line.words) else line.left_over(line.text(0, len(line.shown)))


def _read_help(line: Line) -> Intent:
    words = [one.strip("?!.:*") for one in line.words]
    topic = COMMANDS.get(words[0]) if words else None
    if words[:2] in (["status", "akun"], ["status", "account"]):
        topic = "STATUS AKUN"
    elif (pair := member_commands.pair(" ".join(words))) is not None:
        topic = pair[0]
    return ShowHelp(topic)


_READERS: dict[str, Callable[[Line], Intent]] = {
    "PINJAM": _read_debt,
    "HUTANG": _read_debt,
    "BAYAR": _read_payment,
    "LUNAS": _read_settle,
    "STATUS": _read_status,
    "STATUS AKUN": _read_usage,
    "RIWAYAT": _read_history,
    "INGATKAN": _read_reminder,
    "NOMOR": _read_contact,
    "BATAL": _read_undo,
    "BUAT PERJANJIAN": agreement_commands.read_start,
    "PERJANJIAN": agreement_commands.read_agreements,
    "CICILAN": agreement_commands.read_installments,
    "KIRIM": agreement_commands.read_send,
    "BATALKAN PERJANJIAN": agreement_commands.read_cancel,
    "IKHLASKAN": agreement_commands.read_forgive,
    "HAPUSBUKU": agreement_commands.read_write_off,
    "JADWAL ULANG": agreement_commands.read_reschedule,
    "PELUNASAN": agreement_commands.read_pay_off,
    "ANGGOTA": member_commands.read_members,
    "TAMBAH ANGGOTA": member_commands.read_add,
    "HAPUS ANGGOTA": member_commands.read_remove,
    "KELUAR SEMUA": member_commands.read_sign_out,
    "BANTUAN": _read_help,
    "HELP": _read_help,
    "MENU": _read_help,
}
assert {*_READERS, "SETTING"} == {*COMMANDS.values(), *member_commands.PAIRS}


def _second_command(text: str, line: Line) -> Unreadable | None:
    """A refusal when a later line is a command of its own, which a note would swallow."""
    if "\n" not in text or any('"' in one for one in line.words):
        return None
    for later in text.strip().split("\n")[1:]:
        shown = spelling.clean(later)
        if not isinstance(_begins(spelling.fold(shown)), Unreadable):
            return line.left_over(shown)
    return None


def _deletions(word: str) -> set[str]:
    return {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}


def _typos() -> dict[str, set[str]]:
    """Command words with one letter missing, each with the commands it may come from."""
    spelled: dict[str, set[str]] = {}
    for word, command in COMMANDS.items():
        if len(word) >= _TYPO_LETTERS_MIN and word not in _NEVER_MEANT_BY_TYPO:
            for one in _deletions(word):
                spelled.setdefault(one, set()).add(command)
    return spelled


_TYPOS = _typos()
_TYPO_LETTERS_MAX = max(map(len, COMMANDS)) + 1


def _closest(word: str) -> str | None:
    """The only command within one missing, extra, wrong or swapped letter, or None."""
    if (kin := _KIN.get(word)) is not None:
        return kin
    if word in _NO_TYPO or not _TYPO_LETTERS_MIN <= len(word) <= _TYPO_LETTERS_MAX:
        return None
    commands = {command for one in _deletions(word) for command in _TYPOS.get(one, ())}
    return commands.pop() if len(commands) == 1 else None
