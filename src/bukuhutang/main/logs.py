"""Logging: structured, to standard error.

We log ids, never names, numbers or texts. Exceptions are told by kind and place (`base.faults`),
because their messages hold values; `mask_numbers` is the last resort behind both.
"""

from __future__ import annotations

import logging
import re
import sys
from types import TracebackType
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

from bukuhutang.base.faults import exceptions_without_values, traced

PHONE = re.compile(r"(?<![\w.-])(?:\+?\d{9,15}|\+?(?:62|0)[ -]?8\d{1,3}(?:[ -]\d{2,5}){2,3})(?!\w)")
KEY = re.compile(r"bh_live_[\w-]+")


def configure(form: Literal["auto", "json", "console"]) -> None:
    """One configuration for structlog and the standard library's loggers."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            exceptions_without_values,
            mask_numbers,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(LibraryLines("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[libraries])
    sys.excepthook = _tell_the_end
    # The pool would tell with a stack trace, each second, what our own lines already say.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    # It gives programmers advice when a connection breaks, and at lower levels writes whole texts.
    logging.getLogger("pywa").setLevel(logging.ERROR)


def mask_numbers(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The last resort: a phone number or key that reached the log all the same is cut short."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = masked(value)
        elif isinstance(value, (list, tuple, dict, set, frozenset)):
            event[key] = masked(repr(value))
    return event


def masked(text: str) -> str:
    """A text in which phone numbers and keys cannot be read any more."""
    short = PHONE.sub(lambda found: f"{found[0][:2]}…{found[0][-3:]}", text)
    return KEY.sub("bh_live_…", short)


class LibraryLines(logging.Formatter):
    """Lines of libraries: the first of each, since further ones show the objects they speak of."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Called by `format`, before it adds an exception."""
        first, *_ = masked(record.message).splitlines() or [""]
        record.message = first
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        """By kind and place."""
        return masked(traced(ei[1])) if ei[1] is not None else ""


def _tell_the_end(
    kind: type[BaseException], fault: BaseException, trace: TracebackType | None
) -> None:
    """What ends the process is told without values, too."""
    print(masked(traced(fault)), file=sys.stderr)  # noqa: T201  the last thing that is said
