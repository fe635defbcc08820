"""What the texts about agreements are filled with; `test_texts` reads them out."""

from __future__ import annotations

from datetime import date
from typing import Any

Fields = dict[str, Any]

NEXT = date(2026, 4, 25)
LAST = date(2026, 9, 25)
UNTIL = date(2026, 3, 4)
KINDS = ("accept", "reschedule", "cancel")
STATUSES = ("draft", "sent", "active", "completed", "cancelled", "expired", "written_off")

CHOICE: Fields = {
    "number": 3,
    "name": "Budi",
    "outstanding": 2_400_000,
    "next_due": NEXT,
    "next_amount": 400_000,
}
SPLIT: Fields = {"penalty": 15_000, "interest": 60_000, "principal": 325_000}
PAID: Fields = {
    "number": 3,
    "name": "Budi",
    "amount": 400_000,
    **SPLIT,
    "rows": [
        {"installment": 2, "applied": 100_000, "left": 0},
        {"installment": 3, "applied": 300_000, "left": 100_000},
    ],
    "kept": 0,
    "kept_total": 0,
    "outstanding": 1_600_000,
    "next_installment": 3,
    "next_due": NEXT,
    "next_amount": 100_000,
    "completed": False,
}
PLAIN: Fields = {"penalty": 0, "interest": 0, "principal": 400_000}
SETTLED: Fields = {
    **PAID,
    **PLAIN,
    "rows": PAID["rows"][:1],
    "kept": 20_000,
    "kept_total": 50_000,
    "outstanding": 0,
    "next_installment": None,
    "next_due": None,
    "next_amount": 0,
    "completed": True,
}
QUOTE: Fields = {
    "number": 3,
    "name": "Budi",
    "on": UNTIL,
    **SPLIT,
    "credit": 20_000,
    "to_pay": 380_000,
    "saved": 45_000,
}
PAID_OFF: Fields = {
    "number": 3,
    "name": "Budi",
    "amount": 400_000,
    **SPLIT,
    "saved": 45_000,
    "kept": 1_000,
}
FORGIVEN: Fields = {
    "number": 3,
    "name": "Budi",
    "amount": 400_000,
    **SPLIT,
    "outstanding": 1_200_000,
    "completed": False,
}
UNDONE: Fields = {
    "what": "paid",
    "number": 3,
    "name": "Budi",
    "amount": 400_000,
    "outstanding": 2_400_000,
}
LINE: Fields = {
    "number": 3,
    "name": "Budi",
    "status": "active",
    "principal": 3_000_000,
    "outstanding": 2_400_000,
    "next_due": NEXT,
    "next_amount": 400_000,
    "days_past_due": 0,
}
SHOWN: Fields = {
    **LINE,
    "interest": 180_000,
    "paid": 600_000,
    "penalty": 15_000,
    "kept": 0,
    "installments": 12,
    "installments_settled": 2,
    "next_installment": 3,
    "last_due": LAST,
    "days_past_due": 4,
    "guarantor": "Pak Haji Slamet",
    "asked": None,
}
ROW: Fields = {
    "number": 3,
    "name": "Budi",
    "installment": 3,
    "due_date": NEXT,
    "due": 400_000,
    "left": 400_000,
    "state": "next",
    "days_past_due": 0,
}
ROWS: list[Fields] = [
    {**ROW, "installment": 0, "state": "paid", "left": 0},
    {**ROW, "installment": 1, "state": "paid", "left": 0},
    {**ROW, "installment": 2, "state": "late", "left": 150_000, "days_past_due": 5},
    ROW,
    {**ROW, "installment": 4, "state": "waiting"},
]
CAPTION: Fields = {
    "kind": "accept",
    "lender": "Toko Dani",
    "name": "Budi",
    "number": 3,
    "principal": 3_000_000,
    "installments": 12,
    "installment": 265_000,
    "first_due": NEXT,
    "last_due": LAST,
    "interest": 180_000,
    "penalty": 5_000,
    "penalty_kind": "rupiah_a_day",
    "until": UNTIL,
}
TO_BORROWER: Fields = {"lender": "Toko Dani", "name": "Budi", "number": 3, "until": UNTIL}
TAKEN: Fields = {"lender": "Toko Dani", "number": 3, "first_due": NEXT, "first_amount": 265_000}
TOLD: Fields = {"name": "Budi", "number": 3, "first_due": NEXT, "first_amount": 265_000}
ONE: Fields = {"number": 3, "name": "Budi"}


def each(fields: Fields, *kinds: str) -> list[Fields]:
    """The same for every kind of question."""
    return [{**fields, "kind": kind} for kind in kinds or KINDS]


def answered(fields: Fields) -> list[Fields]:
    """The same for yes and no to every kind of question."""
    return [{**one, "accepted": yes} for yes in (True, False) for one in each(fields)]


