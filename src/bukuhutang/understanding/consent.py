"""SETUJU or TOLAK: what a borrower answers to an agreement, and nothing that only sounds like it.

A yes to a contract must be plain. "ok" and 👍 are politeness, a condition ("setuju tapi tanggal
10") or a question is not an answer; all of these are asked about, never taken as consent
(KUHPerdata 1320: an agreement needs the consent of who binds oneself).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from bukuhutang.base import spelling

_LENGTH_MAX = 120
_SIGNS = re.compile(r"[^\w\s#]|_")
_POLITE = frozenset(
    "pak bapak bu ibu mas mbak mba bang kak om tante bos boss ya y iya deh dong saja aja dulu"
    " saya sy aku kami i yes terima kasih makasih trims thanks thank you halo hai sir maam"
    " dengan perjanjian perjanjiannya agreement the to ini itu nya syarat syaratnya sih lah".split()
)
_ACCEPT = frozenset("setuju stuju setujui menyetujui sepakat accept agree agreed approve".split())
_REJECT = frozenset("tolak menolak ditolak nolak tolk reject decline refuse batal batalkan".split())
_NOT = frozenset("tidak tdk gak ga nggak ngga enggak belum blm not don't dont tak jangan".split())
_MAYBE = frozenset("ok oke okay okey sip siap baik yes ya iya yoi boleh mantap".split())
_NUMBER = re.compile(r"(?:no|nomor|nomer|number)?\.? ?#?([0-9]{1,6})")
_TYPO_LETTERS_MIN = 5


class Reply(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    UNCLEAR = "unclear"  # to be asked again: polite, conditional, both, or a question


@dataclass(frozen=True)
class Consent:
    """The answer, and the number of the agreement when one was named."""

    reply: Reply
    number: int | None = None


def read_consent(text: str) -> Consent | None:
    """A borrower's answer to a pending agreement; None when the message is about something else."""
    if len(text) > 4 * _LENGTH_MAX:
        return None
    folded = spelling.fold(spelling.clean(text))
    words = _SIGNS.sub(" ", folded).split()
    if not words or len(folded) > _LENGTH_MAX:
        return None
    accepts = any(_is(one, _ACCEPT) for one in words)
    rejects = any(_is(one, _REJECT) for one in words)
    if not accepts and not rejects:
        polite = all(one in _POLITE or one in _MAYBE for one in words)
        return Consent(Reply.UNCLEAR) if polite and any(one in _MAYBE for one in words) else None
    if accepts and rejects:
        return Consent(Reply.UNCLEAR)
    number, rest = _take_number([one for one in words if one not in _POLITE])
    negated = [one for one in rest if one in _NOT]
    others = [
        one
        for one in rest
        if one not in _NOT and one not in _MAYBE and not _is(one, _ACCEPT) and not _is(one, _REJECT)
    ]
    if others or "?" in folded or len(negated) > 1 or (negated and rejects):
        # Among other words a figure may be anything: "setuju tapi tanggal 10".
        return Consent(Reply.UNCLEAR, None if others else number)
    if accepts and negated:
        # "belum setuju" is not yet a no; "tidak setuju" is.
        later = {"belum", "blm", "jangan"} & set(negated)
        return Consent(Reply.UNCLEAR if later else Reply.REJECT, number)
    return Consent(Reply.ACCEPT if accepts else Reply.REJECT, number)


def _take_number(words: list[str]) -> tuple[int | None, list[str]]:
    """The agreement's number and the other words; two numbers are no number."""
    rest, numbers = [], []
    for word in words:
        if word in ("no", "nomor", "nomer", "number"):
            continue
        found = _NUMBER.fullmatch(word)
        if found is None:
            rest.append(word)
        else:
            numbers.append(int(found[1]))
    if len(numbers) > 1:
        return None, [*rest, "?"]
    return (numbers[0] if numbers else None), rest


def _is(word: str, known: frozenset[str]) -> bool:
    """Whether the word is one of them, up to one letter missing, extra, wrong or swapped."""
    if word in known:
        return True
    if len(word) < _TYPO_LETTERS_MIN - 1:
        return False
    return any(len(one) >= _TYPO_LETTERS_MIN and _near(word, one) for one in known)


def _near(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        wrong = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
        return len(wrong) <= 1
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return any(longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer)))
