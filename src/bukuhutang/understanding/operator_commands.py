"""What the operator may write in the own tenant's chat; for everybody else it means nothing.

These words are in no list of commands, no help and no guess: nobody else learns that they exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bukuhutang.base import spelling
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.understanding.intents import MESSAGE_MAX
from bukuhutang.understanding.phones import match as match_phone

ID_DIGITS_MAX = 18
_REGISTER = re.compile(r"daftar(?= |$)")
_LIST = re.compile(r"list tenants?(?= |$)")
_SWITCH = re.compile(r"(nonaktif|aktif) tenant(?: #?([0-9]+))?$")


@dataclass(frozen=True)
class Register:
    """`DAFTAR [nomor] [nama]`."""

    phone: PhoneNumber
    name: str


@dataclass(frozen=True)
class ListTenants:
    """`LIST TENANT [kata]`."""

    search: str | None


@dataclass(frozen=True)
class Switch:
    """`NONAKTIF TENANT [id]`, `AKTIF TENANT [id]`."""

    tenant: int
    active: bool


@dataclass(frozen=True)
class Unclear:
    """The command is known, what it is about is not."""

    command: str


OperatorIntent = Register | ListTenants | Switch | Unclear


def read_operator(text: str) -> OperatorIntent | None:
    """What the operator means, or None when it is no command of the operator's. Never raises."""
    if len(text) > MESSAGE_MAX:
        return None
    shown = spelling.clean(text)
    folded = spelling.fold(shown)
    if found := _REGISTER.match(folded):
        return _register(folded[found.end() :].split(), shown[found.end() :].split())
    if found := _LIST.match(folded):
        return ListTenants(shown[found.end() :].strip() or None)
    if found := _SWITCH.fullmatch(folded.strip()):
        if found[2] is None or len(found[2]) > ID_DIGITS_MAX or not int(found[2]):
            return Unclear(f"{found[1].upper()} TENANT")
        return Switch(int(found[2]), active=found[1] == "aktif")
    return None


def _register(words: list[str], shown: list[str]) -> OperatorIntent:
    for at in range(len(words)):
        found = match_phone(words, at)
        if found is None:
            continue
        name = " ".join((*shown[:at], *shown[found.end :]))
        if found.phone is None or not name:
            break
        return Register(found.phone, name)
    return Unclear("DAFTAR")
