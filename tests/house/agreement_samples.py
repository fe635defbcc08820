"""What the texts about agreements are filled with, for `test_texts`."""

from __future__ import annotations

from datetime import date
from typing import Any

Fields = dict[str, Any]

FIRST, LAST, UNTIL = date(2026, 3, 25), date(2026, 8, 25), date(2026, 3, 4)
ASKED: Fields = {
    "name": "Budi",
    "principal": 6_000_000,
    "problem": None,
    "least": None,
    "is_back": False,
    "is_first": False,
    "given_up": None,
    "phone": None,
    "source": None,
    "income_day": None,
    "income": None,
    "income_skipped": None,
    "other": None,
}
QUESTIONS = ("phone", "source", "income_day", "income", "other", "analysis")
PROBLEMS = (
    "back_at_start", "phone_is_own", "phone_taken", "phone_unclear",
    "source_unclear", "income_day_unclear",
    "income_day_out_of_range", "income_unclear", "income_not_monthly", "other_unclear",
    "amount_small", "amount_too_large", "amount_unclear", "amount_not_whole",
    "amount_not_positive", "months_out_of_range", "offer_months", "grace_out_of_range",
    "offer_grace", "rate_unclear", "rate_out_of_range", "offer_rate", "offer_down_payment",
    "offer_terms", "offer_too_small", "analysis_unclear",
)  # fmt: skip
TOLD: Fields = {"source": "gaji", "income_day": 25, "income": 4_500_000}
ALL_TOLD: Fields = {**TOLD, "source": "lainnya", "income_day": 31, "other": 300_000}
SKIPPED: Fields = {"source": "bisnis", "income_day": 1, "income_skipped": True, "other": 0}
OFFER: Fields = {
    "name": "Budi",
    "is_new_day": False,
    "principal": 6_000_000,
    "down_payment": 0,
    "months": 6,
    "installment": 1_000_000,
    "installment_last": 1_000_000,
    "first_due": FIRST,
    "last_due": LAST,
    "interest": 0,
    "rate_percent": None,
    "rate_type": None,
    "grace_months": 0,
    "penalty_a_day": 0,
    "penalty_most": 0,
    "penalty_grace_days": 1,
    "guarantor": None,
    "total": 6_000_000,
    "burden": "cukup",
    "burden_percent": 23,
    "burden_percent_max": 30,
    "income": 4_500_000,
    "other": 0,
    "alternative": None,
}
OFFER_FULL: Fields = {
    **OFFER,
    "is_new_day": True,
    "down_payment": 500_000,
    "installment_last": 955_000,
    "interest": 360_000,
    "rate_percent": "1.25",
    "rate_type": "declining",
    "grace_months": 2,
    "penalty_a_day": 5_000,
    "penalty_most": 150_000,
    "total": 6_360_000,
    "burden": "berat",
    "burden_percent": 1_045,
}
LONGER = {"principal": 6_000_000, "months": 18, "installment": 333_334}
LESS = {"principal": 4_000_000, "months": 24, "installment": 166_667}
PAID: Fields = {
    "number": 3,
    "name": "Budi",
    "amount": 1_200_000,
    "penalty": 5_000,
    "interest": 60_000,
    "principal": 1_135_000,
    "rows": [
        {"installment": 0, "applied": 500_000, "left": 0},
        {"installment": 1, "applied": 500_000, "left": 0},
        {"installment": 2, "applied": 200_000, "left": 800_000},
    ],
    "kept": 0,
    "kept_total": 0,
    "outstanding": 4_800_000,
    "next_installment": 2,
    "next_due": date(2026, 4, 25),
    "next_amount": 800_000,
    "completed": False,
}
QUOTE: Fields = {
    "number": 3,
    "name": "Budi",
    "on": date(2026, 2, 18),
    "penalty": 0,
    "interest": 25_000,
    "principal": 4_000_000,
    "credit": 0,
    "to_pay": 4_025_000,
    "saved": 0,
}
LINE: Fields = {
    "number": 3,
    "name": "Budi",
    "status": "active",
    "principal": 6_000_000,
    "outstanding": 4_800_000,
    "next_due": date(2026, 3, 25),
    "next_amount": 800_000,
    "days_past_due": -35,
}
STATES = ("draft", "sent", "active", "completed", "cancelled", "expired", "written_off")
SHOWN: Fields = {
    **LINE,
    "interest": 360_000,
    "paid": 1_200_000,
    "penalty": 5_000,
    "kept": 20_000,
    "installments": 6,
    "installments_settled": 1,
    "next_installment": 2,
    "last_due": LAST,
    "guarantor": "Pak Sari",
    "asked": None,
}
ROW: Fields = {
    "number": 3,
    "name": "Budi",
    "installment": 2,
    "due_date": date(2026, 3, 25),
    "due": 1_000_000,
    "left": 800_000,
    "state": "next",
    "days_past_due": 0,
}
ROWS = [
    {**ROW, "installment": 0, "state": "paid", "left": 0},
    {**ROW, "installment": 1, "state": "late", "days_past_due": 5},
    ROW,
    {**ROW, "installment": 3, "state": "waiting", "due_date": LAST},
]
STATUS: Fields = {
    "number": 3,
    "name": "Budi",
    "status": "active",
    "lines": ROWS,
    "before": 0,
    "more": 0,
    "paid": 1_200_000,
    "outstanding": 4_800_000,
    "kept": 0,
}
DUE: Fields = {
    "number": 3,
    "outstanding": 4_800_000,
    "due": 1_000_000,
    "due_date": date(2026, 2, 13),
    "days_past_due": 5,
}
KINDS = ("accept", "reschedule", "cancel")
TO_BORROWER: Fields = {"lender": "Toko Dani", "number": 3}
GREETED: Fields = {**TO_BORROWER, "name": "Budi"}
NOTICE: Fields = {"name": "Budi", "number": 3}
CAPTION: Fields = {
    **GREETED,
    "kind": "accept",
    "principal": 6_000_000,
    "installments": 6,
    "installment": 1_000_000,
    "is_level": True,
    "first_due": FIRST,
    "last_due": LAST,
    "interest": 0,
    "penalty": 0,
    "penalty_kind": None,
    "until": UNTIL,
}
FIRST_ROW: Fields = {"first_due": FIRST, "first_amount": 1_000_000}

