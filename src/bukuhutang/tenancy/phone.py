"""Phone numbers: many spellings, one number (E.164 digits)."""

from __future__ import annotations

import phonenumbers

from bukuhutang.base.ids import PhoneNumber

HOME_REGION = "ID"
SPELLING_MAX = 40
"""No number on earth needs more characters; longer text is not a number."""


def read_phone(text: str) -> PhoneNumber | None:
    """The number that `text` spells, or None when it is not a possible mobile number.

    `0812…`, `+62 812-…`, `62812…` and `8123…` are one number; a number of another country needs
    its country code with a plus sign. Numbers that no subscriber can hold are refused.
    """
    text = text.strip()
    if not text or len(text) > SPELLING_MAX or not text.isascii():
        return None
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(digits.removeprefix("+"))