ANSWERS: dict[str, list[Fields]] = {
    "which_agreement": [
        {"choices": [CHOICE, {**CHOICE, "number": 7, "name": "Sari", "next_due": None}]}
    ],
    "which_target": [
        {
            "borrower_id": 1,
            "name": "Budi",
            "amount": amount,
            "choices": [
                {"agreement": None, "outstanding": 450_000, "next_due": UNTIL},
                {"agreement": 3, "outstanding": 2_400_000, "next_due": None},
            ],
        }
        for amount in (500_000, None)
    ],
    "installment_paid": [
        PAID,
        SETTLED,
        {**PAID, **PLAIN, "rows": PAID["rows"] * 3},
        {**PAID, "rows": [{"installment": 0, "applied": 400_000, "left": 0}], "penalty": 0},
    ],
    "payoff_quote": [QUOTE, {**QUOTE, **PLAIN, "credit": 0, "saved": 0}],
    "agreement_paid_off": [PAID_OFF, {**PAID_OFF, **PLAIN, "saved": 0, "kept": 0}],
    "agreement_forgiven": [FORGIVEN, {**FORGIVEN, **PLAIN, "outstanding": 0, "completed": True}],
    "agreement_written_off": [{**ONE, "outstanding": 2_400_000}],
    "agreement_act_undone": [
        {**UNDONE, "what": what} for what in ("paid", "forgiven", "written_off", "drafted", "asked")
    ],
    "reschedule_proposed": [
        {
            **ONE,
            "first_due": NEXT,
            "last_due": LAST,
            "installments": 12,
            "installment": 265_000,
            "outstanding": 2_400_000,
        }
    ],
    "agreement_withdrawn": [{**ONE, "told": True}, {**ONE, "told": False}],
    "cancel_proposed": [{**ONE, "until": UNTIL}],
    "document_resent": [{**ONE, "file_id": None}],
    "agreement_list": [
        {"lines": [{**LINE, "status": one} for one in STATUSES], "more": 4, "outstanding": 9},
        {"lines": [{**LINE, "days_past_due": 3}], "more": 0, "outstanding": 2_400_000},
    ],
    "agreements_none": [{}],
    "agreement_shown": [
        *({**SHOWN, "status": one, "guarantor": None} for one in STATUSES),
        *({**SHOWN, "asked": one, "penalty": 0} for one in ("reschedule", "cancel")),
        {**SHOWN, "interest": 0, "days_past_due": 0, "kept": 50_000, "next_due": None},
    ],
    "installments_running": [
        {"lines": ROWS[2:] + ROWS[:1], "more": 3, "late": 150_000, "outstanding": 2_400_000},
        {"lines": [ROW], "more": 0, "late": 0, "outstanding": 400_000},
    ],
    "installment_status": [
        {**ONE, "status": "active", "lines": ROWS, "before": 2, "more": 7, "paid": 600_000,
         "outstanding": 2_400_000, "kept": 10_000},
        {**ONE, "status": "written_off", "lines": ROWS, "before": 0, "more": 0, "paid": 600_000,
         "outstanding": 2_400_000, "kept": 0},
    ],
    "agreement_caption": [
        *each(CAPTION, "accept", "reschedule", "copy"),
        {**CAPTION, "interest": 0, "penalty_kind": None, "penalty": 0},
        {**CAPTION, "penalty_kind": "once"},
        {**CAPTION, "penalty_kind": "percent_a_day", "penalty": 0},
    ],
    "cancel_question": [{**TO_BORROWER, "principal": 3_000_000}],
    "agreement_reminder": each(TO_BORROWER),
    "answer_taken": answered(TAKEN),
    "answer_plainly": each({"lender": "Toko Dani", "number": 3}),
    "answer_which": [
        {
            "lender": "Toko Dani",
            "lines": each({"number": 3, "principal": 3_000_000}) * 3,
        }
    ],
    "answered_already": [
        {**one, "answer": answer}
        for one in each({"lender": "Toko Dani", "number": 3, "on": UNTIL})
        for answer in ("accepted", "rejected", "expired", "withdrawn")
    ],
    "plan_changed": [{"lender": "Toko Dani", "number": 3}],
    "withdrawn_to_borrower": each({"lender": "Toko Dani", "number": 3}),
    "expired_to_borrower": each({"lender": "Toko Dani", "number": 3}),
    "settlement_caption": [
        {"lender": "Toko Dani", **ONE, "paid": 3_180_000, "forgiven": 0, "kept": 0},
        {"lender": "Toko Dani", **ONE, "paid": 0, "forgiven": 3_000_000, "kept": 0},
        {"lender": "Toko Dani", **ONE, "paid": 3_180_000, "forgiven": 5, "kept": 20_000},
    ],
    "reopened_to_borrower": [{"lender": "Toko Dani", "number": 3, "outstanding": 400_000}],
    "agreement_sent": each({**ONE, "until": UNTIL}, "accept", "reschedule"),
    "document_failed": [{**ONE, "what": "agreement"}, {**ONE, "what": "settlement"}],
    "borrower_answered": answered(TOLD),
    "plan_changed_notice": [ONE],
    "expired_notice": each(ONE),
    "settlement_sent": [
        {**ONE, "paid": 3_180_000, "forgiven": 0},
        {**ONE, "paid": 3_000_000, "forgiven": 180_000},
    ],
}  # fmt: skip

REFUSALS: dict[str, list[Fields]] = {
    "agreement_unknown": [{"number": 3}],
    "no_agreement_runs": [{"name": "Budi"}, {"name": None}],
    "agreement_not_accepted": [ONE],
    "agreement_over": [
        {**ONE, "status": one} for one in ("completed", "cancelled", "expired", "written_off")
    ],
    "installment_unknown": [{"number": 3, "installment": 14, "last": 12}],
    "installment_settled": [{**ONE, "installment": 2, "next_installment": 3}],
    "too_many_agreements": [{"max": 20}],
    "payoff_too_little": [{"number": 3, "amount": 100_000, "to_pay": 380_000}],
    "forgive_too_much": [{"number": 3, "amount": 900_000, "owed": 380_000}],
    "agreement_has_payments": [{**ONE, "paid": 600_000}],
    "request_waits": each(ONE),
    "reschedule_impossible": [
        {"number": 3, "why": why} for why in ("date_taken", "too_long", "terms")
    ],
    "agreement_without_phone": [ONE],
    "document_not_ready": [ONE],
}
