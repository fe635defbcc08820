"""Identifiers that must not be mixed up."""

from __future__ import annotations

from typing import NewType

TenantId = NewType("TenantId", int)
"""A tenant's number, shown to the operator; 1 and up."""

MemberId = NewType("MemberId", int)
"""A row of `users` within one tenant."""

BorrowerId = NewType("BorrowerId", int)
"""A row of `borrowers` within one tenant."""

DebtNumber = NewType("DebtNumber", int)
"""The small number a lender sees; unique within one tenant."""

AgreementNumber = NewType("AgreementNumber", int)
"""The small number of an installment agreement; unique within one tenant."""

PaymentNumber = NewType("PaymentNumber", int)
"""A row of `payments` within one tenant."""

PhoneNumber = NewType("PhoneNumber", str)
"""E.164 digits without the plus sign, for example 6281234567890."""

ChatId = NewType("ChatId", str)
"""One WhatsApp chat as one tenant sees it: digits of a number, `…@lid` or `…@g.us`."""
