"""Files that people send in tests, by name: good ones, and each way to be none."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

from bukuhutang.messaging.driver import Document

MEGABYTE = 1024 * 1024


def sent_file(name: str) -> Document:
    """The file with this name as its sender's phone describes it, with its bytes."""
    mime_type, content, size = FILES[name]
    return Document(name, mime_type, size or len(content), content)


def picture(kind: str, width: int = 8, height: int = 8) -> bytes:
    """A small real picture."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), (11, 110, 79)).save(made, kind)
    return made.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it has ten thousand million pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def workbook(*, usual_order: bool = True) -> bytes:
    """What Excel, or another program that orders its parts differently, writes at the least."""
    parts = ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts if usual_order else reversed(parts):
            archive.writestr(part, "<?xml version='1.0'?><x/>" * 20)
    return made.getvalue()


PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(512)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FILES: dict[str, tuple[str, bytes, int | None]] = {
    "foto.jpg": ("image/jpeg", picture("JPEG"), None),
    "foto.png": ("image/png", picture("PNG"), None),
    "foto.webp": ("image/webp", picture("WEBP"), None),
    "nota.pdf": ("application/pdf", PDF, None),
    "buku.xlsx": (XLSX, workbook(), None),
    "buku-lain.xlsx": (XLSX, workbook(usual_order=False), None),
    "catatan.txt": ("text/plain", b"Budi 500rb\n", None),
    "catatan.csv": ("text/csv", b"nama,jumlah\nBudi,500000\nSari,200000\n", None),
    "besar.pdf": ("application/pdf", PDF, 100 * MEGABYTE),  # claims it, and so it is not fetched
    "program.exe": ("application/x-msdownload", PROGRAM, None),
    "menyamar.jpg": ("image/jpeg", PROGRAM, None),
    "bom.png": ("image/png", bomb(), None),
    "suara.ogg": ("audio/ogg", b"OggS" + bytes(64), None),
}
