"""Files of the tenant: by an id nobody can guess, served as bytes that no browser runs."""

from __future__ import annotations

import hashlib
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path, Response

from bukuhutang.entrypoints.web.api.calls import ApiReading
from bukuhutang.entrypoints.web.api.refusals import FileNotFound
from bukuhutang.entrypoints.web.openapi import Responses, refusals
from bukuhutang.store import files
from bukuhutang.store.files import StoredFile

router = APIRouter(prefix="/files", tags=["files"])

SHOWN_AS = ("application/pdf", "image/jpeg", "image/png", "image/webp")
PLAIN = "application/octet-stream"
"""What is none of these is bytes to be saved, whatever its sender called it."""

BYTES: Responses = {
    200: {
        "description": "The bytes, to be saved",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in (PLAIN, *SHOWN_AS)
        },
    }
}
NOT_CHANGED: Responses = {304: {"description": "You have it already (If-None-Match)"}}


@router.get(
    "/{file_id}",
    response_class=Response,
    responses=BYTES | NOT_CHANGED | refusals(FileNotFound()),
)
async def get_file(
    file_id: Annotated[str, Path(examples=["0b9f2f3a-4a0f-4c5e-9d8b-1f2e3d4c5b6a"])],
    call: ApiReading,
) -> Response:
    """A file that was received or sent in a chat of this tenant."""
    async with call.reading() as book:
        stored = await files.read(book.tx, _id(file_id))
    if stored is None:
        raise FileNotFound
    return served(stored, call)


def _id(text: str) -> UUID:
    """Only the one spelling that we give out. Raises FileNotFound."""
    try:
        found = UUID(text)
    except ValueError:
        raise FileNotFound from None
    if str(found) != text:
        raise FileNotFound
    return found


def served(stored: StoredFile, call: ApiReading) -> Response:
    """The bytes as an attachment, named by their own hash; 304 to whom has them."""
    etag = f'"{hashlib.sha256(stored.content).hexdigest()}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": _disposition(stored.file_name),
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    if call.has(etag):
        return Response(status_code=304, headers=headers)
    kind = stored.mime_type if stored.mime_type in SHOWN_AS else PLAIN
    return Response(stored.content, 200, headers, kind)


def _disposition(name: str) -> str:
    """RFC 6266: a plain name for everybody, the true one beside it; no path and no quote in it."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    plain = plain.lstrip(".") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
