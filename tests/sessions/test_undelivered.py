"""What did not arrive is told once; what nobody knows is asked about once and never sent again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bukuhutang.base.ids import ChatId, MemberId, PhoneNumber
from bukuhutang.entrypoints.sessions.pace import AT_ONCE
from bukuhutang.ledger.money import Direction
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.sessions import LEASE_SECONDS
from bukuhutang.store import files, members, outbox
from bukuhutang.store.members import MemberRow
from bukuhutang.store.outbox import Outbound, ReceiptMark
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.overview import History, show_history
from bukuhutang.usecases.people import person_known
from bukuhutang.usecases.refusals import RemindedToday
from bukuhutang.usecases.reminders import Reminded, note_reminder, remind
from tests.sessions.rig import REFS, Line, Numbers, loop_beside, running, until
from tests.store.ground import Ground
from tests.usecases.rig import JAKARTA, Shop

BUDI, SARI = "6281200000001", "6281200000002"
ASKED = timedelta(minutes=outbox.ASK_AFTER_MINUTES)
FILE = UUID("00000000-0000-4000-8000-000000000001")


def shop_of(line: Line) -> Shop:
    """The same lender's book, at this moment; its acts have keys of their own."""
    at = line.numbers.clock.at
    acts = next(REFS) * 1_000
    return Shop(line.numbers.ground.database, line.tenant_id, line.phone, at, acts)


async def ingatkan(line: Line, name: str = "Budi") -> str:
    """INGATKAN as the chat door does it; the reference of the message."""
    async with shop_of(line).book(name) as book:
        done = await remind(book, name, name.lower())
        assert isinstance(done, Reminded)
        assert done.to is not None
        ref = book.send(done.to, f"🙏 Halo {name}", purpose="reminder")
        note_reminder(book, done.person, ref)
        return ref


async def receipt(line: Line, provider_id: str, state: str) -> None:
    """WhatsApp reports on a message."""
    one = ReceiptMark(line.tenant_id, provider_id, state, line.numbers.clock.at)
    await line.numbers.outcomes.add(one)


async def later(line: Line, by: timedelta) -> None:
    """Time passes in which nothing is to be sent."""
    line.numbers.clock.turn(line.numbers.clock.at + by)


