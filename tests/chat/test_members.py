"""Owner, staff and viewer in the chat: what each may do, and who hears of it."""

from __future__ import annotations

import pytest

from bukuhutang.rendering.examples import EXAMPLES
from bukuhutang.tenancy.roles import Role
from tests.chat.desk import Desk

STAFF = "6281300000001"
VIEWER = "6281300000002"
READ_ONLY = frozenset(
    "STATUS|RIWAYAT|STATUS AKUN|PERJANJIAN|CICILAN|PELUNASAN|BANTUAN|HELP|MENU|KELUAR SEMUA".split(
        "|"
    )
)
OWNERS = frozenset("ANGGOTA|TAMBAH ANGGOTA|HAPUS ANGGOTA|IKHLASKAN|HAPUSBUKU".split("|"))


async def facts(desk: Desk) -> list[int]:
    """How much the book holds."""
    tables = ("borrowers", "debts", "payments", "loan_agreements", "reminders", "users")
    return [await desk.count(one) for one in tables]


async def roles(desk: Desk) -> dict[str, tuple[str, bool]]:
    """By number: role, and whether removed."""
    async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
        rows = await tx.db.fetch("select phone_number, role, removed_at from users order by id")
    return {row[0]: (row[1], row[2] is not None) for row in rows}


@pytest.mark.parametrize("command", sorted(set(EXAMPLES) - READ_ONLY))
async def test_a_viewer_changes_nothing_and_is_told_so(desk: Desk, command: str) -> None:
    await desk.answer("PINJAM Budi 500rb 14hari")
    await desk.member(VIEWER, "Tono", Role.VIEWER)
    before = await facts(desk)
    answer = await desk.answer(EXAMPLES[command], sender=VIEWER)
    assert answer.startswith("Belum saya kerjakan: hanya pemilik")
    assert await facts(desk) == before
    assert await desk.count("dialogues") == 0


async def test_a_viewer_is_refused_before_any_question(desk: Desk) -> None:
    await desk.answer("PINJAM Budi Santoso 500rb")
    await desk.answer("PINJAM Budi Bengkel 500rb")
    await desk.member(VIEWER, "Tono", Role.VIEWER)
    assert "hanya pemilik" in await desk.answer("PINJAM Budi 500rb", sender=VIEWER)
    assert "hanya pemilik" in await desk.answer("BAYAR Budi 500rb", sender=VIEWER)
    assert await desk.count("dialogues") == 0


@pytest.mark.parametrize("command", ["STATUS", "RIWAYAT Budi", "CICILAN"])
async def test_a_viewer_sees_the_book(desk: Desk, command: str) -> None:
    await desk.answer("PINJAM Budi 500rb 14hari")
    await desk.member(VIEWER, "Tono", Role.VIEWER)
    assert await desk.answer(command, sender=VIEWER) == await desk.answer(command)


@pytest.mark.parametrize("command", sorted(OWNERS))
async def test_staff_may_not_do_what_is_the_owners(desk: Desk, command: str) -> None:
    await desk.member(STAFF, "Sari", Role.STAFF)
    answer = await desk.answer(EXAMPLES[command], sender=STAFF)
    assert answer == "Belum saya kerjakan: hanya pemilik buku yang boleh."


async def test_staff_records_and_takes_back_and_the_owner_hears_of_it(desk: Desk) -> None:
    await desk.member(STAFF, "Sari", Role.STAFF)
    await desk.answer("PINJAM Budi 500rb 14hari", sender=STAFF)
    said = await desk.say("BATAL", sender=STAFF)
    [notice] = [text for chat, text in said if chat == desk.phone]
    [answer] = [text for chat, text in said if chat == STAFF]
    assert notice.startswith("*Sari* membatalkan catatannya sendiri:")
    assert answer in notice
    assert await desk.debts() == [(500_000, 0, "reversed")]
    assert not await desk.audited()


async def test_staff_does_not_take_back_what_the_owner_recorded(desk: Desk) -> None:
    await desk.member(STAFF, "Sari", Role.STAFF)
    await desk.answer("PINJAM Budi 500rb 14hari")
    assert (await desk.answer("BATAL", sender=STAFF)).startswith("Tidak ada yang")
    assert await desk.debts() == [(500_000, 0, "open")]


async def test_taking_back_does_not_look_behind_a_change_of_members(desk: Desk) -> None:
    await desk.answer("PINJAM Budi 500rb 14hari")
    await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} staf")
    assert (await desk.answer("BATAL")).startswith("Tidak ada yang")
    assert await desk.debts() == [(500_000, 0, "open")]


