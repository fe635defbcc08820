"""SETTING through the chat door: what was changed holds for what was leased before, too."""

from __future__ import annotations

from datetime import UTC, datetime

from bukuhutang.entrypoints.chat.handle import handle
from tests.chat.desk import Desk


async def work_at_once(desk: Desk, *texts: str) -> list[str]:
    """All of them leased before the first is worked, as a loop does with a handful."""
    for text in texts:
        await desk.arrive(text)
    for message in await desk.lease():
        await handle(desk.ground.database, message, desk.now)
    return [body for _, body in await desk.queued()]


async def test_a_changed_language_holds_from_the_next_answer(desk: Desk) -> None:
    said = await work_at_once(desk, "STATUS", "SETTING bahasa en", "STATUS")
    assert said[0].startswith("Tidak ada")
    assert said[1].startswith("✅ From now on")
    assert said[2] != said[0]
    assert "Begin with" in said[2]


async def test_a_changed_zone_moves_the_day_of_the_next_message(desk: Desk) -> None:
    desk.now = datetime(2026, 2, 18, 16, 30, tzinfo=UTC)  # 23.30 in Jakarta, 00.30 in Makassar
    said = await work_at_once(
        desk, "PINJAM Budi 5rb 1hari", "SETTING zona WITA", "PINJAM Sari 5rb 1hari"
    )
    assert "besok, Kamis 19 Februari" in said[0] or "Kamis, 19 Februari" in said[0]
    assert "20 Februari" in said[2]


async def test_staff_is_told_that_settings_are_for_the_owner(desk: Desk) -> None:
    phone = await desk.member("6281333333333")
    async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
        await tx.db.execute("update users set role = 'staff' where phone_number = $1", phone)
    refused = await desk.answer("SETTING bahasa en", sender=phone)
    assert refused == "Belum saya kerjakan: hanya pemilik buku yang boleh."
    assert (await desk.answer("SETTING", sender=phone)).startswith("Bahasa: Indonesia")


async def test_an_edit_of_a_setting_that_was_refused_is_read_anew(desk: Desk) -> None:
    await desk.say("SETTING bahasa xx", id="A1")
    [(_, said)] = await desk.say("SETTING bahasa en", kind="edit", refers_to="A1")
    assert said.startswith("✅ From now on")


async def test_batal_right_after_a_setting_takes_no_record_back(desk: Desk) -> None:
    await desk.answer("PINJAM Budi 5rb")
    await desk.answer("SETTING pengingat mati")
    assert "Tidak ada yang dibatalkan" in await desk.answer("BATAL")
    assert [status for _, _, status in await desk.debts()] == ["open"]


async def test_an_interview_that_waits_goes_on_in_the_new_language(desk: Desk) -> None:
    await desk.say("BUAT PERJANJIAN Budi 6jt")
    [(_, said)] = await desk.say("SETTING bahasa en")
    first, reminder = said.split("\n\n")
    assert first.startswith("✅ From now on")
    assert "agreement" in reminder.lower(), reminder
