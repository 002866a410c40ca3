"""`mappings`: the versions that were in force, looked at, compared and put back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.console import FILES, Console

VIENNA = FILES["till.yaml"].replace("source: till", "source: vienna")


@pytest.fixture
def versions(console: Console) -> list[str]:
    """Three versions that came into force one after the other: as it was, a changed mapping, another file."""
    found = [console.run("apply", "--json").json["configuration"]]
    console.change("till.yaml", "orderId: order", "orderId: id")
    found.append(console.run("apply", "--json").json["configuration"])
    console.write("vienna.yaml", VIENNA)
    found.append(console.run("apply", "--json").json["configuration"])
    return found


def texts(console: Console) -> dict[str, str]:
    return {path.name: path.read_text() for path in (console.folder / "mappings").glob("*.yaml")}


# -- history, show, diff ----------------------------------------------------------------------------------------


def test_every_version_that_was_in_force_is_listed_newest_first(console: Console, versions: list[str]) -> None:
    said = console.run("mappings", "history", "--json")
    assert [(row["configuration"], row["how"], row["changed"]) for row in said.json] == [
        (versions[2], "apply", "+vienna.yaml"),
        (versions[1], "apply", "till.yaml"),
        (versions[0], "apply", "+till.yaml, +touchpoints.yaml"),
    ]
    said = console.run("mappings", "history", "--limit", "1")
    assert said.lines[0] == "since how configuration changed"
    assert said.lines[1].endswith(f"apply {versions[2]} +vienna.yaml")
    assert len(said.lines) == 2


def test_applying_what_is_in_force_is_no_change(console: Console, versions: list[str]) -> None:
    console.run("apply")
    assert len(console.run("mappings", "history", "--json").json) == 3
    assert versions[2] == console.run("apply", "--json").json["configuration"]


def test_a_version_is_shown_by_the_beginning_of_its_fingerprint(console: Console, versions: list[str]) -> None:
    assert console.run("mappings", "show", versions[0][:6]).lines == ["16 till.yaml", "9 touchpoints.yaml"]
    said = console.run("mappings", "show", versions[0], "till.yaml")
    assert (said.status, said.out) == (0, FILES["till.yaml"])
    said = console.run("mappings", "show", versions[0], "--json")
    assert said.json == {"configuration": versions[0], "files": FILES}


def test_what_is_not_there_is_answered_with_1_and_what_is_not_clear_with_2(
    console: Console, versions: list[str]
) -> None:
    said = console.run("mappings", "show", "zzzz")
    assert (said.status, said.out) == (1, "")
    assert said.err == "There is no version zzzz; `bridge mappings history` lists them.\n"
    said = console.run("mappings", "show", versions[0], "vienna.yaml")
    assert (said.status, said.out) == (1, "")
    assert said.err == f"{versions[0]} has no file vienna.yaml; it has: till.yaml, touchpoints.yaml.\n"
    said = console.run("mappings", "show", "")
    assert said.status == 2
    assert "write more of it" in said.err


def test_two_versions_are_compared_line_by_line(console: Console, versions: list[str]) -> None:
    said = console.run("mappings", "diff", versions[0], versions[1])
    assert said.status == 0
    assert said.out.startswith(f"--- {versions[0]}/till.yaml\n+++ {versions[1]}/till.yaml\n@@ ")
    assert "-    body: {email: guest, orderId: order}\n+    body: {email: guest, orderId: id}\n" in said.out
    said = console.run("mappings", "diff", versions[1], "--json")
    assert (said.json["old"], said.json["new"]) == (versions[1], versions[2])
    assert [(each["file"], each["change"]) for each in said.json["files"]] == [("vienna.yaml", "added")]


def test_what_is_in_force_is_compared_with_the_folder(console: Console, versions: list[str]) -> None:
    said = console.run("mappings", "diff")
    assert said.out == f"{versions[2]} and mappings are the same.\n"
    (console.folder / "mappings/vienna.yaml").unlink()
    said = console.run("mappings", "diff")
    assert said.out.startswith(f"--- {versions[2]}/vienna.yaml\n+++ /dev/null\n")


def test_a_file_without_a_last_line_end_can_be_compared(console: Console, versions: list[str]) -> None:
    console.write("vienna.yaml", VIENNA.rstrip("\n"))
    assert console.run("mappings", "diff").out.endswith(
        "    body: {email: guest, orderId: order}\n\\ No newline at end of file\n"
    )
    assert versions


def test_a_secret_that_somebody_wrote_into_a_file_is_not_shown(console: Console, versions: list[str]) -> None:
    console.change("touchpoints.yaml", "token: ${secret:eager}", "token: pxp-live-0815")
    console.change("till.yaml", 'secrets: ["${secret:till}"]', "secrets: [whsec-4711]")
    said = console.run("mappings", "diff")
    assert "+    token: ***" in said.out
    assert "0815" not in said.out
    assert "4711" not in said.out
    assert versions


def test_before_anything_was_in_force_there_is_nothing_to_look_at(console: Console) -> None:
    with console.store():
        pass
    assert console.run("mappings", "history").out == "Nothing was ever in force here.\n"
    assert console.run("mappings", "diff").status == 2


# -- restore ----------------------------------------------------------------------------------------------------


def test_a_version_is_put_back_and_files_it_does_not_have_are_kept(console: Console, versions: list[str]) -> None:
    said = console.run("mappings", "restore", versions[0][:8])
    together = console.run("mappings", "history", "--json").json[0]
    assert said.status == 0
    assert said.lines == [
        f"Restored {versions[0]}: wrote till.yaml in mappings.",
        "Kept vienna.yaml, which that version does not have; together they are " + together["configuration"] + ".",
        f"This is a change: {together['configuration']} is in force, and a running bridge takes it over at once.",
    ]
    assert together["how"] == "restore"
    assert together["configuration"] not in versions
    assert texts(console) == FILES | {"vienna.yaml": VIENNA}
    assert [path.name for path in (console.folder / "mappings").iterdir() if path.name.startswith(".")] == []


def test_restoring_a_version_as_a_whole_gives_its_fingerprint_again(console: Console, versions: list[str]) -> None:
    (console.folder / "mappings/vienna.yaml").unlink()
    said = console.run("mappings", "restore", versions[0])
    assert said.lines[1] == f"This is a change: {versions[0]} is in force, and a running bridge takes it over at once."
    rows = console.run("mappings", "history", "--json").json
    assert [(row["configuration"], row["how"]) for row in rows[:2]] == [
        (versions[0], "restore"),
        (versions[2], "apply"),
    ]
    assert (
        console.run("mappings", "restore", versions[0]).out == f"mappings holds the files of {versions[0]} already.\n"
    )


def test_a_restored_file_keeps_its_mode(console: Console, versions: list[str]) -> None:
    path = console.folder / "mappings/till.yaml"
    path.chmod(0o640)
    console.run("mappings", "restore", versions[0])
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_dry_run_shows_the_change_and_writes_nothing(console: Console, versions: list[str]) -> None:
    before = texts(console)
    said = console.run("mappings", "restore", versions[0], "--dry-run")
    assert said.status == 0
    assert said.out.startswith("--- a/mappings/till.yaml\n+++ b/mappings/till.yaml\n")
    assert texts(console) == before
    assert len(console.run("mappings", "history", "--json").json) == 3


def test_with_manual_a_restored_folder_waits_to_be_applied(console: Console, versions: list[str]) -> None:
    console.set("BRIDGE_APPLY", "manual")
    (console.folder / "mappings/vienna.yaml").unlink()
    said = console.run("mappings", "restore", versions[0])
    assert said.lines[-1] == (
        f"This is a change: {versions[0]} is not in force yet; see `bridge plan`, then `bridge apply`."
    )
    assert console.run("mappings", "history", "--json").json[0]["configuration"] == versions[2]
    assert console.run("apply", "--json").json["configuration"] == versions[0]


def test_a_version_that_does_not_go_with_the_kept_files_is_not_restored(console: Console, versions: list[str]) -> None:
    console.write("touchpoints.yaml", FILES["touchpoints.yaml"].replace("eager", "avid"))
    console.write("vienna.yaml", VIENNA.replace("steady", "avid"))
    before = texts(console)
    said = console.run("mappings", "restore", versions[0])
    assert (said.status, said.out) == (2, "")
    assert said.err.splitlines()[0] == "mappings: restoring this version would not check clean; nothing was written"
    assert "vienna.yaml:14:17: the touchpoint 'avid' is not in touchpoints.yaml" in said.err
    assert texts(console) == before


@contextmanager
def as_nobody() -> Iterator[None]:
    """Be a user to whom modes of files apply: they do not to root, as whom containers run tests."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_folder_is_left_alone_and_the_change_to_commit_is_printed(
    console: Console, versions: list[str]
) -> None:
    folder = console.folder / "mappings"
    _let_nobody_in(console.folder)
    folder.chmod(0o555)
    before = texts(console)
    try:
        with as_nobody():
            said = console.run("mappings", "restore", versions[0])
    finally:
        folder.chmod(0o755)
    assert said.status == 1
    assert said.out.startswith("--- a/mappings/till.yaml\n+++ b/mappings/till.yaml\n")
    assert said.err == (
        "Nothing was written: the folder mappings cannot be written to: Permission denied. "
        "Commit the change above where its files come from.\n"
    )
    assert texts(console) == before
    assert len(console.run("mappings", "history", "--json").json) == 3


def _let_nobody_in(folder: Path) -> None:
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    for path in (folder / "data", *(folder / "data").iterdir()):
        if os.geteuid() == 0:
            os.chown(path, 65534, -1)


def test_a_folder_of_links_is_filled_from_elsewhere_and_left_alone(console: Console, versions: list[str]) -> None:
    folder = console.folder / "mappings"
    (folder / "..data").mkdir()
    (folder / "till.yaml").rename(folder / "..data/till.yaml")
    (folder / "till.yaml").symlink_to("..data/till.yaml")
    said = console.run("mappings", "restore", versions[0])
    assert said.status == 1
    assert "mappings/till.yaml is a link: the folder is filled from elsewhere" in said.err
    assert (folder / "till.yaml").is_symlink()