class TestTambahAnggota:
    async def test_the_new_member_is_told_once_and_may_record(self, desk: Desk) -> None:
        said = await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} staf")
        assert sorted(chat for chat, _ in said) == sorted([STAFF, desk.phone])
        [welcome] = [text for chat, text in said if chat == STAFF]
        assert "*Toko Dani*" in welcome
        assert await roles(desk) == {desk.phone: ("owner", False), STAFF: ("staff", False)}
        assert "Tercatat" in await desk.answer("PINJAM Budi 500rb", sender=STAFF)

    @pytest.mark.parametrize(
        "text",
        [
            f"ADD MEMBER Sari +{STAFF} staff",
            f"tambah anggota staf Sari +{STAFF}",
            f"*TAMBAH ANGGOTA* Sari +{STAFF} sebagai staf",
            f"add member Sari +{STAFF} as staff.",
        ],
    )
    async def test_it_is_said_in_several_ways(self, desk: Desk, text: str) -> None:
        await desk.say(text)
        assert (await roles(desk))[STAFF] == ("staff", False)

    async def test_again_is_said_to_be_so_already(self, desk: Desk) -> None:
        await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} staf")
        said = await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} staf")
        assert len(said) == 1
        assert "sudah staf" in said[0][1]

    async def test_another_role_takes_effect_with_the_next_message(self, desk: Desk) -> None:
        await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} staf")
        await desk.answer("BUAT PERJANJIAN Budi 6jt", sender=STAFF)
        assert await desk.count("dialogues") == 1
        await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} pengamat")
        assert await desk.count("dialogues") == 0
        assert "hanya pemilik" in await desk.answer("PINJAM Budi 500rb", sender=STAFF)

    async def test_the_tenants_own_number_stays_owner(self, desk: Desk) -> None:
        await desk.member(STAFF, "Sari", Role.OWNER)
        answer = await desk.answer(f"TAMBAH ANGGOTA Dani +{desk.phone} staf", sender=STAFF)
        assert "selalu pemilik" in answer
        answer = await desk.answer(f"HAPUS ANGGOTA +{desk.phone}", sender=STAFF)
        assert "selalu pemilik" in answer

    async def test_a_borrowers_number_speaks_for_the_borrower_only(self, desk: Desk) -> None:
        await desk.answer(f"PINJAM Budi 500rb +{STAFF}")
        assert "*Budi*" in await desk.answer(f"TAMBAH ANGGOTA Sari +{STAFF} staf")
        await desk.member(VIEWER, "Tono")
        assert "*Tono*" in await desk.answer(f"NOMOR Budi +{VIEWER}")

    async def test_thirty_are_the_most(self, desk: Desk) -> None:
        for number in range(29):
            await desk.member(f"62813000001{number:02}", f"Staf {number}")
        assert "paling banyak 30" in await desk.answer(f"TAMBAH ANGGOTA Sari +{STAFF} staf")

    @pytest.mark.parametrize(
        "text",
        [f"TAMBAH ANGGOTA Sari +{STAFF}", "TAMBAH ANGGOTA Sari staf", "TAMBAH ANGGOTA 😀 staf"],
    )
    async def test_what_is_missing_is_asked_for(self, desk: Desk, text: str) -> None:
        assert "TAMBAH ANGGOTA Sari 081234567890 staf" in await desk.answer(text)
        assert len(await roles(desk)) == 1

    async def test_a_name_of_signs_alone_is_refused(self, desk: Desk) -> None:
        assert "namanya" in await desk.answer(f"TAMBAH ANGGOTA 😀 +{STAFF} staf")

    @pytest.mark.parametrize("text", ["tambah 200rb", "keluar", "hapus", "add Budi", "sign here"])
    async def test_the_first_word_alone_is_no_command(self, desk: Desk, text: str) -> None:
        assert "belum dikenal" in await desk.answer(text)


class TestHapusAnggota:
    @pytest.mark.parametrize("who", ["Sari", "sari", f"+{STAFF}"])
    async def test_a_removed_member_is_nobody_and_his_questions_end(
        self, desk: Desk, who: str
    ) -> None:
        await desk.member(STAFF, "Sari", Role.STAFF)
        await desk.answer("BUAT PERJANJIAN Budi 6jt", sender=STAFF)
        assert "*Sari*" in await desk.answer(f"HAPUS ANGGOTA {who}")
        assert await desk.count("dialogues") == 0
        assert await desk.say("STATUS", sender=STAFF) == []
        assert (await roles(desk))[STAFF] == ("staff", True)

    async def test_added_again_he_is_the_same_member(self, desk: Desk) -> None:
        await desk.member(STAFF, "Sari", Role.STAFF)
        await desk.answer("HAPUS ANGGOTA Sari")
        await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} pengamat")
        assert (await roles(desk))[STAFF] == ("viewer", False)
        assert await desk.count("users") == 2

    async def test_of_two_of_one_name_the_number_is_asked_for(self, desk: Desk) -> None:
        await desk.member(STAFF, "Sari", Role.STAFF)
        await desk.member(VIEWER, "Sari", Role.VIEWER)
        assert "Sebut nomornya" in await desk.answer("HAPUS ANGGOTA Sari")
        assert not any(gone for _, gone in (await roles(desk)).values())

    async def test_nobody_of_that_name(self, desk: Desk) -> None:
        assert "tidak ada anggota" in await desk.answer("HAPUS ANGGOTA Sari")


async def test_the_list_names_everybody_with_role(desk: Desk) -> None:
    await desk.member(STAFF, "Sari", Role.STAFF)
    answer = await desk.answer("ANGGOTA")
    assert "*Sari* " in answer
    assert ", staf" in answer


async def test_every_change_is_in_the_audit_log_with_its_actor(desk: Desk) -> None:
    await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} staf")
    await desk.say(f"TAMBAH ANGGOTA Sari +{STAFF} pengamat")
    await desk.say("HAPUS ANGGOTA Sari")
    async with desk.ground.database.tenant_tx(desk.tenant_id) as tx:
        rows = await tx.db.fetch(
            "select action, actor, subject from audit_log where action like 'member%' order by id"
        )
    assert [tuple(row) for row in rows] == [
        ("member_added", "member:1", 2),
        ("member_role_set", "member:1", 2),
        ("member_removed", "member:1", 2),
    ]
