"""Names of the schema that both its migrations and its users need; imports nothing."""

from __future__ import annotations

HEAD = "0006"
"""The newest revision; a test holds it to the files."""

OWNER = "bukuhutang_owner"
"""Owns every table; nobody logs in as it."""

SERVICE_ROLES = ("bukuhutang_app", "bukuhutang_courier", "bukuhutang_operator")
"""What the service's one login may take on."""
