"""What the phones show and what a linked session hears: chats, echoes, resends, groups, ticks."""

from __future__ import annotations

import asyncio

import pytest

from bukuhutang.base.ids import ChatId, PhoneNumber
from bukuhutang.messaging.driver import (
    Accepted,
    Document,
    Event,
    MessageReceived,
    QrShown,
    ReceiptReceived,
    ReceiptState,
    Rejected,
)
from bukuhutang.messaging.simulated import (
    PAGE_MAX,
    MessageUnknown,
    NumberInvalid,
    PhoneState,
    Ticks,
)

from .rig import BORROWER, DANI, GROUP, LENDER, STRANGER, Rig
from .test_simulator_pairing import SARI


async def test_a_message_to_the_linked_phone_is_shown_and_stored_before_the_answer(
    linked: Rig,
) -> None:
    written = await linked.phones.write("0812 3000 0002", "+62 812-3000-0001", "sisa hutang saya?")
    message = linked.service.events(MessageReceived)[0]  # no settling: it was stored already
    assert message.id == written.id
    assert message.chat == ChatId(BORROWER)
    assert message.sender == BORROWER
    assert (message.from_me, message.self_chat, message.group) == (False, False, False)
    shown = (await linked.shown(LENDER))[0]
    assert (shown.seq, shown.id, shown.sender, shown.to) == (1, written.id, BORROWER, LENDER)
    assert shown.ticks is None
    assert (await linked.shown(BORROWER))[0].ticks is Ticks.DELIVERED


async def test_what_the_lender_types_is_told_apart_by_chat(linked: Rig) -> None:
    await linked.write(LENDER, LENDER, "STATUS")
    await linked.write(LENDER, BORROWER, "apa kabar")
    own, friend = linked.service.events(MessageReceived)
    assert (own.chat, own.from_me, own.self_chat) == (ChatId(LENDER), True, True)
    assert (friend.chat, friend.from_me, friend.self_chat) == (ChatId(BORROWER), True, False)
    assert friend.sender == LENDER
    assert await linked.texts_on(LENDER) == ["STATUS", "apa kabar"]
    assert await linked.texts_on(BORROWER) == ["apa kabar"]


async def test_a_send_appears_on_both_phones_and_comes_back_as_an_echo(linked: Rig) -> None:
    assert await linked.send(BORROWER, "Pengingat", "r1") == Accepted("r1")
    assert await linked.texts_on(LENDER) == await linked.texts_on(BORROWER) == ["Pengingat"]
    (echo,) = linked.service.events(MessageReceived)
    assert (echo.id, echo.chat, echo.from_me, echo.self_chat) == (
        "r1",
        ChatId(BORROWER),
        True,
        False,
    )


async def test_an_answer_in_the_chat_with_oneself_is_shown_once(linked: Rig) -> None:
    await linked.send(LENDER, "Tercatat", "r1")
    assert await linked.texts_on(LENDER) == ["Tercatat"]
    assert [one.self_chat for one in linked.service.events(MessageReceived)] == [True]
    assert linked.service.events(ReceiptReceived) == [
        ReceiptReceived(("r1",), ReceiptState.DELIVERED)
    ]


async def test_messages_of_one_chat_are_reported_in_order(linked: Rig) -> None:
    texts = [f"pesan {number}" for number in range(50)]
    await asyncio.gather(*(linked.phones.write(BORROWER, LENDER, text) for text in texts))
    assert linked.service.texts() == texts


async def test_events_of_one_session_never_overlap_and_sessions_are_independent(
    linked: Rig,
) -> None:
    await linked.driver.create_session(SARI, STRANGER)
    await linked.driver.start_pairing(SARI)
    await linked.settle()
    await linked.phones.scan(STRANGER, linked.service.events(QrShown, SARI)[-1].code)
    may_go_on, held_up = asyncio.Event(), asyncio.Event()

    async def slow_for_dani(tenant: int, event: Event) -> None:
        if tenant == DANI:
            held_up.set()
            await may_go_on.wait()

    linked.service.act = slow_for_dani
    async with asyncio.TaskGroup() as group:
        group.create_task(linked.phones.write(BORROWER, LENDER, "satu"))
        group.create_task(linked.phones.write(BORROWER, LENDER, "dua"))
        await held_up.wait()
        await linked.phones.write(BORROWER, STRANGER, "untuk Sari")
        assert linked.service.texts() == []  # Dani's are still being taken
        assert len(linked.service.events(MessageReceived, SARI)) == 1
        may_go_on.set()
    assert linked.service.texts() == ["satu", "dua"]


