"""What the store keeps for the vault, and for those who go back: sealed secrets, versions of the mapping files."""

# ruff: noqa: D102 - verbs whose name and types say everything

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

How = Literal["start", "reload", "apply", "restore"]  # how a version of the mapping files came into force


@dataclass(frozen=True, slots=True)
class Sealed:
    """A stored secret as it lies in the store: encrypted."""

    name: str
    key_id: str
    sealed: bytes = field(repr=False)
    updated_at: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """One time that a version of the mapping files came into force. `how` is `unknown` for those of old databases."""

    number: int
    fingerprint: str
    since: int
    how: How | Literal["unknown"]


class Strongbox(Protocol):
    """Where sealed secrets and configuration versions lie."""

    def put_secret(self, sealed: Sealed) -> None: ...
    def remove_secret(self, name: str) -> bool: ...
    def secrets(self) -> list[Sealed]: ...
    def keep_configuration(self, fingerprint: str, files: Mapping[str, str], *, now: int, how: How = "start") -> bool:
        """Remember this version of the mapping files as the one in force; False if it is already."""

    def last_configuration(self) -> tuple[str, dict[str, str]] | None: ...
    def configuration(self, fingerprint: str) -> dict[str, str] | None:
        """Give the files of a version that was ever in force."""

    def versions(self, *, limit: int) -> list[Version]:
        """Give the times at which versions came into force, newest first."""

    def fingerprints(self, beginning: str) -> list[str]:
        """Give the versions ever in force whose fingerprints begin so."""
