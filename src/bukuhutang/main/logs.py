"""Logging: structured, to standard error.

We log ids, never names, numbers or texts; `mask_numbers` is the last resort behind that.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

PHONE = re.compile(r"(?<![\w.-])(\+?62|0)8\d{7,12}(?![\w])")


def configure(form: Literal["auto", "json", "console"]) -> None:
    """One configuration for structlog and the standard library's loggers."""
    console = form == "console" or (form == "auto" and sys.stderr.isatty())
    renderer = structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    # The pool would tell with a stack trace, each second, what our own lines already say.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    # It gives programmers advice when a connection breaks, and at lower levels writes whole texts.
    logging.getLogger("pywa").setLevel(logging.ERROR)


def mask_numbers(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The last resort: a phone number that reached the log all the same is cut short."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = PHONE.sub(lambda found: f"{found[0][:2]}…{found[0][-3:]}", value)
    return event
