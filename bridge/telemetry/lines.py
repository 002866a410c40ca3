"""Log lines: an event name and keys, as JSON or as text for a terminal; one event is one line."""

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Mapping, Set as AbstractSet
from types import MappingProxyType
from typing import Literal, TextIO

from bridge.telemetry.redaction import Redactor

Format = Literal["text", "json"]
Level = Literal["debug", "info", "warning", "error"]

LONGEST_VALUE = 2_000  # characters
LONGEST_TRACE = 16_000
_LEVELS: Mapping[Level, int] = MappingProxyType(
    {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
)
# Foreign loggers and the least level at which they may speak: below it they print addresses or one line a request.
_QUIET = MappingProxyType(
    {
        "httpx": logging.WARNING,
        "httpcore": logging.WARNING,
        "uvicorn": logging.WARNING,
        "uvicorn.error": logging.WARNING,
        "uvicorn.access": logging.CRITICAL + 1,
        "asyncio": logging.WARNING,
        "watchfiles": logging.WARNING,
    }
)
# Control characters, and those that reorder or break lines on a terminal: C0, C1, bidi marks, separators, BOM.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_BARE = re.compile(r"[^\s\"=]+")
_OURS = logging.getLogger("bridge")


def log(event: str, /, *, level: Level = "info", **keys: object) -> None:
    """Log an event, `delivery.attempted`, with its keys; never a body, an address or a secret."""
    _OURS.log(_LEVELS[level], event, extra={"keys": keys})


def configure_logging(
    style: Format,
    level: Level,
    *,
    secrets: Callable[[], AbstractSet[str]] = frozenset,
    stream: TextIO | None = None,
) -> None:
    """Send every logger of the process to one handler on `stream` (standard error), redacted; replaces earlier ones."""
    # No line says where in the program it was written, so nobody needs to find out (logging cookbook, "Optimization").
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - the documented switch
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(Redactor(secrets))
    handler.setFormatter(_JsonLine() if style == "json" else _TextLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for name, least in _QUIET.items():
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(least, _LEVELS[level]))


def stack_of(error: BaseException) -> str:
    """Say where an error came from, innermost place first, without its message, which may quote a request."""
    places = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " < ".join(reversed(places[-12:]))


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {"time": _time(record), "level": record.levelname.lower(), **_event(record)}
        line |= {name if name not in line else f"{name}_": value for name, value in _keys(record).items()}
        return json.dumps(line, ensure_ascii=True).replace("\x7f", "\\u007f")


class _TextLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        event = _event(record)
        start = f"{_time(record)} {record.levelname.lower():<7} {_escaped(event.pop('event'))}"
        pairs = {**event, **_keys(record)}
        return " ".join([start, *(f"{name}={_quoted(value)}" for name, value in pairs.items())])


def _time(record: logging.LogRecord) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"


def _event(record: logging.LogRecord) -> dict[str, str]:
    """Give the event's name; what other libraries say is the event `log` with logger and message."""
    if record.name == _OURS.name:
        return {"event": str(record.msg)}
    return {"event": "log", "logger": record.name, "message": str(record.msg)[:LONGEST_VALUE]}


def _keys(record: logging.LogRecord) -> dict[str, object]:
    keys = {name: _bounded(value) for name, value in getattr(record, "keys", {}).items()}
    if record.exc_text:
        keys["exception"] = record.exc_text[-LONGEST_TRACE:]
    return keys


def _bounded(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _quoted(value: object) -> str:
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    text = str(value)
    if _BARE.fullmatch(text) and not _UNSAFE.search(text):
        return text
    return _escaped('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
