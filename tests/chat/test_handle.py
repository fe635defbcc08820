"""One message, one transaction: who is answered, what is recorded, what is only text."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bukuhutang.entrypoints.chat.handle import handle
from tests.chat.desk import Desk, open_desk
from tests.store.ground import Ground

BUDI = "6281200000001"
STAFF = "6281300000001"


class TestWhoIsAnswered:
    async def test_the_lender_writing_to_the_own_number_is_the_lender(self, desk: Desk) -> None:
        assert "Tercatat" in await desk.answer("PINJAM Budi 500rb")

    async def test_a_registered_number_speaks_for_the_lender(self, desk: Desk) -> None:
        await desk.member(STAFF)
        assert "Tercatat" in await desk.answer("PINJAM Budi 500rb", sender=STAFF)
        async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
            row = await tx.db.fetchrow(
                "select d.created_by, a.actor from debts d, audit_log a"
                " where a.action = 'debt_recorded'"
            )
        assert tuple(row or ()) == (2, "member:2")

    async def test_a_registered_number_of_another_tenant_is_a_stranger(
        self, ground: Ground, desk: Desk
    ) -> None:
        other = await open_desk(ground, "6281977777777", "Warung Rina")
        await other.member(STAFF)
        assert await desk.say("STATUS", sender=STAFF) == []
        assert await desk.say("STATUS", sender=other.phone) == []

    async def test_a_borrower_hears_the_own_balance_and_nothing_else(self, desk: Desk) -> None:
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        assert "Rp500.000" in await desk.answer("sisa hutang saya?", sender=BUDI)
        for small_talk in ("halo", "PINJAM Budi 1jt", "STATUS", "BATAL", "1", "BAYAR Budi 5rb"):
            assert await desk.say(small_talk, sender=BUDI) == []
        assert await desk.debts() == [(500_000, 0, "open")]

    async def test_what_is_none_of_our_business_is_not_kept(self, desk: Desk) -> None:
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        await desk.say("aku kangen kamu", sender=BUDI)
        await desk.say("PINJAM Budi 1jt", sender="6281999999999")
        _, small_talk, stranger = await desk.inbound()
        assert small_talk[1:] == ("ignored", "borrower's talk", None)
        assert stranger[1:] == ("ignored", "stranger", None)

    async def test_the_bots_own_words_echoed_back_are_no_command(self, desk: Desk) -> None:
        """The row in the database is all that is known of the send, as after a restart."""
        await desk.say("PINJAM Budi 500rb")
        async with desk.ground.superuser() as db:
            await db.execute(
                "update outbound_messages set status = 'sent', waits = false,"
                " provider_message_id = 'ECHO'"
                " where tenant_id = $1",
                desk.tenant_id,
            )
        assert await desk.say("BATAL", id="ECHO") == []
        assert (await desk.inbound())[-1][1:] == ("ignored", "own message", None)
        assert await desk.debts() == [(500_000, 0, "open")]

    async def test_an_echo_of_a_send_that_a_crash_left_in_doubt_is_no_command(
        self, desk: Desk
    ) -> None:
        """Nobody has noted the provider's id; where the driver takes ours, that is the id."""
        await desk.say("PINJAM Budi 500rb")
        async with desk.ground.superuser() as db:
            ours = await db.fetchval(
                "update outbound_messages set status = 'unknown', waits = false"
                " where tenant_id = $1 returning client_ref",
                desk.tenant_id,
            )
        assert await desk.say("✅ Tercatat: *Budi* pinjam *Rp500.000*", id=ours) == []

    async def test_a_file_from_the_lender_is_answered_from_others_it_is_not(
        self, desk: Desk
    ) -> None:
        await desk.say(f"PINJAM Budi 500rb 0{BUDI[2:]}")
        [(_, text)] = await desk.say("", kind="document")
        assert "tidak bisa diunduh" in text
        assert await desk.say("", kind="document", sender=BUDI) == []
        assert await desk.say("", kind="document", sender="6281999999999") == []


