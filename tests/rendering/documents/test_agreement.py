"""What an agreement says, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bukuhutang.rendering.documents.agreement import agreement_pdf, penalty_a_time
from bukuhutang.rendering.documents.shapes import (
    AgreementDocument,
    InstallmentRow,
    Interest,
    InterestKind,
    Party,
    Penalty,
    PenaltyKind,
    Surplus,
)
from bukuhutang.tenancy.tenant import Language
from tests.rendering.documents.samples import (
    VERIFY_URL,
    an_agreement,
    in_indonesian,
    letters_of,
    monthly_rows,
    opened,
    pages,
    text_of,
)

ID, EN = Language.INDONESIAN, Language.ENGLISH
FLAT_12 = Interest(InterestKind.FLAT, Decimal("12"))


def test_the_indonesian_agreement_names_parties_amounts_and_law() -> None:
    said = text_of(in_indonesian(an_agreement()))
    for part in (
        "Perjanjian Pinjaman dengan Cicilan Nomor 7 · versi 1 · 18 Februari 2026",
        "Pemberi pinjaman Toko Dani WhatsApp 0812-1111-2222",
        "Peminjam Budi Santoso WhatsApp 0812-9876-543",
        "Pokok pinjaman Rp1.250.001 satu juta dua ratus lima puluh ribu satu rupiah",
        "Bunga Tanpa bunga",
        "Cicilan 3 kali, masing-masing Rp416.667",
        "Jatuh tempo 25 Maret 2026 sampai 25 Mei 2026",
        "dipakai berurutan untuk denda, bunga, lalu pokok",
        "Tidak ada denda keterlambatan.",
        "tanda tangan elektronik yang tidak tersertifikasi (UU ITE pasal 11)",
        "sidik SHA-256 berkas ini",
        "bea meterai Rp10.000 (UU 10/2020)",
        "Tempat meterai (e-meterai) Rp10.000 UU 10/2020",
        "halaman 1 dari 1",
    ):
        assert part in said, part


def test_the_english_agreement_says_the_same() -> None:
    said = text_of(agreement_pdf(an_agreement(), EN))
    for part in (
        "Loan Agreement with Installments Number 7 · version 1 · 18 February 2026",
        "Lender Toko Dani WhatsApp 0812-1111-2222",
        "Principal Rp1.250.001 one million, two hundred and fifty thousand and one rupiah",
        "Interest No interest",
        "Installments 3, each Rp416.667",
        "penalties, then interest, then principal",
        "There is no penalty for late payment.",
        "uncertified electronic signature (Indonesian ITE Law, article 11)",
        "Stamp duty of Rp10.000 falls on this agreement (Law 10/2020)",
        "page 1 of 1",
    ):
        assert part in said, part


def test_without_interest_the_schedule_has_no_columns_that_say_nothing() -> None:
    said = text_of(in_indonesian(an_agreement()))
    assert "No. Jatuh tempo Cicilan Sisa pinjaman 1 25 Maret 2026 Rp416.667 Rp833.334" in said
    assert "3 25 Mei 2026 Rp416.667 Rp0 Jumlah Rp1.250.001" in said


def test_with_interest_every_row_splits_and_the_total_adds_up() -> None:
    said = text_of(in_indonesian(an_agreement(interest_each=12_500, interest=FLAT_12)))
    assert "No. Jatuh tempo Pokok Bunga Cicilan Sisa pokok" in said
    assert "2 25 April 2026 Rp416.667 Rp12.500 Rp429.167 Rp416.667" in said
    assert "Jumlah Rp1.250.001 Rp37.500 Rp1.287.501" in said
    assert "Bunga 12% setahun, tetap (flat)" in said
    assert "seluruhnya Rp37.500 sampai cicilan terakhir" in said
    assert "dengan bunga sampai hari pelunasan" in said


def test_installments_that_differ_are_given_as_a_range() -> None:
    rows = monthly_rows(3, 1_000_000)
    agreement = AgreementDocument(
        1, 1, date(2026, 2, 18), Party("A"), Party("B"), principal=1_000_000, rows=rows
    )
    assert "3 kali, antara Rp333.333 dan Rp333.334" in text_of(in_indonesian(agreement))
    one = AgreementDocument(
        1,
        1,
        date(2026, 2, 18),
        Party("A"),
        Party("B"),
        principal=5,
        rows=(InstallmentRow(1, date(2026, 3, 1), 5, 0),),
    )
    assert "Jatuh tempo 1 Maret 2026 Jadwal" in text_of(in_indonesian(one))


def test_a_declining_rate_is_written_as_each_language_does() -> None:
    declining = Interest(InterestKind.DECLINING, Decimal("10.50"))
    agreement = an_agreement(interest_each=1_000, interest=declining)
    assert "10,5% setahun, menurun" in text_of(in_indonesian(agreement))
    assert "10.5% a year, declining" in text_of(agreement_pdf(agreement, EN))


def test_a_rate_agreed_on_by_the_month_is_told_by_the_month() -> None:
    flat = Interest(InterestKind.FLAT, Decimal("18"), by_month=True)
    agreement = an_agreement(interest_each=1_000, interest=flat)
    assert "1,5% sebulan (18% setahun), tetap (flat)" in text_of(in_indonesian(agreement))
    assert "1.5% a month (18% a year), flat" in text_of(agreement_pdf(agreement, EN))


def test_a_fixed_penalty_is_told_in_figures_and_words() -> None:
    penalty = Penalty(PenaltyKind.FLAT, amount=5_000)
    said = text_of(in_indonesian(an_agreement(penalty=penalty)))
    assert "dikenai denda Rp5.000 (lima ribu rupiah), satu kali" in said


def test_a_daily_penalty_is_told_in_rupiah_with_its_grace_and_limit() -> None:
    penalty = Penalty(
        PenaltyKind.DAILY_PERCENT, percent_a_day=Decimal("0.10"), grace_days=3, amount_max=50_000
    )
    said = text_of(in_indonesian(an_agreement(penalty=penalty)))
    assert "denda 0,1% sehari" in said
    assert (
        "Untuk cicilan Rp416.667 itu berarti Rp417 (empat ratus tujuh belas rupiah) sehari" in said
    )
    assert "Keterlambatan sampai 3 hari setelah jatuh tempo bebas denda." in said
    assert "paling banyak Rp50.000 (lima puluh ribu rupiah)" in said


@pytest.mark.parametrize(
    ("due", "percent", "amount"), [(500, "0.1", 1), (499, "0.1", 0), (100_000, "0.25", 250)]
)
def test_a_daily_penalty_is_rounded_half_up(due: int, percent: str, amount: int) -> None:
    penalty = Penalty(PenaltyKind.DAILY_PERCENT, percent_a_day=Decimal(percent))
    assert penalty_a_time(penalty, due) == amount


def test_what_is_paid_beyond_follows_the_agreements_choice() -> None:
    ahead = text_of(in_indonesian(an_agreement()))
    credit = text_of(in_indonesian(an_agreement(surplus=Surplus.STAYS_CREDIT)))
    assert "dipakai untuk cicilan berikutnya" in ahead
    assert "disimpan sebagai titipan peminjam" in credit


def test_a_guarantor_is_named_gets_a_line_and_is_told_what_binds() -> None:
    said = text_of(in_indonesian(an_agreement(guarantor=Party("Siti Aminah"))))
    assert "Penjamin Siti Aminah" in said
    assert said.count("Siti Aminah") == 2
    assert "Penjamin terikat hanya bila ikut menandatangani (KUHPerdata pasal 1824)" in said
    assert "Penjamin" not in text_of(in_indonesian(an_agreement()))


def test_down_payment_own_rules_note_and_version_are_shown_when_there_are_any() -> None:
    agreement = an_agreement(
        down_payment=250_000,
        rules=("Motor B 1234 XYZ menjadi jaminan.", "  "),
        note="Modal warung.\nTransfer BCA.",
    )
    said = text_of(in_indonesian(agreement))
    assert "Uang muka Rp250.000 dibayar di muka" in said
    assert "Ketentuan tambahan Motor B 1234 XYZ menjadi jaminan." in said
    assert "Catatan Modal warung. Transfer BCA." in said
    assert "menggantikan jadwal" not in said
    plain = text_of(in_indonesian(an_agreement()))
    assert not [part for part in ("Uang muka", "Ketentuan", "Catatan") if part in plain]


def test_a_later_version_says_that_it_replaces_the_earlier_one() -> None:
    agreement = AgreementDocument(
        7,
        2,
        date(2026, 2, 18),
        Party("Toko Dani"),
        Party("Budi"),
        principal=5,
        rows=(InstallmentRow(1, date(2026, 3, 1), 5, 0),),
    )
    said = text_of(in_indonesian(agreement))
    assert "Nomor 7 · versi 2" in said
    assert "Versi ini menggantikan jadwal versi sebelumnya" in said


def test_the_code_leads_to_the_verification_page() -> None:
    pdf = in_indonesian(an_agreement(verify_url=VERIFY_URL))
    assert VERIFY_URL in letters_of(pdf)
    links = [
        one.get_object()["/A"]["/URI"] for page in opened(pdf).pages for one in page["/Annots"]
    ]
    assert set(links) == {VERIFY_URL}
    assert "/Annots" not in opened(in_indonesian(an_agreement())).pages[0]


@pytest.mark.parametrize("rows", [1, 3, 9, 24, 60, 400])
def test_every_page_with_rows_has_the_head_and_a_number(rows: int) -> None:
    printed = pages(in_indonesian(an_agreement(rows)))
    for number, said in enumerate(printed, start=1):
        assert said.endswith(f"halaman {number} dari {len(printed)}")
        has_rows = "Rp416.667 Rp" in said
        assert ("No. Jatuh tempo Cicilan" in said) == has_rows
    for row in monthly_rows(rows, rows):
        assert sum(f" {row.number} 25 " in f" {said}" for said in printed) >= 1


def test_no_signature_stands_on_a_page_without_the_words_it_signs() -> None:
    for rows in range(1, 40, 3):
        last = pages(in_indonesian(an_agreement(rows)))[-1]
        assert "Perjanjian ini berlaku sejak peminjam menjawab SETUJU" in last
        assert "Tempat dan tanggal" in last


@pytest.mark.parametrize(
    "wrong",
    [
        {"principal": 6},
        {"rows": ()},
        {"rows": (InstallmentRow(0, date(2026, 3, 1), 5, 0),)},
        {
            "rows": (
                InstallmentRow(1, date(2026, 3, 1), 2, 0),
                InstallmentRow(3, date(2026, 4, 1), 3, 0),
            )
        },
        {"rows": (InstallmentRow(1, date(2026, 3, 1), 5, 1),)},
    ],
    ids=["sum", "empty", "numbering", "a gap", "interest that was not agreed"],
)
def test_an_agreement_that_does_not_add_up_is_our_defect(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {
        "principal": 5,
        "rows": (InstallmentRow(1, date(2026, 3, 1), 5, 0),),
    }
    with pytest.raises(AssertionError):
        AgreementDocument(
            7,
            1,
            date(2026, 2, 18),
            Party("A"),
            Party("B"),
            **{**right, **wrong},  # type: ignore[arg-type]
        )
