"""What issues are found in, for tests: the till's mapping files in force, and groups of the books."""

from typing import Any

from bridge.app.inforce import InForce, assemble
from bridge.app.needs import Evidence, needs_of
from bridge.app.standing import Situation
from bridge.catalog import load_texts
from bridge.outbox.figures import Group, GroupKind
from bridge.outbox.terms import Paused
from bridge.settings import read_settings
from tests.support.books import NOW
from tests.support.console import FILES, SECRETS

REFUSAL = (
    "the target refused the API key or the touchpoint token (401): store the right one with `bridge secrets set`, or"
    " `bridge resume touchpoint steady`; it answered 401 (Invalid API key)"
)


def in_force(secrets: dict[str, str] | None = None, **files: str) -> InForce:
    """Put the till's mapping files, with others by their stems, in force with these secrets, or with all of them."""
    texts = FILES | {f"{stem}.yaml": text for stem, text in files.items()}
    return assemble(load_texts(texts, {}), SECRETS if secrets is None else secrets, read_settings({}))


def a_group(kind: GroupKind, place: str, reason: str, number: int = 1, **changes: Any) -> Group:
    columns: dict[str, Any] = {"exact": True, "first": NOW - 60_000, "last": NOW - 1_000, "newest": "dlv_1"}
    return Group(kind, place, reason, number, **columns | changes)


def a_pause(scope: Any, name: str, reason: str = "new texts", *, by: Any = "operator", since: int = NOW) -> Paused:
    return Paused(scope, name, reason, since, by)


def titles(*groups: Group, now_is: Situation | None = None, live: InForce | None = None, **others: Any) -> list[str]:
    """Give the titles of the issues, in their order."""
    return [need.title for need in needs(*groups, now_is=now_is, live=live, **others)]


def needs(*groups: Group, now_is: Situation | None = None, live: InForce | None = None, **others: Any) -> list[Any]:
    """Give the issues, in their order."""
    return needs_of(Evidence(now_is or Situation(), live or in_force(), groups, **others))
