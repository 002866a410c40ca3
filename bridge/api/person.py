"""Who asks, and what they may do."""

from dataclasses import dataclass
from typing import Literal, get_args

from bridge.outbox import registry

Role = registry.Role
Policy = Literal["public", "viewer", "operator", "admin"]
Via = Literal["session", "key", "proxy"]

ROLES: tuple[Role, ...] = get_args(Role)  # each may do what those before it may
_MEANING: dict[Role, str] = {
    "viewer": "sees everything",
    "operator": "replays, pauses, cancels, stores secrets, applies mappings",
    "admin": "adds people and keys, erases data",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has proved who they are. `name` is what the journal says: `anna`, `key:ci`.

    `zone` is the time zone in which times are written for them without script.
    """

    name: str
    role: Role
    via: Via
    zone: str = "UTC"


def may(person: Person, policy: Policy) -> bool:
    """Say whether the person's role suffices."""
    return policy == "public" or ROLES.index(person.role) >= ROLES.index(policy)


def meaning(role: Role) -> str:
    """Say what a role may do, for those who choose one."""
    return _MEANING[role]
