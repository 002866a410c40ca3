"""People and keys: how they come, change and go, each change on record in the transaction that makes it."""

import re
import secrets
from hashlib import sha256
from typing import Literal

from bridge.core.durations import format_duration
from bridge.outbox.protocol import Store
from bridge.outbox.registry import Account, Invitation, InvitationKind, Key, Role
from bridge.outbox.terms import Action

Change = Literal["done", "unknown", "taken", "last"]

LINK_LASTS = 24 * 3_600_000  # ms
KEY_PREFIX = "brk_"  # so that scanners find keys in files where they do not belong
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")  # no colon: `key:ci` and `cli:anna` are in the journal, too
_SAID: dict[Change, str] = {
    "unknown": "there is no {what} {name}",
    "taken": "the name {name} is taken",
    "last": "the last admin is {name}; make somebody else admin first",
}


def person_name(text: str) -> str:
    """Give the name of a person, a key or a proxy's header as it is kept: in small letters. Raises ValueError."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise ValueError("write a name of up to 64 letters a-z, digits and . _ @ + -, such as anna or anna@example.com")
    return name


def said(change: Change, name: str, *, what: str = "person") -> str:
    """Say in words why nothing was changed."""
    return _SAID[change].format(name=name, what=what)


def digest_of(token: str) -> bytes:
    """Give what is kept of a token. It has 256 random bits, so that one round of SHA-256 cannot be turned back."""
    return sha256(token.encode("utf-8", "replace")).digest()


def fresh_token() -> str:
    """Make a token of 43 characters, 256 random bits."""
    return secrets.token_urlsafe(32)


# -- people --------------------------------------------------------------------------------------------------------


def add_person(store: Store, account: Account, *, who: str, now: int) -> Change:
    """Add somebody."""
    with store.together():
        if not store.registry.add_account(account):
            return "taken"
        store.controls.note(Action(now, who, "add user", account.name, account.role))
        return "done"


def change_role(store: Store, name: str, role: Role, *, who: str, now: int) -> Change:
    """Give somebody another role; it counts from the next request on. The last admin stays one; another's links end."""
    with store.together():
        account = store.registry.account(name)
        if account is None:
            return "unknown"
        if role != "admin" and _is_last_admin(store, account):
            return "last"
        if role != account.role:
            store.registry.change_account(name, role=role)
            store.controls.note(Action(now, who, "change role", name, f"{account.role} to {role}"))
            if account.role == "admin":
                _withdraw_links(store, name, who=who, now=now)
        return "done"


def remove_person(store: Store, name: str, *, who: str, now: int) -> Change:
    """Remove somebody, who is signed out at once, and the links that they made. Keys that they made stay.

    The last admin cannot be removed.
    """
    with store.together():
        account = store.registry.account(name)
        if account is None:
            return "unknown"
        if _is_last_admin(store, account):
            return "last"
        store.registry.remove_account(name)
        store.controls.note(Action(now, who, "remove user", name, account.role))
        _withdraw_links(store, name, who=who, now=now)
        return "done"


def _withdraw_links(store: Store, name: str, *, who: str, now: int) -> None:
    """Let the links that somebody made be of no use: whoever is no admin any more could come back as one by them."""
    for each in store.registry.invitations(now=now):
        if each.created_by == name:
            withdraw(store, each.number, who=who, now=now)


def _is_last_admin(store: Store, account: Account) -> bool:
    return account.role == "admin" and sum(each.role == "admin" for each in store.registry.accounts()) == 1


def set_password(store: Store, name: str, hashed: str, *, who: str, now: int, but: int | None = None) -> Change:
    """Set somebody's password and sign them out everywhere, but in the session `but`."""
    with store.together():
        if not store.registry.change_account(name, password=hashed):
            return "unknown"
        store.registry.end_sessions(name, but=but)
        store.controls.note(Action(now, who, "set password", name))
        return "done"


def sign_out_everywhere(store: Store, name: str, *, who: str, now: int, but: int | None = None) -> int:
    """End somebody's sessions, all or but one; gives how many there were."""
    with store.together():
        ended = store.registry.end_sessions(name, but=but)
        if ended:
            store.controls.note(Action(now, who, "sign out", name, f"{ended} sessions"))
        return ended


# -- links ---------------------------------------------------------------------------------------------------------


def invite(store: Store, kind: InvitationKind, *, person: str = "", role: Role, who: str, now: int) -> str:
    """Make a one-time link; gives its token, which is kept nowhere."""
    token = fresh_token()
    with store.together():
        store.registry.invite(Invitation(kind, person, role, now, who, now + LINK_LASTS), digest_of(token))
        verb = "link for a new password" if kind == "password" else "invite user"
        detail = f"{role}, valid {format_duration(LINK_LASTS)}"
        store.controls.note(Action(now, who, verb, person or "anybody with the link", detail))
    return token


def link(admin: str, token: str) -> str:
    """Give the address of a link on the admin port, which is an address such as `http://0.0.0.0:8081`."""
    return f"{admin.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')}/join/{token}"


def first_link(store: Store, *, now: int) -> str | None:
    """Make the link for the first admin, in place of earlier ones; gives its token, None where somebody is there."""
    if store.registry.accounts():
        return None
    return invite(store, "first", role="admin", who="start", now=now)


def invitation_of(store: Store, token: str, *, now: int) -> Invitation | None:
    """Give what the link is for; None if it expired, was used, or has nothing to be for any more."""
    found = store.registry.invitation(digest_of(token), now=now)
    if found is None or (found.kind == "first" and store.registry.accounts()):
        return None
    return found


def accept_invitation(
    store: Store, token: str, *, name: str, hashed: str, zone: str, now: int
) -> tuple[Change, Account | None]:
    """Use up a link: add the person, or set the password. Of two who use it at once, one gets `unknown`."""
    with store.together():
        found = invitation_of(store, token, now=now)
        if found is None:
            return "unknown", None
        name = found.person or name
        if found.kind == "password":
            changed = set_password(store, name, hashed, who=name, now=now)
        else:
            account = Account(name, found.role, now, found.created_by, hashed, zone)
            changed = add_person(store, account, who=name, now=now)
        if changed == "done":
            store.registry.withdraw(found.number)
        return changed, store.registry.account(name)


def withdraw(store: Store, number: int, *, who: str, now: int) -> bool:
    """Let a link be of no use any more; False if it is so already."""
    with store.together():
        withdrawn = store.registry.withdraw(number)
        if withdrawn:
            store.controls.note(Action(now, who, "withdraw link", str(number)))
        return withdrawn


# -- keys ----------------------------------------------------------------------------------------------------------


def add_key(
    store: Store, name: str, role: Role, *, who: str, now: int, expires_at: int | None = None
) -> tuple[Change, str]:
    """Make an API key; gives it, the only time that anybody sees it."""
    text = KEY_PREFIX + fresh_token()
    with store.together():
        key = Key(name, role, now, who, None, expires_at)
        if not store.registry.add_key(key, digest_of(text)):
            return "taken", ""
        store.controls.note(Action(now, who, "add key", name, role))
    return "done", text


def remove_key(store: Store, name: str, *, who: str, now: int) -> Change:
    """Remove an API key; it opens nothing from now on."""
    with store.together():
        if not store.registry.remove_key(name):
            return "unknown"
        store.controls.note(Action(now, who, "remove key", name))
        return "done"