SAMPLES: dict[str, list[Fields]] = {
    "interview_question": [
        *({**ASKED, "question": one} for one in QUESTIONS),
        *({**ASKED, "question": one, "is_first": True, "given_up": "Sari"} for one in QUESTIONS),
        *({**ASKED, "question": "analysis", "problem": one, "least": 250_000} for one in PROBLEMS),
        {**ASKED, "question": "source", "phone": "6281234567890"},
        {**ASKED, "question": "other", **TOLD},
        {**ASKED, "question": "other", **ALL_TOLD},
        {**ASKED, "question": "income", **SKIPPED},
        {**ASKED, "question": "income", "is_back": True},
    ],
    "interview_offer": [
        OFFER,
        {**OFFER, "burden": "not_assessed", "burden_percent": None, "income": None},
        {**OFFER, "months": 1, "burden": "nyaman"},
        {**OFFER, "rate_percent": "1", "rate_type": "flat", "interest": 360_000},
        {**OFFER_FULL, "alternative": LONGER, "is_new_day": False},
        {**OFFER_FULL, "alternative": LESS, "guarantor": "Pak Sari", "is_new_day": False},
        {**OFFER_FULL, "guarantor": "Pak Sari"},
    ],
    "interview_waits": [{"name": "Budi", "question": one} for one in QUESTIONS],
    "interview_ended": [{"name": "Budi", "principal": 3_250_000}],
    "interview_expired": [{"name": "Budi", "principal": 6_000_000}],
    "agreement_drafted": [
        {
            "number": 3,
            "name": "Budi",
            "principal": 6_000_000,
            "months": 6,
            "installment": 1_000_000,
        },
        {
            "number": 3,
            "name": "Budi",
            "principal": 6_000_000,
            "months": 1,
            "installment": 6_000_000,
        },
    ],
    "which_agreement": [
        {"choices": [LINE, {**LINE, "number": 4, "name": "Sari", "next_due": None}]},
    ],
    "which_target": [
        {
            "name": "Budi",
            "amount": amount,
            "choices": [
                {"agreement": 3, "outstanding": 4_800_000, "next_due": FIRST},
                {"agreement": None, "outstanding": 200_000, "next_due": FIRST},
            ],
        }
        for amount in (500_000, None)
    ],
    "installment_paid": [
        PAID,
        {**PAID, "rows": PAID["rows"] * 3, "kept": 20_000, "kept_total": 50_000},
        {**PAID, "completed": True, "outstanding": 0, "next_due": None, "kept": 5, "kept_total": 5},
        {**PAID, "next_installment": None, "next_due": None},
    ],
    "payoff_quote": [
        {**QUOTE, "may_pay": True},
        {**QUOTE, "may_pay": True, "credit": 20_000, "saved": 360_000},
        {**QUOTE, "may_pay": True, "credit": 5_000_000, "to_pay": 0},
        {**QUOTE, "may_pay": False},
        {**QUOTE, "may_pay": False, "credit": 5_000_000, "to_pay": 0},
    ],
    "agreement_paid_off": [
        {**QUOTE, "amount": 4_025_000, "kept": 0},
        {**QUOTE, "amount": 4_100_000, "kept": 75_000, "saved": 360_000},
    ],
    "agreement_forgiven": [{**PAID, "amount": 200_000}, {**PAID, "completed": True}],
    "agreement_written_off": [{"number": 3, "name": "Budi", "outstanding": 4_800_000}],
    "agreement_act_undone": [
        {"what": what, "number": 3, "name": "Budi", "amount": 200_000, "outstanding": 4_800_000}
        for what in ("paid", "forgiven", "written_off", "drafted", "asked")
    ],
    "reschedule_proposed": [
        {
            "number": 3,
            "name": "Budi",
            "first_due": FIRST,
            "last_due": LAST,
            "installments": 6,
            "installment": 800_000,
            "outstanding": 4_800_000,
        }
    ],
    "agreement_withdrawn": [{"number": 3, "name": "Budi", "told": told} for told in (True, False)],
    "cancel_proposed": [{"number": 3, "name": "Budi", "until": UNTIL}],
    "document_resent": [{"number": 3, "name": "Budi"}],
    "agreement_list": [
        {
            "lines": [
                *({**LINE, "status": status} for status in STATES[:5]),
                {**LINE, "days_past_due": 5},
                {**LINE, "next_due": None},
                {**LINE, "status": "written_off"},
            ],
            "more": 4,
            "outstanding": 9_600_000,
        }
    ],
    "agreements_none": [{}],
    "agreement_shown": [
        *({**SHOWN, "status": status} for status in STATES),
        *({**SHOWN, "asked": kind, "days_past_due": 5} for kind in KINDS),
        {**SHOWN, "next_installment": None, "guarantor": None, "kept": 0, "penalty": 0},
    ],
    "installments_running": [
        {"lines": ROWS, "more": 0, "late": 800_000, "outstanding": 4_800_000},
        {"lines": ROWS * 2, "more": 3, "late": 0, "outstanding": 4_800_000},
    ],
    "installment_status": [
        STATUS,
        {**STATUS, "before": 3, "more": 12, "kept": 20_000, "status": "written_off"},
    ],
    "agreement_caption": [
        CAPTION,
        {**CAPTION, "is_level": False},
        {**CAPTION, "interest": 360_000, "penalty": 5_000, "penalty_kind": "rupiah_a_day"},
        {**CAPTION, "kind": "copy", "installments": 1},
        {**CAPTION, "kind": "reschedule", "penalty": 5_000, "penalty_kind": "once"},
    ],
    "cancel_question": [{**GREETED, "principal": 6_000_000, "until": UNTIL}],
    "agreement_reminder": [{**GREETED, "kind": kind, "until": UNTIL} for kind in KINDS],
    "answer_taken": [
        {**TO_BORROWER, **FIRST_ROW, "kind": kind, "accepted": accepted}
        for kind in KINDS
        for accepted in (True, False)
    ],
    "answer_plainly": [{**TO_BORROWER, "kind": kind} for kind in KINDS],
    "answer_which": [
        {
            "lender": "Toko Dani",
            "lines": [{"number": 3, "kind": kind, "principal": 6_000_000} for kind in KINDS],
        },
        {"lender": "Toko Dani", "lines": [{"number": 3, "kind": "accept", "principal": 6_000_000}]},
    ],
    "answered_already": [
        {**TO_BORROWER, "kind": kind, "answer": answer, "on": date(2026, 2, 17), "newer": newer}
        for kind in KINDS
        for answer in ("accepted", "rejected", "expired", "withdrawn")
        for newer in (False, True)
    ],
    "plan_changed": [TO_BORROWER],
    "withdrawn_to_borrower": [{**TO_BORROWER, "kind": kind} for kind in KINDS],
    "expired_to_borrower": [{**TO_BORROWER, "kind": kind} for kind in KINDS],
    "settlement_caption": [
        {**GREETED, "paid": 6_000_000, "forgiven": 0, "kept": 0},
        {**GREETED, "paid": 5_800_000, "forgiven": 200_000, "kept": 20_000},
    ],
    "reopened_to_borrower": [{**TO_BORROWER, "outstanding": 1_000_000}],
    "agreement_sent": [{**NOTICE, "kind": kind, "until": UNTIL} for kind in KINDS[:2]],
    "document_failed": [{**NOTICE, "what": what} for what in ("agreement", "settlement")],
    "borrower_answered": [
        {**NOTICE, **FIRST_ROW, "kind": kind, "accepted": accepted}
        for kind in KINDS
        for accepted in (True, False)
    ],
    "plan_changed_notice": [NOTICE],
    "expired_notice": [{**NOTICE, "kind": kind} for kind in KINDS],
    "settlement_sent": [
        {**NOTICE, "paid": 6_000_000, "forgiven": forgiven} for forgiven in (0, 200_000)
    ],
}

