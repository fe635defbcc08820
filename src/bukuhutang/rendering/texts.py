"""All sentences of the bot: one template a code and language, in `texts/{id,en}/<code>.txt`.

User text reaches a template only as a value that `formats.shown` has made safe; it is never
compiled. A template that is missing, or a field that it needs, is our defect, not the person's.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
    Undefined,
    UndefinedError,
    pass_context,
)
from jinja2.runtime import Context

from bukuhutang.base.errors import InvariantBroken
from bukuhutang.rendering import formats
from bukuhutang.rendering.examples import example
from bukuhutang.tenancy.tenant import Language

TEXTS = Path(__file__).parent / "texts"
PROBLEMS = "problems/"
MAIL = "mail/"
LOGINS = "logins/"

_PLAIN = frozenset({int, date, bool, type(None)})
_PRINTABLE = (str, int, Undefined)  # printing an Undefined raises by itself

_SPACE_AT_LINE_END = re.compile(r" +\n")
_TOO_MANY_BREAKS = re.compile(r"\n{3,}")


def render(code: str, language: Language, *, today: date, **fields: object) -> str:
    """The text for `code`: chat messages to lender and borrower.

    `today` is the tenant's local date. Amounts are int rupiah, dates `date`; a list holds mappings
    or dataclasses. Raises InvariantBroken for an unknown code or a missing field.
    """
    if code not in codes(language):
        raise InvariantBroken(f"no text {code!r} in {language.value!r}")
    return _filled(code, language, {"today": today, **fields})


def render_problem(code: str, language: Language, **fields: object) -> str:
    """The one sentence of a web refusal (RFC 9457 `detail`). Raises as `render` does."""
    if code not in problem_codes(language):
        raise InvariantBroken(f"no problem text {code!r} in {language.value!r}")
    return _filled(PROBLEMS + code, language, fields)


def render_mail(code: str, language: Language, *, today: date, **fields: object) -> tuple[str, str]:
    """Subject and body of a mail: the first line of its text, and the rest. Raises as `render`."""
    if code not in mail_codes(language):
        raise InvariantBroken(f"no mail {code!r} in {language.value!r}")
    subject, _, body = _filled(MAIL + code, language, {"today": today, **fields}).partition("\n")
    return subject, f"{body.strip()}\n"


def render_login(
    part: Literal["explanation", "next_step"], language: Language, **fields: object
) -> str:
    """What the operator reads about a login: what it means, or what to do. Raises as `render`."""
    return _filled(LOGINS + part, language, fields)


@cache
def mail_codes(language: Language) -> frozenset[str]:
    """Every code that `render_mail` knows."""
    found = (TEXTS / language.value / MAIL).glob("*.txt")
    return frozenset(one.stem for one in found if not one.stem.startswith("_"))


@cache
def codes(language: Language) -> frozenset[str]:
    """Every code that `render` knows."""
    found = (TEXTS / language.value).glob("*.txt")
    # A leading underscore marks a part that other texts include.
    return frozenset(one.stem for one in found if not one.stem.startswith("_"))


@cache
def problem_codes(language: Language) -> frozenset[str]:
    """Every code that `render_problem` knows."""
    return frozenset(one.stem for one in (TEXTS / language.value / PROBLEMS).glob("*.txt"))


class _Texts(Environment):
    """Reads `debt.number` as the field it is; by default a dict's methods would come first."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if obj.__class__ is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def environment(language: Language) -> Environment:
    """The template environment of one language: strict, with the formats bound to it."""
    bound = _Texts(
        loader=FileSystemLoader(TEXTS / language.value),
        undefined=StrictUndefined,
        autoescape=False,  # plain text for WhatsApp: there is no markup to escape
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,  # all of them: a few hundred small templates
        finalize=_printable,
    )
    bound.filters.update(
        bold=formats.bold,
        count=lambda number: formats.count(number, language),
        days=lambda number: formats.days(number, language),
        either=lambda names: formats.either(names, language),
        one_of=lambda number: formats.one_of(number, language),
        percent=lambda rate: formats.percent(Decimal(rate), language),
        phone=formats.phone,
        quote=formats.quote,
        rupiah=formats.rupiah,
    )
    for shape in (formats.day, formats.day_inline, formats.day_short, formats.due, formats.near):
        bound.filters[shape.__name__] = _dated(shape, language)
    bound.globals = {"example": example}
    return bound


def _dated(
    shape: Callable[[date, date, Language], str], language: Language
) -> Callable[[Context, date], str]:
    """`shape` as a filter that knows the language and takes today from the running text."""

    @pass_context
    def written(context: Context, on: date) -> str:
        return shape(on, context["today"], language)

    return written


@cache
def _template(path: str, language: Language) -> Template:
    return environment(language).get_template(f"{path}.txt")


def _filled(path: str, language: Language, fields: Mapping[str, object]) -> str:
    try:
        template = _template(path, language)
        # As `Template.render` does, less the copy of the globals for every message.
        context = template.new_context({**template.globals, **_safe_each(fields)}, shared=True)
        text = "".join(template.root_render_func(context))
    except (UndefinedError, TemplateNotFound) as problem:
        raise InvariantBroken(f"text {path!r} in {language.value!r}: {problem}") from problem
    if " \n" in text:
        text = _SPACE_AT_LINE_END.sub("\n", text)
    if "\n\n\n" in text:
        text = _TOO_MANY_BREAKS.sub("\n\n", text)
    return text.strip()


def _safe_each(fields: Mapping[str, object]) -> dict[str, object]:
    return {key: one if one.__class__ in _PLAIN else _safe(one) for key, one in fields.items()}


def _safe(value: object) -> object:
    """`value` with every text in it made safe to show, at any depth."""
    if isinstance(value, str):
        return formats.shown(value)
    if isinstance(value, list | tuple):
        return [_safe(one) for one in value]
    if isinstance(value, Mapping):
        return _safe_each(value)
    if dataclasses.is_dataclass(value):
        return _safe_each({one.name: getattr(value, one.name) for one in dataclasses.fields(value)})
    return value


def _printable(value: object) -> object:
    """What a template prints must be words or a count: a bare date or None is a forgotten case."""
    if value.__class__ is str or (isinstance(value, _PRINTABLE) and value.__class__ is not bool):
        return value
    raise InvariantBroken(f"a text prints {value!r}")
