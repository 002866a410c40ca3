"""`backup`: a whole and sound copy, or none."""

import stat
from pathlib import Path

import pytest

from bridge.outbox.driver import sqlite3
from bridge.outbox.store import open_store
from tests.support.console import Console


@pytest.fixture
def filled(console: Console) -> Console:
    console.keep_secrets()
    console.receive("1", "2")
    return console


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_is_one_file_that_only_its_owner_reads(filled: Console) -> None:
    (filled.folder / "backups").mkdir()
    said = filled.run("backup", "backups/bridge.db")
    assert (said.status, said.err) == (0, "")
    assert said.lines == [
        "Wrote backups/bridge.db: 0 MiB with 2 events, checked.",
        "To restore it you also need the master key, which is not in it: data/bridge.key. Keep a copy elsewhere.",
    ]
    assert names(filled.folder / "backups") == ["bridge.db"]
    copy = filled.folder / "backups" / "bridge.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    connection = sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
    key = (filled.folder / "data" / "bridge.key").read_bytes().strip()
    assert key not in copy.read_bytes()


def test_the_copy_has_the_books_of_its_moment(filled: Console) -> None:
    with filled.store() as busy:
        busy.database.connection.execute("BEGIN IMMEDIATE")
        busy.database.connection.execute("DELETE FROM deliveries")
        assert filled.run("backup", "copy.db").status == 0
        busy.database.connection.execute("ROLLBACK")
    filled.receive("3")
    copy = open_store(filled.folder / "copy.db", create=False)
    assert copy.ledger.audit() == []
    assert copy.ledger.counters()["events.accepted"] == 2
    copy.close()


def test_into_a_folder_it_gets_a_name_with_the_time(filled: Console) -> None:
    (filled.folder / "backups").mkdir()
    shown = filled.run("backup", "backups", "--json").json
    written = Path(shown["file"])
    assert written.parent == Path("backups")
    assert written.match("bridge-2*T*Z.db")
    assert shown == {
        "file": str(written),
        "bytes": written.stat().st_size,
        "events": 2,
        "key": "data/bridge.key",
    }


def test_a_file_is_replaced_only_when_asked(filled: Console) -> None:
    filled.run("backup", "copy.db")
    before = (filled.folder / "copy.db").read_bytes()
    filled.receive("3")
    said = filled.run("backup", "copy.db")
    assert (said.status, said.out) == (2, "")
    assert said.err == "copy.db: the file is there already (name another, or add --force)\n"
    assert (filled.folder / "copy.db").read_bytes() == before
    assert filled.run("backup", "copy.db", "--force").out.startswith("Wrote copy.db: 0 MiB with 3 events")


def test_the_database_itself_is_never_written_over(filled: Console) -> None:
    before = filled.database.read_bytes()
    (filled.folder / "link.db").symlink_to(filled.database)
    for name in ("data/bridge.db", "link.db"):
        said = filled.run("backup", name, "--force")
        assert said.status == 2
        assert "this is the database itself" in said.err
    (filled.folder / "other.db-wal").write_bytes(b"")
    assert "a database of this name is in use" in filled.run("backup", "other.db", "--force").err
    assert filled.database.read_bytes() == before


def test_a_folder_that_is_not_there_or_too_full_is_said_to_be_so(filled: Console) -> None:
    assert "there is no folder nowhere" in filled.run("backup", "nowhere/copy.db").err
    assert "there is no folder nowhere" in filled.run("backup", "nowhere/").err
    said = filled.run("backup", "copy.db", "--min-free-disk", "999999GiB")
    assert said.status == 2
    assert "MiB must be free there (name a file on another disk)" in said.err
    assert not (filled.folder / "copy.db").exists()


def test_a_damaged_database_gives_no_backup(filled: Console) -> None:
    damage(filled.database)
    said = filled.run("backup", "copy.db")
    assert said.status == 70
    assert names(filled.folder) == ["data", "mappings"]


def damage(database: Path) -> None:
    """Overwrite the middle of a table's page, of which nothing is read on opening."""
    connection = sqlite3.connect(database)
    page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'marks'").fetchone()[0]
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096 + 8)
        file.write(b"\xff" * 64)


def test_where_the_key_comes_from_the_environment_it_is_said_and_not_shown(filled: Console) -> None:
    key = (filled.folder / "data" / "bridge.key").read_text().strip()
    filled.set("BRIDGE_KEY", key)
    said = filled.run("backup", "copy.db")
    assert "which is not in it: BRIDGE_KEY of the environment." in said.out
    assert key not in said.out + said.err
