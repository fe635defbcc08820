"""What mails about logins are filled with, and their limits."""

from __future__ import annotations

from datetime import date
from typing import Any

Fields = dict[str, Any]

MAIL: Fields = {
    "name": "Toko Dani",
    "phone": "6281234567890",
    "tenant_id": 7,
    "tail": "0002",
    "link": "https://buku.example/link/7-0123456789abcdef",
    "until": date(2026, 3, 5),
    "at": "15.30",
}
MAIL_SAMPLES = [MAIL, {**MAIL, "link": None, "until": None, "at": None}]
MAIL_COLUMNS_MAX = 140
SUBJECT_MAX = 100
LOGIN_REASONS = (
    None, "pairing_timeout", "pairing_passkey", "pairing_error", "wrong_number", "login_lost",
    "new_chats_barred", "token_invalid", "phone_id_missing", "phone_id_unknown",
    "phone_id_of_another", "store_corrupted",
)  # fmt: skip