class TestOnce:
    async def test_the_same_message_id_has_one_effect_and_one_answer(self, desk: Desk) -> None:
        assert len(await desk.say("PINJAM Budi 500rb", id="A1")) == 1
        assert await desk.say("PINJAM Budi 500rb", id="A1") == []
        assert await desk.say("PINJAM Sari 900rb", id="A1") == []
        assert await desk.debts() == [(500_000, 0, "open")]

    async def test_a_message_worked_by_two_at_once_has_one_effect(self, desk: Desk) -> None:
        await desk.arrive("PINJAM Budi 500rb")
        [message] = await desk.lease()
        outcomes = await asyncio.gather(
            *(handle(desk.ground.database, message, desk.now) for _ in range(5))
        )
        assert sorted(outcomes) == ["answered"] + ["ignored: already worked"] * 4
        assert await desk.debts() == [(500_000, 0, "open")]
        assert len(await desk.queued()) == 1

    async def test_a_message_set_aside_is_not_worked_any_more(self, desk: Desk) -> None:
        await desk.arrive("PINJAM Budi 500rb")
        [message] = await desk.lease()
        async with desk.ground.superuser() as db:
            await db.execute(
                "update inbound_messages set status = 'quarantined' where tenant_id = $1",
                desk.tenant_id,
            )
        outcome = await handle(desk.ground.database, message, desk.now)
        assert outcome == "ignored: already worked"
        assert await desk.debts() == []

    async def test_simultaneous_payments_on_one_debt_add_up(self, desk: Desk) -> None:
        await desk.take_plan("enterprise")
        chats = [await desk.member(f"62813{n:08}") for n in range(1, 21)]
        await desk.say("PINJAM Budi 200rb")
        for n, chat in enumerate(chats, start=1):
            await desk.arrive(f"BAYAR Budi {n}rb", sender=chat)
        async with desk.loop():
            await desk.worked()
        assert await desk.debts() == [(200_000, 200_000, "settled")]
        async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
            amounts = await tx.db.fetch("select amount from payment_allocations order by amount")
            credit = await tx.db.fetchval("select credit_receivable from borrowers")
            paid = await tx.db.fetchval("select sum(amount) from payments")
        assert sum(row["amount"] for row in amounts) == 200_000
        assert credit == paid - 200_000
        assert await desk.audited() == []
        assert len(await desk.queued()) == 21  # who came too late heard that nothing is owed


class TestUndo:
    async def test_another_members_record_on_top_stops_batal(self, desk: Desk) -> None:
        await desk.member(STAFF)
        await desk.say("PINJAM Budi 500rb")
        await desk.say("BAYAR Budi 200rb", sender=STAFF)
        assert "Belum dibatalkan" in await desk.answer("BATAL")
        assert "Dibatalkan" in await desk.answer("BATAL", sender=STAFF)
        assert await desk.debts() == [(500_000, 0, "open")]

    async def test_batal_takes_back_the_record_of_the_own_chat(self, desk: Desk) -> None:
        await desk.member(STAFF)
        await desk.say("PINJAM Budi 500rb")
        await desk.say("PINJAM Sari 200rb", sender=STAFF)
        assert "*Budi* pinjam" in await desk.answer("BATAL")

    async def test_what_was_undone_is_named_so_that_no_debt_seems_cancelled(
        self, desk: Desk
    ) -> None:
        """The payment was number 1, and so is the debt, which still stands."""
        await desk.say("PINJAM Budi 500rb")
        await desk.say("BAYAR Budi 200rb")
        await desk.say("BATAL")
        assert "no. 1 sudah dibatalkan" not in await desk.answer("BATAL")


