"""Replies, reactions, edits, deletions, contacts: as strict as WhatsApp, also after a restart."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bukuhutang.messaging.driver import Document, MessageKind, MessageReceived, ReceiptReceived
from bukuhutang.messaging.simulated import (
    MessageNotYours,
    MessageTooOld,
    MessageUnknown,
    PhoneBanned,
    PhoneState,
    ShownMessage,
)
from bukuhutang.messaging.simulated_acts import ActKind, Card, Extras

from .rig import BORROWER, DANI, GROUP, LENDER, STRANGER, Rig


async def act(rig: Rig, number: str, to: str, done: Extras, text: str = "") -> None:
    """Do something to a message."""
    await rig.phones.write(number, to, text, extras=done)
    await rig.settle()


async def newest(rig: Rig, number: str) -> ShownMessage:
    """The last message a phone shows."""
    return (await rig.shown(number))[-1]


async def hello(rig: Rig) -> None:
    """The borrower has written to the lender, under the id A1."""
    await rig.phones.write(BORROWER, LENDER, "halo", message_id="A1")
    await rig.settle()


async def test_both_phones_show_an_edit_a_reaction_and_a_deletion(linked: Rig) -> None:
    await hello(linked)
    await act(linked, BORROWER, LENDER, Extras(ActKind.EDIT, "A1"), "halo juga")
    await act(linked, LENDER, BORROWER, Extras(ActKind.REACTION, "A1"), "👍")
    for number in (BORROWER, LENDER):
        one = await newest(linked, number)
        assert (one.text, one.edited, one.reactions) == ("halo juga", True, ((LENDER, "👍"),))
    await act(linked, LENDER, BORROWER, Extras(ActKind.REACTION, "A1"), "")
    assert (await newest(linked, BORROWER)).reactions == ()
    await act(linked, BORROWER, LENDER, Extras(ActKind.DELETION, "A1"))
    for number in (BORROWER, LENDER):
        one = await newest(linked, number)
        assert (one.text, one.deleted, len(await linked.shown(number))) == ("", True, 1)


async def test_the_service_hears_what_was_done_in_order(linked: Rig) -> None:
    await hello(linked)
    await act(linked, BORROWER, LENDER, Extras(ActKind.EDIT, "A1"), "dua")
    await act(linked, BORROWER, LENDER, Extras(ActKind.REACTION, "A1"), "👍")
    await act(linked, BORROWER, LENDER, Extras(ActKind.DELETION, "A1"))
    heard = linked.service.events(MessageReceived)
    assert [(one.kind, one.text, one.refers_to) for one in heard] == [
        (MessageKind.TEXT, "halo", None),
        (MessageKind.EDIT, "dua", "A1"),
        (MessageKind.REACTION, "👍", "A1"),
        (MessageKind.DELETION, "", "A1"),
    ]
    assert len({one.id for one in heard}) == 4
    assert {(str(one.chat), str(one.sender)) for one in heard} == {(BORROWER, BORROWER)}
    assert linked.service.events(ReceiptReceived) == []  # what is done to a message has no ticks


async def test_a_reply_and_contacts_are_heard_and_shown(linked: Rig) -> None:
    await hello(linked)
    cards = (Card("Sari", "0812 3456 7890"), Card("Ibu", "ext. 12"))
    await linked.phones.write(BORROWER, LENDER, "", extras=Extras(None, "A1", cards))
    await linked.settle()
    one = linked.service.events(MessageReceived)[-1]
    assert (one.kind, one.refers_to) == (MessageKind.CONTACT, "A1")
    assert [(card.name, card.phone) for card in one.contacts] == [
        ("Sari", "6281234567890"),
        ("Ibu", None),
    ]
    shown = await newest(linked, LENDER)
    assert (shown.reply_to, shown.cards) == ("A1", cards)


@pytest.mark.parametrize("kind", [None, ActKind.REACTION])
async def test_only_what_is_shown_in_that_chat_can_be_referred_to(
    linked: Rig, kind: ActKind | None
) -> None:
    await hello(linked)
    await linked.phones.write(STRANGER, LENDER, "lain", message_id="S1")
    await act(linked, BORROWER, LENDER, Extras(ActKind.REACTION, "A1"), "👍")
    reaction = linked.service.events(MessageReceived)[-1].id
    for target in ("NONE", "S1", reaction):
        with pytest.raises(MessageUnknown):
            await linked.phones.write(BORROWER, LENDER, "x", extras=Extras(kind, target))
    await linked.phones.write(LENDER, GROUP, "grup", message_id="G1")
    with pytest.raises(MessageUnknown):
        await linked.phones.write(LENDER, LENDER, "x", extras=Extras(kind, "G1"))
    await act(linked, BORROWER, LENDER, Extras(ActKind.DELETION, "A1"))
    with pytest.raises(MessageUnknown):
        await linked.phones.write(LENDER, BORROWER, "x", extras=Extras(kind, "A1"))


async def test_only_the_own_messages_are_edited_and_for_a_while_only(linked: Rig) -> None:
    await hello(linked)
    with pytest.raises(MessageNotYours):
        await act(linked, LENDER, BORROWER, Extras(ActKind.EDIT, "A1"), "bukan saya")
    linked.phones.move_clock(timedelta(minutes=16))
    with pytest.raises(MessageTooOld):
        await act(linked, BORROWER, LENDER, Extras(ActKind.EDIT, "A1"), "terlambat")
    await act(linked, BORROWER, LENDER, Extras(ActKind.REACTION, "A1"), "👍")  # always
    linked.phones.move_clock(timedelta(hours=60))
    with pytest.raises(MessageTooOld):
        await act(linked, BORROWER, LENDER, Extras(ActKind.DELETION, "A1"))


async def test_a_phone_without_network_does_it_when_it_is_back(linked: Rig) -> None:
    await hello(linked)
    await linked.switch(BORROWER, PhoneState.OFFLINE)
    await act(linked, BORROWER, LENDER, Extras(ActKind.EDIT, "A1"), "tanpa sinyal")
    assert (await newest(linked, BORROWER)).text == "tanpa sinyal"
    assert (await newest(linked, LENDER)).text == "halo"
    await linked.switch(BORROWER, PhoneState.ONLINE)
    assert (await newest(linked, LENDER)).text == "tanpa sinyal"
    assert linked.service.texts() == ["halo", "tanpa sinyal"]


async def test_a_banned_phone_does_nothing(linked: Rig) -> None:
    await hello(linked)
    await linked.switch(BORROWER, PhoneState.BANNED)
    with pytest.raises(PhoneBanned):
        await act(linked, BORROWER, LENDER, Extras(ActKind.REACTION, "A1"), "👍")


async def test_the_same_id_again_is_heard_again_and_done_once(linked: Rig) -> None:
    await hello(linked)
    for _ in range(2):
        await linked.phones.write(
            BORROWER, LENDER, "dua", message_id="E1", extras=Extras(ActKind.EDIT, "A1")
        )
    await linked.settle()
    assert [one.id for one in linked.service.events(MessageReceived)] == ["A1", "E1", "E1"]
    assert (await newest(linked, LENDER)).text == "dua"


async def test_after_a_crash_the_phones_show_the_same(linked: Rig) -> None:
    await hello(linked)
    await act(linked, LENDER, BORROWER, Extras(ActKind.REACTION, "A1"), "👍🏽")
    cards = (Card("Sari", "0812"),)
    await linked.phones.write(LENDER, BORROWER, "", extras=Extras(None, "A1", cards))
    await linked.phones.write(LENDER, BORROWER, "satu", message_id="L1")
    await act(linked, LENDER, BORROWER, Extras(ActKind.EDIT, "L1"), "dua")
    await act(linked, BORROWER, LENDER, Extras(ActKind.DELETION, "A1"))
    document = Document("besar.pdf", "application/pdf", 100_000_000, b"%PDF-1.4")
    await linked.phones.write(LENDER, LENDER, "", document=document)
    before = [await linked.shown(one) for one in (LENDER, BORROWER)]
    await linked.restart()
    assert [await linked.shown(one) for one in (LENDER, BORROWER)] == before


async def test_a_journal_from_before_these_kinds_still_loads(linked: Rig) -> None:
    await linked.write(BORROWER, LENDER, "lama")
    await linked.crash()
    lines = (linked.folder / "journal.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert {"m"} <= {one[0] for one in entries}
    assert not any(one[0] == "M" for one in entries)  # a plain message is written as it ever was
    assert all(len(one) == 8 for one in entries if one[0] == "m")
    linked.begin()
    assert await linked.texts_on(LENDER) == ["lama"]


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [
        ("image/jpeg", MessageKind.IMAGE),
        ("audio/ogg", MessageKind.VOICE),
        ("application/pdf", MessageKind.DOCUMENT),
        ("video/mp4", MessageKind.DOCUMENT),
    ],
)
async def test_a_file_is_reported_as_what_its_sender_claims(
    linked: Rig, mime_type: str, kind: MessageKind
) -> None:
    await linked.phones.write(LENDER, LENDER, "", document=Document("x", mime_type, 3, b"abc"))
    await linked.settle()
    one = linked.service.events(MessageReceived)[-1]
    assert one.kind is kind
    assert one.document is not None
    assert await linked.driver.download(DANI, one.document, bytes_max=3) == b"abc"
    assert await linked.driver.download(DANI, one.document, bytes_max=2) is None


async def test_a_file_may_claim_another_size_than_it_has(linked: Rig) -> None:
    await linked.phones.write(
        LENDER, LENDER, "", document=Document("x", "text/plain", 100_000_000, b"abc")
    )
    await linked.phones.write(LENDER, LENDER, "", document=Document("y", "text/plain", 1, b"abc"))
    await linked.settle()
    large, small = [one.document for one in linked.service.events(MessageReceived)]
    assert large is not None
    assert small is not None
    assert (large.size, small.size) == (100_000_000, 1)
    assert await linked.driver.download(DANI, large, bytes_max=50) is None
    assert await linked.driver.download(DANI, small, bytes_max=2) is None
