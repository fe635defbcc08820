"""`bukuhutang understand`: the reader alone, JSON Lines in and JSON Lines out.

One message a line, one answer a line, in the same order. A line that is no message is answered by
an error object, and the next one is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from bukuhutang.understanding.commands import read_borrower, read_lender
from bukuhutang.understanding.consent import Reply, read_consent
from bukuhutang.understanding.intents import (
    Agree,
    AskOwnBalance,
    CancelAgreement,
    CreateDebt,
    Forgive,
    Intent,
    OptIn,
    OptOut,
    PayInstallment,
    PayOff,
    RecordPayment,
    Reschedule,
    SendAgreement,
    SendReminder,
    SetContact,
    Settle,
    ShowAgreements,
    ShowHelp,
    ShowHistory,
    ShowInstallments,
    ShowStatus,
    ShowUsage,
    StartAgreement,
    Undo,
    Unreadable,
    WriteOff,
)

_INTENT_OF_COMMAND = {
    "PINJAM": "create_debt",
    "HUTANG": "create_debt",
    "BAYAR": "record_payment",
    "LUNAS": "settle",
    "STATUS": "query_balance",
    "STATUS AKUN": "account_status",
    "RIWAYAT": "payment_history",
    "INGATKAN": "send_reminder",
    "NOMOR": "set_contact",
    "BATAL": "undo",
    "BUAT PERJANJIAN": "create_agreement",
    "PERJANJIAN": "list_agreements",
    "CICILAN": "installment_status",
    "KIRIM": "send_agreement",
    "BATALKAN PERJANJIAN": "agreement_change",
    "IKHLASKAN": "forgive",
    "HAPUSBUKU": "agreement_change",
    "JADWAL ULANG": "reschedule",
    "PELUNASAN": "query_balance",
}
# One answer makes these complete; the other refusals need another message.
_ASKED = frozenset(
    (
        *("name_missing", "amount_missing", "amount_unclear", "days_unclear", "phone_invalid"),
        *("installment_missing", "agreement_number_missing", "reschedule_unclear"),
    )
)
_REPLIES = {Reply.ACCEPT: "accept", Reply.REJECT: "decline"}
_PLAIN_WORD = re.compile(r"\b(?:setuju|tolak|agree)\b")
_YEAR_MIN, _YEAR_MAX = 1900, 2999
_LINE_MAX = 65_536
"""A message of 4,096 characters, each as an escape, and room for the other keys."""


def run(lines: Iterable[str], write: Callable[[str], None]) -> None:
    """Read each line's message and `write` one line of JSON, with its newline, for each.

    Blank lines are no messages. Raises nothing of its own.
    """
    for line in lines:
        if line.strip():
            write(json.dumps(_answer(line), ensure_ascii=False) + "\n")


def _answer(line: str) -> dict[str, Any]:
    if len(line) > _LINE_MAX:
        return _error("line_too_long", "", f"a line has at most {_LINE_MAX} characters")
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return _error("line_unreadable", "", "not a line of JSON")
    if not isinstance(asked, dict):
        return _error("line_unreadable", "", "a line is one JSON object")
    text = asked.get("text")
    if not isinstance(text, str):
        return _error("field_invalid", "text", "the message, a string")
    today = _date(asked.get("today"))
    if today is None:
        return _error("field_invalid", "today", "the date of the message, YYYY-MM-DD")
    intent = read_lender(text, today)
    if isinstance(intent, Unreadable) and intent.code == "command_unknown":
        # Nobody says who writes here: what the lender's words cannot be may be the borrower's.
        reply = _REPLIES.get(consent.reply) if (consent := read_consent(text)) else None
        if reply is not None:
            return {"intent": "agreement_reply", "verdict": "ok", "slots": {"reply": reply}}
        if consent is not None and _PLAIN_WORD.search(text.lower()):
            slots = {"reply": "unclear"}
            return {"intent": "agreement_reply", "verdict": "ask", "slots": slots}
        intent = read_borrower(text, today) or intent
    return _reading(intent)


def _date(text: object) -> date | None:
    """A date from which a year and a day can be counted."""
    try:
        today = date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return today if today is not None and _YEAR_MIN <= today.year <= _YEAR_MAX else None


def _error(code: str, field: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "field": field, "message": message}}


def _reading(intent: Intent) -> dict[str, Any]:
    if isinstance(intent, Unreadable):
        name = _INTENT_OF_COMMAND.get(intent.command or "", "ambiguous")
        if intent.code == "command_unknown":
            name = "ambiguous"
        verdict = "ask" if intent.code in _ASKED else "reject"
        return {"intent": name, "verdict": verdict, "slots": {}, "reason": intent.code}
    name, slots = _name_and_slots(intent)
    filled = {key: value for key, value in slots.items() if value is not None}
    if name == "ambiguous":
        return {"intent": name, "verdict": "reject", "slots": {}, "reason": "no_question_open"}
    return {"intent": name, "verdict": "ok", "slots": filled}


def _name_and_slots(intent: Intent) -> tuple[str, dict[str, Any]]:
    match intent:
        case CreateDebt(direction, name, amount, due_date, note, phone):
            return "create_debt", {
                "name": name,
                "amount": amount,
                "direction": direction.value,
                "due_date": due_date.isoformat(),
                "note": note,
                "phone": phone,
            }
        case RecordPayment(name, amount):
            return "record_payment", {"name": name, "amount": amount}
        case Settle(name):
            return "settle", {"name": name}
        case ShowStatus(None):
            return "report_summary", {}
        case ShowStatus(name):
            return "query_balance", {"name": name}
        case ShowHistory(maybe_name):
            return "payment_history", {"name": maybe_name}
        case SendReminder(name):
            return "send_reminder", {"name": name}
        case SetContact(name, number):
            return "set_contact", {"name": name, "phone": number}
        case Undo():
            return "undo", {}
        case ShowUsage():
            return "account_status", {}
        case ShowHelp():
            return "help", {}
        case AskOwnBalance():
            return "query_balance", {}
        case PayInstallment() | PayOff(amount=int()) | Forgive():
            return _settling(intent)
        case OptOut():
            return "opt_out", {}
        case Agree():
            return "yes", {}
        case OptIn():
            return "change_setting", {"key": "pengingat", "value": "on"}
        case _:
            return _about_agreements(intent)


def _settling(intent: PayInstallment | PayOff | Forgive) -> tuple[str, dict[str, Any]]:
    if isinstance(intent, PayInstallment):
        return "pay_installment", {
            "installment_number": intent.number,
            "amount": intent.amount,
            "name": intent.name,
            "agreement": intent.agreement,
        }
    name = "forgive" if isinstance(intent, Forgive) else "settle"
    return name, {"agreement": intent.number, "amount": intent.amount}


def _about_agreements(intent: Intent) -> tuple[str, dict[str, Any]]:
    match intent:
        case StartAgreement(name, amount, phone, months):
            slots = {"name": name, "amount": amount, "phone": phone, "months": months}
            return "create_agreement", slots
        case ShowAgreements(number):
            return "list_agreements", {"agreement": number}
        case ShowInstallments(None):
            return "list_installments", {}
        case ShowInstallments(who):
            return "installment_status", {"name": who}
        case SendAgreement(number):
            return "send_agreement", {"agreement": number}
        case CancelAgreement(number) | WriteOff(number):
            return "agreement_change", {"agreement": number}
        case Reschedule(number, first_due):
            due = None if first_due is None else first_due.isoformat()
            return "reschedule", {"agreement": number, "due_date": due}
        case PayOff(number):
            return "query_balance", {"agreement": number}
        case _:
            return "ambiguous", {}  # a bare number answers a question, and none is open here
