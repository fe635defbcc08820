"""The commands around agreements, as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.rendering.examples import EXAMPLES
from bukuhutang.understanding.agreement_commands import COMMANDS
from bukuhutang.understanding.commands import read_lender
from bukuhutang.understanding.intents import (
    CancelAgreement,
    Forgive,
    Intent,
    PayInstallment,
    PayOff,
    RecordPayment,
    Reschedule,
    SendAgreement,
    ShowAgreements,
    ShowInstallments,
    StartAgreement,
    Unreadable,
    WriteOff,
)

TODAY = date(2026, 2, 18)


def read(text: str) -> Intent:
    return read_lender(text, TODAY)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("BUAT PERJANJIAN Budi 6jt", StartAgreement("Budi", 6_000_000)),
        ("bikin perjanjian sama Budi 5jt dicicil 10x", StartAgreement("Budi", 5_000_000, None, 10)),
        ("create agreement with Budi 6jt 12 months", StartAgreement("Budi", 6_000_000, None, 12)),
        (
            "buat perjanjian Pak Haji Slamet 0812-3456-7890 6jt",
            StartAgreement("Pak Haji Slamet", 6_000_000, "6281234567890"),  # type: ignore[arg-type]
        ),
        ("PERJANJIAN", ShowAgreements()),
        ("perjanjian no 3", ShowAgreements(3)),
        ("CICILAN", ShowInstallments()),
        ("cicilan Budi?", ShowInstallments("Budi")),
        ("STATUS CICILAN", ShowInstallments()),
        ("status cicilan Budi", ShowInstallments("Budi")),
        ("BAYAR 3", PayInstallment(3)),
        ("bayar ke 3", PayInstallment(3)),
        ("BAYAR CICILAN 3", PayInstallment(3)),
        ("BAYAR CICILAN 3 200rb", PayInstallment(3, 200_000)),
        ("BAYAR 3 200rb", PayInstallment(3, 200_000)),
        ("bayar cicilan Budi 200rb", PayInstallment(None, 200_000, "Budi")),
        ("bayar cicilan 2 Budi", PayInstallment(2, None, "Budi")),
        ("BAYAR Budi 500rb", RecordPayment("Budi", 500_000)),
        ("KIRIM 3", SendAgreement(3)),
        ("kirim perjanjian no. 3", SendAgreement(3)),
        ("BATALKAN PERJANJIAN 3", CancelAgreement(3)),
        ("IKHLASKAN 3", Forgive(3)),
        ("ikhlaskan perjanjian 3 200rb", Forgive(3, 200_000)),
        ("HAPUSBUKU 3", WriteOff(3)),
        ("JADWAL ULANG 3 tgl 28", Reschedule(3, first_due=date(2026, 2, 28))),
        ("JADWAL ULANG 3 tambah 3 bulan", Reschedule(3, months_more=3)),
        ("PELUNASAN 3", PayOff(3)),
        ("pelunasan 3 4,2jt", PayOff(3, 4_200_000)),
    ],
)
def test_an_agreement_command_is_read(text: str, intent: Intent) -> None:
    assert read(text) == intent


@pytest.mark.parametrize(
    ("text", "code", "command"),
    [
        ("BUAT Budi 6jt", "command_unknown", "BUAT PERJANJIAN"),
        ("BUAT PERJANJIAN Budi", "amount_missing", "BUAT PERJANJIAN"),
        ("BUAT PERJANJIAN 6jt", "name_missing", "BUAT PERJANJIAN"),
        ("BUAT PERJANJIAN Budi 6jt 61x", "months_out_of_range", "BUAT PERJANJIAN"),
        ("BUAT PERJANJIAN Budi 6", "amount_unclear", "BUAT PERJANJIAN"),
        ("BAYAR CICILAN", "installment_missing", "BAYAR"),
        ("BAYAR 3 5oorb", "amount_unclear", "BAYAR"),
        ("BAYAR 200", "name_missing", "BAYAR"),  # 200 ribu, of whom?
        ("BAYAR Budi 3", "amount_unclear", "BAYAR"),
        ("KIRIM", "agreement_number_missing", "KIRIM"),
        ("KIRIM Budi", "agreement_number_missing", "KIRIM"),
        ("BATALKAN", "agreement_number_missing", "BATALKAN PERJANJIAN"),
        ("IKHLASKAN 3 200", "amount_unclear", "IKHLASKAN"),
        ("IKHLASKAN Budi 200rb", "agreement_number_missing", "IKHLASKAN"),
        ("HAPUSBUKU 3 besok", "text_left_over", "HAPUSBUKU"),
        ("JADWAL ULANG 3", "reschedule_unclear", "JADWAL ULANG"),
        ("JADWAL ULANG 3 tambah", "reschedule_unclear", "JADWAL ULANG"),
        ("cicilan 5jt 7x tiap tgl 31", "text_left_over", "CICILAN"),
        ("cicilan Budi bulan ini udah masuk", "text_left_over", "CICILAN"),
        ("PELUNASAN 3 nanti", "amount_unclear", "PELUNASAN"),
    ],
)
def test_what_is_incomplete_is_refused_with_its_reason(text: str, code: str, command: str) -> None:
    refused = read(text)
    assert isinstance(refused, Unreadable)
    assert (refused.code, refused.command) == (code, command)


def test_who_is_meant_comes_from_the_message_replied_to() -> None:
    assert read_lender("BAYAR CICILAN", TODAY, name="Budi") == PayInstallment(name="Budi")
    assert read_lender("STATUS CICILAN", TODAY, name="Budi") == ShowInstallments("Budi")
    assert read_lender("BUAT PERJANJIAN 6jt", TODAY, name="Budi") == StartAgreement(
        "Budi", 6_000_000
    )


def test_every_agreement_command_has_an_example_that_works() -> None:
    for command in set(COMMANDS.values()):
        assert not isinstance(read(EXAMPLES[command]), Unreadable)


@given(number=st.integers(1, 60), amount=st.integers(1_000, 999_999_999))
def test_an_installment_paid_with_an_amount_reads_back_equal(number: int, amount: int) -> None:
    assert read(f"BAYAR CICILAN {number} {amount}") == PayInstallment(number, amount)
