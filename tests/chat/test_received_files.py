"""What becomes of a file before it is stored: who sent it, what it is, how large it really is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.entrypoints.sessions.received_files import ReceivedFiles, clean_name, look_into
from bukuhutang.messaging.driver import Document, MessageKind, MessageReceived
from bukuhutang.store.files import FILE_BYTES_MAX
from bukuhutang.tenancy.roles import Role
from tests.chat.desk import Desk
from tests.support.sent_files import FILES, XLSX, sent_file

BUDI = "6281200000001"
STRANGER = "6281999999999"


class WhatsApp:
    """Where files are fetched from; it counts how often."""

    def __init__(self, answer: bytes | Exception | None = None) -> None:
        self.answer = answer
        self.fetched = 0

    async def fetch(self, tenant: TenantId, document: Document, bytes_max: int) -> bytes | None:
        self.fetched += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def a_message(desk: Desk, document: Document, sender: str | None = None) -> MessageReceived:
    return MessageReceived(
        id="F1",
        chat=ChatId(sender or desk.phone),
        chat_lid=None,
        sender=PhoneNumber(sender or desk.phone),
        from_me=sender is None,
        self_chat=sender is None,
        group=False,
        at=desk.now,
        text="",
        document=document,
        kind=MessageKind.DOCUMENT,
    )


async def taken(
    desk: Desk, whatsapp: WhatsApp, document: Document, sender: str | None = None
) -> tuple[str | None, bytes | None]:
    """The problem, and the content to be kept."""
    files = ReceivedFiles(desk.ground.database, whatsapp.fetch, lambda: UUID(int=uuid4().int))
    detail, file = await files.take(desk.tenant_id, a_message(desk, document, sender), document)
    return detail.get("problem"), None if file is None else file.content


def claimed(name: str) -> Document:
    """As a driver reports it: described, to be fetched by its handle."""
    return replace(sent_file(name), content=None, handle=b"h")


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("foto.jpg", "image/jpeg"),
        ("foto.png", "image/png"),
        ("foto.webp", "image/webp"),
        ("nota.pdf", "application/pdf"),
        ("buku.xlsx", XLSX),
        ("buku-lain.xlsx", XLSX),
        ("catatan.txt", "text/plain"),
        ("catatan.csv", "text/csv"),
    ],
)
def test_a_file_is_known_by_its_content(name: str, mime_type: str) -> None:
    assert look_into(FILES[name][1]) == (mime_type, None)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (FILES["program.exe"][1], "wrong_type"),
        (FILES["bom.png"][1], "too_many_pixels"),
        (b"<html><script>alert(1)</script></html>", "wrong_type"),
        (b"PK\x03\x04 no archive at all", "wrong_type"),
        (FILES["foto.png"][1][:20], "wrong_type"),
        (b"\x00" * 100, "wrong_type"),
    ],
)
def test_what_is_no_file_of_ours_is_refused(content: bytes, problem: str) -> None:
    assert look_into(content)[1] == problem


@pytest.mark.parametrize(
    ("claimed_name", "kept"),
    [
        ("nota.pdf", "nota.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Dani\\nota.pdf", "nota.pdf"),
        ("nota\x00\n\r.pdf", "nota.pdf"),
        ("nota\u202efdp.exe", "notafdp.exe"),
        ("  ..  ", ""),
        ("", ""),
        ("kuitansi 🧾.pdf", "kuitansi 🧾.pdf"),
        ("n" * 300 + ".pdf", "n" * 251 + ".pdf"),
        ("." + "n" * 300, "n" * 255),
    ],
)
def test_a_name_is_only_a_name(claimed_name: str, kept: str) -> None:
    assert clean_name(claimed_name) == kept


async def test_a_members_file_is_fetched_and_kept(desk: Desk) -> None:
    whatsapp = WhatsApp(FILES["nota.pdf"][1])
    assert await taken(desk, whatsapp, claimed("nota.pdf")) == (None, FILES["nota.pdf"][1])


@pytest.mark.parametrize("sender", [BUDI, STRANGER])
async def test_nobody_elses_file_is_even_fetched(desk: Desk, sender: str) -> None:
    await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
    whatsapp = WhatsApp(FILES["nota.pdf"][1])
    assert await taken(desk, whatsapp, claimed("nota.pdf"), sender) == (None, None)
    assert whatsapp.fetched == 0


async def test_a_viewers_file_is_not_fetched_and_he_is_told_so(desk: Desk) -> None:
    await desk.member(BUDI, "Tono", Role.VIEWER)
    whatsapp = WhatsApp(FILES["nota.pdf"][1])
    assert await taken(desk, whatsapp, claimed("nota.pdf"), BUDI) == (None, None)
    assert whatsapp.fetched == 0
    for caption in ("", "BAYAR Budi 500rb"):
        before = len(await desk.queued())
        await desk.say(caption, sender=BUDI, kind="document")
        [(chat, text)] = (await desk.queued())[before:]
        assert chat == BUDI
        assert text.startswith("Belum saya kerjakan: hanya pemilik")
    assert await desk.count("files") == 0


async def test_a_file_that_is_here_already_is_not_fetched_again(desk: Desk) -> None:
    await desk.arrive("", id="F1", kind="document")
    whatsapp = WhatsApp(FILES["nota.pdf"][1])
    await taken(desk, whatsapp, claimed("nota.pdf"))
    assert whatsapp.fetched == 0


async def test_a_file_that_says_it_is_too_large_is_not_fetched(desk: Desk) -> None:
    whatsapp = WhatsApp(FILES["nota.pdf"][1])
    assert await taken(desk, whatsapp, claimed("besar.pdf")) == ("too_large", None)
    assert whatsapp.fetched == 0


async def test_a_file_that_lied_about_its_size_is_not_kept(desk: Desk) -> None:
    whatsapp = WhatsApp(b"%PDF-1.4\n" + bytes(FILE_BYTES_MAX))
    assert await taken(desk, whatsapp, claimed("nota.pdf")) == ("too_large", None)


@pytest.mark.parametrize("answer", [None, b"", OSError("gone"), TimeoutError()])
async def test_a_file_that_cannot_be_had_is_told(
    desk: Desk, answer: bytes | Exception | None
) -> None:
    assert await taken(desk, WhatsApp(answer), claimed("nota.pdf")) == ("unavailable", None)


async def test_a_few_files_at_a_time_are_in_memory(desk: Desk) -> None:
    class Slow(WhatsApp):
        def __init__(self) -> None:
            super().__init__(FILES["nota.pdf"][1])
            self.at_once = self.most = 0

        async def fetch(self, tenant: TenantId, document: Document, bytes_max: int) -> bytes | None:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            for _ in range(20):
                await asyncio.sleep(0)
            self.at_once -= 1
            return await super().fetch(tenant, document, bytes_max)

    slow = Slow()
    files = ReceivedFiles(desk.ground.database, slow.fetch, uuid4)
    document = claimed("nota.pdf")
    message = a_message(desk, document)
    await asyncio.gather(*(files.take(desk.tenant_id, message, document) for _ in range(12)))
    assert slow.fetched == 12
    assert slow.most <= 4
