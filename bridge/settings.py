"""The settings: environment variables, or the flag of the same name; all problems are reported together."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bridge.core.durations import parse_duration
from bridge.core.errors import ConfigInvalid, Problem

PREFIX = "BRIDGE_"
_SIZES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "": 1}
_SIZE = re.compile(r"([0-9]{1,15})(KiB|MiB|GiB|)", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}", re.ASCII)  # RFC 9110, 5.1
# Headers that browsers fill in, or that say something else: none of them can say who somebody is.
_NOT_OURS = frozenset({"authorization", "cookie", "host", "origin", "user-agent", "x-forwarded-for"})

_MOST_PROCESSES = 16  # one file takes one writer at a time; more would only wait for their turn

Network = IPv4Network | IPv6Network


def parse_size(text: str) -> int:
    """Parse `1048576`, `32KiB`, `1MiB` or `10GiB` to bytes. Raises ValueError."""
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError("write a size such as 512KiB, 1MiB or 10GiB")
    return int(match[1]) * _SIZES[match[2]]


def _not_zero(parse: Callable[[str], int]) -> Callable[[str], int]:
    def parse_some(text: str) -> int:
        if value := parse(text):
            return value
        raise ValueError("write more than 0")

    return parse_some


def _one_of(*values: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in values:
            raise ValueError(f"write {' or '.join(values)}")
        return text

    return parse


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(f"write a whole number from {least} to {most}")
        return int(text)

    return parse


def _processes(text: str) -> int | None:
    if text == "auto":
        return None
    if not _NUMBER.fullmatch(text) or int(text) > _MOST_PROCESSES:
        raise ValueError(f"write auto, or a whole number from 0 to {_MOST_PROCESSES}")
    return int(text)


def _switch(text: str) -> bool:
    if text.lower() in {"1", "on", "true", "yes"}:
        return True
    if text.lower() in {"", "0", "off", "false", "no"}:
        return False
    raise ValueError("write on or off")


def _database(text: str) -> str:
    if text.startswith(("postgres://", "postgresql://")):
        raise ValueError("PostgreSQL is not available in this version; write sqlite:///PATH")
    if text and not (text.startswith("sqlite:///") and text.removeprefix("sqlite:///")):
        raise ValueError("write sqlite:///PATH, with four slashes for an absolute path")
    return text


def _public_url(text: str) -> str:
    if text and not _is_plain_address(text):
        raise ValueError("write the address that sources call, such as https://hooks.example.com")
    return text.rstrip("/")


def _is_plain_address(text: str) -> bool:
    """Say whether it is scheme, host, and perhaps port and path: no user, query, fragment or blank."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return False
    return text.isascii() and text.isprintable() and not set(text) & set(" ?#@")


def _header(text: str) -> str:
    if text and (not _HEADER.fullmatch(text) or text.lower() in _NOT_OURS):
        raise ValueError("write the name of the header in which the proxy says who it is, such as X-Forwarded-User")
    return text.lower()


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part, strict=False) for part in text.replace(",", " ").split())
    except ValueError:
        raise ValueError("write addresses or networks with commas between them: 127.0.0.1, 10.0.0.0/8") from None


