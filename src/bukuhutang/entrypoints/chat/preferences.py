"""SETTING: how the bot speaks and reminds, shown and changed."""

from __future__ import annotations

from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.tenancy.tenant import Language
from bukuhutang.understanding import intents
from bukuhutang.usecases.settings import (
    ChangeSettings,
    change_settings,
    settings_told,
    show_settings,
)


def say_settings(talk: Talk, intent: intents.ShowSettings | intents.ChangeSetting) -> str:
    """Do what SETTING asks for; the words for it, in a language just chosen.

    Raises what the use cases raise.
    """
    if isinstance(intent, intents.ShowSettings):
        return talk.say(show_settings(talk.book))
    done = change_settings(talk.book, _wanted(intent))
    talk.language = done.settings.language
    told = settings_told(done.settings).fields()
    return talk.say_code(
        "setting_changed", setting=intent.setting, is_new=bool(done.changed), **told
    )


def _wanted(intent: intents.ChangeSetting) -> ChangeSettings:
    match intent.setting:
        case "template":
            return ChangeSettings(reminder_template=intent.value)
        case "language":
            return ChangeSettings(language=Language(intent.value))
        case "timezone":
            return ChangeSettings(timezone=intent.value)
        case "reminder":
            return ChangeSettings(auto_reminder=intent.value == "on")
    raise AssertionError(f"no setting {intent.setting}")
