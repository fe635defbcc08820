"""The real neonize against the fake WhatsApp: what later tests of the product stand on."""

from __future__ import annotations

import base64
import itertools
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fakewa.client import FakeWhatsApp, FakeWhatsAppError
from tests.fakewa.linked_child import ChildError, LinkedChild
from tests.fakewa.shapes import Addressing, Content, Receipts, Refusing
from tests.support.neonize import require_neonize, store_folder

LENDER = "628110000001"
MIB = 1024 * 1024
_numbers = itertools.count(628_990_000_000)


@pytest.fixture(scope="module")
async def fake(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FakeWhatsApp]:
    require_neonize()
    async with FakeWhatsApp.start(tmp_path_factory.mktemp("fakewa")) as running:
        yield running
        assert not (await running.counts()).problems


@pytest.fixture(scope="module")
async def lender(fake: FakeWhatsApp) -> AsyncIterator[LinkedChild]:
    """A linked device that the tests share; each writes with a borrower of its own."""
    await fake.phone(LENDER, name="Ibu Sari")
    with store_folder() as folder:
        async with LinkedChild.start(fake, folder / "store.db") as child:
            await child.link(fake, LENDER)
            yield child


@pytest.fixture
def store() -> Iterator[Path]:
    """Where a device of one test keeps its keys."""
    with store_folder() as folder:
        yield folder / "store.db"


@pytest.fixture
async def borrower(fake: FakeWhatsApp) -> str:
    """A number nobody used yet."""
    number = str(next(_numbers))
    await fake.phone(number, name="Budi")
    return number


def jid_of(place: dict[str, object]) -> str:
    return f"{place['User']}@{place['Server']}"


# --- linking --------------------------------------------------------------------------------------


async def test_an_expired_qr_code_links_nothing(fake: FakeWhatsApp, store: Path) -> None:
    async with LinkedChild.start(fake, store) as child:
        await child.ask("connect")
        code = (await child.expect("QR"))["code"]
    with pytest.raises(FakeWhatsAppError, match="no device shows this QR code"):
        await fake.scan(code, "628110000002")


async def test_eight_characters_link_and_wrong_ones_do_not(fake: FakeWhatsApp, store: Path) -> None:
    number = "628110000003"
    async with LinkedChild.start(fake, store) as child:
        await child.ask("connect")
        await child.expect("QR")
        await child.ask("pair_code", number)
        with pytest.raises(FakeWhatsAppError, match="not the code"):
            await fake.enter_pair_code(number, "AAAA-2222")
        code = await child.ask("pair_code", number)
        assert await fake.enter_pair_code(number, code) == f"{number}:1@s.whatsapp.net"
        await child.expect("Connected")
        assert [one.online for one in await fake.linked(number)] == [True]


async def test_a_demanded_passkey_is_told_by_the_login_status_alone(
    fake: FakeWhatsApp, store: Path
) -> None:
    async with LinkedChild.start(fake, store) as child:
        await child.ask("connect")
        code = (await child.expect("QR"))["code"]
        assert await fake.scan(code, "628110000009", passkey=True) == ""
        assert (await child.expect("LoginStatus"))["status"] == "passkey-request"
    assert await fake.linked("628110000009") == []


# --- in -------------------------------------------------------------------------------------------


