"""What the problem texts of the web are filled with, for `test_texts`."""

from __future__ import annotations

from typing import Any

from tests.house import quota_samples

Fields = dict[str, Any]

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
    "not_found": [{}],
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
