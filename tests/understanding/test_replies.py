"""What a message may leave out when it replies to another one, and what a yes is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.money import Direction
from bukuhutang.understanding.assent import is_sign_of_assent
from bukuhutang.understanding.commands import read_lender
from bukuhutang.understanding.intents import (
    Agree,
    CreateDebt,
    Intent,
    RecordPayment,
    SendReminder,
    SetContact,
    Settle,
    ShowHistory,
    ShowStatus,
    Undo,
    Unreadable,
)

TODAY = date(2026, 2, 18)
BUDI = "Pak Budi"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("BAYAR 200rb", RecordPayment(BUDI, 200_000)),
        ("bayar Rp200.000 ✅", RecordPayment(BUDI, 200_000)),
        ("BAYAR Sari 200rb", RecordPayment("Sari", 200_000)),
        ("LUNAS", Settle(BUDI)),
        ("lunas 🙏", Settle(BUDI)),
        ("LUNAS!", Settle(BUDI)),
        ("LUNAS Sari", Settle("Sari")),
        ("STATUS", ShowStatus(BUDI)),
        ("STATUS Sari", ShowStatus("Sari")),
        ("INGATKAN", SendReminder(BUDI)),
        ("RIWAYAT", ShowHistory(BUDI)),
        ("NOMOR 0812 3456 7890", SetContact(BUDI, PhoneNumber("6281234567890"))),
        (
            "PINJAM 50rb",
            CreateDebt(Direction.RECEIVABLE, BUDI, 50_000, TODAY + timedelta(days=14)),
        ),
        (
            'PINJAM 50rb 7hari "semen"',
            CreateDebt(Direction.RECEIVABLE, BUDI, 50_000, TODAY + timedelta(days=7), "semen"),
        ),
        ("BATAL", Undo()),
        ("BAYAR", Unreadable("amount_missing", "BAYAR")),
        ("LUNAS 200rb", Unreadable("text_left_over", "LUNAS", {"left_over": "200rb"})),
    ],
)
def test_who_is_not_named_is_whom_the_quoted_message_tells_of(text: str, meant: Intent) -> None:
    assert read_lender(text, TODAY, name=BUDI) == meant


@pytest.mark.parametrize(
    "text",
    ["BAYAR belum 200rb", "BAYAR 200rb?", "LUNAS belum", "BAYAR 200", "bukan 200rb", "BAYAR 1rb5"],
)
def test_a_name_from_a_quoted_message_makes_no_record_of_what_is_none(text: str) -> None:
    assert isinstance(read_lender(text, TODAY, name=BUDI), Unreadable)


@pytest.mark.parametrize("text", ["ya", "YA", "Iya!", "yes", "ok", "Oke.", "👍", "👍🏽", "✅"])
def test_a_bare_yes_is_a_yes(text: str) -> None:
    assert read_lender(text, TODAY) == Agree()


@pytest.mark.parametrize(
    "text", ["ya 200rb", "tidak", "ya ampun", "", "🙏", "❤️", "okezone", "y" * 30]
)
def test_a_yes_with_anything_else_is_none(text: str) -> None:
    assert read_lender(text, TODAY) != Agree()


@pytest.mark.parametrize("tone", ["", "🏻", "🏼", "🏽", "🏾", "🏿"])
def test_a_thumb_is_a_yes_in_every_skin_tone(tone: str) -> None:
    assert is_sign_of_assent(f"👍{tone}")
    assert is_sign_of_assent(f"👌{tone}")


@pytest.mark.parametrize("emoji", ["", "👎", "❤️", "🙏", "😂", "👍👍", "🏽", "ya", "👍" + "🏽" * 50])
def test_other_reactions_are_not(emoji: str) -> None:
    assert not is_sign_of_assent(emoji)
