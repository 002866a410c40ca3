"""Calling the program: help, the order of commands, exit statuses, and what a mistyped call is told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.console import Console

COMMANDS = [
    *("serve", "demo", "sandbox", "check", "new", "try", "plan", "apply", "mappings", "send"),
    *(
        "sources",
        "touchpoints",
        "secrets",
        "events",
        "deliveries",
        "refused",
        "replay",
        "replays",
        "cancel",
        "hold",
        "release",
        "pause",
        "resume",
    ),
    *("why", "suppress", "erase", "audit", "journal", "example", "coverage", "users", "keys"),
    *("doctor", "ready", "migrate", "backup", "prune"),
]
GROUPS = {
    "mappings": ["diff", "history", "restore", "show"],
    "secrets": ["list", "remove", "rotate-key", "set"],
    "events": ["list", "show"],
    "deliveries": ["list", "show"],
    "refused": ["list", "show"],
    "replays": ["cancel", "list", "pause", "resume", "show", "undo"],
    "users": ["add", "list", "password", "remove", "role", "sign-out"],
    "keys": ["add", "list", "remove"],
}
SELF_EVIDENT = {"demo", "apply", "sources", "touchpoints", "doctor", "migrate", "prune"}
WITH_EXAMPLE = [
    *([name] for name in COMMANDS if name not in SELF_EVIDENT and name not in {"events", "deliveries", "refused"}),
    ["secrets", "set"],
    *([group, verb] for group in ("events", "deliveries", "refused") for verb in ("list", "show")),
]
READING = [
    ["sources"],
    ["touchpoints"],
    ["mappings", "history"],
    ["secrets", "list"],
    ["events", "list"],
    ["deliveries", "list"],
    ["refused", "list"],
    ["audit"],
    ["journal"],
    ["users", "list"],
    ["keys", "list"],
    ["doctor"],
]
NEEDS_DATABASE = [
    *READING[2:],
    ["events", "show", "evt_0"],
    ["deliveries", "show", "dlv_0"],
    ["refused", "show", "ref_0"],
    ["replay", "--since", "1h", "--dry-run"],
    ["replays", "list"],
    ["replays", "undo", "rpl_0"],
    ["plan"],
    ["mappings", "show", "f00d"],
    ["mappings", "diff"],
    ["mappings", "restore", "f00d"],
    ["cancel", "dlv_0"],
    ["hold", "dlv_0"],
    ["release", "dlv_0"],
    ["pause", "all"],
    ["resume", "all"],
    ["backup", "copy.db"],
    ["prune"],
    ["erase", "anna@example.com"],
    ["secrets", "remove", "till"],
    ["secrets", "rotate-key"],
    ["send", "till", "payload.json"],
]


def test_the_commands_are_listed_in_their_order(console: Console) -> None:
    said = console.run("--help")
    assert said.status == 0
    listed = said.out.partition("Commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines() if line[2:3].strip()] == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(console: Console, name: str) -> None:
    for words in ([name], *([name, verb] for verb in GROUPS.get(name, []))):
        said = console.run(*words, "--help")
        assert (said.status, said.err) == (0, "")
        assert said.out.startswith(f"Usage: bridge {' '.join(words)} ")
    assert not (console.folder / "data").exists()


@pytest.mark.parametrize("words", WITH_EXAMPLE, ids=" ".join)
def test_help_has_an_example_where_the_task_is_not_obvious(console: Console, words: list[str]) -> None:
    text = console.run(*words, "--help").out
    assert "bridge " in text.rpartition("Example")[2] or "curl" in text.rpartition("Example")[2]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_every_reading_command_prints_json(console: Console, words: list[str]) -> None:
    console.keep_secrets()
    said = console.run(*words, "--json")
    assert said.status == 0
    assert json.loads(said.out) is not None


def test_an_empty_list_is_fine(console: Console) -> None:
    with console.store():
        pass
    for kind, sentence in (
        ("events", "No event.\n"),
        ("deliveries", "No delivery.\n"),
        ("refused", "No refused request.\n"),
        ("secrets", "No secret is stored.\n"),
    ):
        assert (console.run(kind, "list").status, console.run(kind, "list").out) == (0, sentence)
        assert (console.run(kind, "list", "--json").status, console.run(kind, "list", "--json").json) == (0, [])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["events", "show", "evt_0"], "There is no event evt_0.\n"),
        (["deliveries", "show", "dlv_0"], "There is no delivery dlv_0.\n"),
        (["refused", "show", "ref_0"], "There is no refused request ref_0.\n"),
        (["secrets", "remove", "shop"], "There is no secret shop.\n"),
    ],
)
def test_what_is_not_there_is_answered_with_1(console: Console, words: list[str], sentence: str) -> None:
    with console.store():
        pass
    said = console.run(*words)
    assert (said.status, said.out, said.err) == (1, "", sentence)
    if words[1] == "show":
        assert console.run(*words, "--json").status == 1


@pytest.mark.parametrize("words", NEEDS_DATABASE, ids=" ".join)
def test_without_a_database_nothing_is_read_and_none_is_made(console: Console, words: list[str]) -> None:
    (console.folder / "payload.json").write_text("{}")
    said = console.run(*words)
    assert (said.status, said.out) == (2, "")
    assert said.err == (
        "there is no database at data/bridge.db "
        "(start the bridge once with `bridge serve`, or say where it is with --data or BRIDGE_DATA)\n"
    )
    assert not (console.folder / "data").exists()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["delivery"], "There is no command 'delivery'. Did you mean `bridge deliveries`?"),
        (["replya", "--yes"], "There is no command 'replya'. Did you mean `bridge replay`?"),
        (["xyzzy"], "There is no command 'xyzzy'."),
        (["events", "lst"], "No such command 'lst'"),
        (
            ["events", "list", "--sorce", "till"],
            "No such option '--sorce'. (Did you mean one of: '--before', '--since', '--source'?)",
        ),
        (["events", "list", "--limit", "0"], "0 is not in the range"),
        (["events", "list", "--since", "yesterday"], "write 2026-11-22, 2026-11-22T18:00 or 12h"),
        (["deliveries", "list", "--state", "gone"], "'gone' is not one of 'pending'"),
        (["pause", "everything"], "'everything' is not one of"),
        (["check", "--mappings"], "Option '--mappings' requires an argument."),
        (["try", "till", "absent.json"], "File 'absent.json' does not exist."),
        (["try", "shoop", "mappings/till.yaml"], "There is no source 'shoop'; there are: till."),
        (["try", "till", "mappings/till.yaml", "--header", "X-Topic"], "write NAME=VALUE"),
    ],
)
def test_a_wrong_call_is_answered_with_2_and_what_was_meant(console: Console, words: list[str], hint: str) -> None:
    with console.store():
        pass
    said = console.run(*words)
    assert (said.status, said.out) == (2, "")
    assert hint in " ".join(said.err.split())


def test_all_wrong_settings_are_told_at_once(console: Console) -> None:
    console.set("BRIDGE_APPLY", "perhaps")
    said = console.run("doctor", "--max-store", "much")
    assert said.status == 2
    assert said.err.splitlines() == [
        "BRIDGE_APPLY: 'perhaps' cannot be used (write auto or manual)",
        "BRIDGE_MAX_STORE: 'much' cannot be used (write a size such as 512KiB, 1MiB or 10GiB)",
    ]


def test_a_broken_store_is_answered_with_70(console: Console) -> None:
    console.database.parent.mkdir()
    console.database.write_bytes(b"this is not a database, but it is long enough to be read as one" * 100)
    for words in (["events", "list"], ["audit", "--json"], ["pause", "all"], ["migrate"]):
        said = console.run(*words)
        assert (said.status, said.out) == (70, "")
        assert said.err == "bridge: the outbox is broken: its file is not a database (SQLITE_NOTADB)\n"


def test_a_database_without_this_versions_schema_is_told_what_to_do(console: Console) -> None:
    console.database.parent.mkdir()
    console.database.write_bytes(b"")
    said = console.run("events", "list")
    assert said.status == 2
    assert "bridge migrate" in said.err
    assert console.run("migrate").status == 0
    assert console.run("events", "list").status == 0


def test_a_flag_says_where_the_database_is(console: Console) -> None:
    console.keep_secrets()
    (console.folder / "data").rename(console.folder / "elsewhere")
    assert console.run("audit").status == 2
    assert console.run("audit", "--data", "elsewhere").status == 0
    assert console.run("audit", "--database", "sqlite:///elsewhere/bridge.db").status == 0
    console.set("BRIDGE_DATA", str(console.folder / "elsewhere"))
    assert console.run("audit").status == 0


def test_the_program_says_its_version(console: Console) -> None:
    assert console.run("--version").out == "bridge, version 0.1.0\n"


def bridge(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("bridge")), *arguments]
    inherited = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        command, check=False, cwd=folder, env=inherited | environment, capture_output=True, text=True, timeout=30
    )


def test_the_installed_command_ends_with_the_status(tmp_path: Path) -> None:
    done = bridge(tmp_path, "audit")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("there is no database at data/bridge.db")
    assert "Traceback" not in done.stderr


def test_the_shell_gets_a_script_that_completes_and_the_names_to_complete(tmp_path: Path) -> None:
    script = bridge(tmp_path, _BRIDGE_COMPLETE="bash_source")
    assert script.returncode == 0
    assert "complete -o nosort -F _bridge_completion bridge" in script.stdout
    names = bridge(tmp_path, _BRIDGE_COMPLETE="bash_complete", COMP_WORDS="bridge re", COMP_CWORD="1")
    commands = ("refused", "replay", "replays", "release", "resume", "ready")
    assert names.stdout.split() == [f"plain,{name}" for name in commands]
