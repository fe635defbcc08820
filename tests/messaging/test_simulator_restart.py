"""The network outlives the service: kill -9, a torn line, a full or damaged journal."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.base.ids import ChatId
from bukuhutang.messaging.driver import (
    Accepted,
    Document,
    MessageReceived,
    ReceiptReceived,
    Rejected,
)
from bukuhutang.messaging.simulated import (
    ClockBackwards,
    ClockTooFar,
    DocumentTooLarge,
    DocumentUnknown,
    PhoneState,
    SimulatorFull,
    Ticks,
)

from .rig import BORROWER, DANI, GROUP, LENDER, STRANGER, Rig


async def test_after_a_crash_the_phones_show_what_they_showed(linked: Rig) -> None:
    await linked.write(BORROWER, LENDER, "halo 🙏\u200b\n'; drop table")
    await linked.write(LENDER, GROUP, "grup")
    await linked.write(STRANGER, GROUP, "juga")
    await linked.send(BORROWER, "Pengingat", "r1")
    await linked.phones.receipt(BORROWER, "r1", "read")
    await linked.switch(STRANGER, PhoneState.OFFLINE)
    await linked.send(STRANGER, "tertahan", "r2")
    await linked.write(STRANGER, LENDER, "diketik tanpa sinyal")
    numbers = (LENDER, BORROWER, STRANGER)
    before = [(await linked.shown(one), linked.phones.phone(one)) for one in numbers]
    await linked.restart()
    assert [(await linked.shown(one), linked.phones.phone(one)) for one in numbers] == before
    await linked.switch(STRANGER, PhoneState.ONLINE)
    assert (await linked.texts_on(STRANGER))[-1] == "tertahan"
    assert linked.service.texts()[-1] == "diketik tanpa sinyal"


async def test_what_was_not_confirmed_is_reported_again_after_a_crash(linked: Rig) -> None:
    await linked.write(BORROWER, LENDER, "sudah diterima")
    await linked.write(STRANGER, STRANGER, "catatan")  # writes the note of the confirmation
    await linked.crash()
    linked.begin()
    await linked.open()
    await linked.write(BORROWER, LENDER, "belum diterima")  # nobody is connected
    assert linked.service.heard == []
    await linked.driver.start(DANI)
    await linked.settle()
    assert linked.service.texts() == ["belum diterima"]
    await linked.restart()
    # Its note was still in memory when the process died: at least once, not at most once.
    assert linked.service.texts() == ["belum diterima"]


async def test_a_send_whose_process_died_is_told_by_echo_and_receipt(linked: Rig) -> None:
    outcome = await linked.driver.send_text(DANI, ChatId(BORROWER), "Tercatat", client_ref="r1")
    assert outcome == Accepted("r1")
    await linked.restart()  # before anything was reported
    assert [one.id for one in linked.service.events(MessageReceived)] == ["r1"]
    assert [one.ids for one in linked.service.events(ReceiptReceived)] == [("r1",)]
    assert linked.phones.times_accepted("r1") == 1
    await linked.send(BORROWER, "Tercatat", "r1")
    await linked.restart()
    assert linked.phones.accepted_sends().doubled == {"r1": 2}


async def test_a_gentle_end_reports_nothing_twice(linked: Rig) -> None:
    await linked.write(BORROWER, LENDER, "halo")
    await linked.driver.aclose()
    linked.begin()
    await linked.open()
    await linked.driver.start(DANI)
    await linked.settle()
    assert linked.service.names() == ["Connected"]


async def test_a_resend_and_a_removed_link_survive(linked: Rig) -> None:
    await linked.driver.stop(DANI)
    await linked.phones.write(BORROWER, LENDER, "satu", message_id="A1")
    await linked.phones.write(BORROWER, LENDER, "satu", message_id="A1")
    await linked.restart()
    assert [one.id for one in linked.service.events(MessageReceived)] == ["A1", "A1"]
    again = await linked.phones.write(BORROWER, LENDER, "satu", message_id="A1")
    assert again.resent
    await linked.switch(LENDER, PhoneState.LOGGED_OUT)
    await linked.restart()
    assert not await linked.driver.is_linked(DANI)
    assert linked.phones.phone(LENDER).state is PhoneState.LOGGED_OUT


async def test_a_line_torn_by_the_crash_is_cut_off_and_writing_goes_on(linked: Rig) -> None:
    await linked.write(BORROWER, LENDER, "satu", "dua")
    await linked.crash()
    journal = linked.folder / "journal.jsonl"
    whole = journal.read_bytes()
    last = whole.rstrip(b"\n").rpartition(b"\n")[2]
    journal.write_bytes(whole[: -len(last) // 2])
    linked.begin()
    await linked.open()
    assert await linked.texts_on(BORROWER) == ["satu"]
    await linked.write(BORROWER, LENDER, "tiga")
    await linked.restart()
    assert await linked.texts_on(BORROWER) == ["satu", "tiga"]
    assert [json.loads(line) for line in journal.read_bytes().splitlines()]


@pytest.mark.parametrize("line", [b"not json", b"{}", b"[]", b'["?"]', b'["s","62"]', b'["m",1]'])
async def test_a_damaged_journal_is_named_instead_of_guessed_at(linked: Rig, line: bytes) -> None:
    await linked.crash()
    journal = linked.folder / "journal.jsonl"
    journal.write_bytes(line + b"\n" + journal.read_bytes())
    with pytest.raises(ConfigurationProblem, match="journal"):
        linked.begin()
    journal.write_bytes(b"")
    linked.begin()


async def test_a_full_journal_refuses_and_keeps_what_it_has(linked: Rig) -> None:
    await linked.write(BORROWER, LENDER, "satu")
    await linked.crash()
    size = (linked.folder / "journal.jsonl").stat().st_size
    linked.begin(journal_bytes_max=size + 10)
    await linked.open()
    await linked.driver.start(DANI)
    await linked.settle()
    with pytest.raises(SimulatorFull):
        await linked.write(BORROWER, LENDER, "dua")
    assert await linked.send(BORROWER, "tiga", "r1") == Rejected("simulator_full")
    assert await linked.texts_on(LENDER) == ["satu"]
    await linked.restart()
    assert await linked.texts_on(LENDER) == ["satu"]


async def test_time_travel_is_remembered_goes_forward_only_and_has_a_limit(rig: Rig) -> None:
    rig.phones.move_clock(timedelta(days=40, seconds=1.5))
    ahead = rig.clock.ahead
    await rig.restart()
    assert rig.clock.ahead == ahead == timedelta(days=40, seconds=1.5)
    with pytest.raises(ClockBackwards):
        rig.phones.move_clock(timedelta(seconds=-1))
    with pytest.raises(ClockTooFar):
        rig.phones.move_clock(timedelta(days=3650))
    assert rig.clock.ahead == ahead


async def test_documents_survive_and_the_too_large_are_refused(rig: Rig) -> None:
    small = Document("a.txt", "text/plain", 4, b"halo")
    await rig.phones.write(BORROWER, LENDER, "", document=small)
    await rig.restart()
    (shown,) = await rig.shown(LENDER)
    assert shown.document is not None
    assert rig.phones.document(shown.document.token)[1].read_bytes() == b"halo"
    with pytest.raises(DocumentUnknown):
        rig.phones.document("../journal.jsonl")
    size = 16 * 1024 * 1024 + 1
    large = Document("b.txt", "text/plain", size, bytes(size))
    with pytest.raises(DocumentTooLarge):
        await rig.phones.write(BORROWER, LENDER, "", document=large)
    assert [one.ticks for one in await rig.shown(BORROWER)] == [Ticks.DELIVERED]
