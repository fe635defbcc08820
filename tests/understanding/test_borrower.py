"""A borrower's question and commands; everything else in that chat stays unanswered."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.understanding.commands import read_borrower
from bukuhutang.understanding.intents import AskOwnBalance, OptIn, OptOut

TODAY = date(2026, 2, 18)


@pytest.mark.parametrize(
    "text",
    "sisa hutang saya?|sisa utang saya berapa|hutang saya berapa?|Hutang saya|sisa saya|SISA"
    "|sisa hutang saya berapa ya pak?|halo mas, sisa hutang saya berapa ya?"
    "|berapa utang saya pak Dani|utangku berapa|sisa berapa lagi?|sisanya berapa ya mas"
    "|cek sisa hutang|total hutang saya"
    "|sisa pinjaman saya tinggal berapa|saya masih hutang berapa?|hutang berapa lagi|saldo"
    "|selamat pagi bu, mau tanya sisa hutang saya berapa?|brp sisa utang sy|berapa sisa saya?"
    "|tagihan saya berapa 🙏|*sisa hutang saya?*|ＳＩＳＡ|\u200bsisa"
    "|how much do i owe|How much do I still owe you?|my balance|what's my balance?"
    "|how much is my debt?|balance".split("|"),
)
def test_question_for_the_own_balance_is_heard(text: str) -> None:
    assert read_borrower(text, TODAY) == AskOwnBalance()


@pytest.mark.parametrize(
    "text",
    "STOP|stop|Stop!|STOP.|berhenti|UNSUBSCRIBE|stop pengingat|stop reminders|stop all"
    "|🛑 STOP".split("|"),
)
def test_stop_ends_the_reminders(text: str) -> None:
    assert read_borrower(text, TODAY) == OptOut()


@pytest.mark.parametrize("text", "MULAI|mulai|start|mulai lagi|mulai pengingat|START!".split("|"))
def test_start_brings_the_reminders_back(text: str) -> None:
    assert read_borrower(text, TODAY) == OptIn()


@pytest.mark.parametrize(
    "text",
    "|halo|ok|stop dulu ya mas nanti saya kabari|stop di pom bensin ya|STOP?|mulai besok|mulai?"
    "|mulai kerja senin|berhenti merokok susah ya|saya hutang lagi ya|saya masih hutang|hutang"
    "|hutang saya lunas kan|hutang saya 200rb|sisa nasi masih ada?|sisa uangnya buat kamu"
    "|hutang budi|berapa harga semen?|saya mau hutang berapa bisa?|sisanya nanti ya|balance bike"
    "|PINJAM Budi 500rb|BATAL|STATUS|1|saya sudah transfer 200rb|my balance is low".split("|"),
)
def test_small_talk_stays_unanswered(text: str) -> None:
    assert read_borrower(text, TODAY) is None


def test_long_message_stays_unanswered() -> None:
    assert read_borrower("sisa " * 500, TODAY) is None
    assert read_borrower("x" * 5000, TODAY) is None


@given(st.text(max_size=200))
def test_any_text_of_a_borrower_is_read_or_left_alone(text: str) -> None:
    assert read_borrower(text, TODAY) in (None, AskOwnBalance(), OptOut(), OptIn())
