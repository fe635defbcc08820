"""What the texts of SETTING and of the reminders' templates are filled with."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from bukuhutang.tenancy.reminder_template import pieces

Fields = dict[str, Any]

FIELD = re.compile(r"\{[a-z_]+\}")
"""What an own text names is shown as it is typed, braces and all."""
WITH_FIELDS = frozenset(
    "settings_shown setting_changed setting_value_unclear help_topic reminder_template_empty"
    " reminder_fields_unknown".split()
)
LONG_BY_NATURE = ("reminder_friendly", "reminder_formal", "reminder_own", "settings_shown")

OWN: Fields = {
    "lines": pieces("Halo {nama}, ini {toko}.\n\nSisa {jumlah}, {jatuh_tempo}:\n{rincian}\nSalam"),
    "first_due": date(2026, 3, 4),
}
SETTINGS: Fields = {
    "reminder_template": "default",
    "own_lines": (),
    "auto_reminder": True,
    "zone_name": "WIB",
}
CHANGED: list[Fields] = [
    {"setting": "language"},
    {"setting": "timezone"},
    {"setting": "reminder"},
    {"setting": "reminder", "auto_reminder": False},
    {"setting": "template"},
    {"setting": "template", "reminder_template": "formal"},
    {"setting": "template", "reminder_template": "own", "own_lines": ("Halo {nama}",)},
]


def reminders(each: list[Fields]) -> dict[str, list[Fields]]:
    """The templates with each kind of reminder, sent by the bot and forwarded by hand."""
    each = [{**one, "forwarded": forwarded} for one in each for forwarded in (False, True)]
    return {
        "reminder_friendly": each,
        "reminder_formal": each,
        "reminder_own": [{**one, **OWN} for one in each],
    }


SAMPLES: dict[str, list[Fields]] = {
    "settings_shown": [
        SETTINGS,
        {**SETTINGS, "auto_reminder": False, "reminder_template": "friendly"},
        {**SETTINGS, "reminder_template": "own", "own_lines": ("Halo {nama},", "", "{jumlah}")},
    ],
    "setting_changed": [
        {**SETTINGS, **one, "is_new": is_new} for one in CHANGED for is_new in (True, False)
    ],
}
REFUSALS: dict[str, list[Fields]] = {
    "setting_unknown": [{"command": "SETTING", "text": "warna"}],
    "setting_value_unclear": [
        {"command": "SETTING", "setting": setting, "text": text}
        for setting in ("template", "language", "timezone", "reminder")
        for text in ("hijau", None)
    ],
    "reminder_template_empty": [{}],
    "reminder_template_too_long": [{"length": 2_100, "max": 2_000}],
    "reminder_fields_unknown": [
        {"names": ("{umur}",), "known": ("{nama}", "{toko}", "{jumlah}", "{jatuh_tempo}")},
        {"names": ("{a}",) * 9, "known": ("{name}", "{shop}", "{amount}", "{due_date}")},
    ],
    "timezone_unknown": [{"text": "Europe/Paris"}],
}
