"""The hash chain: fixed vectors, so that books written today can be checked in ten years."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bukuhutang.ledger.chain import GENESIS, AuditEntry, entry_hash

AT = datetime(2026, 2, 18, 2, 0, tzinfo=UTC)
ENTRY = AuditEntry(
    1, AT, "member:1", "62811", "debt_recorded", 1, 1, {"amount": 500_000, "é": "ü"}, "in:1:1"
)


def test_the_hash_is_sha_256_over_canonical_json() -> None:
    text = (
        '{"action":"debt_recorded","actor":"member:1","at":"2026-02-18T02:00:00.000000+00:00",'
        '"borrower":1,"chat":"62811","detail":{"amount":500000,"é":"ü"},"id":1,"key":"in:1:1",'
        '"subject":1,"tenant":7}'
    )
    assert entry_hash(7, GENESIS, ENTRY) == hashlib.sha256(text.encode()).digest()


def test_the_same_instant_in_another_zone_has_the_same_hash() -> None:
    wib = AT.astimezone(timezone(timedelta(hours=7)))
    moved = AuditEntry(**{**vars(ENTRY), "at": wib})
    assert entry_hash(7, GENESIS, moved) == entry_hash(7, GENESIS, ENTRY)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(AssertionError):
        entry_hash(7, GENESIS, AuditEntry(**{**vars(ENTRY), "at": AT.replace(tzinfo=None)}))
