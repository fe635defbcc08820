"""The files in simulated chats: kept byte for byte, one file each, under an unguessable name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from bukuhutang.messaging.driver import Document
from bukuhutang.messaging.simulated import (
    DOCUMENT_BYTES_MAX,
    DocumentTooLarge,
    DocumentUnknown,
    SimulatorFull,
    StoredDocument,
)

FOLDER_BYTES_MAX = 2 * 1024 * 1024 * 1024
"""All documents together; then the simulator is full."""


class DocumentFolder:
    """Documents by token. What is known survives a restart through the journal's messages."""

    def __init__(self, folder: Path, new_token: Callable[[], str]) -> None:
        self._folder = folder
        self._new_token = new_token
        self._known: dict[str, StoredDocument] = {}
        self._bytes = 0

    async def save(self, document: Document) -> StoredDocument:
        """Write the bytes to a file; its size is what the sender claims.

        Raises DocumentTooLarge, SimulatorFull.
        """
        content = document.content
        assert content is not None, "a document is sent with its bytes"
        if len(content) > DOCUMENT_BYTES_MAX:
            raise DocumentTooLarge(len(content))
        if self._bytes + len(content) > FOLDER_BYTES_MAX:
            raise SimulatorFull("documents")
        stored = StoredDocument(
            self._new_token(),
            document.file_name,
            document.mime_type,
            document.size,
            None if document.size == len(content) else len(content),
        )
        self.add(stored)
        # Its own thread: a large file must not hold up everybody's messages.
        await asyncio.to_thread(self._write, stored.token, content)
        return stored

    def _write(self, token: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        (self._folder / token).write_bytes(content)

    def add(self, stored: StoredDocument) -> None:
        """Make a document known whose file exists or is about to."""
        self._known[stored.token] = stored
        self._bytes += stored.size if stored.kept is None else stored.kept

    def find(self, token: str) -> tuple[StoredDocument, Path]:
        """The document and its file. Raises DocumentUnknown, also when the file was removed."""
        stored = self._known.get(token)
        if stored is None or not (path := self._folder / stored.token).is_file():
            raise DocumentUnknown
        return stored, path

    @staticmethod
    def received(stored: StoredDocument) -> Document:
        """The document as a linked device hears of it; the content is fetched by its handle."""
        handle = stored.token.encode()
        return Document(stored.file_name, stored.mime_type, stored.size, handle=handle)

    async def content(self, token: str) -> bytes | None:
        """The bytes of a document, or None when there is none or its file was removed."""
        try:
            _, path = self.find(token)
            return await asyncio.to_thread(path.read_bytes)
        except (DocumentUnknown, FileNotFoundError):
            return None
