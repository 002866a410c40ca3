"""Stored secrets, on a real store and real key files: bound to name and key, rotated, never shown."""

import base64
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bridge.core.errors import ConfigInvalid
from bridge.outbox.safekeeping import Sealed
from bridge.outbox.store import open_store
from bridge.settings import Settings, read_settings
from bridge.vault import INDEX_KEY, LONGEST_SECRET, Keyring, Vault, add_key, load_keyring, parse_keyring, seal, unseal

CANARY = "c4nary-s3cret"
OLD, NEW = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
OLD_RING, NEW_RING, BOTH = (parse_keyring(text, "BRIDGE_KEY") for text in (OLD, NEW, f"{NEW},{OLD}"))


@pytest.fixture
def strongbox(tmp_path: Path) -> Iterator[Any]:
    store = open_store(tmp_path / "bridge.db", create=True)
    yield store.strongbox
    store.close()


def settings_in(folder: Path, **variables: str) -> Settings:
    return read_settings({"BRIDGE_DATA": str(folder), **variables})


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def problem(action: Callable[[], object]) -> str:
    """The text of the refusal, which never holds a secret, nor does what led to it."""
    with pytest.raises(ConfigInvalid) as error:
        action()
    shown = f"{error.value} {error.value!r}"
    assert not any(secret in shown for secret in (CANARY, OLD, NEW, OLD[:20], NEW[:20]))
    return str(error.value)


# -- keys -------------------------------------------------------------------------------------------------


def test_the_key_file_is_made_for_its_owner_alone_when_no_secret_is_stored(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    ring = load_keyring(settings, may_create=True)
    assert stat.S_IMODE((tmp_path / "bridge.key").stat().st_mode) == 0o600
    assert names_in(tmp_path) == ["bridge.key"]
    assert len(base64.b64decode((tmp_path / "bridge.key").read_text())) == 32
    assert load_keyring(settings, may_create=False) == ring
    assert load_keyring(settings, may_create=True) == ring


def test_a_missing_key_file_is_not_made_when_secrets_are_stored(tmp_path: Path) -> None:
    assert problem(lambda: load_keyring(settings_in(tmp_path), may_create=False)) == (
        f"the key file {tmp_path}/bridge.key is missing, but secrets are stored that only it opens "
        "(restore it from a backup, or give BRIDGE_KEY or BRIDGE_KEY_FILE)"
    )
    assert names_in(tmp_path) == []


def test_a_key_file_that_was_named_is_never_made(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, BRIDGE_KEY_FILE=str(tmp_path / "mistyped"))
    assert problem(lambda: load_keyring(settings, may_create=True)) == (
        f"the key file {tmp_path}/mistyped, which BRIDGE_KEY_FILE names, does not exist "
        "(correct the path, or make the file: openssl rand -base64 32)"
    )
    assert names_in(tmp_path) == []


def test_a_folder_that_is_not_there_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    found = problem(lambda: load_keyring(settings_in(tmp_path / "none"), may_create=True))
    assert found.startswith(f"the key file {tmp_path}/none/bridge.key cannot be written: No such file or directory (")


def test_what_a_crash_left_half_written_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "bridge.key.new").write_text("half")
    ring = load_keyring(settings_in(tmp_path), may_create=True)
    assert add_key(settings_in(tmp_path)).keys[1:] == ring.keys
    assert names_in(tmp_path) == ["bridge.key"]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe", b"not a key", OLD.encode()[:-4], f"{OLD} x".encode()])
def test_a_key_file_with_anything_else_in_it_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bridge.key").write_bytes(content)
    found = problem(lambda: load_keyring(settings_in(tmp_path), may_create=True))
    assert str(tmp_path / "bridge.key") in found
    assert (tmp_path / "bridge.key").read_bytes() == content


def test_a_key_in_the_environment_makes_no_file(tmp_path: Path) -> None:
    assert load_keyring(settings_in(tmp_path, BRIDGE_KEY=OLD), may_create=True) == OLD_RING
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("text", [f"{NEW},{OLD}", f"{NEW}\n{OLD}\n", f" {NEW} , {OLD} ", f"{NEW.rstrip('=')} {OLD}"])
def test_several_keys_are_read_newest_first(text: str) -> None:
    ring = parse_keyring(text, "BRIDGE_KEY")
    assert [key for _, key in ring.keys] == [bytes([2]) * 32, bytes([1]) * 32]
    assert ring.newest[1] == bytes([2]) * 32
    assert ring.newest[0] == "75877bb4"
    assert ring.find("75877bb4") == bytes([2]) * 32
    assert ring.find("00000000") is None


