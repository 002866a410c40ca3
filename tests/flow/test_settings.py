"""Settings: defaults, flags before variables, every problem at once, nothing secret shown."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.core.errors import ConfigInvalid, Problem
from bridge.settings import SETTINGS, parse_size, read_settings, unknown_variables

CANARY = "c4nary-s3cret"
PATH = "(write sqlite:///PATH, with four slashes for an absolute path)"
ADDRESS = "(write the address that sources call, such as https://hooks.example.com)"


def problems(environment: dict[str, str], flags: dict[str, str | None] | None = None) -> list[str]:
    with pytest.raises(ConfigInvalid) as error:
        read_settings(environment, flags)
    return [str(problem) for problem in error.value.problems]


def test_without_any_variable_the_defaults_hold() -> None:
    settings = read_settings({})
    shown = {name: getattr(settings, name) for name in settings.__slots__}
    assert shown == {
        "data": Path("./data"),
        "database": "",
        "mappings": Path("./mappings"),
        "apply": "auto",
        "drift": "warn",
        "redact": "auto",
        "key": "",
        "key_file": None,
        "host": "127.0.0.1",
        "port": 8080,
        "admin_host": "127.0.0.1",
        "admin_port": 8081,
        "proxy_header": "",
        "proxy_from": (),
        "public_url": "",
        "log": "",
        "log_level": "info",
        "allow_private_targets": False,
        "max_body": 1_048_576,
        "max_headers": 32_768,
        "receive_deadline": 5_000,
        "json_depth": 64,
        "dedupe": 3_024_000_000,
        "keep_payloads": 2_592_000_000,
        "keep_history": 34_560_000_000,
        "max_waiting": 1_000_000,
        "max_store": 10_737_418_240,
        "min_free_disk": 104_857_600,
        "intake_processes": None,
        "drain": 18_000,
    }
    assert settings.database_path == Path("data/bridge.db")
    assert settings.key_path == Path("data/bridge.key")


def test_paths_follow_the_data_folder_unless_they_are_given() -> None:
    settings = read_settings({"BRIDGE_DATA": "/srv/b"})
    assert (settings.database_path, settings.key_path) == (Path("/srv/b/bridge.db"), Path("/srv/b/bridge.key"))
    settings = read_settings(
        {"BRIDGE_DATA": "/srv/b", "BRIDGE_DATABASE": "sqlite:////x/y.db", "BRIDGE_KEY_FILE": "/run/key"}
    )
    assert (settings.database_path, settings.key_path) == (Path("/x/y.db"), Path("/run/key"))
    assert read_settings({"BRIDGE_DATABASE": "sqlite:///y.db"}).database_path == Path("y.db")


def test_a_flag_wins_over_the_variable_and_an_absent_flag_does_not() -> None:
    environment = {"BRIDGE_PORT": "9000", "BRIDGE_HOST": "::1", "BRIDGE_LOG": "json"}
    settings = read_settings(environment, {"port": "9001", "host": None, "log": ""})
    assert (settings.port, settings.host, settings.log) == (9001, "::1", "")


def test_a_flag_that_is_right_covers_a_variable_that_is_wrong() -> None:
    assert read_settings({"BRIDGE_PORT": "many"}, {"port": "0"}).port == 0


def test_an_empty_variable_is_an_absent_one() -> None:
    assert read_settings({"BRIDGE_PORT": "", "BRIDGE_MAX_BODY": ""}).port == 8080


def test_every_problem_is_reported_at_once_with_what_to_write() -> None:
    wrong = {
        "BRIDGE_DATABASE": "mysql://host/db",
        "BRIDGE_APPLY": "later",
        "BRIDGE_PORT": "65536",
        "BRIDGE_LOG_LEVEL": "loud",
        "BRIDGE_ALLOW_PRIVATE_TARGETS": "maybe",
        "BRIDGE_MAX_BODY": "1MB",
        "BRIDGE_RECEIVE_DEADLINE": "5",
        "BRIDGE_JSON_DEPTH": "0",
        "BRIDGE_PUBLIC_URL": "hooks.example.com",
    }
    assert problems(wrong, {"max_waiting": "1.5", "port": "-1"}) == [
        f"BRIDGE_DATABASE: 'mysql://host/db' cannot be used {PATH}",
        "BRIDGE_APPLY: 'later' cannot be used (write auto or manual)",
        "BRIDGE_PORT: '-1' cannot be used (write a whole number from 0 to 65535)",
        f"BRIDGE_PUBLIC_URL: 'hooks.example.com' cannot be used {ADDRESS}",
        "BRIDGE_LOG_LEVEL: 'loud' cannot be used (write debug or info or warning or error)",
        "BRIDGE_ALLOW_PRIVATE_TARGETS: 'maybe' cannot be used (write on or off)",
        "BRIDGE_MAX_BODY: '1MB' cannot be used (write a size such as 512KiB, 1MiB or 10GiB)",
        "BRIDGE_RECEIVE_DEADLINE: '5' cannot be used (write a duration such as 500ms, 15s, 5m, 6h or 3d)",
        "BRIDGE_JSON_DEPTH: '0' cannot be used (write a whole number from 1 to 500)",
        "BRIDGE_MAX_WAITING: '1.5' cannot be used (write a whole number from 1 to 1000000000000)",
    ]


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("1048576", 1_048_576), ("32KiB", 32_768), ("1MiB", 1_048_576), ("10GiB", 10_737_418_240)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "KiB", "1 KiB", "1kib", "1KB", "1.5MiB", "-1", "1B", "1iB", "²", "٣KiB", "9" * 5000, "1KiB\n", "1KiBKiB"],
)
def test_other_sizes_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"^write a size such as 512KiB, 1MiB or 10GiB$"):
        parse_size(text)


@pytest.mark.parametrize("name", ["PORT", "JSON_DEPTH", "MAX_WAITING"])
@pytest.mark.parametrize("text", ["²", "٣", "9" * 5000, "1e3", " 1", "1\n", "0x10"])
def test_whole_numbers_are_plain_digits(name: str, text: str) -> None:
    (problem,) = problems({f"BRIDGE_{name}": text})
    assert "(write a whole number from " in problem
    assert len(problem) < 250


@pytest.mark.parametrize(
    ("name", "text"),
    [("MAX_BODY", "0"), ("MAX_HEADERS", "0KiB"), ("RECEIVE_DEADLINE", "0s"), ("MAX_STORE", "0")],
)
def test_a_limit_of_nothing_which_would_refuse_everything_is_refused(name: str, text: str) -> None:
    assert problems({f"BRIDGE_{name}": text}) == [f"BRIDGE_{name}: '{text}' cannot be used (write more than 0)"]


@pytest.mark.parametrize(("text", "number"), [("auto", None), ("0", 0), ("2", 2), ("16", 16)])
def test_intake_processes_are_as_many_as_is_said_or_as_fit_the_machine(text: str, number: int | None) -> None:
    assert read_settings({}, {"intake_processes": text}).intake_processes == number


@pytest.mark.parametrize("text", ["17", "-1", "many", "Auto", "1.5"])
def test_other_numbers_of_intake_processes_are_refused(text: str) -> None:
    assert problems({"BRIDGE_INTAKE_PROCESSES": text}) == [
        f"BRIDGE_INTAKE_PROCESSES: '{text}' cannot be used (write auto, or a whole number from 0 to 16)"
    ]


def test_nothing_may_be_kept_and_nothing_waited_for() -> None:
    settings = read_settings({"BRIDGE_DRAIN": "0s", "BRIDGE_MIN_FREE_DISK": "0", "BRIDGE_KEEP_PAYLOADS": "0d"})
    assert (settings.drain, settings.min_free_disk, settings.keep_payloads) == (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "value"), [("on", True), ("1", True), ("TRUE", True), ("yes", True), ("off", False), ("No", False)]
)
def test_switches_are_read(text: str, *, value: bool) -> None:
    assert read_settings({"BRIDGE_ALLOW_PRIVATE_TARGETS": text}).allow_private_targets is value


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://hooks.example.com", "https://hooks.example.com"),
        ("https://hooks.example.com/bridge/", "https://hooks.example.com/bridge"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_the_public_address_is_read(text: str, url: str) -> None:
    assert read_settings({"BRIDGE_PUBLIC_URL": text}).public_url == url


@pytest.mark.parametrize(
    "text",
    [
        "ftp://h",
        "https://",
        "https://h?x=1",
        "https://h#x",
        "https://h:99999",
        "https://h:0",
        "https://h:x",
        "https://[::1",
        f"https://u:{CANARY}@h",
        "https://h/a b",
        "https://h\n",
        "https://h?",
        "//h",
        "https:h",
    ],
)
def test_another_public_address_is_refused_and_no_password_shown(text: str) -> None:
    (problem,) = problems({"BRIDGE_PUBLIC_URL": text})
    assert problem.startswith("BRIDGE_PUBLIC_URL: ")
    assert problem.endswith(ADDRESS)
    assert CANARY not in problem


@pytest.mark.parametrize(
    "text", [f"postgresql://u:{CANARY}@h/db", f"postgres://u:{CANARY}@h/db", f"mysql://u:{CANARY}@h/db"]
)
@pytest.mark.parametrize("given_as", ["variable", "flag"])
def test_a_password_in_a_database_address_is_not_shown(text: str, given_as: str) -> None:
    environment, flags = ({"BRIDGE_DATABASE": text}, {}) if given_as == "variable" else ({}, {"database": text})
    (problem,) = problems(environment, {**flags})
    assert problem.startswith("BRIDGE_DATABASE: cannot be used (")
    assert CANARY not in problem


@pytest.mark.parametrize("text", ["sqlite:///", "sqlite://x.db", "sqlite:x.db", "bridge.db"])
def test_a_database_address_without_a_path_is_refused(text: str) -> None:
    assert "write sqlite:///PATH" in problems({"BRIDGE_DATABASE": text})[0]


def test_the_master_key_is_never_shown() -> None:
    settings = read_settings({"BRIDGE_KEY": CANARY})
    assert settings.key == CANARY
    assert CANARY not in f"{settings!r} {settings}"
    assert CANARY not in "".join(problems({"BRIDGE_KEY": CANARY, "BRIDGE_PORT": "x"}))


def test_the_master_key_has_no_flag() -> None:
    assert [setting.variable for setting in SETTINGS if setting.secret] == ["BRIDGE_KEY"]


def test_each_setting_has_its_flag_and_a_field() -> None:
    assert [setting.name for setting in SETTINGS] == list(read_settings({}).__slots__)
    assert {setting.flag for setting in SETTINGS} >= {"--data", "--admin-port", "--allow-private-targets"}
    assert all(setting.meaning for setting in SETTINGS)


def test_variables_that_look_like_settings_are_warned_about_with_the_nearest_name() -> None:
    environment = {"BRIDGE_PROT": CANARY, "BRIDGE_KEYFILE": CANARY, "BRIDGE_XYZZY": "", "BRIDGE_PORT": "1", "PATH": "x"}
    assert [str(warning) for warning in unknown_variables(environment)] == [
        "BRIDGE_KEYFILE: warning: is not a setting of the bridge (did you mean BRIDGE_KEY_FILE?)",
        "BRIDGE_PROT: warning: is not a setting of the bridge (did you mean BRIDGE_PORT?)",
        "BRIDGE_XYZZY: warning: is not a setting of the bridge",
    ]


@given(name=st.sampled_from(SETTINGS), text=st.text(st.characters(), max_size=40))
def test_any_text_is_a_setting_or_a_problem(name: Any, text: str) -> None:
    found: tuple[Problem, ...] = ()
    try:
        read_settings({name.variable: text})
    except ConfigInvalid as error:
        found = error.problems
    assert {problem.file for problem in found} <= {name.variable}