class TestUnknown:
    async def test_the_lender_is_asked_once_after_ten_minutes(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await shop_of(line).lent("Budi", 500, phone=BUDI)
        numbers.driver.lay_ready(BUDI, wa.Unknown("no acknowledgement"))
        await ingatkan(line)
        await numbers.pass_time(10)
        assert await line.fates() == [("unknown", "no acknowledgement")]
        assert await line.tell() == []
        await later(line, ASKED)
        question, text = await line.tell()
        assert question.startswith("❓ Pengingat untuk *Budi*: sudah masuk?")
        assert f"https://wa.me/{BUDI}?text=" in question
        assert text == "🙏 Halo Budi"
        await later(line, ASKED)
        assert await line.tell() == []
        assert line.sent() == [BUDI]

    async def test_a_receipt_in_time_leaves_nothing_to_ask(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        numbers.driver.lay_ready(BUDI, wa.Unknown("no acknowledgement"))
        [ref] = await line.queue(BUDI)
        await numbers.pass_time(10)
        async with numbers.ground.database.courier() as db:
            one = ReceiptMark(line.tenant_id, ref, "delivered", numbers.clock.at)
            await outbox.receipts(db, [one], own_message_ids=True)
        await later(line, ASKED)
        assert await line.tell() == []
        assert [status for status, _ in await line.fates()] == ["delivered"]

    async def test_of_the_lenders_own_chat_nothing_is_asked(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        staff = "6281300000001"
        row = MemberRow(MemberId(2), PhoneNumber(staff), "Rina", Role.OWNER, is_removed=False)
        async with numbers.ground.database.tenant_tx(line.tenant_id) as tx:
            await members.insert(tx, row, numbers.clock.at)
        for chat in (line.phone, staff):
            numbers.driver.lay_ready(chat, wa.Unknown("no acknowledgement"))
        await line.queue("own", staff, purpose="reply")
        await numbers.pass_time(10)
        await later(line, ASKED)
        assert await line.tell() == []
        assert await line.rows("select untold from outbound_messages") == [(False,), (False,)]

    async def test_killed_between_claim_and_mark_it_is_asked_about_and_not_sent_again(
        self, ground: Ground
    ) -> None:
        async with running(ground, pace=AT_ONCE) as numbers:
            line = await numbers.linked()
            numbers.driver.hold = asyncio.Event()  # the send hangs, the process dies in it
            await line.queue(BUDI)
            [head] = await numbers.paced.next_heads()
            numbers.work.add(asyncio.create_task(numbers.paced.work(head)))
            await until(lambda: numbers.driver.begun == [BUDI])
            assert await line.fates() == [("sending", None)]
            died = numbers.clock.at
            numbers.taken_over = True
        async with running(ground, at=died + timedelta(seconds=LEASE_SECONDS + 1), owner="b") as b:
            await b.take_over(line)
            await b.pass_time(10)
            assert b.driver.sent == []
            assert await line.fates() == [("unknown", "the sender stopped")]
            assert await line.tell() == []
            await later(line, ASKED)
            question, _ = await line.tell()
            assert question.startswith("❓ Pengingat untuk 0812-0000-0001: sudah masuk?")
            assert await line.tell() == []


class TestFailed:
    @pytest.mark.parametrize(
        ("purpose", "what"),
        [
            ("reminder", "Pengingat"),
            ("reply", "Balasan"),
            ("notice", "Pesan"),
            ("agreement", "Perjanjian"),
        ],
    )
    async def test_whatever_it_was_the_lender_gets_it_to_forward(
        self, numbers: Numbers, purpose: str, what: str
    ) -> None:
        line = await numbers.linked()
        await line.wrote(BUDI)
        numbers.driver.lay_ready(BUDI, wa.Rejected("refused"))
        await line.queue(BUDI, purpose=purpose, body="isi pesan")
        await numbers.pass_time(10)
        told, text = await line.tell()
        assert told.startswith(f"⚠️ {what} untuk 0812-0000-0001 tidak terkirim.")
        assert text == "isi pesan"
        assert await line.tell() == []

    async def test_a_file_is_handed_over_as_a_file(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await a_file(line)
        numbers.driver.lay_ready(BUDI, wa.Rejected("refused"))
        await line.queue(BUDI, purpose="agreement", body="Perjanjian", file_id=FILE)
        await numbers.pass_time(10)
        assert len(await line.tell()) == 2
        await numbers.pass_time(10)
        [_, handed] = [one for one in numbers.driver.sent if one.chat == line.phone]
        assert handed.document is not None
        assert handed.document.content == b"%PDF-1.7"

    async def test_a_file_too_large_is_not_handed_over_again(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await a_file(line)
        numbers.driver.lay_ready(BUDI, wa.Rejected("document_too_large"))
        await line.queue(BUDI, purpose="agreement", body="Perjanjian", file_id=FILE)
        await numbers.pass_time(10)
        [told] = await line.tell()
        assert "terlalu besar" in told
        assert f"https://wa.me/{BUDI}" in told

    async def test_many_at_once_are_one_message_by_five(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await line.queue(*[f"62812000001{n:02}" for n in range(7)])
        await numbers.driver.report(line.tenant_id, wa.Restricted())
        await numbers.pass_time(5)
        told = await line.tell()
        assert [one.count("wa.me") for one in told] == [5, 2]

    async def test_two_that_tell_at_once_tell_once(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        numbers.driver.lay_ready(BUDI, wa.Rejected("refused"))
        await line.queue(BUDI)
        await numbers.pass_time(10)
        await asyncio.gather(*(line.tell() for _ in range(4)))
        assert len(await line.told()) == 2

    async def test_in_english(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        async with numbers.ground.superuser() as db:
            await db.execute(
                "update tenant_settings set language = 'en' where tenant_id = $1", line.tenant_id
            )
        numbers.driver.lay_ready(BUDI, wa.Rejected("refused"))
        await line.queue(BUDI)
        await numbers.pass_time(10)
        told, _ = await line.tell()
        assert told.startswith("⚠️ The reminder to 0812-0000-0001 did not go out.")


class TestNoLongerSo:
    @pytest.mark.parametrize("act", ["settled", "opted_out", "changed"])
    async def test_a_reminder_that_waited_is_not_sent_when_it_is_no_longer_so(
        self, numbers: Numbers, act: str
    ) -> None:
        line = await numbers.linked()
        shop = shop_of(line)
        await shop.lent("Budi", 500, phone=BUDI)
        await ingatkan(line)
        shop.now += timedelta(seconds=1)
        match act:
            case "settled":
                await shop.paid("Budi", None)
            case "changed":
                await shop.paid("Budi", 200)
            case "opted_out":
                async with numbers.ground.superuser() as db:
                    await db.execute(
                        "update borrowers set opted_out_at = now() where tenant_id = $1",
                        line.tenant_id,
                    )
        await numbers.pass_time(30)
        assert line.sent() == []
        assert numbers.driver.typed == []
        assert await line.fates() == [("skipped", act)]
        told = await line.tell()
        assert [one.splitlines()[0] for one in told] == (
            ["⚠️ Pengingat untuk *Budi* tidak jadi dikirim."] if act == "changed" else []
        )
        if act == "changed":
            await ingatkan(line)  # the new one may go the same day
            await numbers.pass_time(30)
            assert line.sent() == [BUDI, line.phone] or line.sent() == [line.phone, BUDI]

    async def test_a_further_debt_or_what_the_lender_owes_leaves_it_true(
        self, numbers: Numbers
    ) -> None:
        line = await numbers.linked()
        shop = shop_of(line)
        await shop.lent("Budi", 500, phone=BUDI)
        await ingatkan(line)
        shop.now += timedelta(seconds=1)
        await shop.lent("Budi", 100)
        await shop.lend("Budi", 50, Direction.PAYABLE)
        await shop.pay("Budi", 50, Direction.PAYABLE)
        await numbers.pass_time(30)
        assert line.sent() == [BUDI]


class TestFate:
    async def test_the_lender_sees_what_became_of_a_reminder(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await shop_of(line).lent("Budi", 500, phone=BUDI)
        await ingatkan(line)
        seen = [await fate(line)]
        await numbers.pass_time(10)
        seen.append(await fate(line))
        for state in ("delivered", "read"):
            await receipt(line, "P1", state)
            seen.append(await fate(line))
        assert seen == ["waiting", "sent", "delivered", "read"]

    async def test_a_held_one_says_until_when(self, numbers: Numbers) -> None:
        line = await numbers.linked(days_ago=0)
        await shop_of(line).lent("Budi", 500, phone=BUDI)
        await line.queue("6281200000011", "6281200000012", "6281200000013")
        await numbers.pass_time(60)
        await ingatkan(line)
        await numbers.pass_time(5)
        with pytest.raises(RemindedToday) as no:
            await ingatkan(line)
        tomorrow = numbers.clock.at.astimezone(JAKARTA).date() + timedelta(days=1)
        assert (no.value.fate, no.value.until) == ("held", tomorrow)


async def fate(line: Line) -> str:
    """As the refused INGATKAN and RIWAYAT both say it."""
    with pytest.raises(RemindedToday) as no:
        await ingatkan(line)
    async with shop_of(line).book("Budi") as book:
        person: Any = await person_known(book, "Budi", "budi")
        shown = await show_history(book, person)
    assert isinstance(shown, History)
    assert shown.reminder is not None
    assert shown.reminder.fate == no.value.fate
    return no.value.fate


async def a_file(line: Line) -> None:
    """A stored PDF of this lender."""
    async with line.numbers.ground.database.tenant_tx(line.tenant_id) as tx:
        made = files.NewFile(FILE, "perjanjian.pdf", "application/pdf", b"%PDF-1.7")
        await files.insert(tx, made, line.numbers.clock.at)


class TestLoop:
    """The loop that the service runs, with all its parts."""

    async def test_it_sends_and_tells_by_itself(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        numbers.driver.lay_ready(BUDI, wa.Rejected("refused"))
        async with loop_beside(numbers) as loop:
            await line.queue(BUDI, SARI)
            loop.wake()
            await until(lambda: len(line.sent()) == 3)
        assert line.sent()[0] == SARI or line.sent()[0] == line.phone
        assert sorted(line.sent()) == sorted([SARI, line.phone, line.phone])

    async def test_what_a_crash_left_untold_is_told_at_the_start(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        numbers.driver.lay_ready(BUDI, wa.Rejected("refused"))
        await line.queue(BUDI)
        await numbers.pass_time(10)  # nobody tells here
        async with loop_beside(numbers):
            await until(lambda: line.sent() == [line.phone] * 2)

    async def test_two_loops_send_each_message_once(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        chats = [f"62812000001{n:02}" for n in range(10)]
        await line.wrote(*chats)
        await line.queue(*chats)
        async with loop_beside(numbers), loop_beside(numbers):
            await until(lambda: len(line.sent()) >= 10)
        assert sorted(line.sent()) == chats  # the driver itself refuses a second one

    async def test_unpaced_numbers_have_no_pauses_no_typing_and_no_cap(
        self, numbers: Numbers
    ) -> None:
        numbers.driver.hurry()
        line = await numbers.linked(days_ago=0)
        chats = [f"62812000001{n:02}" for n in range(30)]
        async with loop_beside(numbers) as loop:
            await line.queue(*chats)
            loop.wake()
            await until(lambda: len(line.sent()) == 30)
        assert numbers.driver.typed == []
        assert numbers.driver.checked == []

    async def test_unpaced_numbers_do_not_send_what_is_no_longer_so_either(
        self, numbers: Numbers
    ) -> None:
        numbers.driver.hurry()
        line = await numbers.linked()
        shop = shop_of(line)
        await shop.lent("Budi", 500, phone=BUDI)
        await ingatkan(line)
        shop.now += timedelta(seconds=1)
        await shop.paid("Budi", None)
        await line.queue(SARI)
        async with loop_beside(numbers) as loop:
            loop.wake()
            await until(lambda: line.sent() == [SARI])
            await until(lambda: loop.is_idle)
        assert await line.fates() == [("skipped", "settled"), ("sent", None)]


class TestFencing:
    async def test_after_the_leases_end_nothing_is_sent(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        assert numbers.running.may_send(line.tenant_id)
        numbers.clock.turn(numbers.clock.at + timedelta(seconds=LEASE_SECONDS))
        outcome = await numbers.running.send_message(
            line.tenant_id, ChatId(BUDI), "Halo", client_ref="late"
        )
        assert outcome == wa.Rejected("not_connected", retry=True)
        assert numbers.driver.sent == []
        assert await numbers.running.check_number(line.tenant_id, PhoneNumber(BUDI)) is None

    async def test_a_lease_lost_between_claim_and_send_stops_the_send(
        self, numbers: Numbers
    ) -> None:
        """The database still grants the claim; the owner's own clock knows better."""
        line = await numbers.linked()
        await line.queue(BUDI)
        async with numbers.ground.database.courier() as db:
            [message] = await outbox.claim(db, "a", now=numbers.clock.at, limit=1)
        assert isinstance(message, Outbound)
        numbers.clock.turn(numbers.clock.at + timedelta(seconds=LEASE_SECONDS))
        async with numbers.ground.superuser() as db:  # time passes for the database as well
            await db.execute("update wa_sessions set lease_until = clock_timestamp()")
        async with running(
            numbers.ground, at=numbers.clock.at + timedelta(seconds=1), owner="b"
        ) as b:
            await b.take_over(line)
            outcome = await numbers.running.send_message(
                line.tenant_id, message.chat_id, message.body, client_ref=message.client_ref
            )
            assert outcome == wa.Rejected("not_connected", retry=True)
            assert numbers.driver.sent == []
            assert await line.fates() == [("unknown", "the sender stopped")]