class TestQuestions:
    async def test_an_answer_acts_on_what_was_asked(self, desk: Desk) -> None:
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi Lestari 200rb")
        assert "1. Dewi Sartika" in await desk.answer("BAYAR Dewi 50rb")
        assert "*Dewi Lestari* bayar" in await desk.answer("2")
        assert await desk.count("dialogues") == 0

    async def test_a_question_is_forgotten_after_an_hour(self, desk: Desk) -> None:
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi Lestari 200rb")
        await desk.say("BAYAR Dewi 50rb")
        desk.now += timedelta(minutes=60)
        assert "tidak ada pertanyaan" in await desk.answer("2")
        assert await desk.count("payments") == 0

    async def test_one_members_question_is_not_answered_by_another(self, desk: Desk) -> None:
        await desk.member(STAFF)
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi Lestari 200rb")
        await desk.say("BAYAR Dewi 50rb")
        assert "tidak ada pertanyaan" in await desk.answer("2", sender=STAFF)
        assert "bayar" in await desk.answer("2")

    async def test_a_question_that_is_cancelled_records_nothing(self, desk: Desk) -> None:
        await desk.say("PINJAM Dewi Sartika 100rb")
        await desk.say("PINJAM Dewi Lestari 200rb")
        await desk.say("BAYAR Dewi 50rb")
        assert "Tidak ada yang dicatat" in await desk.answer("BATAL")
        assert await desk.count("dialogues") == 0
        assert "*Dewi Lestari* pinjam" in await desk.answer("BATAL")  # now the last record

    async def test_settling_with_somebody_both_ways_asks_who_pays(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 100rb")
        await desk.say("HUTANG Budi 70rb")
        asked = await desk.answer("LUNAS Budi")
        assert "1." in asked
        assert "None" not in asked
        assert "*Rp70.000*" in await desk.answer("2")

    async def test_a_number_noted_while_a_credit_pays_loses_neither(self, desk: Desk) -> None:
        await desk.say("PINJAM Budi 100rb")
        await desk.say("BAYAR Budi 120rb")
        await desk.say(f"PINJAM Budi 50rb 0{BUDI[2:]}")
        async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
            row = await tx.db.fetchrow("select phone_number, credit_receivable from borrowers")
        assert tuple(row or ()) == (BUDI, 0)
        assert await desk.audited() == []


class TestHelp:
    @pytest.mark.parametrize(
        "topic",
        [
            *("PINJAM", "HUTANG", "BAYAR", "LUNAS", "STATUS", "STATUS AKUN", "AKUN", "RIWAYAT"),
            *("INGATKAN", "NOMOR", "BATAL", "BANTUAN", "HELP", "MENU", "lend", "xyz"),
        ],
    )
    async def test_every_command_is_explained(self, desk: Desk, topic: str) -> None:
        assert await desk.answer(f"BANTUAN {topic}")

    async def test_the_history_says_how_many_records_it_left_out_or_just_that(
        self, desk: Desk
    ) -> None:
        for n in range(15):
            await desk.say(f"PINJAM Budi {n + 1}rb")
        assert "dan 1 catatan sebelumnya" not in await desk.answer("RIWAYAT")

    async def test_a_reminder_where_only_the_lender_owes_does_not_deny_the_debt(
        self, desk: Desk
    ) -> None:
        await desk.say("HUTANG Rina 100rb")
        assert "atau hutang" not in await desk.answer("INGATKAN Rina")


class TestLimits:
    @pytest.mark.parametrize("amount", ["1", "999.999.999"])
    async def test_the_smallest_and_the_largest_amount_are_recorded(
        self, desk: Desk, amount: str
    ) -> None:
        assert "Tercatat" in await desk.answer(f"PINJAM Budi {amount}")

    async def test_a_message_of_4096_characters_is_read_and_one_more_is_not(
        self, desk: Desk
    ) -> None:
        full = "PINJAM Budi 500rb" + " " * (4_096 - 17)
        assert "Tercatat" in await desk.answer(full)
        assert "4.096" in await desk.answer(full + " ")
        assert await desk.count("debts") == 1

    @pytest.mark.parametrize(
        "name",
        [
            "Rob'; drop table debts; --",
            "{{7*7}}",
            "{% raw %}",
            "${7*7}",
            "=HYPERLINK(",
            "<b>Budi</b>",
            "Budi \\n x",
            "%s%d",
            "null",
            "Siti 🌸",
            "👨‍👩‍👧‍👦 Keluarga",
            "שלום",
            "محمد",
            "Bu\u0301di",
        ],
    )
    async def test_a_nasty_name_is_stored_and_shown_as_text(self, desk: Desk, name: str) -> None:
        shown = await desk.answer(f"PINJAM {name} 10rb")
        assert "Tercatat" in shown
        async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
            stored = await tx.db.fetchval("select name from borrowers")
        assert stored in shown
        assert "49" not in shown
        assert "lunas" in await desk.answer(f"LUNAS {name}")

    @pytest.mark.parametrize(
        "text",
        [
            "PINJAM Bu\u200bdi 10rb",
            "\u202ePINJAM Budi 10rb\u202c",
            "\ufeffPINJAM\u00a0Budi\u200310rb",
            "PINJAM\nBudi\n10rb",
            "PINJAM Budi 10rb\r\n",
            "pInJaM   Budi\t10rb",
        ],
    )
    async def test_invisible_characters_do_not_make_another_person(
        self, desk: Desk, text: str
    ) -> None:
        await desk.say("PINJAM Budi 1rb")
        assert "Total Budi sekarang Rp11.000" in await desk.answer(text)
        assert await desk.count("borrowers") == 1

    @pytest.mark.parametrize("text", ["", " ", "\u200b", "🙏", "?", "١٢٣", "a" * 4_096, "\u202e"])
    async def test_anything_at_all_gets_an_answer(self, desk: Desk, text: str) -> None:
        assert await desk.answer(text)
        assert await desk.count("debts") == 0

    async def test_a_note_is_text_too(self, desk: Desk) -> None:
        shown = await desk.answer('PINJAM Budi 10rb "{{7*7}}; drop table"')
        assert "({{7*7}}; drop table)" in shown


async def test_every_answer_leaves_books_that_add_up(desk: Desk) -> None:
    await desk.member(STAFF)
    for n, text in enumerate(
        (
            *("PINJAM Budi 500rb", "BAYAR Budi 600rb", "PINJAM Budi 50rb", "BATAL", "BATAL"),
            *("HUTANG Budi 20rb", "LUNAS Budi", "PINJAM Budi 70rb", "LUNAS Budi", "BATAL"),
            *("PINJAM Budi S 5rb", "BAYAR Budi 1rb", "1", "NOMOR Budi 081200000001"),
            *("INGATKAN Budi", "LUNAS Budi", "BATAL", "STATUS", "RIWAYAT", "STATUS AKUN"),
        )
    ):
        assert await desk.say(text, sender=STAFF if n % 3 == 0 else None), text
        assert await desk.audited() == [], text
