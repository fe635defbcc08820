"""The interview's answers: what each tells, and that none of them can break it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.money import AMOUNT_MAX
from bukuhutang.understanding.dialogues import interview
from bukuhutang.understanding.dialogues.interview import (
    FORM_VERSION,
    STEPS_MAX,
    Heard,
    InterviewForm,
    Outcome,
    Question,
    from_json,
    hear,
    noted,
    start,
    to_json,
)

PHONE = PhoneNumber("6281222222222")
AT_PHONE = start("Budi", 6_000_000)
AT_SOURCE = start("Budi", 6_000_000, phone=PHONE)
AT_DAY = replace(AT_SOURCE, source="gaji")
AT_INCOME = replace(AT_DAY, income_day=25)
AT_OTHER = replace(AT_INCOME, income=4_500_000)
AT_OFFER = replace(AT_OTHER, other=0)
STAGES = (AT_PHONE, AT_SOURCE, AT_DAY, AT_INCOME, AT_OTHER, AT_OFFER)


def test_the_questions_come_in_the_order_of_the_product() -> None:
    assert [one.question for one in STAGES] == list(Question)


@pytest.mark.parametrize(
    ("form", "answer", "told"),
    [
        (AT_PHONE, "0812-2222-2222", {"phone": PHONE}),
        (AT_PHONE, "nomornya +62 812 2222 2222 ya", {"phone": PHONE}),
        (AT_SOURCE, "1", {"source": "gaji"}),
        (AT_SOURCE, "GAJI", {"source": "gaji"}),
        (AT_SOURCE, "dia karyawan pabrik", {"source": "gaji"}),
        (AT_SOURCE, "dagang sayur", {"source": "bisnis"}),
        (AT_SOURCE, "3", {"source": "lainnya"}),
        (AT_SOURCE, "serabutan", {"source": "lainnya"}),
        (
            AT_SOURCE,
            "gajian tgl 25, sekitar 4,5 juta",
            {"source": "gaji", "income_day": 25, "income": 4_500_000},
        ),
        (AT_SOURCE, "usaha warung tiap hari 200rb", {"source": "bisnis"}),
        (AT_DAY, "25", {"income_day": 25}),
        (AT_DAY, "setiap tanggal 28", {"income_day": 28}),
        (AT_DAY, "akhir bulan", {"income_day": 31}),
        (AT_DAY, "awal bulan", {"income_day": 1}),
        (AT_DAY, "on the 5th", {"income_day": 5}),
        (AT_INCOME, "4.500.000", {"income": 4_500_000}),
        (AT_INCOME, "4 jutaan", {"income": 4_000_000}),
        (AT_INCOME, "SKIP", {"income_skipped": True}),
        (AT_INCOME, "gak tau pak", {"income_skipped": True}),
        (
            AT_INCOME,
            "4 jt, ada cicilan motor 500rb",
            {"income": 4_000_000, "other": 500_000},
        ),
        (AT_OTHER, "tidak ada", {"other": 0}),
        (AT_OTHER, "cicilan lain nggak ada", {"other": 0}),
        (AT_OTHER, "NONE", {"other": 0}),
        (AT_OTHER, "motor 500rb dan hp 200rb", {"other": 700_000}),
        (AT_OFFER, "UBAH 400rb", {"monthly": 400_000, "months": None}),
        (AT_OFFER, "cicilan 400rb", {"monthly": 400_000, "months": None}),
        (AT_OFFER, "400rb per bulan", {"monthly": 400_000, "months": None}),
        (AT_OFFER, "ubah 6 bulan", {"months": 6, "monthly": None}),
        (AT_OFFER, "12x", {"months": 12, "monthly": None}),
        (AT_OFFER, "change to 6 months", {"months": 6, "monthly": None}),
        (AT_OFFER, "BUNGA 1% flat", {"rate_percent": "1", "rate_type": "flat"}),
        (AT_OFFER, "bunga 1,5% menurun", {"rate_percent": "1.5", "rate_type": "declining"}),
        (AT_OFFER, "bunga 12% per tahun", {"rate_percent": "1", "rate_type": "flat"}),
        (AT_OFFER, "ubah bunga 2%", {"rate_percent": "2", "rate_type": "flat"}),
        (AT_OFFER, "DP 500rb", {"down_payment": 500_000}),
        (AT_OFFER, "uang muka 500rb", {"down_payment": 500_000}),
        (AT_OFFER, "denda 5rb sehari", {"penalty_a_day": 5_000}),
        (AT_OFFER, "tenggang 2 bulan", {"grace_months": 2}),
        (AT_OFFER, "Penjamin: Pak Sari", {"guarantor": "Pak Sari"}),
        (AT_OFFER, "POKOK 4jt", {"principal": 4_000_000, "months": None, "monthly": None}),
    ],
)
def test_an_answer_in_ones_own_words(
    form: InterviewForm, answer: str, told: dict[str, object]
) -> None:
    heard = hear(form, answer)
    assert heard.outcome is Outcome.ASK
    assert noted(heard.form) == told


@pytest.mark.parametrize(
    ("form", "answer", "problem"),
    [
        (AT_PHONE, "nanti saya tanya", "phone_unclear"),
        (AT_PHONE, "0812-22", "phone_unclear"),
        (AT_SOURCE, "tidak tahu", "source_unclear"),
        (AT_DAY, "32", "income_day_out_of_range"),
        (AT_DAY, "tgl 25 atau 26", "income_day_out_of_range"),
        (AT_DAY, "kadang-kadang", "income_day_unclear"),
        (AT_INCOME, "empat", "income_unclear"),
        (AT_INCOME, "4", "amount_small"),
        (AT_INCOME, "sehari 150rb", "income_not_monthly"),
        (AT_INCOME, "4jt-5jt", "amount_unclear"),
        (AT_INCOME, "gaji 4 juta bisnis 1 juta", "income_unclear"),
        (AT_OTHER, "ada", "other_unclear"),
        (AT_OTHER, "SKIP", "other_unclear"),
        (AT_OFFER, "entahlah", "analysis_unclear"),
        (AT_OFFER, "ubah bunga", "rate_unclear"),
        (AT_OFFER, "bunga 50%", "rate_out_of_range"),
        (AT_OFFER, "ubah 61 bulan", "months_out_of_range"),
        (AT_OFFER, "tenggang 20 bulan", "grace_out_of_range"),
        (AT_OFFER, "ubah 500", "amount_small"),
    ],
)
def test_what_is_unclear_is_asked_again_with_the_reason(
    form: InterviewForm, answer: str, problem: str
) -> None:
    assert hear(form, answer) == Heard(Outcome.UNCLEAR, form, problem)


@pytest.mark.parametrize("form", STAGES, ids=lambda one: str(one.question))
def test_batal_ends_it_at_every_question(form: InterviewForm) -> None:
    assert hear(form, "Batal pak!").outcome is Outcome.ENDED


def test_only_the_offer_can_be_agreed_to() -> None:
    assert hear(AT_OFFER, "SETUJU").outcome is Outcome.AGREED
    for form in STAGES[:-1]:
        assert hear(form, "SETUJU").outcome is Outcome.UNCLEAR


def test_kembali_takes_a_change_of_the_offer_back_to_what_was_before_it() -> None:
    first = hear(AT_OFFER, "ubah 6 bulan").form
    second = hear(first, "ubah 400rb").form
    assert second.months is None
    assert hear(second, "KEMBALI").form == first
    assert hear(first, "kembali").form == AT_OFFER


def test_kembali_at_the_first_question_says_so() -> None:
    assert hear(AT_PHONE, "KEMBALI") == Heard(Outcome.BACK_AT_START, AT_PHONE)


def test_the_wish_for_no_interest_or_penalty_removes_it() -> None:
    form = hear(hear(AT_OFFER, "bunga 1%").form, "denda 5rb").form
    form = hear(hear(form, "tanpa bunga").form, "hapus denda").form
    assert (form.rate_percent, form.rate_type, form.penalty_a_day) == (None, None, 0)


forms = st.sampled_from(STAGES)
pieces = st.one_of(
    st.sampled_from(["0812-2222-2222", "gaji", "bisnis", "tgl 25", "31", "4,5jt", "skip", "0"]),
    st.sampled_from(["tidak ada", "ubah", "400rb", "6 bulan", "bunga 1%", "denda 5rb", "dp 1jt"]),
    st.sampled_from(["setuju", "penjamin Budi", "tenggang 1 bulan", "pokok 3jt", "cicilan", "-"]),
    st.text(max_size=12),
)
answers = st.one_of(st.text(max_size=600), st.lists(pieces, max_size=5).map(" ".join))


@given(form=forms, text=answers)
def test_any_answer_keeps_the_form_legal_and_never_raises(form: InterviewForm, text: str) -> None:
    heard = hear(form, text)
    told = heard.form
    assert (heard.problem is not None) is (heard.outcome is Outcome.UNCLEAR)
    assert told.income_day is None or 1 <= told.income_day <= 31
    assert told.income is None or 1_000 <= told.income <= AMOUNT_MAX
    assert told.other is None or 0 <= told.other
    assert told.months is None or 1 <= told.months <= 60
    assert 1 <= told.principal <= AMOUNT_MAX
    assert told.monthly is None or told.months is None
    assert told.guarantor is None or 1 <= len(told.guarantor) <= 60
    assert from_json(json.loads(json.dumps(to_json(told))), FORM_VERSION) == told


@given(form=forms, text=answers)
def test_kembali_restores_what_was_before_an_answer(form: InterviewForm, text: str) -> None:
    heard = hear(form, text)
    if heard.outcome is Outcome.ASK and heard.form != form:
        assert hear(heard.form, "KEMBALI").form == form


@given(texts=st.lists(pieces, max_size=STEPS_MAX + 10))
def test_all_the_way_back_is_where_it_began(texts: list[str]) -> None:
    form = AT_PHONE
    for text in texts:
        form = hear(form, text).form
    while form.steps:
        form = hear(form, "KEMBALI").form
    if len(texts) <= STEPS_MAX:
        assert form == AT_PHONE


def test_a_form_of_another_version_is_not_read() -> None:
    assert from_json(to_json(AT_OFFER), FORM_VERSION + 1) is None


def test_without_wishes_everything_is_as_proposed() -> None:
    wished = hear(hear(AT_OFFER, "ubah 6 bulan").form, "bunga 1%").form
    plain = interview.without_wishes(wished)
    assert (plain.months, plain.monthly, plain.rate_percent) == (None, None, None)
    assert plain.question is Question.ANALYSIS