def test_a_key_may_be_written_in_the_url_alphabet() -> None:
    key = bytes([251, 255]) * 16
    texts = base64.b64encode(key).decode(), base64.urlsafe_b64encode(key).decode()
    assert texts[0] != texts[1]
    assert {parse_keyring(text, "BRIDGE_KEY").newest[1] for text in texts} == {key}


@pytest.mark.parametrize(
    "text", ["x", OLD[:20] + "!" + OLD[20:], OLD + "A", "ä" * 43, "\ud800", OLD.replace("A", "*", 1)]
)
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    assert problem(lambda: parse_keyring(text, "BRIDGE_KEY")) == (
        "BRIDGE_KEY holds something that is not a key of 32 bytes in base64 (`openssl rand -base64 32` makes one)"
    )


def test_no_key_at_all_is_refused() -> None:
    assert problem(lambda: parse_keyring(" , \n", "x")) == "x holds no key (`openssl rand -base64 32` makes one)"


# -- sealing ----------------------------------------------------------------------------------------------


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_what_is_sealed_opens_again(text: str) -> None:
    sealed = seal(BOTH, "shopify", text, now=7)
    assert (sealed.name, sealed.key_id, sealed.updated_at) == ("shopify", BOTH.newest[0], 7)
    assert unseal(BOTH, sealed) == unseal(NEW_RING, sealed) == text


def test_no_two_sealings_are_alike_and_none_holds_the_text() -> None:
    first, second = (seal(OLD_RING, "a", CANARY, now=0).sealed for _ in range(2))
    assert first[:12] != second[:12]
    assert first[12:] != second[12:]
    assert CANARY.encode() not in first


@pytest.mark.parametrize("bad", [b"", b"short", bytes(12), bytes(60)])
def test_garbage_is_refused(bad: bytes) -> None:
    found = problem(lambda: unseal(OLD_RING, Sealed("a", OLD_RING.newest[0], bad)))
    assert found.startswith("the stored secret a is damaged")


def test_a_row_moved_to_another_name_is_refused(strongbox: Any) -> None:
    vault = Vault(strongbox, lambda: OLD_RING)
    vault.put("a", CANARY, now=1)
    vault.put("b", "other", now=1)
    a, _ = strongbox.secrets()
    strongbox.put_secret(replace(a, name="b"))
    assert problem(vault.open_all) == (
        "the stored secret b is damaged or was moved from another name (store it again: bridge secrets set b)"
    )


def test_every_changed_bit_is_noticed() -> None:
    sealed = seal(OLD_RING, "a", CANARY, now=0)
    for place in range(len(sealed.sealed)):
        changed = bytearray(sealed.sealed)
        changed[place] ^= 1
        assert "is damaged" in problem(partial(unseal, OLD_RING, replace(sealed, sealed=bytes(changed))))


def test_a_row_under_another_keys_id_is_refused() -> None:
    sealed = replace(seal(OLD_RING, "a", CANARY, now=0), key_id=NEW_RING.newest[0])
    assert "is damaged" in problem(lambda: unseal(BOTH, sealed))
    renamed = Keyring((("00000000", OLD_RING.newest[1]),))
    sealed = replace(seal(OLD_RING, "a", CANARY, now=0), key_id="00000000")
    assert "is damaged" in problem(lambda: unseal(renamed, sealed))


def test_the_wrong_key_says_which_key_is_missing_and_what_to_do() -> None:
    sealed = seal(OLD_RING, "shopify", CANARY, now=0)
    assert problem(lambda: unseal(NEW_RING, sealed)) == (
        f"the secret shopify was sealed with the master key {OLD_RING.newest[0]}, which is not among those given "
        "(give that key in BRIDGE_KEY or the key file, or store the secret again with `bridge secrets set`)"
    )


# -- the vault --------------------------------------------------------------------------------------------


