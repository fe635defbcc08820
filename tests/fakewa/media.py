"""The media host: encrypted files by path, and the way in and out of them."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass

from pyaileys.media import EncryptedMedia, decrypt_media_bytes, encrypt_media_bytes

from tests.fakewa.keys import MEDIA_HOST

UPLOAD_BYTES_MAX = 128 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """What the host says to one HTTP request."""

    status: str
    body: bytes
    kind: str = "application/octet-stream"


class MediaHost:
    """Keeps what was uploaded for as long as the process lives."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """One request of a client; `target` is path and query."""
        path = target.partition("?")[0]
        if method == "POST" and path.startswith("/mms/"):
            direct_path = self._keep(body)
            told = {"url": f"https://{MEDIA_HOST}{direct_path}", "direct_path": direct_path}
            return Answer("200 OK", json.dumps(told).encode(), "application/json")
        if method == "GET" and path in self._files:
            return Answer("200 OK", self._files[path])
        if method == "DELETE" and path.startswith("/mms/"):
            return Answer("200 OK", b"{}", "application/json")
        return Answer("404 Not Found", b"")

    def put(self, plain: bytes, media_type: str) -> tuple[EncryptedMedia, str]:
        """Encrypt and keep what a phone sends; the keys, and the direct path."""
        encrypted = encrypt_media_bytes(plain, media_type=media_type)
        return encrypted, self._keep(encrypted.enc_bytes)

    def get(self, direct_path: str, media_key: bytes, media_type: str) -> bytes:
        """The file in clear. Raises KeyError when nobody uploaded it, ValueError when altered."""
        sealed = self._files[direct_path.partition("?")[0]]
        return decrypt_media_bytes(
            sealed, media_key=media_key, media_type=media_type, validate_mac=True
        )

    def _keep(self, sealed: bytes) -> str:
        name = base64.urlsafe_b64encode(hashlib.sha256(sealed).digest()).decode().rstrip("=")
        self._files[f"/v/{name}"] = sealed
        # Clients append further parameters with `&`.
        return f"/v/{name}?ccb=11-4"
