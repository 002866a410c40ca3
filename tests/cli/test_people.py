"""People and API keys from the command line."""

import getpass

import pytest

from bridge.app.passwords import default_hasher
from bridge.app.people import digest_of, invitation_of
from tests.support.console import Console

PASSWORD = b"a horse and three batteries\n"
ME = f"cli:{getpass.getuser()}"


@pytest.fixture
def staffed(console: Console) -> Console:
    """A console with an admin, who is the only one, and a viewer."""
    assert console.run("users", "add", "anna", "--role", "admin", given=PASSWORD).status == 0
    assert console.run("users", "add", "bert", "--role", "viewer", "--no-password").status == 0
    return console


def test_somebody_is_added_with_a_password_that_is_kept_as_a_hash(console: Console) -> None:
    said = console.run("users", "add", "Anna@Example.com", "--role", "admin", given=PASSWORD)
    assert (said.status, said.lines) == (0, ["anna@example.com may sign in as admin."])
    with console.store() as store:
        account = store.registry.account("anna@example.com")
    assert account is not None
    assert account.password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert default_hasher().verify(account.password, PASSWORD.decode().removesuffix("\n"))
    assert (account.role, account.created_by) == ("admin", ME)


def test_a_password_that_is_easy_to_guess_is_refused_without_showing_it(console: Console) -> None:
    said = console.run("users", "add", "anna", "--role", "admin", given=b"short and easy\n")
    assert said.status == 2
    assert "at least 15 characters" in said.err
    assert "easy to" in said.err
    assert "short" not in said.err
    said = console.run("users", "add", "anna", "--role", "admin", given=b"annaannaannaannaanna1\n")
    assert "too easy to guess" in said.err
    assert console.run("users", "list").lines == ["Nobody may sign in yet: bridge users add NAME --role admin"]


def test_a_password_is_never_an_argument(console: Console) -> None:
    said = console.run("users", "add", "anna", "a horse and three batteries", "--role", "admin")
    assert said.status == 2
    assert console.run("users", "add", "anna", "--role", "admin", "--password", "x").status == 2


def test_a_link_is_printed_alone_and_works_once(console: Console) -> None:
    said = console.run("users", "add", "anna", "--role", "operator", "--invite", "--admin-port", "9000")
    assert said.err == "The link works once, within 24 hours, and is shown only now.\n"
    [line] = said.lines
    address, _, token = line.rpartition("/")
    assert address == "http://127.0.0.1:9000/join"
    with console.store() as store:
        found = store.registry.invitation(digest_of(token), now=0)
    assert found is not None
    assert (found.kind, found.person, found.role, found.created_by) == ("join", "anna", "operator", ME)
    assert token.encode() not in console.database.read_bytes()


def test_people_are_listed_with_what_they_may(staffed: Console) -> None:
    rows = staffed.run("users", "list", "--json").json
    assert [(row["name"], row["role"], row["sessions"], row["has_password"]) for row in rows] == [
        ("anna", "admin", 0, True),
        ("bert", "viewer", 0, False),
    ]
    assert staffed.run("users", "list").lines[0] == "name role seen sessions created created by"


def test_a_name_is_taken_once_and_one_that_cannot_be_is_refused(staffed: Console) -> None:
    said = staffed.run("users", "add", "ANNA", "--role", "viewer", given=PASSWORD)
    assert (said.status, said.err) == (1, "The name anna is taken.\n")
    said = staffed.run("users", "add", "key:ci", "--role", "viewer")
    assert said.status == 2
    assert "write a name of up to 64 letters" in said.err


def test_a_role_is_changed_but_not_the_last_admins(staffed: Console) -> None:
    assert staffed.run("users", "role", "bert", "operator").lines == ["bert is operator now."]
    said = staffed.run("users", "role", "anna", "viewer")
    assert (said.status, said.err) == (1, "The last admin is anna; make somebody else admin first.\n")
    assert staffed.run("users", "role", "bert", "admin").status == 0
    assert staffed.run("users", "role", "anna", "viewer").status == 0


def test_who_is_removed_is_told_of_keys_that_stay_and_the_last_admin_stays(staffed: Console) -> None:
    said = staffed.run("users", "remove", "anna")
    assert (said.status, said.err) == (1, "The last admin is anna; make somebody else admin first.\n")
    assert staffed.run("users", "remove", "bert").lines == ["bert was removed."]
    said = staffed.run("users", "remove", "bert")
    assert (said.status, said.err) == (1, "There is no person bert.\n")


def test_a_new_password_or_a_link_for_one(staffed: Console) -> None:
    said = staffed.run("users", "password", "bert", given=PASSWORD)
    assert said.lines == ["The new password of bert holds."]
    [link] = staffed.run("users", "password", "bert", "--invite").lines
    with staffed.store() as store:
        found = invitation_of(store, link.rpartition("/")[2], now=0)
    assert found is not None
    assert (found.kind, found.person) == ("password", "bert")
    assert staffed.run("users", "password", "carl", "--invite").status == 1
    assert staffed.run("users", "sign-out", "bert").lines == ["bert was signed out in 0 browsers."]
    assert staffed.run("users", "sign-out", "carl").status == 1


def test_a_key_is_printed_once_and_kept_as_a_hash(console: Console) -> None:
    said = console.run("keys", "add", "ci", "--role", "operator", "--expires", "90d")
    [key] = said.lines
    assert key.startswith("brk_")
    assert len(key) == 4 + 43
    assert key.encode() not in console.database.read_bytes()
    [row] = console.run("keys", "list", "--json").json
    assert (row["name"], row["role"], row["used_at"], row["created_by"]) == ("ci", "operator", None, ME)
    assert row["expires_at"] - row["created_at"] in range(90 * 86_400_000 - 1_000, 90 * 86_400_000 + 1)
    assert key not in console.run("keys", "list").out
    assert console.run("keys", "add", "ci", "--role", "viewer").status == 1
    assert console.run("keys", "remove", "ci").lines == ["Removed the key ci."]
    said = console.run("keys", "remove", "ci")
    assert (said.status, said.err) == (1, "There is no key ci.\n")
    assert console.run("keys", "list").lines == ["There is no API key."]


def test_all_of_it_is_in_the_journal(staffed: Console) -> None:
    staffed.run("users", "role", "bert", "operator")
    staffed.run("users", "password", "bert", given=PASSWORD)
    staffed.run("users", "password", "bert", "--invite")
    staffed.run("keys", "add", "ci", "--role", "viewer")
    staffed.run("keys", "remove", "ci")
    staffed.run("users", "remove", "bert")
    rows = staffed.run("journal", "--json").json
    assert [(row["verb"], row["about"], row["detail"]) for row in reversed(rows)] == [
        ("add user", "anna", "admin"),
        ("add user", "bert", "viewer"),
        ("change role", "bert", "viewer to operator"),
        ("set password", "bert", ""),
        ("link for a new password", "bert", "operator, valid 1d"),
        ("add key", "ci", "viewer"),
        ("remove key", "ci", ""),
        ("remove user", "bert", "operator"),
    ]
    assert {row["who"] for row in rows} == {ME}