async def test_a_resend_is_shown_once_and_reported_again(linked: Rig) -> None:
    first = await linked.phones.write(BORROWER, LENDER, "BAYAR", message_id="A1")
    again = await linked.phones.write(BORROWER, LENDER, "BAYAR", message_id="A1")
    assert (first.id, first.seq, first.resent) == ("A1", 1, False)
    assert (again.id, again.seq, again.resent) == ("A1", 1, True)
    assert [one.id for one in linked.service.events(MessageReceived)] == ["A1", "A1"]
    assert await linked.texts_on(LENDER) == await linked.texts_on(BORROWER) == ["BAYAR"]


async def test_one_id_asked_for_by_two_phones_stays_two_messages(linked: Rig) -> None:
    await linked.phones.write(BORROWER, LENDER, "satu", message_id="A1")
    other = await linked.phones.write(STRANGER, LENDER, "dua", message_id="A1")
    again = await linked.phones.write(STRANGER, LENDER, "dua", message_id="A1")
    assert other.id != "A1"
    assert (again.id, again.resent) == (other.id, True)
    assert await linked.texts_on(LENDER) == ["satu", "dua"]


async def test_a_group_is_its_writers_and_told_as_a_group(linked: Rig) -> None:
    await linked.write(BORROWER, GROUP, "belum terdengar")
    await linked.write(LENDER, GROUP, "halo semua")
    await linked.write(STRANGER, GROUP, "PINJAM Budi 500rb")
    assert await linked.texts_on(BORROWER) == [
        "belum terdengar",
        "halo semua",
        "PINJAM Budi 500rb",
    ]
    assert await linked.texts_on(LENDER) == ["halo semua", "PINJAM Budi 500rb"]
    own, foreign = linked.service.events(MessageReceived)
    assert (own.chat, own.from_me, own.group) == (ChatId(GROUP), True, True)
    assert (foreign.chat, foreign.sender, foreign.group) == (ChatId(GROUP), STRANGER, True)
    assert not foreign.self_chat


async def test_a_document_arrives_byte_for_byte_on_the_phone_and_in_the_session(
    linked: Rig,
) -> None:
    content = bytes(range(256)) * 50
    document = Document("Perjanjian.pdf", "application/pdf", len(content), content)
    outcome = await linked.driver.send_document(
        DANI, ChatId(BORROWER), document, "Mohon dibaca", client_ref="d1"
    )
    assert outcome == Accepted("d1")
    (shown,) = await linked.shown(BORROWER)
    assert shown.text == "Mohon dibaca"
    assert shown.document is not None
    stored, path = linked.phones.document(shown.document.token)
    assert (stored.file_name, stored.mime_type) == ("Perjanjian.pdf", "application/pdf")
    assert (stored.size, path.read_bytes()) == (len(content), content)
    await linked.phones.write(BORROWER, LENDER, "", document=document)
    received = linked.service.events(MessageReceived)[-1].document
    assert received is not None
    assert (received.file_name, received.mime_type) == (document.file_name, document.mime_type)
    assert await linked.driver.download(DANI, received, bytes_max=len(content)) == content
    assert await linked.driver.download(DANI, received, bytes_max=len(content) - 1) is None


async def test_ticks_climb_from_sent_over_delivered_to_read(linked: Rig) -> None:
    await linked.switch(BORROWER, PhoneState.OFFLINE)
    await linked.send(BORROWER, "Pengingat", "r1")
    assert [one.ticks for one in await linked.shown(LENDER)] == [Ticks.SENT]
    assert await linked.texts_on(BORROWER) == []
    await linked.switch(BORROWER, PhoneState.ONLINE)
    assert [one.ticks for one in await linked.shown(LENDER)] == [Ticks.DELIVERED]
    assert await linked.phones.receipt(BORROWER, "r1", "read") is Ticks.READ
    assert await linked.phones.receipt(BORROWER, "r1", "delivered") is Ticks.READ
    assert linked.service.events(ReceiptReceived) == [
        ReceiptReceived(("r1",), ReceiptState.DELIVERED),
        ReceiptReceived(("r1",), ReceiptState.READ),
    ]


