"""The hash chain of the audit log: a changed or missing row breaks every hash after it.

Each hash is SHA-256 over the hash before it and the row's canonical JSON (keys sorted, no blanks,
UTF-8), so that anybody can recompute it from an export.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

GENESIS = b""
"""The hash before a tenant's first row."""


@dataclass(frozen=True)
class AuditEntry:
    """One act that changed the book: numbers and amounts, never names."""

    id: int
    at: datetime  # aware, UTC
    actor: str
    chat_id: str | None
    action: str
    borrower_id: int | None
    subject: int | None
    detail: dict[str, Any] = field(default_factory=dict)
    idempotency_key: str = ""


def entry_hash(tenant_id: int, previous: bytes, entry: AuditEntry) -> bytes:
    """The 32 bytes that seal `entry` onto the chain after `previous`."""
    assert entry.at.utcoffset() is not None
    text = json.dumps(
        {
            "tenant": tenant_id,
            "id": entry.id,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": entry.actor,
            "chat": entry.chat_id,
            "action": entry.action,
            "borrower": entry.borrower_id,
            "subject": entry.subject,
            "detail": entry.detail,
            "key": entry.idempotency_key,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(previous + text.encode()).digest()
