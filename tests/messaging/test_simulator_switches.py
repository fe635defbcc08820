"""Offline and back, restricted, banned; and a service that cannot take an event."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.driver import (
    Accepted,
    Event,
    MessageReceived,
    ReceiptReceived,
    Rejected,
)
from bukuhutang.messaging.simulated import (
    NewChatBarred,
    PhoneBanned,
    PhoneOffline,
    PhoneState,
    Ticks,
)

from .rig import BORROWER, LENDER, STRANGER, Rig


async def test_offline_messages_are_held_and_come_in_order(linked: Rig) -> None:
    await linked.switch(LENDER, PhoneState.OFFLINE)
    await linked.write(BORROWER, LENDER, "satu", "dua")
    await linked.write(STRANGER, LENDER, "tiga")
    assert linked.service.names() == ["Disconnected"]
    assert await linked.texts_on(LENDER) == []
    assert [one.ticks for one in await linked.shown(BORROWER)] == [Ticks.SENT, Ticks.SENT]
    assert await linked.send(BORROWER, "halo", "r1") == Rejected("not_connected", retry=True)
    await linked.switch(LENDER, PhoneState.ONLINE)
    assert linked.service.names()[1:] == ["Connected"] + ["MessageReceived"] * 3
    assert linked.service.texts() == ["satu", "dua", "tiga"]
    assert await linked.texts_on(LENDER) == ["satu", "dua", "tiga"]
    assert await linked.send(BORROWER, "halo", "r1") == Accepted("r1")


async def test_typed_offline_goes_out_in_order_when_back(linked: Rig) -> None:
    await linked.switch(BORROWER, PhoneState.OFFLINE)
    await linked.write(BORROWER, LENDER, "satu", "dua")
    resent = await linked.phones.write(BORROWER, LENDER, "tiga", message_id="A1")
    resent = await linked.phones.write(BORROWER, LENDER, "tiga", message_id="A1")
    assert resent.resent
    assert [one.ticks for one in await linked.shown(BORROWER)] == [Ticks.PENDING] * 3
    assert linked.service.heard == []
    await linked.switch(BORROWER, PhoneState.ONLINE)
    assert linked.service.texts() == ["satu", "dua", "tiga"]
    assert [one.ticks for one in await linked.shown(BORROWER)] == [Ticks.DELIVERED] * 3


async def test_an_offline_phone_confirms_nothing(linked: Rig) -> None:
    await linked.send(BORROWER, "Pengingat", "r1")
    await linked.switch(BORROWER, PhoneState.OFFLINE)
    with pytest.raises(PhoneOffline):
        await linked.phones.receipt(BORROWER, "r1", "read")


async def test_the_same_switch_twice_says_nothing_new(linked: Rig) -> None:
    for state in (PhoneState.ONLINE, PhoneState.OFFLINE, PhoneState.OFFLINE):
        await linked.switch(LENDER, state)
    assert linked.service.names() == ["Disconnected"]


async def test_a_restricted_number_keeps_old_chats_and_starts_no_new_ones(linked: Rig) -> None:
    await linked.write(BORROWER, LENDER, "halo")
    await linked.switch(LENDER, PhoneState.RESTRICTED)
    assert linked.service.names()[-1] == "Restricted"
    assert await linked.send(STRANGER, "halo", "r1") == Rejected("restricted_463")
    assert await linked.send(BORROWER, "halo", "r2") == Accepted("r2")
    assert await linked.send(LENDER, "Tercatat", "r3") == Accepted("r3")
    with pytest.raises(NewChatBarred):
        await linked.phones.write(LENDER, STRANGER, "halo")
    await linked.switch(LENDER, PhoneState.ONLINE)
    assert linked.service.names()[-1] == "Unrestricted"
    assert await linked.send(STRANGER, "halo", "r4") == Accepted("r4")


async def test_typed_offline_into_a_new_chat_fails_when_restricted(rig: Rig) -> None:
    await rig.switch(LENDER, PhoneState.OFFLINE)
    await rig.write(LENDER, STRANGER, "halo")
    await rig.switch(LENDER, PhoneState.RESTRICTED)
    assert [one.ticks for one in await rig.shown(LENDER)] == [Ticks.FAILED]
    assert await rig.texts_on(STRANGER) == []


async def test_restricted_then_offline_then_online_is_unrestricted(linked: Rig) -> None:
    for state in (PhoneState.RESTRICTED, PhoneState.OFFLINE, PhoneState.ONLINE):
        await linked.switch(LENDER, state)
    names = ["Restricted", "Disconnected", "Connected", "Unrestricted"]
    assert linked.service.names() == names


async def test_a_banned_number_neither_sends_nor_receives_until_it_is_back(linked: Rig) -> None:
    await linked.switch(LENDER, PhoneState.BANNED)
    assert linked.service.names() == ["Banned"]
    assert await linked.send(BORROWER, "halo", "r1") == Rejected("banned")
    with pytest.raises(PhoneBanned):
        await linked.phones.write(LENDER, LENDER, "STATUS")
    await linked.write(BORROWER, LENDER, "halo")
    assert linked.service.texts() == []
    await linked.switch(LENDER, PhoneState.ONLINE)
    assert linked.service.names() == ["Banned", "Connected", "MessageReceived"]


async def test_an_event_that_was_not_taken_is_reported_again_before_later_ones(
    linked: Rig,
) -> None:
    failures = iter([True, True])

    async def fail_twice(tenant: TenantId, event: Event) -> None:
        if isinstance(event, MessageReceived) and next(failures, False):
            raise TransientFault("the database is away")

    linked.service.act = fail_twice
    # Answered although the service failed: WhatsApp has the message and keeps it.
    await linked.write(BORROWER, LENDER, "satu", "dua")
    await linked.settle()
    assert linked.service.texts() == ["satu", "dua"]


async def test_receipts_that_gathered_while_away_come_together(linked: Rig) -> None:
    await linked.switch(BORROWER, PhoneState.OFFLINE)
    for number in range(150):
        await linked.send(BORROWER, "halo", f"r{number}")
    await linked.switch(BORROWER, PhoneState.ONLINE)
    receipts = linked.service.events(ReceiptReceived)
    assert [len(one.ids) for one in receipts] == [100, 50]
    ids = [one for receipt in receipts for one in receipt.ids]
    assert ids == [f"r{number}" for number in range(150)]
    seqs = [one.seq for one in await linked.shown(BORROWER)]
    assert all(later == earlier + 1 for earlier, later in pairwise(seqs))
