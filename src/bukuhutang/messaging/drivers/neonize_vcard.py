"""A person's card (vCard) as phones send it: the name, and the first number that can be read."""

from __future__ import annotations

import re

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.messaging.driver import ContactCard
from bukuhutang.tenancy.phone import read_phone

VCARD_CHARACTERS_MAX = 64_000
NAME_CHARACTERS_MAX = 200
LINE = re.compile(r"(?:[\w-]+\.)?(?P<name>[A-Za-z-]+)(?P<parameters>(?:;[^:]*)?):(?P<value>.*)")
WAID = re.compile(r";waid=(\d{5,20})(?:;|$)", re.IGNORECASE)


def read_card(display_name: str, vcard: str) -> ContactCard:
    """The card; a number that WhatsApp itself wrote beside the spelling (`waid`) goes first."""
    formatted, numbers, spelled = "", [], []
    # A long line is folded: it goes on in the next one, after a space.
    for line in re.sub(r"\r?\n[ \t]", "", vcard[:VCARD_CHARACTERS_MAX]).splitlines():
        found = LINE.match(line.strip())
        if found is None:
            continue
        if found["name"].upper() == "FN":
            formatted = formatted or _unescaped(found["value"])
        elif found["name"].upper() == "TEL":
            if waid := WAID.search(found["parameters"]):
                numbers.append(f"+{waid[1]}")
            spelled.append(found["value"].removeprefix("tel:"))
    name = (display_name.strip() or formatted.strip())[:NAME_CHARACTERS_MAX]
    return ContactCard(name, _first_readable([*numbers, *spelled]))


def _first_readable(spellings: list[str]) -> PhoneNumber | None:
    return next((read for one in spellings if (read := read_phone(one)) is not None), None)


def _unescaped(value: str) -> str:
    return re.sub(r"\\([,;\\])", r"\1", value)