def test_secrets_are_stored_replaced_listed_and_removed(strongbox: Any) -> None:
    vault = Vault(strongbox, lambda: OLD_RING)
    vault.put("shopify", "first", now=1)
    vault.put("shopify", "second \n", now=2)
    vault.put("pxp-api-key", "ü", now=3)
    vault.index_key(now=4)
    assert vault.open_all() == {"shopify": "second \n", "pxp-api-key": "ü"}
    assert [(row.name, row.updated_at) for row in vault.stored()] == [("pxp-api-key", 3), ("shopify", 2)]
    assert vault.remove("shopify")
    assert not vault.remove("shopify")
    assert vault.open_all() == {"pxp-api-key": "ü"}


def test_the_store_holds_no_secret_in_the_clear(strongbox: Any, tmp_path: Path) -> None:
    Vault(strongbox, lambda: OLD_RING).put("a", CANARY, now=1)
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert any(b"secrets" in file.read_bytes() for file in files)
    assert not any(CANARY.encode() in file.read_bytes() for file in files)


@pytest.mark.parametrize("name", ["", "A", "a b", "a|b", ".index-key", "ä", "a" * 65, "a\n", f"{CANARY}!"])
def test_a_bad_name_is_refused_and_not_shown_since_it_may_be_the_secret(strongbox: Any, name: str) -> None:
    assert problem(lambda: Vault(strongbox, lambda: OLD_RING).put(name, CANARY, now=1)) == (
        "this is not a name for a secret "
        "(use lower-case letters, digits, '.', '_' and '-'; the secret itself is read from standard input)"
    )
    assert strongbox.secrets() == []


