"""What the store keeps of those who may use the admin port: people, their sessions, API keys, one-time links, tries."""

# ruff: noqa: D102 - verbs whose name and types say everything

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bridge.core.throttle import Allowance, Tries

Role = Literal["viewer", "operator", "admin"]
InvitationKind = Literal["first", "join", "password"]

SEEN_EVERY = 60_000  # ms: so often at most it is written when a session or key was used
MOST_SESSIONS = 20  # of one person; the one unused for longest ends when another begins
MOST_TRIES = 10_000  # subjects whose tries are kept, the latest


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. `password` is its hash, `` for one who comes only through a proxy that knows them."""

    name: str
    role: Role
    created_at: int
    created_by: str
    password: str = field(default="", repr=False)
    zone: str = "UTC"
    seen_at: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody has signed in. The store gives its `number`; `agent` is the browser in few words."""

    person: str
    created_at: int
    used_at: int
    expires_at: int
    agent: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """An API key; the key itself is kept nowhere."""

    name: str
    role: Role
    created_at: int
    created_by: str
    used_at: int | None = None
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a one-time link lets its holder do. `person` is `` where the holder chooses the name."""

    kind: InvitationKind
    person: str
    role: Role
    created_at: int
    created_by: str
    expires_at: int
    number: int = 0


class Registry(Protocol):
    """Where people, sessions, keys, links and tries lie. Tokens and keys are given and kept as their SHA-256."""

    def add_account(self, account: Account) -> bool:
        """Add somebody; False if the name is taken."""

    def account(self, name: str) -> Account | None: ...
    def accounts(self) -> list[Account]:
        """Give everybody, by name."""

    def change_account(
        self, name: str, *, role: Role | None = None, password: str | None = None, zone: str | None = None
    ) -> bool:
        """Change what is given; False if there is nobody of that name."""

    def remove_account(self, name: str) -> bool:
        """Remove somebody with their sessions and links; False if there is nobody of that name."""

    def see(self, name: str, *, now: int) -> None:
        """Note that somebody was here."""

    def begin_session(self, session: Session, token: bytes) -> int:
        """Keep a session and give its number; what has expired goes, and what are too many of one person."""

    def session(self, token: bytes, *, now: int) -> tuple[Session, Account] | None:
        """Give the session that has not expired, and whose it is."""

    def sessions(self, person: str | None, *, now: int) -> list[Session]:
        """Give somebody's, or everybody's, sessions that have not expired, the last used first."""

    def use_session(self, number: int, *, now: int, expires_at: int) -> None:
        """Note that a session was used; its person was here, too."""

    def end_session(self, number: int) -> bool: ...
    def end_sessions(self, person: str, *, but: int | None = None) -> int:
        """End somebody's sessions, all or but one; gives how many there were."""

    def add_key(self, key: Key, digest: bytes) -> bool:
        """Keep a key; False if the name is taken."""

    def key(self, digest: bytes, *, now: int) -> Key | None:
        """Give the key that has not expired."""

    def keys(self) -> list[Key]:
        """Give all keys, by name, also those that have expired."""

    def use_key(self, name: str, *, now: int) -> None: ...
    def remove_key(self, name: str) -> bool: ...
    def invite(self, invitation: Invitation, token: bytes) -> int:
        """Keep a link and give its number; an earlier one for the same person or of the kind `first` goes."""

    def invitation(self, token: bytes, *, now: int) -> Invitation | None:
        """Give the link that has not expired."""

    def invitations(self, *, now: int) -> list[Invitation]:
        """Give the links that can be used, the latest first."""

    def withdraw(self, number: int) -> bool:
        """Let a link be of no use any more; False if it is so already: of two who use it, one gets True."""

    def try_sign_in(self, subjects: Mapping[bytes, Allowance], *, now: int) -> tuple[int, dict[bytes, Tries]]:
        """Count a try of each subject, and give 0 and the tries so far; or when it may be tried, and count nothing."""

    def forget_tries(self, subject: bytes, *, forgive: bytes) -> None:
        """Forget all tries of who has signed in after all, and one of `forgive`, from where others may try on."""
