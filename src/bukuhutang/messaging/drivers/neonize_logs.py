"""In a worker: what is logged, and what is kept out of it."""

from __future__ import annotations

import logging
import re
import sys

import structlog

from bukuhutang.base.faults import exceptions_without_values

DIGITS = re.compile(r"\d{7,}")

log = structlog.get_logger("whatsapp")


def without_numbers(text: str) -> str:
    """The text with everything cut out that may be a phone number or a LID."""
    return DIGITS.sub("…", text)


def configure_logs() -> None:
    """Our lines and the library's warnings go to standard error, numbers cut out of both."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            exceptions_without_values,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)  # the library's own, which would show everything
    root.addHandler(LibraryLog())
    root.setLevel(logging.WARNING)
    # Warnings of ffmpeg that is not needed, and endless ones about reconnecting.
    logging.getLogger("neonize.utils.ffmpeg").setLevel(logging.ERROR)


class LibraryLog(logging.Handler):
    """Warnings of the library, without the numbers of people."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Called on the library's logging thread."""
        text = without_numbers(record.getMessage())[:300]
        log.warning("library", source=record.name, text=text)
