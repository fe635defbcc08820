"""What `render` promises; what the texts themselves promise is in tests/house/test_texts.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from bukuhutang.base.errors import InvariantBroken
from bukuhutang.ledger.money import Direction
from bukuhutang.rendering.formats import FSI, PDI
from bukuhutang.rendering.texts import codes, problem_codes, render, render_problem
from bukuhutang.tenancy.tenant import Language

ID, EN = Language.INDONESIAN, Language.ENGLISH
TODAY = date(2026, 2, 18)


def recorded(language: Language = ID, **changed: object) -> str:
    fields: dict[str, object] = {
        "direction": Direction.RECEIVABLE,
        "name": "Budi",
        "principal": 500_000,
        "note": "semen",
        "due_date": date(2026, 3, 4),
        "number": 12,
        "credit_used": 0,
        "outstanding": 500_000,
        "total": 650_000,
        "credit_left": 0,
    }
    return render("debt_recorded", language, today=TODAY, **{**fields, **changed})


def test_a_recorded_loan_reads_as_voice_md_says() -> None:
    assert recorded() == (
        "✅ Tercatat: *Budi* pinjam *Rp500.000* (semen)\n"
        "Jatuh tempo Rabu, 4 Maret. Piutang no. 12.\n"
        "\n"
        "Total Budi sekarang Rp650.000.\n"
        "Salah catat? Balas BATAL."
    )


def test_a_refusal_reads_as_voice_md_says() -> None:
    assert render("amount_not_positive", ID, today=TODAY, command="PINJAM") == (
        "Belum dicatat: jumlahnya harus lebih dari 0.\nContoh: PINJAM Budi 500rb 14hari"
    )


def test_a_payment_reads_as_voice_md_says() -> None:
    @dataclass(frozen=True)
    class Touched:
        number: int
        applied: int
        outstanding: int

    text = render(
        "payment_recorded",
        ID,
        today=TODAY,
        direction=Direction.RECEIVABLE,
        name="Budi",
        amount=200_000,
        debts=(Touched(9, 150_000, 0), Touched(12, 50_000, 450_000)),
        credit_added=0,
        credit_total=0,
        total=450_000,
    )
    assert text.startswith(
        "✅ *Budi* bayar *Rp200.000*\n"
        "Piutang no. 9: lunas (Rp150.000)\n"
        "Piutang no. 12: sisa Rp450.000\n"
        "\n"
        "Total Budi sekarang Rp450.000."
    )


def test_what_is_not_shown_is_counted() -> None:
    debts = [{"outstanding": 1_000, "due_date": TODAY, "days_past_due": 0}] * 8
    text = render(
        "own_balance",
        ID,
        today=TODAY,
        name="Budi",
        lender="Toko Dani",
        debts=debts,
        agreements=[],
        total=8_000,
    )
    assert text.count("\n- Rp1.000") == 5
    assert text.endswith("- dan 3 pinjaman lain")


def test_an_unknown_code_is_our_defect() -> None:
    for code in ("no_such_text", "_total", "problems/not_found", "../id/help", "help/pinjam", ""):
        with pytest.raises(InvariantBroken):
            render(code, ID, today=TODAY)
    with pytest.raises(InvariantBroken):
        render_problem("help", EN)
    with pytest.raises(InvariantBroken):
        render("help_topic", ID, today=TODAY, topic="TERBANG")


def test_a_missing_field_is_our_defect() -> None:
    with pytest.raises(InvariantBroken, match="lender"):
        render("own_balance_none", ID, today=TODAY, name="Budi")
    with pytest.raises(InvariantBroken, match="outstanding"):
        render(
            "which_person",
            ID,
            today=TODAY,
            name="B",
            choices=[{"name": "B", "is_new": False, "phone_tail": None}],
        )


def test_a_value_that_nobody_put_into_words_is_our_defect() -> None:
    for forgotten in (None, TODAY, 1.5, True, ["Budi"]):
        with pytest.raises(InvariantBroken):
            render("already_undone", ID, today=TODAY, number=forgotten)


def test_codes_are_public_and_parts_are_not() -> None:
    assert {"debt_recorded", "help", "status"} <= codes(ID)
    assert not any(code.startswith(("_", "help/", "problems/")) for code in codes(ID))
    assert "tenant_not_found" in problem_codes(EN)


def test_a_web_refusal_is_one_sentence_in_either_language() -> None:
    assert render_problem("tenant_not_found", EN, tenant_id=7) == "There is no tenant 7."
    assert render_problem("tenant_not_found", ID, tenant_id=7) == "Tidak ada tenant 7."


def test_the_two_key_refusals_cannot_be_told_apart() -> None:
    for language in Language:
        assert render_problem("key_missing", language) == render_problem("key_wrong", language)


def test_user_text_is_never_compiled() -> None:
    text = recorded(name="{{ 7*7 }}{% raw %}", note="{{ total }}")
    assert "Tercatat: {{ 7*7 }}{% raw %} pinjam" in text
    assert "({{ total }})" in text


def test_a_name_cannot_forge_a_line() -> None:
    forged = recorded(name="Budi\n\nTotal Budi sekarang Rp0.")
    assert len(forged.splitlines()) == len(recorded().splitlines())


def test_an_arabic_name_keeps_the_amount_behind_it() -> None:
    first = recorded(name="محمد").splitlines()[0]
    assert first == f"✅ Tercatat: *{FSI}محمد{PDI}* pinjam *Rp500.000* (semen)"


def test_a_name_with_stars_is_shown_without_bold() -> None:
    assert recorded(name="Budi *jahat*").startswith("✅ Tercatat: Budi *jahat* pinjam *Rp500.000*")
