"""`bridge secrets`: what goes in never comes out again."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.app.prepare import open_vault
from tests.support.console import Console

TOKEN = "canary token/with+signs="


def stored(console: Console) -> dict[str, str]:
    with console.store() as store:
        return open_vault(store, console.settings).open_all()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b"abc\r\n", "abc"),
        (b"abc\n\n", "abc\n"),
        (b"abc\r\n\r\n", "abc\r\n"),
        (b"abc\r", "abc\r"),
        (b" abc \n", " abc "),
        (b"-----BEGIN KEY-----\nline\n-----END KEY-----\n", "-----BEGIN KEY-----\nline\n-----END KEY-----"),
        ("schlüssel".encode(), "schlüssel"),
    ],
)
def test_setting_drops_exactly_one_line_end(console: Console, given: bytes, kept: str) -> None:
    said = console.run("secrets", "set", "till", given=given)
    assert (said.status, said.out, said.err) == (0, "Stored till.\n", "")
    assert stored(console) == {"till": kept}


def test_the_first_secret_makes_the_folder_and_the_key_for_its_owner_only(console: Console) -> None:
    console.run("secrets", "set", "till", given=b"abc")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (console.folder / "data").iterdir()}
    assert modes["bridge.key"] == 0o600
    assert (console.folder / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("till", b"", "the secret till is empty or longer than 65536 bytes"),
        ("till", b"\n", "the secret till is empty or longer than 65536 bytes"),
        ("till", b"\xff\xfe", "the secret till is not UTF-8 text"),
        (TOKEN, b"abc", "this is not a name for a secret"),
        (".index-key", b"abc", "this is not a name for a secret"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_without_showing_it(
    console: Console, name: str, given: bytes, sentence: str
) -> None:
    said = console.run("secrets", "set", name, given=given)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(sentence)
    assert "canary" not in said.err


def test_the_secret_is_never_an_argument(console: Console) -> None:
    said = console.run("secrets", "set", "till", TOKEN)
    assert said.status == 2
    assert not console.database.exists()


def test_nothing_shows_a_value(console: Console) -> None:
    said = [console.run("secrets", "set", "till", given=TOKEN.encode())]
    said += [console.run("secrets", "list"), console.run("secrets", "list", "--json"), console.run("doctor", "--json")]
    said += [console.run("secrets", "rotate-key"), console.run("secrets", "remove", "till")]
    assert [each.status for each in said] == [0] * 6
    assert [each for each in said if "canary" in each.out + each.err] == []


def test_the_list_names_each_with_its_time_and_key(console: Console) -> None:
    console.run("secrets", "set", "till", given=b"abc")
    console.run("secrets", "set", "eager", given=b"abc")
    rows = console.run("secrets", "list", "--json").json
    assert [row["name"] for row in rows] == ["eager", "till"]
    assert set(rows[0]) == {"name", "stored_at", "master_key"}
    lines = console.run("secrets", "list").lines
    assert lines[0] == "name stored master key"
    assert [line.split()[0] for line in lines[1:]] == ["eager", "till"]
    assert lines[1].endswith(rows[0]["master_key"])


def test_a_new_value_takes_the_place_of_the_old(console: Console) -> None:
    console.run("secrets", "set", "till", given=b"abc")
    console.run("secrets", "set", "till", given=b"def")
    assert stored(console) == {"till": "def"}


def test_a_removed_secret_is_gone(console: Console) -> None:
    console.run("secrets", "set", "till", given=b"abc")
    assert console.run("secrets", "remove", "till").out == "Removed till.\n"
    assert stored(console) == {}
    assert console.run("secrets", "remove", "till").status == 1
    assert console.run("secrets", "remove", ".index-key").status == 1


def test_rotating_seals_everything_with_a_fresh_key(console: Console) -> None:
    console.run("secrets", "set", "till", given=b"abc")
    console.run("secrets", "set", "eager", given=b"def")
    console.receive("1")  # makes a key of the bridge's own, which is sealed as well
    [old] = {row["master_key"] for row in console.run("secrets", "list", "--json").json}
    said = console.run("secrets", "rotate-key")
    [new] = {row["master_key"] for row in console.run("secrets", "list", "--json").json}
    assert new != old
    assert (said.status, said.out) == (0, f"Sealed 2 secrets with the master key {new}.\n")
    keys = (console.folder / "data" / "bridge.key").read_text().splitlines()
    assert len(keys) == 2
    (console.folder / "data" / "bridge.key").write_text(keys[0])
    assert stored(console) == {"till": "abc", "eager": "def"}


def test_a_wrong_key_is_told_and_nothing_is_opened(console: Console) -> None:
    console.run("secrets", "set", "till", given=TOKEN.encode())
    (console.folder / "data" / "bridge.key").write_text("A" * 43 + "=\n")
    said = console.run("touchpoints")
    assert (said.status, said.out) == (2, "")
    assert "was sealed with the master key" in said.err
    os.unlink(console.folder / "data" / "bridge.key")  # noqa: PTH108 - the key is lost
    said = console.run("touchpoints")
    assert said.status == 2
    assert "is missing, but secrets are stored that only it opens" in said.err
    assert not (console.folder / "data" / "bridge.key").exists()


def test_on_a_terminal_it_is_asked_for_twice_and_not_echoed(console: Console) -> None:
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).with_name("bridge")), "secrets", "set", "till"]
    process = subprocess.Popen(
        command, cwd=console.folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown = b""
    try:
        for question in (b"Secret till: ", b"Repeat for confirmation: "):
            while not shown.endswith(question):
                shown += os.read(ours, 1024)
            os.write(ours, TOKEN.encode() + b"\n")
        while b"Stored till." not in shown:
            shown += os.read(ours, 1024)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait(30)
        os.close(ours)
    assert b"canary" not in shown
    assert stored(console) == {"till": TOKEN}
