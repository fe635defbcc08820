"""What is kept of a secret that was given out."""

from __future__ import annotations

import hashlib


def secret_hash(secret: str) -> bytes:
    """The 32 bytes by which a key, link or token is known again.

    Plain SHA-256: for secrets too random to be guessed, never for passwords or short codes.
    """
    return hashlib.sha256(secret.encode()).digest()
