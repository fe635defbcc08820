"""Amounts in words, as a contract writes them beside the figures."""

from __future__ import annotations

from num2words import num2words

from bukuhutang.tenancy.tenant import Language

AMOUNT_MAX = 10**15 - 1
"""Far beyond what anybody lends, and as far as the words are proven."""


def in_words(amount: int, language: Language) -> str:
    """`satu juta dua ratus ribu rupiah`; `one million, two hundred thousand rupiah`."""
    assert 0 <= amount <= AMOUNT_MAX, "no amount that can be written in words"
    return f"{num2words(amount, lang=language.value)} rupiah"
