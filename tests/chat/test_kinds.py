"""Messages that refer to another one or are no text: what the transcripts leave out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bukuhutang.entrypoints.chat.handle import handle
from tests.chat.desk import Desk

BUDI = "6281200000001"
STAFF = "6281300000001"
STRANGER = "6281999999999"


async def last_ref(desk: Desk) -> str:
    """Our reference of the newest message of the bot."""
    async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
        return str(
            await tx.db.fetchval(
                "select client_ref from outbound_messages order by id desc limit 1"
            )
        )


async def sent_as(desk: Desk, ref: str, provider_id: str) -> None:
    """The driver that chooses its own ids has sent the message under this one."""
    async with desk.ground.superuser() as db:
        await db.execute(
            "update outbound_messages set status = 'sent', waits = false,"
            " provider_message_id = $3 where tenant_id = $1 and client_ref = $2",
            desk.tenant_id,
            ref,
            provider_id,
        )


class TestReplies:
    async def test_a_message_is_known_by_the_providers_id_as_well(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 500rb")
        await sent_as(desk, await last_ref(desk), "3EB0PROVIDER")
        [(_, text)] = await desk.say("BAYAR 200rb", refers_to="3EB0PROVIDER")
        assert "*Budi* bayar *Rp200.000*" in text

    async def test_a_message_of_another_chat_means_nobody(self, desk: Desk) -> None:
        await desk.member(STAFF)
        await desk.say("PINJAM Budi 500rb")
        [(_, text)] = await desk.say("BAYAR 200rb", sender=STAFF, refers_to=await last_ref(desk))
        assert "namanya belum ada" in text
        assert await desk.debts() == [(500_000, 0, "open")]

    async def test_a_reply_to_a_message_nobody_knows_is_read_as_it_stands(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 500rb")
        [(_, text)] = await desk.say("BAYAR 200rb", refers_to="UNKNOWN")
        assert "namanya belum ada" in text
        [(_, text)] = await desk.say("BATAL", refers_to="UNKNOWN")
        assert "Belum dibatalkan" in text
        assert await desk.debts() == [(500_000, 0, "open")]

    async def test_the_quoted_one_of_two_with_the_same_name_is_meant(self, desk: Desk) -> None:
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi Lestari 200rb")
        [(_, text)] = await desk.say("BAYAR Dewi 50rb", refers_to=await last_ref(desk))
        assert "*Dewi Lestari* bayar" in text

    async def test_a_quoted_debt_settles_the_direction_too(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 100rb")
        await desk.say("HUTANG Budi 50rb")
        [(_, text)] = await desk.say("LUNAS", refers_to=await last_ref(desk))
        assert "Kamu bayar *Rp50.000*" in text

    async def test_another_number_is_another_person_than_the_quoted(self, desk: Desk) -> None:
        await desk.say(f"PINJAM Budi 100rb 0{BUDI[2:]}")
        [(_, text)] = await desk.say("PINJAM 100rb 081277777777", refers_to=await last_ref(desk))
        assert "namanya belum ada" in text

    async def test_a_number_in_reply_to_something_else_answers_no_question(
        self, desk: Desk
    ) -> None:
        await desk.say("PINJAM Dewi Sartika 100rb", id="RECORD")
        record = await last_ref(desk)
        await desk.say("PINJAM Dewi 200rb")
        [(_, text)] = await desk.say("1", refers_to=record)
        assert "tidak menunggu jawaban" in text
        assert len(await desk.debts()) == 1
        [(_, text)] = await desk.say("1")  # the question still waits
        assert "Tercatat" in text

    async def test_the_own_wish_quoted_is_the_question_it_led_to(self, desk: Desk) -> None:
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi 200rb", id="WISH")
        [(_, text)] = await desk.say("2", refers_to="WISH")
        assert "*Dewi* pinjam" in text
        [(_, text)] = await desk.say("BATAL", refers_to="WISH")  # now it is what was recorded
        assert "Dibatalkan: *Dewi* pinjam" in text

    async def test_a_reply_to_a_notice_about_a_borrower_means_that_borrower(
        self, desk: Desk
    ) -> None:
        await desk.say(f"PINJAM Budi 100rb 0{BUDI[2:]}")
        await desk.say("STOP", sender=BUDI)
        [(_, text)] = await desk.say("LUNAS", refers_to=await last_ref(desk))
        assert "*Budi* bayar *Rp100.000*" in text

    async def test_the_audit_stands_after_all_of_it(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 500rb")
        first = await last_ref(desk)
        await desk.say("PINJAM Budi 200rb 3hari")
        for text in ("BAYAR 600rb", "BATAL", "BAYAR 900rb", "LUNAS", "PINJAM 50rb", "BATAL"):
            assert await desk.say(text, refers_to=first), text
            assert await desk.audited() == [], text


class TestReactions:
    @pytest.mark.parametrize("sender", [STAFF, STRANGER])
    async def test_a_thumb_of_somebody_else_is_no_answer(self, desk: Desk, sender: str) -> None:
        await desk.member(STAFF)
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi 200rb")
        ref = await last_ref(desk)
        assert await desk.say("👍", kind="reaction", refers_to=ref, sender=sender) == []

    async def test_a_reaction_is_not_kept(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 100rb")
        await desk.say("😂", kind="reaction", refers_to=await last_ref(desk))
        assert (await desk.inbound())[-1][1:] == ("ignored", "reaction", None)

    async def test_a_thumb_twice_answers_once(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi Santoso 100rb")
        await desk.say("PINJAM Budi 10rb")
        await desk.say("2")
        await desk.say("LUNAS Budi")
        await desk.say("BAYAR Budi 30rb")
        ref = await last_ref(desk)
        assert len(await desk.say("👍", kind="reaction", refers_to=ref)) == 1
        assert await desk.say("👍", kind="reaction", refers_to=ref) == []
        assert (await desk.debts())[0] == (100_000, 30_000, "open")


class TestChanges:
    async def test_an_edit_that_overtakes_the_work_finds_the_original_done(
        self, desk: Desk
    ) -> None:
        """Both wait in the inbox; a chat is worked in order of arrival."""
        await desk.arrive("PINJAM Budi 500rb", id="A1")
        await desk.arrive("PINJAM Budi 450rb", kind="edit", refers_to="A1")
        for message in await desk.lease():
            await handle(desk.ground.database, message, desk.now)
        texts = [text for _, text in await desk.queued()]
        assert "Tercatat" in texts[0]
        assert "tetap seperti semula" in texts[1]
        assert await desk.debts() == [(500_000, 0, "open")]

    async def test_an_edit_of_a_message_that_never_came_is_a_message(self, desk: Desk) -> None:
        [(_, text)] = await desk.say("PINJAM Budi 500rb", kind="edit", refers_to="NEVER")
        assert "Tercatat" in text

    async def test_nobody_edits_anybody_elses_message(self, desk: Desk) -> None:
        """A driver that mixed up who wrote what must not make a record of it."""
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        await desk.say("halo", sender=BUDI, id="B1")
        async with desk.ground.superuser() as db:
            await db.execute(
                "update inbound_messages set sender = '6281555555555'"
                " where tenant_id = $1 and provider_message_id = 'B1'",
                desk.tenant_id,
            )
        assert await desk.say("STOP", kind="edit", refers_to="B1", sender=BUDI) == []

    async def test_a_wish_edited_while_its_question_waits_is_asked_anew(self, desk: Desk) -> None:
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi 200rb", id="WISH")
        question = await last_ref(desk)
        [(_, text)] = await desk.say("PINJAM Dewi Lestari 200rb", kind="edit", refers_to="WISH")
        assert "*Dewi Lestari* pinjam" in text
        [(_, text)] = await desk.say("1", refers_to=question)
        assert "tidak menunggu jawaban" in text
        assert len(await desk.debts()) == 2

    async def test_a_deleted_reminder_wish_is_named(self, desk: Desk) -> None:
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        await desk.say("INGATKAN Budi", id="R1")
        [(_, text)] = await desk.say("", kind="deletion", refers_to="R1")
        assert "pengingat untuk *Budi*" in text

    async def test_a_stranger_who_edits_and_deletes_is_not_answered(self, desk: Desk) -> None:
        await desk.say("halo", sender=STRANGER, id="S1")
        for kind in ("edit", "deletion"):
            assert await desk.say("STATUS", kind=kind, refers_to="S1", sender=STRANGER) == []


class TestOtherKinds:
    @pytest.mark.parametrize(
        ("kind", "said"), [("voice", "pesan suara"), ("other", "pesan jenis ini")]
    )
    async def test_a_member_hears_what_cannot_be_read_others_hear_nothing(
        self, desk: Desk, kind: str, said: str
    ) -> None:
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        [(_, text)] = await desk.say("", kind=kind)
        assert said in text
        for sender in (BUDI, STRANGER):
            assert await desk.say("", kind=kind, sender=sender) == []

    async def test_cards_left_out_are_counted(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 500rb")
        cards = [{"name": "Budi", "phone": BUDI}, {"name": "Sari", "phone": None}]
        [(_, text)] = await desk.say(
            "", kind="contact", detail={"contacts": cards, "left_out": 247}
        )
        assert "*Budi* 0812-0000-0001" in text
        assert "247 kontak lain" in text
        assert await desk.audited() == []


@pytest.mark.parametrize("off_by", [timedelta(days=-400), timedelta(days=400)])
async def test_a_phone_with_a_wrong_clock_moves_no_due_date(desk: Desk, off_by: timedelta) -> None:
    [(_, text)] = await desk.say("PINJAM Budi 500rb 14hari", sent_at=desk.now + off_by)
    assert "Jatuh tempo Rabu, 4 Maret" in text
