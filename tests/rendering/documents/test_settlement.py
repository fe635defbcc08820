"""What the receipt of settlement says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bukuhutang.rendering.documents.settlement import settlement_pdf
from bukuhutang.tenancy.tenant import Language
from tests.rendering.documents.samples import (
    VERIFY_URL,
    a_settlement,
    letters_of,
    pages,
    text_of,
)

ID, EN = Language.INDONESIAN, Language.ENGLISH


def test_it_says_lunas_and_splits_what_was_paid() -> None:
    said = text_of(settlement_pdf(a_settlement(), ID))
    for part in (
        "Tanda Pelunasan Perjanjian nomor 7 · lunas 25 Mei 2026 LUNAS",
        "Pemberi pinjaman Toko Dani WhatsApp 0812-1111-2222",
        "seluruh hutang peminjam dari perjanjian nomor 7 tanggal 18 Februari 2026 sudah lunas",
        "Jumlah diterima Rp1.292.500 satu juta dua ratus sembilan puluh dua ribu lima ratus rupiah",
        "Untuk pokok Rp1.250.000 Untuk bunga Rp37.500 Untuk denda Rp5.000",
        "No. Tanggal Denda Bunga Pokok Jumlah",
        "2 25 April 2026 Rp5.000 Rp12.500 Rp416.666 Rp434.166",
        "Jumlah Rp5.000 Rp37.500 Rp1.250.000 Rp1.292.500",
        "lebih dari Rp5.000.000 dikenai bea meterai Rp10.000",
        "halaman 1 dari 1",
    ):
        assert part in said, part


def test_it_says_the_same_in_english() -> None:
    said = text_of(settlement_pdf(a_settlement(verify_url=VERIFY_URL), EN))
    assert "PAID IN FULL" in said
    assert "one million, two hundred and ninety-two thousand, five hundred rupiah" in said
    assert "For principal Rp1.250.000 For interest Rp37.500 For penalties Rp5.000" in said
    assert VERIFY_URL in letters_of(settlement_pdf(a_settlement(verify_url=VERIFY_URL), EN))


def test_what_was_forgiven_or_paid_too_much_is_told_only_when_there_was_any() -> None:
    plain = text_of(settlement_pdf(a_settlement(), ID))
    assert "Diikhlaskan" not in plain
    assert "Kelebihan" not in plain
    more = text_of(settlement_pdf(a_settlement(forgiven=20_000, credit=3_000), ID))
    assert "Diikhlaskan Rp20.000 tidak ditagih lagi oleh pemberi pinjaman" in more
    assert "Kelebihan bayar Rp3.000 masih menjadi hak peminjam" in more


def test_a_debt_forgiven_without_any_payment_has_no_empty_table() -> None:
    forgiven = replace(a_settlement(), payments=(), forgiven=1_250_000)
    said = text_of(settlement_pdf(forgiven, ID))
    assert "Pembayaran yang diterima" not in said
    assert "Jumlah diterima Rp0 nol rupiah" in said
    assert "Diikhlaskan Rp1.250.000" in said


def test_many_payments_go_on_with_the_head_on_each_page() -> None:
    printed = pages(settlement_pdf(a_settlement(payments=100), ID))
    assert len(printed) > 2
    assert all("No. Tanggal Denda" in said for said in printed if "Rp12.500" in said)


def test_a_settlement_by_nothing_is_our_defect() -> None:
    settlement = a_settlement()
    with pytest.raises(AssertionError):
        replace(settlement, payments=())
