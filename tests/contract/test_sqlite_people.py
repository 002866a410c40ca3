"""What the file holds of people: hashes of what proves them, and no tries that are forgotten."""

from pathlib import Path

import pytest

from bridge.app.people import KEY_PREFIX, add_key, digest_of, fresh_token, invite
from bridge.core.throttle import Allowance
from bridge.outbox.registry import Account, Session
from bridge.outbox.store import SqliteStore, open_store

ALLOWED = Allowance(2, first=100, longest=300, forgotten=10_000)


@pytest.fixture
def opened(tmp_path: Path) -> SqliteStore:
    return open_store(tmp_path / "bridge.db", create=True, checkpoints=True)


def test_no_token_key_or_link_is_in_the_file(opened: SqliteStore, tmp_path: Path) -> None:
    token = fresh_token()
    opened.registry.add_account(Account("anna", "admin", 1, "start"))
    opened.registry.begin_session(Session("anna", 1, 1, 1_000), digest_of(token))
    _, key = add_key(opened, "ci", "viewer", who="anna", now=1)
    link = invite(opened, "join", role="viewer", who="anna", now=1)
    opened.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert digest_of(token) in stored
    assert [text for text in (token, key.removeprefix(KEY_PREFIX), link) if text.encode() in stored] == []


def test_forgotten_tries_leave_the_file(opened: SqliteStore) -> None:
    def kept() -> list[tuple[bytes, int]]:
        return opened.database.connection.execute("SELECT subject, tries FROM sign_in_tries ORDER BY 1").fetchall()

    opened.registry.try_sign_in({b"anna": ALLOWED}, now=1_000)
    opened.registry.try_sign_in({b"bert": ALLOWED}, now=10_999)
    assert kept() == [(b"anna", 1), (b"bert", 1)]
    opened.registry.try_sign_in({b"bert": ALLOWED}, now=11_000)
    assert kept() == [(b"bert", 2)]
    opened.close()


def test_what_proves_somebody_is_shown_by_no_repr() -> None:
    assert "hash" not in repr(Account("anna", "admin", 1, "start", "hash"))


def test_steps_within_one_transaction_may_be_transactions_themselves(opened: SqliteStore) -> None:
    with opened.together():
        add_key(opened, "one", "viewer", who="anna", now=1)
        add_key(opened, "two", "viewer", who="anna", now=1)
    with pytest.raises(RuntimeError):
        _fail_after_adding(opened)
    keys = opened.registry.keys()
    assert [key.name for key in keys] == ["one", "two"]
    assert len(opened.ledger.actions(limit=5)) == 2
    opened.close()


def _fail_after_adding(store: SqliteStore) -> None:
    with store.together():
        add_key(store, "three", "viewer", who="anna", now=1)
        raise RuntimeError
