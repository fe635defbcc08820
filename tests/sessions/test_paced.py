"""Sending like a person: order, spacing, new chats a day, numbers without WhatsApp, 463."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.sessions import WaSessionState
from tests.sessions.rig import Line, Numbers, running
from tests.store.ground import NOON, Ground
from tests.support.strict_driver import StrictDriver

BUDI, SARI = "6281200000001", "6281200000002"


def people(count: int, first: int = 0) -> list[str]:
    """Numbers of so many people."""
    return [f"62812{first + n:08}" for n in range(100, 100 + count)]


def gaps(line: Line) -> list[float]:
    """Seconds between the sends of one number."""
    sent = [one.at for one in line.numbers.driver.sent if one.tenant_id == line.tenant_id]
    return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(sent)]


class TestSpacing:
    async def test_reminders_go_one_by_one_with_typing_before_each(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await line.queue(*people(5))
        await numbers.pass_time(60)
        assert line.sent() == people(5)
        assert all(one.typed for one in numbers.driver.sent)
        assert all(4 <= gap <= 12 for gap in gaps(line))
        assert numbers.driver.typing_now == set()

    async def test_the_lender_and_who_just_wrote_do_not_wait_behind_them(
        self, numbers: Numbers
    ) -> None:
        line = await numbers.linked()
        await line.wrote(BUDI)
        await line.queue(*people(6))
        await line.queue("own", BUDI, purpose="reply")
        await numbers.pass_time(4)
        assert line.sent()[0] == line.phone
        assert BUDI in line.sent()
        own = next(one for one in numbers.driver.sent if one.chat == line.phone)
        assert own.at - NOON < timedelta(seconds=1)
        assert not own.typed
        assert len(line.sent()) == 3

    async def test_numbers_do_not_wait_for_one_another(self, numbers: Numbers) -> None:
        lines = [await numbers.linked() for _ in range(3)]
        for line in lines:
            await line.queue(BUDI)
        await numbers.pass_time(4)
        assert [line.sent() for line in lines] == [[BUDI]] * 3

    async def test_a_chat_stays_in_order_over_the_lanes(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await line.wrote(BUDI)
        await line.queue(BUDI, body="pengingat")
        await line.queue(BUDI, body="jawaban", purpose="reply")
        await numbers.pass_time(30)
        assert [one.text for one in numbers.driver.sent] == ["pengingat", "jawaban"]

    async def test_a_crash_in_a_pause_leaves_nothing_in_doubt(self, ground: Ground) -> None:
        driver = StrictDriver(clock=None)  # type: ignore[arg-type]  # running() gives it one
        async with running(ground, driver=driver) as numbers:
            line = await numbers.linked()
            await line.queue(BUDI)
            await numbers.pass_time(0.1)
            assert numbers.clock.sleepers  # it types
        assert driver.typing_now == set()
        assert await line.fates() == [("queued", None)]

    async def test_an_unhurried_answer_is_not_held_up_by_a_stuck_reminder(
        self, numbers: Numbers
    ) -> None:
        line = await numbers.linked()
        await line.wrote(BUDI)
        numbers.driver.lay_ready(SARI, wa.Rejected("busy", retry=True))
        await line.queue(SARI)
        await numbers.pass_time(5)
        await line.queue(BUDI, purpose="reply")
        await numbers.pass_time(4)
        assert line.sent() == [BUDI]


class TestNewChats:
    async def test_over_the_cap_the_rest_waits_and_the_lender_hears_of_it_once(
        self, numbers: Numbers
    ) -> None:
        line = await numbers.linked(days_ago=0)
        await line.queue(*people(5), body="Halo & salam")
        await numbers.pass_time(120)
        assert line.sent() == people(3)
        held = ("queued", "new_chats_held")
        assert await line.fates() == [("sent", None)] * 3 + [held] * 2
        [told] = await line.tell()
        assert told.startswith("⚠️ 2 pesan menunggu sampai besok jam 08.00.")
        assert "sudah memulai 3 chat baru" in told
        assert f"https://wa.me/{people(5)[3]}?text=Halo%20%26%20salam" in told
        await line.queue(*people(1, first=50))
        await numbers.pass_time(30)
        assert (await line.fates())[-1] == held
        assert await line.tell() == []

    async def test_chats_that_exist_are_not_counted(self, numbers: Numbers) -> None:
        line = await numbers.linked(days_ago=0)
        known = people(6)
        await line.wrote(*known)
        await line.queue(*known, *people(3, first=50))
        await numbers.pass_time(200)
        assert line.sent() == [*known, *people(3, first=50)]

    async def test_the_second_message_of_a_chat_is_no_new_chat(self, numbers: Numbers) -> None:
        line = await numbers.linked(days_ago=0)
        await line.queue(*people(3), *people(3))
        await numbers.pass_time(200)
        assert line.sent() == people(3) * 2

    async def test_the_day_is_the_tenants_and_ends_at_its_midnight(self, ground: Ground) -> None:
        evening = datetime(2026, 2, 18, 14, 58, 30, tzinfo=UTC)  # 23:58:30 in Jayapura
        async with running(ground, at=evening) as numbers:
            line = await numbers.linked(days_ago=0, zone="Asia/Jayapura")
            await line.queue(*people(4))
            await numbers.pass_time(60)
            assert len(line.sent()) == 3
            until = (await line.rows("select not_before from outbound_messages order by id"))[-1][0]
            assert until == datetime(2026, 2, 18, 23, 0, tzinfo=UTC)  # 08:00 on the 19th
            await numbers.pass_time(60)  # past midnight: what comes now is the new day's
            await line.queue(*people(4, first=50))
            await numbers.pass_time(120)
            assert len(line.sent()) == 3 + 4
            assert (await line.fates())[3] == ("queued", "new_chats_held")

    async def test_what_was_held_goes_out_in_the_morning(self, ground: Ground) -> None:
        async with running(ground) as numbers:
            line = await numbers.linked(days_ago=0)
            await line.queue(*people(4))
            await numbers.pass_time(60)
            assert len(line.sent()) == 3
            numbers.taken_over = True
        morning = datetime(2026, 2, 19, 1, 0, 1, tzinfo=UTC)
        async with running(ground, at=morning, owner="b") as again:
            await again.take_over(line)
            await again.pass_time(30)
            assert again.driver.chats() == people(4)[3:]

    async def test_a_held_chat_opens_when_the_other_side_writes(self, numbers: Numbers) -> None:
        line = await numbers.linked(days_ago=0)
        await line.queue(*people(4))
        await numbers.pass_time(60)
        last = people(4)[3]
        await line.wrote(last)
        await line.queue(last, purpose="reply", body="jawaban")
        await numbers.pass_time(30)
        assert line.sent()[3:] == [last, last]
        assert numbers.driver.sent[-1].text == "jawaban"

    async def test_a_send_that_certainly_failed_begins_no_chat(self, numbers: Numbers) -> None:
        line = await numbers.linked(days_ago=0)
        for chat in people(3):
            numbers.driver.lay_ready(chat, wa.Rejected("refused"))
        await line.queue(*people(5))
        await numbers.pass_time(120)
        assert line.sent() == people(5)[3:]

    async def test_one_of_unknown_outcome_counts(self, numbers: Numbers) -> None:
        line = await numbers.linked(days_ago=0)
        for chat in people(3):
            numbers.driver.lay_ready(chat, wa.Unknown("no answer"))
        await line.queue(*people(4))
        await numbers.pass_time(120)
        assert line.sent() == people(3)


class TestNumberCheck:
    async def test_a_number_is_asked_about_once_before_the_first_message(
        self, numbers: Numbers
    ) -> None:
        line = await numbers.linked()
        await line.queue(BUDI, BUDI)
        await numbers.pass_time(60)
        assert numbers.driver.checked == [BUDI]
        await line.wrote(SARI)
        await line.queue(SARI)
        await numbers.pass_time(30)
        assert numbers.driver.checked == [BUDI]

    async def test_a_number_without_whatsapp_gets_nothing_and_the_lender_hears_why(
        self, numbers: Numbers
    ) -> None:
        line = await numbers.linked()
        numbers.driver.without_whatsapp.add(BUDI)
        await line.queue(BUDI, body="🙏 Halo Budi")
        await numbers.pass_time(10)
        assert await line.fates() == [("failed", "not_on_whatsapp")]
        told, text = await line.tell()
        assert "Nomor 0812-0000-0001 tidak ada di WhatsApp." in told
        assert "NOMOR" in told
        assert "wa.me" not in told
        assert text == "🙏 Halo Budi"
        assert await line.tell() == []
        await line.queue(BUDI)
        await numbers.pass_time(10)
        assert numbers.driver.checked == [BUDI]  # remembered
        assert (await line.fates())[1] == ("failed", "not_on_whatsapp")
        assert numbers.driver.typed == []

    async def test_while_nobody_can_be_asked_the_message_waits(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        numbers.driver.check_answers = False
        await line.queue(BUDI)
        await numbers.pass_time(10)
        assert await line.fates() == [("queued", "number_unchecked")]
        numbers.driver.check_answers = True
        await numbers.pass_time(70)
        assert line.sent() == [BUDI]


class TestRestricted:
    async def test_after_463_no_chat_is_begun_and_old_ones_are_answered(
        self, numbers: Numbers
    ) -> None:
        line = await numbers.linked()
        await line.wrote(SARI)
        numbers.driver.lay_ready(people(1)[0], wa.Rejected("restricted_463"))
        await line.queue(*people(4), SARI)
        await line.queue(SARI, purpose="reply")
        await numbers.pass_time(60)
        assert numbers.running.all_sessions()[line.tenant_id] is WaSessionState.RESTRICTED
        assert line.sent() == [SARI, SARI]
        barred = ("failed", "restricted_463")
        assert await line.fates() == [barred] * 4 + [("sent", None)] * 2
        [told] = await line.tell()
        assert told.startswith("⚠️ 4 pesan tidak terkirim.")
        assert told.count("https://wa.me/62812") == 4
        assert await line.tell() == []

    async def test_when_it_is_lifted_new_chats_begin_again(self, numbers: Numbers) -> None:
        line = await numbers.linked()
        await numbers.driver.report(line.tenant_id, wa.Restricted())
        await line.queue(BUDI)
        await numbers.pass_time(10)
        await numbers.driver.report(line.tenant_id, wa.Unrestricted())
        await line.queue(BUDI)
        await numbers.pass_time(10)
        assert await line.fates() == [("failed", "restricted_463"), ("sent", None)]
