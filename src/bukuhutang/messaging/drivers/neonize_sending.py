"""In a worker: one message out, and what can be said about it afterwards.

Every message carries a random mark (`messageSecret`, as those of WhatsApp's own programs do). The
library notes the mark with the message's id before anything leaves. So after an error, a timeout
or a crash one look tells whether it was handed over and under which id: no mark, it never left.
"""

from __future__ import annotations

import io
from typing import Any

from neonize.proto.waE2E import WAWebProtobufsE2E_pb2 as e2e
from PIL import Image

from bukuhutang.messaging import driver as wa

RESTRICTED = "server returned error 463"
SERVER_ERROR = "server returned error "
NEVER_LEFT = (
    "websocket not connected",
    "client is nil",
    "the store doesn't contain a device jid",
    "not logged in",
)
THUMBNAIL_PIXELS = 72
IMAGE_PIXELS_MAX = 50_000_000


def outcome_of_error(text: str, *, handed_over: bool) -> wa.Outcome:
    """What an error of the library means for the message."""
    lowered = text.lower()
    if RESTRICTED in lowered:
        return wa.Rejected("restricted_463")
    if (at := lowered.find(SERVER_ERROR)) >= 0:
        code = lowered[at + len(SERVER_ERROR) :].split()[0].strip(".:,")
        return wa.Rejected(f"error_{code}", retry=code == "429")
    if any(one in lowered for one in NEVER_LEFT):
        return wa.Rejected("not_connected", retry=True)
    if "no lid found" in lowered:
        return wa.Rejected("not_on_whatsapp")
    if not handed_over:
        return wa.Rejected("not_handed_over", retry=True)
    return wa.Unknown("no acknowledgement")


def text_message(text: str, secret: bytes) -> Any:
    """A plain text; what looks like a mention stays text."""
    message = e2e.Message(conversation=text)
    message.messageContextInfo.messageSecret = secret
    return message


def document_message(document: wa.Document, caption: str, uploaded: Any, secret: bytes) -> Any:
    """A file that was uploaded."""
    message = e2e.Message(
        documentMessage=e2e.DocumentMessage(
            URL=uploaded.url,
            directPath=uploaded.DirectPath,
            fileEncSHA256=uploaded.FileEncSHA256,
            fileSHA256=uploaded.FileSHA256,
            fileLength=uploaded.FileLength,
            mediaKey=uploaded.MediaKey,
            mimetype=document.mime_type,
            fileName=document.file_name,
            title=document.file_name,
            caption=caption,
        )
    )
    message.messageContextInfo.messageSecret = secret
    return message


def image_message(image: wa.Document, caption: str, uploaded: Any, secret: bytes) -> Any:
    """A picture that was uploaded, with a small preview."""
    assert image.content is not None
    message = e2e.Message(
        imageMessage=e2e.ImageMessage(
            URL=uploaded.url,
            directPath=uploaded.DirectPath,
            fileEncSHA256=uploaded.FileEncSHA256,
            fileSHA256=uploaded.FileSHA256,
            fileLength=uploaded.FileLength,
            mediaKey=uploaded.MediaKey,
            mimetype=image.mime_type,
            caption=caption,
        )
    )
    preview = _preview(image.content)
    if preview is not None:
        message.imageMessage.width, message.imageMessage.height = preview[1]
        message.imageMessage.JPEGThumbnail = preview[0]
    message.messageContextInfo.messageSecret = secret
    return message


def _preview(content: bytes) -> tuple[bytes, tuple[int, int]] | None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            size = picture.size
            if size[0] * size[1] > IMAGE_PIXELS_MAX:
                return None
            picture.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS))
            out = io.BytesIO()
            picture.convert("RGB").save(out, format="jpeg", quality=60)
            return out.getvalue(), size
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