async def test_a_borrowers_text_arrives_once_and_is_acknowledged(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    at = int(time.time()) - 86_400  # a phone whose clock is a day behind
    written = await fake.write(borrower, LENDER, "Utang saya berapa?", at=at)
    heard = await lender.message(written)
    assert heard["Message"] == {"conversation": "Utang saya berapa?"}
    assert heard["Info"]["Pushname"] == "Budi"
    assert int(heard["Info"]["Timestamp"]) == at * 1000
    assert jid_of(heard["Info"]["MessageSource"]["Chat"]) == f"{borrower}@s.whatsapp.net"
    (delivery,) = await fake.deliveries(written)
    assert delivery.acked
    assert delivery.delivered == 1


async def test_the_own_phone_is_heard_in_its_self_chat_and_elsewhere(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    noted = await lender.message(await fake.write(LENDER, LENDER, "Budi utang 50rb"))
    assert noted["Info"]["MessageSource"]["IsFromMe"]
    assert jid_of(noted["Info"]["MessageSource"]["Chat"]) == f"{LENDER}@s.whatsapp.net"
    assert noted["Message"] == {"conversation": "Budi utang 50rb"}
    written = await fake.write(LENDER, borrower, "Besok ya")
    told = await lender.message(written)
    assert told["Info"]["MessageSource"]["IsFromMe"]
    assert jid_of(told["Info"]["MessageSource"]["Chat"]) == f"{borrower}@s.whatsapp.net"
    (shown,) = await fake.messages(borrower)
    assert (shown.id, shown.text, shown.from_me) == (written, "Besok ya", False)
    hidden = await fake.write(LENDER, LENDER, "Sisa?", addressing=Addressing.LID)
    source = (await lender.message(hidden))["Info"]["MessageSource"]
    assert source["IsFromMe"]
    assert jid_of(source["Chat"]) == f"9{LENDER}@lid"


async def test_quotes_reactions_edits_deletions_and_cards_keep_what_they_point_at(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    asked = await lender.ask("send_text", borrower, "Benar 50rb?")
    answered = await fake.write(borrower, LENDER, Content(text="Benar", quotes=asked))
    quoting = (await lender.message(answered))["Message"]["extendedTextMessage"]
    assert quoting["contextInfo"]["stanzaID"] == asked
    assert quoting["contextInfo"]["participant"] == f"{LENDER}@s.whatsapp.net"

    nodded = await fake.write(borrower, LENDER, Content(kind="reaction", text="👍", target=asked))
    reaction = (await lender.message(nodded))["Message"]["reactionMessage"]
    assert reaction["text"] == "👍"
    assert reaction["key"]["ID"] == asked
    assert not reaction["key"]["fromMe"]

    changed = await fake.write(
        borrower, LENDER, Content(kind="edit", text="Bukan", target=answered)
    )
    edit = await lender.message(changed)
    assert edit["Info"]["Edit"] == "1"
    assert answered in str(edit)
    assert "Bukan" in str(edit["Message"])

    removed = await fake.write(borrower, LENDER, Content(kind="deletion", target=answered))
    deletion = (await lender.message(removed))["Message"]["protocolMessage"]
    assert deletion["key"]["ID"] == answered

    card = Content(kind="contact", file_name="Tono", numbers=("628123",))
    sent = await lender.message(await fake.write(borrower, LENDER, card))
    assert "waid=628123" in sent["Message"]["contactMessage"]["vcard"]


async def test_files_arrive_byte_for_byte_whatever_size_they_claim(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str, tmp_path: Path
) -> None:
    path = tmp_path / "bukti.pdf"
    path.write_bytes(os.urandom(MIB))
    document = Content(
        kind="document",
        path=str(path),
        file_name="bukti.pdf",
        mime="application/pdf",
        text="Bukti",
        declared_bytes=100 * MIB,
    )
    written = await fake.write(borrower, LENDER, document)
    heard = (await lender.message(written))["Message"]["documentMessage"]
    assert heard["fileName"] == "bukti.pdf"
    assert int(heard["fileLength"]) == 100 * MIB
    assert base64.b64decode(await lender.ask("download", written)) == path.read_bytes()
    for kind, mime in (("image", "image/jpeg"), ("voice", "audio/ogg; codecs=opus")):
        sent = await fake.write(borrower, LENDER, Content(kind=kind, path=str(path), mime=mime))
        await lender.message(sent)
        assert base64.b64decode(await lender.ask("download", sent)) == path.read_bytes()


async def test_a_repeated_stanza_is_swallowed_and_one_sealed_anew_is_not(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    written = await fake.write(borrower, LENDER, "sekali saja")
    await lender.message(written)
    await fake.again(written)
    await lender.message(await fake.write(borrower, LENDER, "sesudahnya"))
    assert not [one for one in lender.heard if written in str(one)]
    await fake.again(written, fresh=True)
    await lender.message(written)
    (delivery,) = await fake.deliveries(written)
    assert delivery.delivered == 3


async def test_what_cannot_be_opened_is_asked_for_again(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    spoiled = await fake.write(borrower, LENDER, Content(kind="unreadable", text="akhirnya"))
    told = await lender.expect("UndecryptableMessage")
    assert told["Info"]["ID"] == spoiled
    assert (await lender.message(spoiled))["Message"] == {"conversation": "akhirnya"}
    (delivery,) = await fake.deliveries(spoiled, receipt="inactive")
    # The copy that could not be read is acknowledged, the other one by its receipt.
    assert (delivery.delivered, delivery.acks) == (2, 1)
    assert "retry" in delivery.receipts


async def test_a_hidden_id_comes_with_its_number_or_without(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    alone = await fake.write(borrower, LENDER, "siapa?", addressing=Addressing.LID_ALONE)
    source = (await lender.message(alone))["Info"]["MessageSource"]
    assert jid_of(source["Chat"]) == f"9{borrower}@lid"
    assert source["SenderAlt"]["IsEmpty"]
    known = await fake.write(borrower, LENDER, "saya", addressing=Addressing.LID)
    source = (await lender.message(known))["Info"]["MessageSource"]
    assert jid_of(source["Chat"]) == f"9{borrower}@lid"
    assert jid_of(source["SenderAlt"]) == f"{borrower}@s.whatsapp.net"
    assert await lender.ask("number_of", f"9{borrower}") == borrower
    sent = await lender.ask("send_text", f"9{borrower}@lid", "Halo")
    shown = (await fake.messages(borrower, count=3))[-1]
    assert (shown.id, shown.text, shown.addressed_by) == (sent, "Halo", Addressing.LID)


async def test_groups_malformed_payloads_and_history_are_told_apart(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    group = await fake.write(borrower, LENDER, "halo semua", group="6281-123@g.us")
    assert (await lender.message(group))["Info"]["MessageSource"]["IsGroup"]
    broken = await fake.write(borrower, LENDER, Content(kind="malformed"))
    (delivery,) = await fake.deliveries(broken)
    assert delivery.nacks == ("491",)
    assert not [one for one in lender.heard if broken in str(one)]
    await fake.write(LENDER, LENDER, Content(kind="history", text="dulu sekali"))
    await lender.expect("HistorySync")


# --- out ------------------------------------------------------------------------------------------


async def test_a_reply_shows_in_the_self_chat_and_a_reminder_at_the_borrower(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    after = await fake.last(LENDER)
    sent = await lender.ask("send_text", LENDER, "Tercatat: Budi 50rb")
    shown = next(one for one in await fake.messages(LENDER, after=after) if one.id == sent)
    assert (shown.chat, shown.text, shown.from_me) == (LENDER, "Tercatat: Budi 50rb", True)
    reminded = await lender.ask("send_text", borrower, "Jatuh tempo besok")
    (at_borrower,) = await fake.messages(borrower)
    assert (at_borrower.id, at_borrower.text) == (reminded, "Jatuh tempo besok")
    (at_own_phone,) = await fake.messages(LENDER, chat=borrower)
    assert (at_own_phone.id, at_own_phone.from_me) == (reminded, True)


async def test_a_document_of_16_mib_reaches_the_borrower_byte_for_byte(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    body = os.urandom(16 * MIB)
    encoded = base64.b64encode(body).decode()
    sent = await lender.ask("send_document", borrower, encoded, "surat.pdf", "Surat", seconds=20)
    (shown,) = await fake.messages(borrower)
    assert (shown.kind, shown.file_name, shown.text) == ("document", "surat.pdf", "Surat")
    assert await fake.file(borrower, sent) == body


async def test_receipts_come_by_themselves_or_on_command(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    sent = await lender.ask("send_text", borrower, "satu")
    delivered = await lender.expect("Receipt", lambda one: sent in one["body"]["MessageIDs"])
    assert delivered["Type"] == "DELIVERED"
    await fake.receipt(sent, Receipts.READ)
    seen = await lender.expect("Receipt", lambda one: sent in one["body"]["MessageIDs"])
    assert seen["Type"] == "READ"


async def test_typing_and_reading_are_visible(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    written = await fake.write(borrower, LENDER, "halo")
    await lender.message(written)
    await lender.ask("mark_read", borrower, written)
    await lender.ask("type_in", borrower)
    found = await fake.acts(LENDER, "typing", count=1)
    assert (found[-1].chat, found[-1].detail) == (borrower, "composing")
    (delivery,) = await fake.deliveries(written, receipt="read")
    assert "read" in delivery.receipts


async def test_numbers_without_whatsapp_are_told(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    nobody = str(next(_numbers))
    await fake.phone(nobody, on_whatsapp=False)
    found = await lender.ask("exists", borrower, nobody)
    assert [one[1] for one in found] == [True, False]


async def test_one_linked_device_writes_to_the_phone_and_the_device_of_another(
    fake: FakeWhatsApp, lender: LinkedChild, store: Path
) -> None:
    number = "628110000010"
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        sent = await child.ask("send_text", LENDER, "Setuju?")
        heard = await lender.message(sent)
        assert heard["Message"]["extendedTextMessage"]["text"] == "Setuju?"
        answered = await lender.ask("send_text", number, "Setuju")
        heard = await child.message(answered)
        assert heard["Message"]["extendedTextMessage"]["text"] == "Setuju"
    shown = await fake.messages(LENDER, chat=number, count=2)
    assert [(one.id, one.from_me) for one in shown] == [(sent, False), (answered, True)]


# --- trouble --------------------------------------------------------------------------------------


async def test_463_bars_new_chats_and_spares_old_ones(
    fake: FakeWhatsApp, lender: LinkedChild, borrower: str
) -> None:
    stranger = str(next(_numbers))
    await fake.phone(stranger)
    await lender.message(await fake.write(borrower, LENDER, "halo"))
    await fake.mode(LENDER, send_error=463, send_error_to_new_chats_only=True)
    try:
        with pytest.raises(ChildError, match="463"):
            await lender.ask("send_text", stranger, "Salam kenal")
        assert await lender.ask("send_text", borrower, "Halo juga")
    finally:
        await fake.mode(LENDER, send_error=0)
    assert await fake.messages(stranger, count=0) == []


async def test_a_lost_acknowledgement_leaves_the_send_open_until_a_receipt(
    fake: FakeWhatsApp, store: Path
) -> None:
    number, borrower = "628110000004", str(next(_numbers))
    await fake.phone(borrower)
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        await fake.mode(number, acknowledge=False)
        with pytest.raises(TimeoutError):
            await child.ask("send_text", borrower, "sampai?", seconds=1)
        (shown,) = await fake.messages(borrower)
        assert not [one for one in child.heard if one["event"] == "Receipt"]
        await fake.receipt(shown.id, Receipts.DELIVERED)
        receipt = await child.expect("Receipt")
        assert receipt["MessageIDs"] == [shown.id]


async def test_what_was_not_acknowledged_comes_again_at_the_next_login(
    fake: FakeWhatsApp, store: Path
) -> None:
    number, borrower = "628110000005", str(next(_numbers))
    await fake.phone(borrower)
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        assert await fake.acked(await fake.write(borrower, number, "pertama"))
        child.freeze()
        unread = await fake.write(borrower, number, "kedua")
        (delivery,) = await fake.deliveries(unread, acked=False)
        assert (delivery.delivered, delivery.acked) == (1, False)
    assert await fake.online(number, False)
    later = await fake.write(borrower, number, "ketiga")
    assert [one.waiting for one in await fake.linked(number)] == [2]
    async with LinkedChild.start(fake, store) as child:
        await child.ask("connect")
        assert (await child.expect("OfflineSyncPreview"))["Message"] == 2
        await child.message(unread)
        await child.message(later)
        assert await fake.acked(unread)
        assert await fake.acked(later)
    (delivery,) = await fake.deliveries(unread)
    assert delivery.delivered == 2


async def test_a_broken_line_is_taken_up_again_once_the_service_lets_it(
    fake: FakeWhatsApp, store: Path
) -> None:
    number = "628110000006"
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        await fake.drop(number)
        await child.expect("Disconnected")
        assert await fake.online(number, logins=2)
        refused = (await fake.counts()).refused
        await fake.refuse(Refusing.HTTP_503)
        try:
            await fake.drop(number)
            assert (await fake.counts(refused=refused + 1)).refused > refused
        finally:
            await fake.refuse(Refusing.NOBODY)
        assert await fake.online(number, logins=3)


async def test_a_reset_connection_is_tried_again(fake: FakeWhatsApp, store: Path) -> None:
    number = "628110000011"
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        refused = (await fake.counts()).refused
        await fake.refuse(Refusing.CUT)
        try:
            await fake.drop(number)  # not everybody: the tests share a device
            assert (await fake.counts(refused=refused + 1)).refused > refused
        finally:
            await fake.refuse(Refusing.NOBODY)
        assert await fake.online(number, logins=2)


async def test_each_refused_login_is_told_by_its_own_event(fake: FakeWhatsApp, store: Path) -> None:
    number = "628110000007"
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        await child.ask("stop")
        for reason, event in ((402, "TemporaryBan"), (405, "ClientOutdated"), (403, "LoggedOut")):
            await fake.mode(number, login_failure=reason, ban_code=104, ban_seconds=3600)
            await child.ask("connect")
            told = await child.expect(event)
            if reason == 402:
                assert told == {"Code": "SENT_TOO_MANY_SAME_MESSAGE", "Expire": "3600"}
            await child.ask("stop")


async def test_a_device_that_logs_out_is_off_the_phones_list(
    fake: FakeWhatsApp, store: Path
) -> None:
    number = "628110000012"
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        await child.ask("logout")
        assert await fake.online(number, False)
    assert await fake.linked(number) == []


async def test_replaced_and_unlinked_devices_are_told(fake: FakeWhatsApp, store: Path) -> None:
    number = "628110000008"
    async with LinkedChild.start(fake, store) as child:
        await child.link(fake, number)
        await fake.stream_error(number, conflict="replaced")
        await child.expect("StreamReplaced")
        await child.ask("stop")
        await child.ask("connect")
        assert await fake.online(number, logins=2)
        await fake.unlink(number)
        await child.expect("LoggedOut")
    assert await fake.linked(number) == []
