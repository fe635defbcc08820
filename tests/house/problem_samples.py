"""What the problem texts of the web are filled with, for `test_texts`."""

from __future__ import annotations

from typing import Any

from tests.house import quota_samples

Fields = dict[str, Any]

AGREEMENT: Fields = {"number": 3, "name": "Budi"}

PROBLEM_SAMPLES: dict[str, list[Fields]] = {
    "tenant_not_found": [{"tenant_id": 7}],
    "phone_number_taken": [{}],
    "phone_number_invalid": [{}],
    "name_invalid": [{"max": 100}],
    "email_invalid": [{}],
    "qr_not_available": [
        {"reason": reason}
        for reason in ("connected", "inactive", "cloud", "paused", "not_ready", "unlinked")
    ],
    "link_unknown": [{}],
    "pair_code_unknown": [{}],
    "pair_code_expired": [{}],
    "driver_unknown": [{"driver": "telegram"}],
    "phone_id_invalid": [{}],
    "phone_id_taken": [{}],
    "cloud_not_configured": [{}],
    "owner_number_missing": [{}],
    "webhook_not_signed": [{}],
    "webhook_token_wrong": [{}],
    "whatsapp_not_connected": [{"state": "pairing"}],
    "tenant_not_activated": [{}],
    "plan_unknown": [{"plan": "gold"}],
    "credits_out_of_range": [{"min": 1, "max": 1_000_000}],
    "credits_unlimited": [{}],
    **quota_samples.REFUSALS,
    "key_missing": [{}],
    "key_wrong": [{}],
    "too_many_attempts": [{"retry_after_seconds": 30}, {"retry_after_seconds": 1}],
    "cursor_invalid": [{}],
    "request_invalid": [{}],
    "field_missing": [{}],
    "field_unknown": [{}],
    "field_invalid": [{}],
    "json_invalid": [{}],
    "body_not_object": [{}],
    "not_found": [{}],
    "sign_in_refused": [{}],
    "signed_out": [{}],
    "sign_in_unknown": [{}],
    "csrf_refused": [{}],
    "method_not_allowed": [{}],
    "internal_error": [{}],
    "service_unavailable": [{}],
    "body_too_large": [{"max": 1_048_576}],
    "number_invalid": [{"number": "0812"}],
    "qr_unknown": [{}],
    "qr_expired": [{}],
    "phone_offline": [{}],
    "wrong_number": [{"number": "6281234567890"}],
    "clock_backwards": [{}],
    "clock_too_far": [{"days_max": 3653}],
    "message_unknown": [{}],
    "message_not_yours": [{}],
    "message_too_old": [{"minutes_max": 15}, {"minutes_max": 3_600}],
    "document_too_large": [{"size_max": 16_000_000}],
    "document_unknown": [{}],
    "phone_already_linked": [{}],
    "still_busy": [{}],
    "phone_banned": [{}],
    "new_chat_barred": [{}],
    "simulator_full": [{"what": "messages"}],
    "key_not_found": [{"key_id": 3}],
    "too_many_keys": [{"max": 20}],
    "key_expiry_invalid": [{"days_max": 3_653}],
    "rate_limited": [{"limit": 60, "retry_after_seconds": seconds} for seconds in (1, 42)],
    "tenant_inactive": [{}],
    "idempotency_key_missing": [{}],
    "idempotency_key_invalid": [{"max": 200}],
    "idempotency_key_reused": [{}],
    "precondition_required": [{}],
    "precondition_failed": [{}],
    "name_ambiguous": [{"name": "Budi", "candidates": []}],
    "direction_ambiguous": [{"name": "Budi", "receivable": 500_000, "payable": 200_000}],
    "target_ambiguous": [{"name": "Budi", "targets": []}],
    "person_name_invalid": [{"max": 60}],
    "person_unclear": [{}],
    "due_date_out_of_range": [{"min": 1, "max": 365}],
    "borrower_not_found": [{"borrower_id": 3}],
    "debt_not_found": [{"number": 12}],
    "payment_not_found": [{"number": 31}],
    "reminder_not_found": [{"number": 7}],
    "file_not_found": [{}],
    "offer_not_possible": [
        {"reason": "too_small", "least": 250_000},
        *(
            {"reason": reason, "least": None}
            for reason in "down_payment months grace rate terms months_and_installment".split()
        ),
    ],
    "reschedule_unclear": [{}],
    "reminded_today": [{"name": "Budi", "at": "09.15", "fate": "sent", "until": None}],
    "borrower_opted_out_already": [{"name": "Budi"}],
    "reminder_template_empty": [{}],
    "reminder_template_too_long": [{"length": 2_100, "max": 2_000}],
    "reminder_fields_unknown": [
        {"names": ("umur",), "known": ("nama", "toko", "jumlah", "jatuh_tempo")}
    ],
    "timezone_unknown": [{"text": "Europe/Paris"}],
    "month_unknown": [{"text": "2026-13"}],
    "agreement_unknown": [AGREEMENT],
    "agreement_not_accepted": [AGREEMENT],
    "agreement_over": [
        {**AGREEMENT, "status": status}
        for status in "completed cancelled expired written_off active draft sent".split()
    ],
    "installment_unknown": [{**AGREEMENT, "installment": 9, "last": 6}],
    "installment_settled": [{**AGREEMENT, "installment": 1, "next_installment": 2}],
    "payoff_too_little": [{**AGREEMENT, "amount": 100_000, "to_pay": 2_500_000}],
    "forgive_too_much": [{**AGREEMENT, "amount": 900_000, "owed": 400_000}],
    "agreement_has_payments": [{**AGREEMENT, "paid": 500_000}],
    "request_waits": [{**AGREEMENT, "kind": "cancel"}],
    "reschedule_impossible": [
        {**AGREEMENT, "why": why} for why in "date_taken too_long too_few terms".split()
    ],
    "agreement_without_phone": [AGREEMENT],
    "document_not_ready": [AGREEMENT],
    "not_permitted": [{"permission": "record"}],
    "borrower_unknown": [{"name": "Budi", "similar": ()}],
    "nothing_owed": [
        {"name": "Budi", "direction": direction} for direction in (None, "piutang", "hutang")
    ],
    "debt_not_open": [{"number": 12, "name": "Budi"}],
    "already_undone": [{"debt": 12}, {"debt": None}],
    "built_upon": [{"name": "Budi"}],
    "phone_taken": [{"phone": "6281234567890", "name": "Budi"}],
    "phone_is_own": [{}],
    "borrower_exists": [{"name": "Budi", "borrower_id": 3}],
    "target_unclear": [{}],
    "member_unknown": [{"name": "2"}],
    "member_is_tenant": [{}],
    "last_owner": [{"name": "Sari"}],
    "too_many_members": [{"max": 30}],
    "member_borrows": [{"name": "Budi"}, {"name": None}],
    "member_exists": [{"name": "Sari", "member_id": 2}],
    "too_many_people": [{"name": "Budi", "max": 20}],
}

HOSTILE = (
    "{{7*7}}",
    "{% raw %}",
    "{# x #}",
    "{name}",
    "%s",
    "%(name)s",
    "=HYPERLINK(1)",
    "'; drop table",
    "<b>Budi</b>",
    "Budi 🙂",
    "محمد",
    "a\u200bb",
    "\\1",
    "$& \\g<0>",
)