OVER = ("completed", "cancelled", "expired", "written_off")
REFUSALS: dict[str, list[Fields]] = {
    "agreement_unknown": [{"number": 3}],
    "no_agreement_runs": [{"name": "Budi"}, {"name": None}],
    "agreement_not_accepted": [{"number": 3, "name": "Budi"}],
    "agreement_over": [{"number": 3, "name": "Budi", "status": status} for status in OVER],
    "installment_unknown": [{"number": 3, "installment": 9, "last": 6}],
    "installment_settled": [{"number": 3, "name": "Budi", "installment": 1, "next_installment": 2}],
    "too_many_agreements": [{"max": 20}],
    "payoff_too_little": [{"number": 3, "amount": 1_000_000, "to_pay": 4_025_000}],
    "forgive_too_much": [{"number": 3, "amount": 9_000_000, "owed": 4_800_000}],
    "agreement_has_payments": [{"number": 3, "name": "Budi", "paid": 1_200_000}],
    "request_waits": [{"number": 3, "name": "Budi", "kind": kind} for kind in KINDS],
    "reschedule_impossible": [
        {"number": 3, "why": why} for why in ("date_taken", "too_long", "too_few", "terms")
    ],
    "agreement_without_phone": [{"number": 3, "name": "Budi"}],
    "document_not_ready": [{"number": 3, "name": "Budi"}],
    "installment_missing": [{"command": "BAYAR"}],
    "agreement_number_missing": [
        {"command": command}
        for command in ("PERJANJIAN", "KIRIM", "BATALKAN PERJANJIAN", "IKHLASKAN", "JADWAL ULANG")
    ],
    "months_out_of_range": [{"command": "BUAT PERJANJIAN", "max": 60}],
    "reschedule_unclear": [{"command": "JADWAL ULANG"}],
}
LONG_BY_NATURE = frozenset(
    ("interview_offer", "installment_paid", "agreement_list", "agreement_shown",
     "installments_running", "installment_status")
)  # fmt: skip
MARKED = frozenset(("installments_running", "installment_status"))
"""Their lines begin with a mark of product section 3: paid, late, next, waiting."""

HELP_TOPICS = (
    "BUAT PERJANJIAN", "PERJANJIAN", "CICILAN", "KIRIM", "BATALKAN PERJANJIAN", "IKHLASKAN",
    "HAPUSBUKU", "JADWAL ULANG", "PELUNASAN",
)  # fmt: skip
