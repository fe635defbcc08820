"""The commands around installment agreements, by number: BUAT PERJANJIAN, BAYAR 3, KIRIM 2, …"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from bukuhutang.understanding.amounts import match as match_amount
from bukuhutang.understanding.body import Line, is_decoration, read_body, read_plain_name
from bukuhutang.understanding.intents import (
    CancelAgreement,
    Forgive,
    Intent,
    PayInstallment,
    PayOff,
    Reschedule,
    SendAgreement,
    ShowAgreements,
    ShowInstallments,
    StartAgreement,
    Unreadable,
    WriteOff,
)
from bukuhutang.understanding.names import shorten
from bukuhutang.understanding.scan import Kind, scan

COMMANDS: dict[str, str] = {
    **dict.fromkeys(("buat", "bikin", "create"), "BUAT PERJANJIAN"),
    **dict.fromkeys(("perjanjian", "agreement", "agreements"), "PERJANJIAN"),
    **dict.fromkeys(("cicilan", "installment", "installments"), "CICILAN"),
    **dict.fromkeys(("kirim", "resend"), "KIRIM"),
    **dict.fromkeys(("batalkan",), "BATALKAN PERJANJIAN"),
    **dict.fromkeys(("ikhlaskan", "forgive"), "IKHLASKAN"),
    **dict.fromkeys(("hapusbuku", "writeoff"), "HAPUSBUKU"),
    **dict.fromkeys(("jadwal", "reschedule"), "JADWAL ULANG"),
    **dict.fromkeys(("pelunasan", "payoff"), "PELUNASAN"),
}
"""The words that begin them, and the command as answers write it."""

AGREEMENT_WORDS = frozenset(("perjanjian", "agreement", "contract"))
INSTALLMENT_WORDS = frozenset(("cicilan", "angsuran", "installment", "installments"))
MONTHS_MAX = 60
_NUMBER = re.compile(r"(?:no\.?|nomor|#)?([1-9][0-9]{0,5})[.)!]?")
_TIMES = re.compile(r"([1-9][0-9]{0,2})(?:x|kali|bln|bulan)")
_TIME_WORDS = frozenset(("x", "kali", "bulan", "bln", "months", "month"))
_LEADS = frozenset(("sama", "dengan", "dgn", "untuk", "with", "for", "ke"))
_INSTALLED = frozenset(("dicicil", "cicil", "selama", "over", "in", "nyicil"))
_FEW_DIGITS = re.compile(r"[0-9]{1,3}")
_NUMBER_LEADS = frozenset(("no", "no.", "nomor", "ke", "ke-", "number", "#"))


def read_start(line: Line) -> Intent:
    """BUAT PERJANJIAN Budi 6jt, also with a number and "10x"."""
    if not line.words or line.words[0] not in AGREEMENT_WORDS:
        return Unreadable("command_unknown", "BUAT PERJANJIAN")
    line = _without(line, 1)
    if line.words and line.words[0] in _LEADS:
        line = _without(line, 1)
    months, line = _take_times(line)
    if isinstance(months, Unreadable):
        return months
    body = read_body(line, frozenset((Kind.AMOUNT, Kind.PHONE)), amount_needed=True)
    if isinstance(body, Unreadable):
        return body
    amount = body.found[Kind.AMOUNT]
    text = line.text(amount.start, amount.end)
    if _FEW_DIGITS.fullmatch(text):
        return line.unreadable("amount_unclear", text=text)  # nobody lends six rupiah
    return StartAgreement(body.name, body.value(Kind.AMOUNT), body.value(Kind.PHONE), months)


def read_agreements(line: Line) -> Intent:
    """PERJANJIAN, PERJANJIAN 3."""
    if is_decoration([one for one in line.words if one.rstrip("?!.")]):
        return ShowAgreements()
    number = _only_number(line)
    return number if isinstance(number, Unreadable) else ShowAgreements(number)


def read_installments(line: Line) -> Intent:
    """CICILAN, CICILAN Budi."""
    if is_decoration([one for one in line.words if one.rstrip("?!.")]):
        return ShowInstallments(line.name)
    if any(one.kind is Kind.AMOUNT and not one.weak for one in scan(line.words, line.today)):
        return line.left_over(line.text(0, len(line.shown)))  # a payment, or a new agreement?
    name = read_plain_name(line)
    return name if isinstance(name, Unreadable) else ShowInstallments(name)


def read_installment_payment(line: Line) -> Intent | None:
    """BAYAR 3, BAYAR CICILAN 3 200rb, BAYAR CICILAN Budi 200rb; None for payments on debts."""
    named = bool(line.words) and line.words[0] in INSTALLMENT_WORDS
    rest = _without(line, 1) if named else line
    if rest.words and rest.words[0] in _NUMBER_LEADS and len(rest.words) > 1:
        rest = _without(rest, 1)
    if is_decoration(rest.words):
        if not named:
            return None
        missing = line.unreadable("installment_missing")
        return missing if line.name is None else PayInstallment(name=line.name)
    found = _NUMBER.fullmatch(rest.words[0].removeprefix("ke-"))
    # "BAYAR 200" is said for 200 ribu, and no plan has so many installments.
    if found is not None and (named or int(found[1]) <= MONTHS_MAX):
        return _payment_by_number(rest, int(found[1]), named=named)
    if not named:
        return None
    body = read_body(rest, frozenset((Kind.AMOUNT,)))
    if isinstance(body, Unreadable):
        return body
    return PayInstallment(None, body.value(Kind.AMOUNT), body.name)


def _payment_by_number(rest: Line, number: int, *, named: bool) -> Intent | None:
    if len(rest.words) == 1:
        return PayInstallment(number)
    behind = _without(rest, 1)
    end = match_amount(rest.words, 0)
    if end is not None and end.end > 1 and isinstance(end.amount, int) and not named:
        return None  # "BAYAR 3 juta": an amount, not a number
    parts = scan(behind.words, behind.today)
    if len(parts) == 1 and parts[0].kind is Kind.AMOUNT:
        if isinstance(parts[0].value, int):
            return PayInstallment(number, parts[0].value)
        text = shorten(behind.text(0, len(behind.words)))
        return rest.unreadable(parts[0].value.value, text=text, max=999_999_999)
    if not named:
        return None
    body = read_body(behind, frozenset((Kind.AMOUNT,)))
    if isinstance(body, Unreadable):
        return body
    return PayInstallment(number, body.value(Kind.AMOUNT), body.name)


def read_send(line: Line) -> Intent:
    """KIRIM 3, KIRIM PERJANJIAN 3."""
    number = _only_number(_without_kind(line))
    return number if isinstance(number, Unreadable) else SendAgreement(number)


def read_cancel(line: Line) -> Intent:
    """BATALKAN PERJANJIAN 3."""
    number = _only_number(_without_kind(line))
    return number if isinstance(number, Unreadable) else CancelAgreement(number)


def read_forgive(line: Line) -> Intent:
    """IKHLASKAN 3, IKHLASKAN 3 200rb."""
    read = _number_and_amount(line)
    return read if isinstance(read, Unreadable) else Forgive(*read)


def read_write_off(line: Line) -> Intent:
    """HAPUSBUKU 3."""
    number = _only_number(_without_kind(line))
    return number if isinstance(number, Unreadable) else WriteOff(number)


def read_pay_off(line: Line) -> Intent:
    """PELUNASAN 3; PELUNASAN 3 4,2jt when it was paid."""
    read = _number_and_amount(line)
    return read if isinstance(read, Unreadable) else PayOff(*read)


def read_reschedule(line: Line) -> Intent:
    """JADWAL ULANG 3 tgl 28, JADWAL ULANG 3 tambah 3 bulan."""
    if line.words and line.words[0] in ("ulang", "again"):
        line = _without(line, 1)
    number, line = _leading_number(line)
    if isinstance(number, Unreadable):
        return number
    if line.words and line.words[0] in ("tambah", "perpanjang", "add", "extend", "+"):
        line = _without(line, 1)
        months, line = _take_times(line)
        if isinstance(months, Unreadable):
            return months
        if months is None or line.words:
            return line.unreadable("reschedule_unclear")
        return Reschedule(number, months_more=months)
    parts = scan(line.words, line.today) if line.words else []
    if len(parts) == 1 and parts[0].kind is Kind.DUE and isinstance(parts[0].value, date):
        return Reschedule(number, first_due=parts[0].value)
    return line.unreadable("reschedule_unclear")


def _without(line: Line, count: int) -> Line:
    return replace(line, words=line.words[count:], shown=line.shown[count:])


def _without_kind(line: Line) -> Line:
    """The line without a leading "perjanjian": KIRIM PERJANJIAN 3 is KIRIM 3."""
    return _without(line, 1) if line.words and line.words[0] in AGREEMENT_WORDS else line


def _leading_number(line: Line) -> tuple[int | Unreadable, Line]:
    line = _without_kind(line)
    if line.words and line.words[0] in _NUMBER_LEADS and len(line.words) > 1:
        line = _without(line, 1)
    found = _NUMBER.fullmatch(line.words[0]) if line.words else None
    if found is None:
        return line.unreadable("agreement_number_missing"), line
    return int(found[1]), _without(line, 1)


def _number_and_amount(line: Line) -> tuple[int, int | None] | Unreadable:
    number, rest = _leading_number(line)
    if isinstance(number, Unreadable):
        return number
    if is_decoration(rest.words):
        return number, None
    parts = [
        one
        for one in scan(rest.words, rest.today)
        if one.kind is not Kind.WORDS or not is_decoration(rest.words[one.start : one.end])
    ]
    if len(parts) == 1 and parts[0].kind is Kind.AMOUNT:
        value = parts[0].value
        if isinstance(value, int) and not _FEW_DIGITS.fullmatch(
            rest.text(parts[0].start, parts[0].end)
        ):
            return number, value
    return rest.unreadable("amount_unclear", text=shorten(rest.text(0, len(rest.words))))


def _only_number(line: Line) -> int | Unreadable:
    number, rest = _leading_number(line)
    if isinstance(number, Unreadable) or is_decoration(rest.words):
        return number
    return rest.left_over(rest.text(0, len(rest.shown)))


def _take_times(line: Line) -> tuple[int | Unreadable | None, Line]:
    """The number of installments ("10x", "dicicil 10 kali") and the line without it."""
    for at, word in enumerate(line.words):
        glued = _TIMES.fullmatch(word)
        spaced = (
            word.isdecimal() and line.words[at + 1 : at + 2] and (line.words[at + 1] in _TIME_WORDS)
        )
        if glued is None and not spaced:
            continue
        count = int(glued[1] if glued else word) if len(word) <= 6 else MONTHS_MAX + 1
        start = at - 1 if at and line.words[at - 1] in _INSTALLED else at
        end = at + (1 if glued else 2)
        kept_words = line.words[:start] + line.words[end:]
        kept_shown = line.shown[:start] + line.shown[end:]
        rest = replace(line, words=kept_words, shown=kept_shown)
        if not 1 <= count <= MONTHS_MAX:
            return rest.unreadable("months_out_of_range", max=MONTHS_MAX), rest
        return count, rest
    return None, line
