"""Messages of real phones, through the real library and back."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from bukuhutang.base.ids import ChatId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers.neonize_store import StorePlace
from tests.e2e.rig import SEND_SECONDS, Rig
from tests.fakewa.shapes import Addressing, Content, Receipts

pytestmark = pytest.mark.e2e

MESSAGE = 17


async def test_a_phone_is_linked_by_qr_and_both_sides_hear_each_other(rig: Rig) -> None:
    dani = await rig.lender()
    paired = await dani.until(wa.Paired)
    assert (paired.phone_number, paired.lid) == (dani.number, f"9{dani.number}@lid")
    assert await rig.driver.is_linked(dani.tenant)
    await rig.fake.write(dani.number, dani.number, "PINJAM Budi 500rb")
    typed = await dani.until(wa.MessageReceived)
    assert (typed.text, typed.self_chat, typed.from_me) == ("PINJAM Budi 500rb", True, True)
    assert await dani.send("Tercatat", "own-1", to=dani.number) == wa.Accepted("own-1")
    shown = await rig.fake.messages(dani.number, count=2)
    assert [(one.chat, one.text) for one in shown][1] == (dani.number, "Tercatat")
    for path in dani.folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, f"{path.name} can be read by others"


async def test_people_are_known_by_number_and_by_lid(rig: Rig) -> None:
    dani = await rig.lender()
    for count, addressing in enumerate((Addressing.PN, Addressing.LID, Addressing.LID_ALONE), 1):
        await rig.fake.write(dani.friend, dani.number, "halo", addressing=addressing)
        message = await dani.until(wa.MessageReceived, count)
        assert message.sender == dani.friend, addressing
        assert message.chat == ChatId(dani.friend), addressing
    assert await rig.driver.resolve_identity(dani.tenant, f"9{dani.friend}@lid") == dani.friend
    assert await rig.driver.check_number(dani.tenant, dani.friend)


async def test_receipts_and_replies_name_our_own_reference(rig: Rig) -> None:
    dani = await rig.lender()
    await rig.fake.mode(dani.number, receipts=Receipts.READ)
    assert await dani.send("Utang Anda Rp500.000", "ref-1") == wa.Accepted("ref-1")
    receipt = await dani.until(wa.ReceiptReceived, 2)
    assert receipt == wa.ReceiptReceived(("ref-1",), wa.ReceiptState.READ)
    [shown] = await rig.fake.messages(dani.friend)
    assert shown.id != "ref-1"
    await rig.fake.write(dani.friend, dani.number, Content(text="iya", quotes=shown.id))
    assert (await dani.until(wa.MessageReceived)).refers_to == "ref-1"
    thumb = Content(kind="reaction", text="👍", target=shown.id)
    await rig.fake.write(dani.friend, dani.number, thumb)
    reaction = await dani.until(wa.MessageReceived, 2)
    assert (reaction.kind, reaction.refers_to) == (wa.MessageKind.REACTION, "ref-1")


async def test_a_lost_acknowledgement_is_unknown_until_the_receipt_and_never_sent_again(
    rig: Rig,
) -> None:
    dani = await rig.lender()
    await rig.fake.mode(dani.number, acknowledge=False, receipts=Receipts.NONE)
    began = asyncio.get_running_loop().time()
    assert isinstance(await dani.send("Rp50.000", "ref-1"), wa.Unknown)
    assert asyncio.get_running_loop().time() - began >= SEND_SECONDS
    assert isinstance(await dani.send("Rp50.000", "ref-1"), wa.Unknown), "not a second time"
    [shown] = await rig.fake.messages(dani.friend)
    await rig.fake.receipt(shown.id)
    settled = await dani.until(wa.ReceiptReceived)
    assert settled == wa.ReceiptReceived(("ref-1",), wa.ReceiptState.DELIVERED)
    assert await dani.send("Rp50.000", "ref-1") == wa.Accepted("ref-1"), "its id is known now"
    assert len(await rig.fake.messages(dani.friend, count=0)) == 1


async def test_new_chats_may_be_barred_while_others_work(rig: Rig) -> None:
    dani = await rig.lender()
    await rig.fake.mode(dani.number, send_error=463)
    assert await dani.send("halo", "ref-1") == wa.Rejected("restricted_463")
    await dani.until(wa.Restricted)
    await rig.fake.mode(dani.number, send_error=0)
    assert await dani.send("halo", "ref-1") == wa.Accepted("ref-1")
    nobody = await dani.send("halo", "ref-2", to="6281999999999")
    assert nobody == wa.Rejected("not_on_whatsapp")
    assert await dani.send("halo", "ref-3", to="1203@g.us") == wa.Rejected("no_such_chat")


async def test_files_go_both_ways_byte_for_byte(rig: Rig, tmp_path: Path) -> None:
    dani = await rig.lender()
    content = b"%PDF-1.7\n" + os.urandom(200_000)
    (tmp_path / "bukti.pdf").write_bytes(content)
    await rig.fake.write(
        dani.friend,
        dani.number,
        Content(
            kind="document",
            path=str(tmp_path / "bukti.pdf"),
            file_name="bukti.pdf",
            mime="application/pdf",
            text="ini buktinya",
        ),
    )
    received = await dani.until(wa.MessageReceived)
    assert received.document is not None
    assert (received.kind, received.text) == (wa.MessageKind.DOCUMENT, "ini buktinya")
    assert (received.document.file_name, received.document.size) == ("bukti.pdf", len(content))
    fetch = rig.driver.download
    fetched = await fetch(dani.tenant, received.document, bytes_max=1_000_000)
    assert fetched is not None
    assert hashlib.sha256(fetched).digest() == hashlib.sha256(content).digest()
    assert await fetch(dani.tenant, received.document, bytes_max=len(content) - 1) is None
    sent = await rig.driver.send_document(
        dani.tenant,
        ChatId(dani.friend),
        wa.Document("perjanjian.pdf", "application/pdf", len(content), content),
        "Perjanjian",
        client_ref="doc-1",
    )
    assert sent == wa.Accepted("doc-1")
    shown = (await rig.fake.messages(dani.friend, count=2))[-1]
    assert (shown.file_name, shown.text) == ("perjanjian.pdf", "Perjanjian")
    assert await rig.fake.file(dani.friend, shown.id) == content


async def test_pictures_arrive_with_their_bytes(rig: Rig) -> None:
    dani = await rig.lender()
    drawn = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(drawn, "png")
    picture = wa.Document("kode.png", "image/png", len(drawn.getvalue()), drawn.getvalue())
    sent = await rig.driver.send_image(
        dani.tenant, ChatId(dani.friend), picture, "QRIS", client_ref="img-1"
    )
    assert sent == wa.Accepted("img-1")
    [shown] = await rig.fake.messages(dani.friend)
    assert (shown.kind, shown.text) == ("image", "QRIS")
    assert await rig.fake.file(dani.friend, shown.id) == picture.content


async def test_typing_and_reading_are_seen_by_the_other_side(rig: Rig) -> None:
    dani = await rig.lender()
    written = await rig.fake.write(dani.friend, dani.number, "halo")
    await dani.until(wa.MessageReceived)
    await rig.driver.typing(dani.tenant, ChatId(dani.friend), on=True)
    await rig.driver.mark_read(dani.tenant, ChatId(dani.friend), (written,))
    kinds = {one.kind for one in await rig.fake.acts(dani.number, count=2)}
    assert {"typing", "read"} <= kinds


async def test_a_payload_nobody_can_read_stops_nothing(rig: Rig) -> None:
    dani = await rig.lender()
    await rig.fake.write(dani.friend, dani.number, Content(kind="malformed"))
    rows = StorePlace(dani.folder.parent).of(dani.tenant).rows("unused")
    rows.keep(MESSAGE, b"\xff\xff no protobuf at all")
    await rig.fake.write(dani.friend, dani.number, "sesudahnya")
    assert (await dani.until(wa.MessageReceived)).text == "sesudahnya"
    assert [code for code, _ in rows.apart()] == [MESSAGE]
    rows.close()


async def test_what_was_acknowledged_survives_a_killed_worker_and_is_told_once_at_least(
    rig: Rig,
) -> None:
    dani = await rig.lender()
    written = []
    for number in range(3):
        connected = sum(isinstance(one, wa.Connected) for one in dani.heard)
        written += [
            await rig.fake.write(dani.friend, dani.number, f"{number}-{part}") for part in range(4)
        ]
        os.kill(dani.worker_pid(), signal.SIGKILL)
        await dani.until(wa.Connected, connected + 1)
    written.append(await rig.fake.write(dani.friend, dani.number, "terakhir"))
    await rig.until(lambda: dani.messages()[-1:] != [] and dani.messages()[-1].text == "terakhir")
    told = list(dict.fromkeys(one.id for one in dani.messages()))
    assert set(told) == set(written)
    assert await dani.send("masih di sini", "ref-9") == wa.Accepted("ref-9")
    assert not (await rig.fake.counts()).problems
