"""What borrowers read without having asked always shows a way out."""

from __future__ import annotations

import pytest

from bukuhutang.rendering.texts import render
from bukuhutang.tenancy.tenant import Language
from tests.house.test_texts import SAMPLES, TODAY

REMINDERS = ("reminder_to_borrower", "reminder_friendly", "reminder_formal", "reminder_own")


@pytest.mark.parametrize("code", REMINDERS)
@pytest.mark.parametrize("language", list(Language))
def test_every_automatic_message_to_a_borrower_has_a_way_out(code: str, language: Language) -> None:
    for fields in SAMPLES[code]:
        text = render(code, language, today=TODAY, **fields)
        # Forwarded by hand, it is not the bot that would read the answer.
        assert ("STOP" in text.splitlines()[-1]) is not fields.get("forwarded", False), text