async def test_a_phone_confirms_only_what_it_received(linked: Rig) -> None:
    await linked.send(BORROWER, "Pengingat", "r1")
    for number in (STRANGER, LENDER):
        with pytest.raises(MessageUnknown):
            await linked.phones.receipt(number, "r1", "read")


async def test_the_service_gives_the_sender_blue_ticks(linked: Rig) -> None:
    written = await linked.phones.write(BORROWER, LENDER, "sudah")
    await linked.driver.mark_read(DANI, ChatId(BORROWER), (written.id, "unknown"))
    assert [one.ticks for one in await linked.shown(BORROWER)] == [Ticks.READ]


async def test_a_send_under_one_reference_twice_is_shown_twice_and_counted(linked: Rig) -> None:
    await linked.send(BORROWER, "Tercatat", "r1")
    await linked.send(BORROWER, "Tercatat", "r1")
    await linked.send(BORROWER, "Lunas", "r2")
    assert await linked.texts_on(BORROWER) == ["Tercatat", "Tercatat", "Lunas"]
    assert linked.phones.accepted_sends().total == 3
    assert linked.phones.accepted_sends().doubled == {"r1": 2}
    times = [linked.phones.times_accepted(ref) for ref in ("r1", "r2", "r3")]
    assert times == [2, 1, 0]


async def test_a_number_that_nobody_can_hold_is_refused(linked: Rig) -> None:
    for number in ("", "12", "halo", "6281230000001@lid", "x@g.us"):
        with pytest.raises(NumberInvalid):
            await linked.phones.write(LENDER, number, "halo")
    assert await linked.send("12", "halo", "r1") == Rejected("number_invalid")
    assert not await linked.driver.check_number(DANI, PhoneNumber(LENDER[:5]))
    assert await linked.driver.check_number(DANI, BORROWER)


async def test_long_texts_are_rejected_when_sent(linked: Rig) -> None:
    assert await linked.send(BORROWER, "x" * 65_537, "r1") == Rejected("too_long")


async def test_waiting_ends_with_the_next_message(rig: Rig) -> None:
    waiting = asyncio.create_task(rig.phones.messages(LENDER, after=0, wait_seconds=60))
    await asyncio.sleep(0)
    await rig.write(BORROWER, LENDER, "halo")
    assert [one.text for one in (await waiting).messages] == ["halo"]
    assert (await rig.phones.messages(LENDER, after=1)).messages == []


async def test_waiting_ends_at_once_when_the_service_ends(rig: Rig) -> None:
    waiting = asyncio.create_task(rig.phones.messages(LENDER, wait_seconds=60))
    await asyncio.sleep(0)
    rig.phones.end_waits()
    assert (await waiting).messages == []
    assert (await rig.phones.changes(LENDER, wait_seconds=60)).messages == []


async def test_a_page_is_bounded_and_says_that_more_follows(rig: Rig) -> None:
    for number in range(PAGE_MAX + 1):
        await rig.write(BORROWER, LENDER, str(number))
    page = await rig.phones.messages(LENDER)
    assert (len(page.messages), page.more) == (PAGE_MAX, True)
    rest = await rig.phones.messages(LENDER, after=page.messages[-1].seq)
    assert ([one.text for one in rest.messages], rest.more) == ([str(PAGE_MAX)], False)


async def test_changes_tell_of_ticks_and_of_the_switch(linked: Rig) -> None:
    await linked.send(BORROWER, "Pengingat", "r1")
    before = await linked.phones.changes(LENDER)
    assert [one.ticks for one in before.messages] == [Ticks.DELIVERED]
    waiting = asyncio.create_task(linked.phones.changes(LENDER, after=before.rev, wait_seconds=60))
    await asyncio.sleep(0)
    await linked.phones.receipt(BORROWER, "r1", "read")
    after = await waiting
    assert [(one.id, one.ticks) for one in after.messages] == [("r1", Ticks.READ)]
    waiting = asyncio.create_task(linked.phones.changes(LENDER, after=after.rev, wait_seconds=60))
    await asyncio.sleep(0)
    await linked.phones.set_connection(LENDER, PhoneState.OFFLINE)
    assert (await waiting).state is PhoneState.OFFLINE


async def test_a_revision_from_another_life_starts_over(rig: Rig) -> None:
    await rig.write(BORROWER, LENDER, "halo")
    changes = await rig.phones.changes(LENDER, after=1000, wait_seconds=60)
    assert [one.text for one in changes.messages] == ["halo"]
