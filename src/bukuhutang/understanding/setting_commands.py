"""SETTING template|bahasa|zona|pengingat [nilai]: what is set, and to what."""

from __future__ import annotations

from bukuhutang.base import spelling
from bukuhutang.tenancy.reminder_template import READY_MADE
from bukuhutang.tenancy.tenant import read_timezone
from bukuhutang.understanding.body import Line, is_decoration
from bukuhutang.understanding.intents import ChangeSetting, Intent, ShowSettings
from bukuhutang.understanding.names import shorten

COMMANDS: dict[str, str] = dict.fromkeys(
    ("setting", "settings", "setelan", "pengaturan"), "SETTING"
)
"""The words that begin it."""

SETTINGS: dict[str, str] = {
    **dict.fromkeys(("template", "templat"), "template"),
    **dict.fromkeys(("bahasa", "language"), "language"),
    **dict.fromkeys(("zona", "zone", "timezone"), "timezone"),
    **dict.fromkeys(("pengingat", "reminder", "reminders"), "reminder"),
}
_TEMPLATES = {
    **dict.fromkeys(("default", "biasa", "standar", "standard"), "default"),
    **dict.fromkeys(("friendly", "ramah"), "friendly"),
    **dict.fromkeys(("formal", "resmi"), "formal"),
}
assert set(_TEMPLATES.values()) == set(READY_MADE)
_LANGUAGES = {
    **dict.fromkeys(("id", "indonesia", "indonesian"), "id"),
    **dict.fromkeys(("en", "english", "inggris"), "en"),
}
_SWITCH = {
    **dict.fromkeys(("on", "nyala", "hidup", "aktif", "ya", "yes"), "on"),
    **dict.fromkeys(("off", "mati", "nonaktif", "tidak", "no"), "off"),
}
_LEADS = {
    "language": frozenset(("bahasa", "language")),
    "timezone": frozenset(("waktu", "time")),
    "reminder": frozenset(("otomatis", "automatic")),
}
_SIGNS = "?!.:=,*_"


def sets_template(line: Line) -> bool:
    """Whether it sets the reminder text, of which further lines are a part."""
    return bool(line.words) and SETTINGS.get(line.words[0].strip(_SIGNS)) == "template"


def read_setting(line: Line, text: str) -> Intent:
    """SETTING alone, or one setting with its new value; `text` is the message as it was sent."""
    if is_decoration([one for one in line.words if one.strip(_SIGNS)]):
        return ShowSettings()
    setting = SETTINGS.get(line.words[0].strip(_SIGNS))
    if setting is None:
        return line.unreadable("setting_unknown", text=shorten(line.shown[0]))
    if setting == "template":
        return _read_template(line, text)
    words = [one.strip(_SIGNS) for one in line.words[1:]]
    words = [one for one in words if one and one not in _LEADS[setting]]
    value = _value(setting, words[0]) if len(words) == 1 else None
    if value is None:
        given = shorten(line.text(1, len(line.shown)))
        return line.unreadable("setting_value_unclear", setting=setting, text=given or None)
    return ChangeSetting(setting, value)


def _value(setting: str, word: str) -> str | None:
    match setting:
        case "language":
            return _LANGUAGES.get(word)
        case "timezone":
            return read_timezone(word)
    return _SWITCH.get(word)


def _read_template(line: Line, text: str) -> Intent:
    words = [one.strip(_SIGNS) for one in line.words[1:]]
    words = [one for one in words if one]
    if len(words) == 1 and words[0] in _TEMPLATES:
        return ChangeSetting("template", _TEMPLATES[words[0]])
    own = _unquoted(_own_text(line, text))
    if len(own.split()) <= 1 and "{" not in own:  # a word misspelled, not a reminder
        return line.unreadable("setting_value_unclear", setting="template", text=own or None)
    return ChangeSetting("template", own)


def _own_text(line: Line, text: str) -> str:
    """What stands behind the word, with its lines."""
    _, *later = [spelling.clean(one) for one in text.strip().split("\n")]
    on_first = len(line.shown) - sum(len(one.split()) for one in later)
    if on_first < 1:  # the word itself stands on a later line
        return line.text(1, len(line.shown))
    return "\n".join([line.text(1, on_first), *later]).strip()


def _unquoted(own: str) -> str:
    marks = spelling.fold(own[:1]), spelling.fold(own[-1:])
    return own[1:-1].strip() if marks == ('"', '"') and len(own) > 1 else own
