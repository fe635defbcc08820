"""Money is whole rupiah in an `int`; every division says where the rest goes.

Rupiah have no smaller coin in practice (sen are not legal tender in circulation), so an amount is
a whole number everywhere: in Python an `int`, in PostgreSQL a `bigint`.
"""

from __future__ import annotations

from enum import StrEnum

AMOUNT_MIN = 1
AMOUNT_MAX = 999_999_999
"""The largest amount one command may record; product section 3."""


class Direction(StrEnum):
    """Who owes whom, seen from the lender's book."""

    RECEIVABLE = "piutang"  # the other person owes the lender
    PAYABLE = "hutang"  # the lender owes the other person


def is_recordable(amount: int) -> bool:
    """Whether a command may record `amount` rupiah."""
    return AMOUNT_MIN <= amount <= AMOUNT_MAX
