"""What a borrower may say; everything else stays unanswered.

It is the lender's private number: a chat with a borrower is first of all a chat between two
people. So only a message that says nothing but the question or the command is read.
"""

from __future__ import annotations

import re

from bukuhutang.base import spelling
from bukuhutang.understanding.intents import AskOwnBalance, Intent, OptIn, OptOut

_LENGTH_MAX = 120
"""Nobody needs more for "sisa hutang saya berapa"; the longest greeting included."""

_SIGNS = re.compile(r"[^\w\s']|_")

_GREETING = (
    r"(?:(?:halo|hallo|hai|hi|hello|permisi|maaf|mohon|tolong|tlg|please|assalamualaikum|asslm|p"
    r"|min|gan|selamat (?:pagi|siang|sore|malam)|pagi|siang|sore|malam|excuse me|good morning"
    r"|mau (?:tanya|cek|nanya)|numpang tanya|tanya|cek|check|lihat|info|{title}) )*"
)
_TITLE = r"(?:pak|bapak|bu|ibu|mas|mbak|mba|bang|kak|om|tante|bos|boss|haji|sir|ma'am)"
_HOW_MUCH = r"(?:berapa|brp|brapa|berapakah|berp)"
_LEFT = r"(?:total|jumlah|sisa|sisanya|semua|jml)"
_DEBT = r"(?:hutang|utang|pinjaman|pinjeman|tagihan|kasbon|cicilan|saldo)"
_MINE = r"(?:saya|sy|aku|ku|gue|gw|ane|kami)"
_MY_DEBT = rf"(?:{_DEBT} {_MINE}|(?:hutang|utang|pinjaman|tagihan|kasbon|cicilan)ku)"
_FILLER = r"(?: (?:ya|y|lagi|lg|nih|dong|sih|sekarang|skrg|semuanya|totalnya|masih|tinggal|now))*"
_POLITE_END = rf"(?: {_TITLE}(?: \w+)?| please| thanks| terima kasih| makasih)?"

_OWN_BALANCE = re.compile(
    _GREETING.format(title=_TITLE)
    + "(?:"
    + "|".join(
        (
            "sisa|saldo|tagihan",
            # sisa hutang saya (berapa lagi ya), berapa total hutang saya
            rf"(?:{_HOW_MUCH} )?(?:{_LEFT} )*{_MY_DEBT}{_FILLER}(?: {_HOW_MUCH})?{_FILLER}",
            rf"(?:{_LEFT} )*{_DEBT}{_FILLER} {_HOW_MUCH}{_FILLER}",
            rf"(?:{_HOW_MUCH} )?{_LEFT} {_DEBT}{_FILLER}",
            rf"{_HOW_MUCH} {_DEBT}{_FILLER}",
            rf"{_HOW_MUCH}{_FILLER} (?:sisa|sisanya)(?: {_MINE})?{_FILLER}",
            # sisa saya (berapa), sisa berapa, sisanya berapa lagi
            rf"(?:sisa|sisanya)(?: {_MINE})?{_FILLER} {_HOW_MUCH}{_FILLER}",
            rf"sisa {_MINE}{_FILLER}",
            rf"{_MINE}(?: masih| punya| ada| tinggal)* {_DEBT}{_FILLER} {_HOW_MUCH}{_FILLER}",
            # English
            r"how much (?:do )?i (?:still )?owe(?: you)?",
            r"what do i (?:still )?owe(?: you)?",
            r"how much (?:is|are) (?:my|the) (?:debts?|balance|loan)",
            r"how much (?:is left|debt do i have|do i have left|left)",
            r"(?:what is |what's |whats )?my (?:remaining |current )?(?:balance|debts?|loan)"
            r"(?: balance)?",
            r"(?:remaining )?balance",
        )
    )
    + f"){_FILLER}{_POLITE_END}"
)
_REMINDERS = "pengingat|pengingatnya|reminder|reminders|mengingatkan|ingatkan"
_STOP = re.compile(
    rf"(?:stop|berhenti|unsubscribe|hentikan)(?: (?:{_REMINDERS}))?|stop all|opt ?out"
    r"|berhenti berlangganan"
)
_START = re.compile(rf"(?:mulai|start)(?: lagi| again)?(?: (?:{_REMINDERS}))?|subscribe|opt ?in")


def read_borrower(text: str) -> Intent | None:
    """What a borrower wants of the book, or None when the chat is none of its business."""
    # A long message is small talk; spaces and signs around a short one do not make it long.
    if len(text) > 4 * _LENGTH_MAX:
        return None
    folded = spelling.fold(spelling.clean(text))
    said = " ".join(_SIGNS.sub(" ", folded).split())
    if not said or len(said) > _LENGTH_MAX:
        return None
    asks = "?" in folded
    if _STOP.fullmatch(said):
        return None if asks else OptOut()
    if _START.fullmatch(said):
        return None if asks else OptIn()
    return AskOwnBalance() if _OWN_BALANCE.fullmatch(said) else None