@pytest.mark.parametrize("text", ["", "x" * (LONGEST_SECRET + 1), f"{CANARY}\ud800", "ä" * (LONGEST_SECRET // 2 + 1)])
def test_an_empty_huge_or_unwritable_secret_is_refused(strongbox: Any, text: str) -> None:
    assert problem(lambda: Vault(strongbox, lambda: OLD_RING).put("a", text, now=1)).startswith("the secret a is ")
    assert strongbox.secrets() == []


def test_a_secret_of_the_longest_length_is_stored(strongbox: Any) -> None:
    vault = Vault(strongbox, lambda: OLD_RING)
    vault.put("a", "x" * LONGEST_SECRET, now=1)
    assert len(vault.open_all()["a"]) == 65_536


def test_all_secrets_that_cannot_be_opened_are_named_at_once(strongbox: Any) -> None:
    for ring, name in ((OLD_RING, "a"), (NEW_RING, "b"), (OLD_RING, "c")):
        strongbox.put_secret(seal(ring, name, CANARY, now=1))
    lines = problem(Vault(strongbox, lambda: NEW_RING).open_all).splitlines()
    assert [line.split()[2] for line in lines] == ["a", "c"]


def test_the_index_key_is_made_once_and_survives_rotation(strongbox: Any) -> None:
    vault = Vault(strongbox, lambda: OLD_RING)
    key = vault.index_key(now=1)
    assert len(key) == 32
    assert vault.index_key(now=2) == key
    assert vault.rotate(BOTH) == 1
    assert Vault(strongbox, lambda: NEW_RING).index_key(now=3) == key
    assert vault.stored() == []
    assert not vault.remove(INDEX_KEY)
    assert Vault(strongbox, lambda: NEW_RING).index_key(now=4) == key


# -- rotation ---------------------------------------------------------------------------------------------


def test_rotation_seals_everything_with_the_newest_key_and_keeps_the_times(strongbox: Any) -> None:
    vault = Vault(strongbox, lambda: OLD_RING)
    vault.put("a", "1", now=5)
    vault.put("b", "2", now=6)
    assert vault.rotate(BOTH) == 2
    assert [(row.key_id, row.updated_at) for row in strongbox.secrets()] == [("75877bb4", 5), ("75877bb4", 6)]
    assert Vault(strongbox, lambda: NEW_RING).open_all() == vault.open_all() == {"a": "1", "b": "2"}
    assert vault.rotate(BOTH) == 2


@dataclass
class CrashingBox:
    """A strongbox that stops taking secrets after some, as a crash in the middle of a rotation does."""

    box: Any
    left: int

    def secrets(self) -> list[Sealed]:
        return list(self.box.secrets())

    def put_secret(self, sealed: Sealed) -> None:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.box.put_secret(sealed)


@pytest.mark.parametrize("before_crash", [0, 1, 2])
def test_after_a_crash_in_the_middle_both_keys_open_everything_and_rotation_goes_on(
    strongbox: Any, before_crash: int
) -> None:
    texts = {"a": "1", "b": "2", "c": "3"}
    for name, text in texts.items():
        Vault(strongbox, lambda: OLD_RING).put(name, text, now=1)
    crashing: Any = CrashingBox(strongbox, before_crash)
    with pytest.raises(KeyboardInterrupt):
        Vault(crashing, lambda: OLD_RING).rotate(BOTH)
    assert sum(row.key_id == NEW_RING.newest[0] for row in strongbox.secrets()) == before_crash
    assert Vault(strongbox, lambda: BOTH).open_all() == texts
    assert Vault(strongbox, lambda: BOTH).rotate(BOTH) == 3
    assert Vault(strongbox, lambda: NEW_RING).open_all() == texts


def test_rotation_with_a_damaged_secret_changes_nothing(strongbox: Any) -> None:
    vault = Vault(strongbox, lambda: OLD_RING)
    vault.put("a", "1", now=1)
    strongbox.put_secret(Sealed("b", OLD_RING.newest[0], bytes(40)))
    before = strongbox.secrets()
    assert "the stored secret b is damaged" in problem(lambda: vault.rotate(BOTH))
    assert strongbox.secrets() == before


def test_a_fresh_key_goes_in_front_of_the_key_file(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    old = load_keyring(settings, may_create=True)
    ring = add_key(settings)
    assert ring.keys[1:] == old.keys
    assert ring.newest != old.newest
    assert stat.S_IMODE((tmp_path / "bridge.key").stat().st_mode) == 0o600
    assert load_keyring(settings, may_create=False) == ring


def test_of_many_who_make_the_key_file_at_once_all_have_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: load_keyring(settings_in(tmp_path), may_create=True), range(32)))
    assert len({ring.keys for ring in rings}) == 1
    assert names_in(tmp_path) == ["bridge.key"]


def test_of_many_who_add_a_key_at_once_none_loses_anothers(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: add_key(settings_in(tmp_path)), range(16)))
    last = load_keyring(settings_in(tmp_path), may_create=False)
    assert len(last.keys) == 17
    assert {key for ring in rings for key in ring.keys} == set(last.keys)


def test_a_key_in_the_environment_is_changed_by_its_owner(tmp_path: Path) -> None:
    found = problem(lambda: add_key(settings_in(tmp_path, BRIDGE_KEY=OLD)))
    assert found.startswith("the master keys are in BRIDGE_KEY, which only you can change (put a fresh key in front")
    assert names_in(tmp_path) == []


def test_a_running_vault_reads_the_keys_again_when_somebody_else_rotated(strongbox: Any, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    running = Vault(strongbox, lambda: load_keyring(settings, may_create=True))
    running.put("a", "1", now=1)
    index_key = running.index_key(now=1)
    beside = Vault(strongbox, lambda: load_keyring(settings, may_create=False))
    assert beside.rotate(add_key(settings)) == 2
    assert running.index_key(now=2) == index_key
    assert running.open_all() == {"a": "1"}


def test_a_vault_that_only_opens_asks_for_the_keys_once(strongbox: Any) -> None:
    asked = []

    def ring() -> Keyring:
        asked.append("ring")
        return OLD_RING

    vault = Vault(strongbox, ring)
    vault.put("a", "1", now=1)
    assert vault.open_all() == vault.open_all() == {"a": "1"}
    assert asked == ["ring"]


def test_nothing_shows_a_key_or_a_secret() -> None:
    sealed = seal(OLD_RING, "a", CANARY, now=0)
    shown = f"{OLD_RING!r} {sealed!r} {Vault.__repr__(object.__new__(Vault))}"
    assert "Keyring()" in shown
    assert not any(secret in shown for secret in (CANARY, OLD, repr(bytes([1]) * 32), repr(sealed.sealed)))
