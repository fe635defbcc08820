"""What the texts about plans and limits are filled with, for `test_texts`."""

from __future__ import annotations

from typing import Any

Fields = dict[str, Any]

SESSION_STATES = (
    "unlinked", "pairing", "connecting", "connected", "interrupted", "restricted", "logged_out",
    "replaced", "temporarily_banned", "banned", "outdated", "closed",
)  # fmt: skip
REACHED: list[Fields] = [
    {"plan": "free", "used": 60, "limit": 50, "next_plan": "basic", "next_limit": 200},
    {"plan": "pro", "used": 2_000, "limit": 2_000, "next_plan": "enterprise", "next_limit": None},
    {"plan": "enterprise", "used": 3, "limit": 3, "next_plan": None, "next_limit": None},
]
USAGE: Fields = {
    "tenant_name": "Toko Dani",
    "plan": "free",
    "state": "connected",
    "debts_open": 12,
    "max_debts": 50,
    "agreements_open": 0,
    "max_agreements": 5,
    "pdfs": 3,
    "max_pdfs": 5,
    "ai_credits_used": 40,
    "max_ai_credits": 100,
    "ai_credits_added_left": 0,
    "messages_this_month": 1_340,
    "messages_a_minute": 20,
    "api_requests_a_minute": 60,
}
UNLIMITED: Fields = {
    **USAGE,
    "plan": "enterprise",
    "max_debts": None,
    "max_agreements": None,
    "max_pdfs": None,
    "max_ai_credits": None,
    "ai_credits_added_left": 500,
}
ANSWERS: dict[str, list[Fields]] = {
    "usage": [
        *({**USAGE, "state": state} for state in SESSION_STATES),
        {**USAGE, "ai_credits_used": 100, "ai_credits_added_left": 460},
        UNLIMITED,
    ],
    "quota_notice": [
        {**sample, "quota": quota, "percent": percent}
        for quota in ("debts", "agreements", "pdfs", "ai_credits")
        for percent in (80, 100)
        for sample in REACHED
    ],
}
REFUSALS: dict[str, list[Fields]] = {
    "debt_quota_reached": REACHED,
    "agreement_quota_reached": REACHED,
    "pdf_quota_reached": REACHED,
    "ai_credits_used_up": REACHED,
}