def _optional_path(text: str) -> Path | None:
    return Path(text) if text else None


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its variable, default, parser and meaning. A secret one has no flag."""

    variable: str
    default: str
    parse: Callable[[str], Any]
    meaning: str
    secret: bool = False

    @property
    def name(self) -> str:
        """The name of the field of Settings and, with hyphens, of the flag."""
        return self.variable.removeprefix(PREFIX).lower()

    @property
    def flag(self) -> str:
        """The flag on the command line."""
        return "--" + self.name.replace("_", "-")


_PORT = _whole(0, 65535)
_COUNT = _whole(1, 10**12)

SETTINGS = (
    Setting("BRIDGE_DATA", "./data", Path, "folder for the database and the key file"),
    Setting("BRIDGE_DATABASE", "", _database, "sqlite:///path; default: bridge.db in the data folder"),
    Setting("BRIDGE_MAPPINGS", "./mappings", Path, "folder of mapping files"),
    Setting(
        "BRIDGE_APPLY",
        "auto",
        _one_of("auto", "manual"),
        "a changed folder is in force at once, or after `apply`",
    ),
    Setting(
        "BRIDGE_DRIFT",
        "warn",
        _one_of("warn", "fail"),
        "attributes spelled or typed otherwise than so far: logged, or `failed`",
    ),
    Setting(
        "BRIDGE_REDACT",
        "auto",
        _one_of("auto", "manual"),
        "requests of systems to erase a person are carried out, or left for `erase`",
    ),
    Setting("BRIDGE_KEY", "", str, "master keys for stored secrets, base64 of 32 bytes, newest first", secret=True),
    Setting(
        "BRIDGE_KEY_FILE",
        "",
        _optional_path,
        "file with the master keys; default: bridge.key in the data folder",
    ),
    Setting("BRIDGE_HOST", "127.0.0.1", str, "where the hooks listen"),
    Setting("BRIDGE_PORT", "8080", _PORT, "port of the hooks; 0 takes a free one"),
    Setting("BRIDGE_ADMIN_HOST", "127.0.0.1", str, "where console, /api and /metrics listen"),
    Setting("BRIDGE_ADMIN_PORT", "8081", _PORT, "port of console, /api and /metrics; 0 takes a free one"),
    Setting(
        "BRIDGE_PROXY_HEADER",
        "",
        _header,
        "header in which a proxy that has signed people in says who it is; default: none is believed",
    ),
    Setting(
        "BRIDGE_PROXY_FROM",
        "",
        _networks,
        "addresses and networks of your proxies, whose X-Forwarded-For and header above are believed",
    ),
    Setting("BRIDGE_PUBLIC_URL", "", _public_url, "the address that sources call, for schemes that sign the URL"),
    Setting("BRIDGE_LOG", "", _one_of("", "text", "json"), "log format; default: text on a terminal, else json"),
    Setting("BRIDGE_LOG_LEVEL", "info", _one_of("debug", "info", "warning", "error"), "log level"),
    Setting(
        "BRIDGE_ALLOW_PRIVATE_TARGETS",
        "off",
        _switch,
        "let touchpoints point at private addresses and http://",
    ),
    Setting("BRIDGE_MAX_BODY", "1MiB", _not_zero(parse_size), "largest request body"),
    Setting("BRIDGE_MAX_HEADERS", "32KiB", _not_zero(parse_size), "largest request head"),
    Setting("BRIDGE_RECEIVE_DEADLINE", "5s", _not_zero(parse_duration), "how long a request may take to arrive"),
    Setting("BRIDGE_JSON_DEPTH", "64", _whole(1, 500), "deepest nesting of a JSON body"),
    Setting("BRIDGE_DEDUPE", "35d", parse_duration, "how long the same event id is the same event"),
    Setting("BRIDGE_KEEP_PAYLOADS", "30d", parse_duration, "how long payloads and refused requests are kept"),
    Setting("BRIDGE_KEEP_HISTORY", "400d", parse_duration, "how long decisions, deliveries and attempts are kept"),
    Setting("BRIDGE_MAX_WAITING", "1000000", _COUNT, "deliveries that may wait before new events get 503"),
    Setting("BRIDGE_MAX_STORE", "10GiB", _not_zero(parse_size), "size of the database at which new events get 503"),
    Setting("BRIDGE_MIN_FREE_DISK", "100MiB", parse_size, "free disk space below which new events get 503"),
    Setting(
        "BRIDGE_INTAKE_PROCESSES",
        "auto",
        _processes,
        "processes that receive beside the main one, on the same file; 0: one process does everything",
    ),
    Setting("BRIDGE_DRAIN", "18s", parse_duration, "how long SIGTERM waits for what is being sent"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, parsed. Durations are in ms, sizes in bytes."""

    data: Path
    database: str
    mappings: Path
    apply: str
    drift: str
    redact: str
    key: str = field(repr=False)
    key_file: Path | None
    host: str
    port: int
    admin_host: str
    admin_port: int
    proxy_header: str
    proxy_from: tuple[Network, ...]
    public_url: str
    log: str
    log_level: str
    allow_private_targets: bool
    max_body: int
    max_headers: int
    receive_deadline: int
    json_depth: int
    dedupe: int
    keep_payloads: int
    keep_history: int
    max_waiting: int
    max_store: int
    min_free_disk: int
    intake_processes: int | None  # None: as many as the machine is for
    drain: int

    @property
    def database_path(self) -> Path:
        """The path of the SQLite file."""
        return Path(self.database.removeprefix("sqlite:///")) if self.database else self.data / "bridge.db"

    @property
    def key_path(self) -> Path:
        """The path of the key file."""
        return self.key_file or self.data / "bridge.key"


def read_settings(environment: Mapping[str, str], flags: Mapping[str, str | None] | None = None) -> Settings:
    """Read the settings; a flag wins over the variable. Raises ConfigInvalid with every problem at once."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for setting in SETTINGS:
        text = given.get(setting.name, environment.get(setting.variable, "") or setting.default)
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            problems.append(Problem(setting.variable, 0, 0, _shown(setting, text), str(error)))
    if values.get("proxy_header") and values.get("proxy_from") == ():
        problems.append(Problem("BRIDGE_PROXY_HEADER", 0, 0, "needs BRIDGE_PROXY_FROM", "write your proxy's address"))
    if problems:
        raise ConfigInvalid(problems)
    return Settings(**values)


def unknown_variables(environment: Mapping[str, str]) -> list[Problem]:
    """Warn of variables that look like settings and are none, with the nearest name."""
    known = [setting.variable for setting in SETTINGS]
    endings = [name.removeprefix(PREFIX) for name in known]  # what they all begin with would make all look alike
    warnings = []
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name.removeprefix(PREFIX), endings, n=1)
            hint = f"did you mean {PREFIX}{near[0]}?" if near else ""
            warnings.append(Problem(name, 0, 0, "is not a setting of the bridge", hint, "warning"))
    return warnings


def _shown(setting: Setting, text: str) -> str:
    """Describe the wrong value; never a secret, nor a database address that may hold a password."""
    return "cannot be used" if setting.secret or "@" in text else f"{text[:80]!r} cannot be used"
