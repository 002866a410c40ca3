"""Those who may use the admin port, on every store: people, sessions, keys, links and tries."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.core.throttle import Allowance, Tries
from bridge.outbox.registry import MOST_SESSIONS, MOST_TRIES, Account, Invitation, Key, Session

ANNA = Account("anna", "admin", 1_000, "start", "hash-of-anna", "Europe/Vienna", 1_500)
BERT = Account("bert", "viewer", 2_000, "anna", "hash-of-bert")
AT_HOME = Session("anna", 3_000, 3_500, 9_000, "Firefox on Linux")
AT_WORK = Session("anna", 4_000, 4_500, 8_000, "Chrome on Windows")
CI = Key("ci", "operator", 5_000, "anna", 5_500, 9_500)
LINK = Invitation("join", "", "operator", 6_000, "anna", 7_000)
ALLOWED = Allowance(2, first=100, longest=300, forgotten=10_000)


# -- people ------------------------------------------------------------------------------------------------------


def test_people_are_kept_as_they_are_and_listed_by_name(store: Any) -> None:
    assert store.registry.accounts() == []
    assert store.registry.add_account(BERT)
    assert store.registry.add_account(ANNA)
    assert store.registry.accounts() == [ANNA, BERT]
    assert store.registry.account("anna") == ANNA
    assert store.registry.account("carl") is None


def test_a_name_is_taken_once(store: Any) -> None:
    store.registry.add_account(ANNA)
    assert not store.registry.add_account(replace(BERT, name="anna"))
    assert store.registry.account("anna") == ANNA


def test_only_what_is_given_is_changed(store: Any) -> None:
    store.registry.add_account(ANNA)
    store.registry.add_account(BERT)
    assert store.registry.change_account("bert", role="operator")
    assert store.registry.account("bert") == replace(BERT, role="operator")
    assert store.registry.change_account("bert", password="another", zone="Asia/Tokyo")
    assert store.registry.account("bert") == replace(BERT, role="operator", password="another", zone="Asia/Tokyo")
    assert not store.registry.change_account("carl", role="admin")
    assert store.registry.account("anna") == ANNA


def test_somebody_is_seen(store: Any) -> None:
    store.registry.add_account(BERT)
    store.registry.see("bert", now=2_500)
    assert store.registry.account("bert") == replace(BERT, seen_at=2_500)


def test_who_is_removed_goes_with_sessions_and_links_and_nobody_else_does(store: Any) -> None:
    registry = store.registry
    for account in (ANNA, BERT):
        registry.add_account(account)
    registry.begin_session(replace(AT_HOME, person="bert"), b"bert's")
    registry.begin_session(AT_WORK, b"anna's")
    registry.invite(replace(LINK, kind="password", person="bert"), b"for bert")
    registry.invite(LINK, b"for anybody")
    assert registry.remove_account("bert")
    assert not registry.remove_account("bert")
    assert registry.session(b"bert's", now=5_000) is None
    assert registry.session(b"anna's", now=5_000) is not None
    assert registry.invitation(b"for bert", now=6_500) is None
    assert registry.invitation(b"for anybody", now=6_500) is not None


def test_a_session_of_somebody_who_is_not_there_is_none(store: Any) -> None:
    store.registry.begin_session(AT_HOME, b"token")
    assert store.registry.session(b"token", now=4_000) is None


# -- sessions ----------------------------------------------------------------------------------------------------


def test_a_session_is_found_by_its_token_until_it_expires(store: Any) -> None:
    store.registry.add_account(ANNA)
    number = store.registry.begin_session(AT_HOME, b"token")
    seen = replace(ANNA, seen_at=3_000)
    assert store.registry.session(b"token", now=8_999) == (replace(AT_HOME, number=number), seen)
    assert store.registry.session(b"token", now=9_000) is None
    assert store.registry.session(b"other", now=4_000) is None


def test_sessions_are_listed_with_the_last_used_first(store: Any) -> None:
    registry = store.registry
    home, work = registry.begin_session(AT_HOME, b"1"), registry.begin_session(AT_WORK, b"2")
    other = registry.begin_session(replace(AT_HOME, person="bert", used_at=3_600), b"3")
    assert [each.number for each in registry.sessions("anna", now=5_000)] == [work, home]
    assert [each.number for each in registry.sessions(None, now=5_000)] == [work, other, home]
    assert [each.number for each in registry.sessions("anna", now=8_000)] == [home]


def test_a_used_session_lasts_longer_and_its_person_was_seen(store: Any) -> None:
    store.registry.add_account(ANNA)
    number = store.registry.begin_session(AT_HOME, b"token")
    store.registry.use_session(number, now=6_000, expires_at=12_000)
    session, account = store.registry.session(b"token", now=11_999)
    assert session == replace(AT_HOME, number=number, used_at=6_000, expires_at=12_000)
    assert account.seen_at == 6_000


def test_sessions_end_one_by_one_or_all_but_one(store: Any) -> None:
    registry = store.registry
    numbers = [registry.begin_session(AT_HOME, bytes([each])) for each in range(4)]
    stranger = registry.begin_session(replace(AT_HOME, person="bert"), b"bert's")
    assert registry.end_session(numbers[0])
    assert not registry.end_session(numbers[0])
    assert registry.end_sessions("anna", but=numbers[2]) == 2
    assert [each.number for each in registry.sessions(None, now=4_000)] == [stranger, numbers[2]]
    assert registry.end_sessions("anna") == 1


def test_a_person_has_so_many_sessions_and_no_more(store: Any) -> None:
    registry = store.registry
    registry.begin_session(replace(AT_HOME, person="bert", used_at=0), b"bert's")
    for each in range(MOST_SESSIONS + 2):
        registry.begin_session(replace(AT_HOME, used_at=1_000 - each), bytes([each]))
    kept = [each.used_at for each in registry.sessions("anna", now=4_000)]
    assert len(kept) == MOST_SESSIONS
    assert min(kept) == 1_000 - MOST_SESSIONS - 1 + 2
    assert len(registry.sessions("bert", now=4_000)) == 1


# -- keys --------------------------------------------------------------------------------------------------------


def test_a_key_is_found_by_its_digest_until_it_expires(store: Any) -> None:
    assert store.registry.add_key(CI, b"digest")
    assert store.registry.key(b"digest", now=9_499) == CI
    assert store.registry.key(b"digest", now=9_500) is None
    assert store.registry.key(b"other", now=6_000) is None
    assert store.registry.keys() == [CI]


def test_a_key_without_an_end_has_none(store: Any) -> None:
    store.registry.add_key(replace(CI, expires_at=None), b"digest")
    assert store.registry.key(b"digest", now=1 << 50) == replace(CI, expires_at=None)


def test_keys_are_named_once_used_and_removed(store: Any) -> None:
    registry = store.registry
    registry.add_key(CI, b"1")
    assert not registry.add_key(CI, b"2")
    registry.add_key(replace(CI, name="backup", used_at=None), b"3")
    registry.use_key("backup", now=6_000)
    assert registry.keys() == [replace(CI, name="backup", used_at=6_000), CI]
    assert registry.remove_key("ci")
    assert not registry.remove_key("ci")
    assert registry.key(b"1", now=6_000) is None
    assert registry.key(b"3", now=6_000) is not None


# -- links -------------------------------------------------------------------------------------------------------


def test_a_link_is_found_until_it_expires_and_used_once(store: Any) -> None:
    number = store.registry.invite(LINK, b"token")
    assert store.registry.invitation(b"token", now=6_999) == replace(LINK, number=number)
    assert store.registry.invitation(b"token", now=7_000) is None
    assert store.registry.invitation(b"other", now=6_500) is None
    assert store.registry.withdraw(number)
    assert not store.registry.withdraw(number)
    assert store.registry.invitation(b"token", now=6_500) is None


def test_links_are_listed_with_the_latest_first(store: Any) -> None:
    first, second = store.registry.invite(LINK, b"1"), store.registry.invite(replace(LINK, expires_at=6_600), b"2")
    assert [each.number for each in store.registry.invitations(now=6_500)] == [second, first]
    assert [each.number for each in store.registry.invitations(now=6_600)] == [first]


@pytest.mark.parametrize(
    ("old", "new", "stays"),
    [
        (replace(LINK, kind="first"), replace(LINK, kind="first"), False),
        (replace(LINK, person="bert"), replace(LINK, person="bert"), False),
        (replace(LINK, person="bert"), replace(LINK, person="carl"), True),
        (replace(LINK, person="bert"), replace(LINK, person="bert", kind="password"), True),
        (LINK, LINK, True),
    ],
)
def test_a_new_link_takes_the_place_of_an_old_one_for_the_same(
    store: Any, old: Invitation, new: Invitation, *, stays: bool
) -> None:
    store.registry.invite(old, b"old")
    store.registry.invite(new, b"new")
    assert (store.registry.invitation(b"old", now=6_500) is not None) is stays
    assert store.registry.invitation(b"new", now=6_500) is not None


# -- tries -------------------------------------------------------------------------------------------------------


def test_tries_are_counted_until_it_must_be_waited(store: Any) -> None:
    assert store.registry.try_sign_in({b"anna": ALLOWED}, now=1_000) == (0, {b"anna": Tries(1, 1_000)})
    assert store.registry.try_sign_in({b"anna": ALLOWED}, now=1_001) == (0, {b"anna": Tries(2, 1_001)})
    assert store.registry.try_sign_in({b"anna": ALLOWED}, now=1_002) == (1_101, {b"anna": Tries(2, 1_001)})
    assert store.registry.try_sign_in({b"anna": ALLOWED}, now=1_101) == (0, {b"anna": Tries(3, 1_101)})


def test_of_several_subjects_the_one_that_waits_longest_decides(store: Any) -> None:
    store.registry.try_sign_in({b"anna": ALLOWED, b"here": ALLOWED}, now=1_000)
    store.registry.try_sign_in({b"bert": ALLOWED, b"here": ALLOWED}, now=1_000)
    until, tries = store.registry.try_sign_in({b"carl": ALLOWED, b"here": ALLOWED}, now=1_050)
    assert (until, tries[b"carl"]) == (1_100, Tries())
    assert store.registry.try_sign_in({b"anna": ALLOWED}, now=1_050)[0] == 0


def test_who_has_signed_in_is_forgotten_and_one_try_of_the_address_forgiven(store: Any) -> None:
    for _ in range(2):
        store.registry.try_sign_in({b"anna": ALLOWED, b"here": ALLOWED}, now=1_000)
    store.registry.forget_tries(b"anna", forgive=b"here")
    assert store.registry.try_sign_in({b"anna": ALLOWED}, now=1_001) == (0, {b"anna": Tries(1, 1_001)})
    assert store.registry.try_sign_in({b"here": ALLOWED}, now=1_002) == (0, {b"here": Tries(2, 1_002)})
    assert store.registry.try_sign_in({b"here": ALLOWED}, now=1_003)[0] == 1_102
    store.registry.forget_tries(b"nobody", forgive=b"nowhere")
    assert store.registry.try_sign_in({b"nowhere": ALLOWED}, now=1_003)[1] == {b"nowhere": Tries(1, 1_003)}


def test_tries_of_the_latest_subjects_are_kept_and_no_more(store: Any) -> None:
    registry = store.registry
    registry.try_sign_in({b"oldest": ALLOWED}, now=1)
    many = {each.to_bytes(4, "big"): ALLOWED for each in range(MOST_TRIES)}
    registry.try_sign_in(many, now=2)
    assert registry.try_sign_in({b"oldest": ALLOWED}, now=3)[1] == {b"oldest": Tries(1, 3)}
