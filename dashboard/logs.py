"""One line per fact, quietly: readable on a terminal, JSON elsewhere. Secrets never reach a log: none is ever passed."""

from __future__ import annotations

import logging
import logging.config
import sys
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure() -> None:
    """Route structlog and the standard library's loggers to one stream, in one format."""
    to_json = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The plain kind of trace: the one structlog takes when `rich` is installed prints local variables, tokens among them.
    to_terminal = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    renderers: list[Any] = to_terminal if sys.stderr.isatty() else to_json
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
                    "foreign_pre_chain": SHARED,
                }
            },
            "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stream"], "level": "WARNING"},
            "loggers": {"daytwo": {"level": "INFO"}},
        }
    )
