"""Files that arrive: fetched for members only, known by their content, never by what is claimed."""

from __future__ import annotations

import asyncio
import io
import unicodedata
import zipfile
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any
from uuid import UUID

import structlog

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.store import inbox
from bukuhutang.store.files import FILE_BYTES_MAX, FILE_NAME_MAX, NewFile
from bukuhutang.store.scope import Database

FETCH_SECONDS_MAX = 60.0
FETCHES_AT_ONCE = 4
"""Each holds a whole file in memory, and the database driver a second copy of it."""

MIME_TYPE_MAX = 127
PIXELS_MAX = 50_000_000
"""A 48 megapixel photo passes. A picture of more is not looked into: it may be made to burst."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PICTURES = frozenset(("image/jpeg", "image/png", "image/webp"))
ALLOWED = PICTURES | {"application/pdf", XLSX, "text/plain", "text/csv"}
"""HEIC is left out: what shows it again is rare, and WhatsApp sends an iPhone's photos as JPEG."""

ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
    XLSX: "xlsx",
    "text/csv": "csv",
    "text/plain": "txt",
}

Fetch = Callable[[TenantId, wa.Document, int], Awaitable[wa.Fetched]]
"""The content of a received file of at most so many bytes; the driver's `download`."""

log = structlog.get_logger("sessions")


class ReceivedFiles:
    """Decides about each file that arrives: its description, and the file when it is to be kept."""

    def __init__(self, database: Database, fetch: Fetch, new_id: Callable[[], UUID]) -> None:
        self._database = database
        self._fetch = fetch
        self._new_id = new_id
        self._places = asyncio.Semaphore(FETCHES_AT_ONCE)

    async def take(
        self, tenant_id: TenantId, message: wa.MessageReceived, document: wa.Document
    ) -> tuple[dict[str, Any], NewFile | None]:
        """The description of a file, with the `problem` why it is not kept, and what is to be kept.

        Only a member's file is fetched, once, and only when it claims to be small enough. Raises
        TransientFault.
        """
        described = {
            "file_name": clean_name(document.file_name),
            "mime_type": document.mime_type[:MIME_TYPE_MAX],
            "size": document.size,
        }
        async with self._database.tenant_tx(tenant_id) as tx:
            assert message.sender is not None
            is_wanted = await inbox.is_file_wanted(tx, message.sender, message.id)
        if not is_wanted:
            return described, None
        if document.size > FILE_BYTES_MAX:
            return {**described, "problem": "too_large"}, None
        async with self._places:
            content = await self._content(tenant_id, document)
        if isinstance(content, wa.TooLarge):
            return {**described, "size": content.size, "problem": "too_large"}, None
        if not content:
            return {**described, "problem": "unavailable"}, None
        return await self._checked(described, content)

    async def _content(self, tenant_id: TenantId, document: wa.Document) -> wa.Fetched:
        if document.content is not None:
            return document.content
        try:
            async with asyncio.timeout(FETCH_SECONDS_MAX):
                return await self._fetch(tenant_id, document, FILE_BYTES_MAX)
        except Exception:  # boundary: whatever a driver does, the message itself must be kept
            log.exception("file_not_fetched", tenant_id=tenant_id)
            return None

    async def _checked(
        self, described: dict[str, Any], content: bytes
    ) -> tuple[dict[str, Any], NewFile | None]:
        known = {**described, "size": len(content)}
        if len(content) > FILE_BYTES_MAX:
            return {**known, "problem": "too_large"}, None
        mime_type, problem = await asyncio.to_thread(look_into, content)
        known["mime_type"] = mime_type[:MIME_TYPE_MAX]
        if problem is not None:
            return {**known, "problem": problem}, None
        name = known["file_name"] or f"file.{ENDINGS[mime_type]}"
        known["file_name"] = name
        return known, NewFile(self._new_id(), name, mime_type, content)


def clean_name(claimed: str) -> str:
    """A file's name without folders, control characters and what turns the reading order round."""
    name = claimed.replace("\\", "/").rpartition("/")[2]
    seen = "".join(one for one in name if unicodedata.category(one)[0] != "C").strip(" .")
    if len(seen) <= FILE_NAME_MAX:
        return seen
    stem, dot, ending = seen.rpartition(".")
    kept = FILE_NAME_MAX - len(dot + ending)
    return stem[:kept] + dot + ending if dot and kept > 0 else seen[:FILE_NAME_MAX]


def look_into(content: bytes) -> tuple[str, str | None]:
    """What the bytes are, and why they are not kept; None when they may be. Decodes no picture."""
    mime_type = _magic().from_buffer(content)
    if mime_type != XLSX and content.startswith(b"PK") and _is_workbook(content):
        mime_type = XLSX  # libmagic knows it only when its parts stand in the usual order
    if mime_type not in ALLOWED:
        return mime_type, "wrong_type"
    if mime_type in PICTURES:
        return mime_type, _picture_problem(content)
    return mime_type, None


@cache
def _magic() -> Any:
    # Only when the first file comes, so that whoever gets none does not carry the libraries.
    # pylibmagic brings the library along and must be first.
    import pylibmagic  # noqa: F401, I001
    import magic

    return magic.Magic(mime=True)


def _is_workbook(content: bytes) -> bool:
    """Whether a ZIP archive is an Excel workbook; only its table of contents is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return {"[Content_Types].xml", "xl/workbook.xml"} <= names


def _picture_problem(content: bytes) -> str | None:
    """Whether a picture says that it is larger than anybody's camera; its header is all we read."""
    import warnings

    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit is lower than the one it warns of
            with Image.open(io.BytesIO(content)) as picture:
                width, height = picture.size
    except Image.DecompressionBombError:
        return "too_many_pixels"
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return "wrong_type"
    return "too_many_pixels" if width * height > PIXELS_MAX else None
