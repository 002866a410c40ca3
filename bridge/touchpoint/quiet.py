"""Keeping the HTTP client's own loggers quiet: at INFO and DEBUG they print addresses, which hold the keys."""

import logging

CLIENT_LOGGERS = ("httpx",)


def _is_loud_enough(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def hush_client() -> None:
    """Let only warnings out of httpx, even if someone sets their level to DEBUG later."""
    for name in CLIENT_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.addFilter(_is_loud_enough)  # the same function again is not added twice
