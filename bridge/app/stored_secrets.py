"""Stored secrets as operators see them: who uses each, who set it when, and its first success. Never what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from bridge.app.inforce import lookup_secrets
from bridge.app.prepare import open_vault
from bridge.core.configuration import Catalog
from bridge.outbox.protocol import Store
from bridge.outbox.standings import Proof
from bridge.outbox.terms import Action, Row
from bridge.settings import Settings

VERB = "secret"  # in the journal
_MOST_SEARCHED = 1_000  # actions among which the one that set a secret is looked for
_NEAR = 10_000  # ms between the storing and its entry in the journal, at most


@dataclass(frozen=True, slots=True)
class Use:
    """What needs a secret: a touchpoint to send, a source to check signatures, or the lookups of a source."""

    kind: Literal["touchpoint", "source", "lookup"]
    name: str


def uses(catalog: Catalog) -> dict[str, list[Use]]:
    """Give by secret what needs it, of all that is in force."""
    found: dict[str, list[Use]] = {}
    for touchpoint in catalog.touchpoints.values():
        for name in touchpoint.secret_names:
            found.setdefault(name, []).append(Use("touchpoint", touchpoint.name))
    for source in catalog.sources.values():
        verifying = source.secret_names | frozenset(source.verify_token.secret_names if source.verify_token else ())
        for name in verifying:
            found.setdefault(name, []).append(Use("source", source.name))
        for name in lookup_secrets(source):
            found.setdefault(name, []).append(Use("lookup", source.name))
    return found


def store_secret(store: Store, settings: Settings, *, name: str, text: str, who: str, now: int) -> None:
    """Store a secret, and who did it in the journal. Raises ConfigInvalid, without showing it, for what can be none."""
    with store.together():
        open_vault(store, settings).put(name, text, now=now)
        store.controls.note(Action(now, who, VERB, name, "stored"))


def remove_secret(store: Store, settings: Settings, *, name: str, who: str, now: int) -> bool:
    """Forget a secret, with who did it in the journal; False if there was none."""
    with store.together():
        removed = open_vault(store, settings).remove(name)
        if removed:
            store.controls.note(Action(now, who, VERB, name, "removed"))
        return removed


def secret_rows(store: Store, catalog: Catalog, *, only: Sequence[str] | None = None) -> list[Row]:
    """Give the secrets that are stored or needed, by name; `only` these of them.

    `stored_at` is None for one that something needs and nobody stored. `first_success` is what first went well with it
    since then: a delivery that was taken, or an event that it proved.
    """
    using = uses(catalog)
    sealed = {each.name: each for each in store.strongbox.secrets() if not each.name.startswith(".")}
    actions, proofs = store.ledger.actions(limit=_MOST_SEARCHED), store.standings.proofs()
    rows = []
    for name in sorted(sealed.keys() | using.keys()):
        if only is not None and name not in only:
            continue
        stored_at = sealed[name].updated_at if name in sealed else None
        rows.append(
            {
                "name": name,
                "stored_at": stored_at,
                "set_by": _set_by(actions, name, stored_at),
                "master_key": sealed[name].key_id if name in sealed else None,
                "used_by": [asdict(use) for use in using.get(name, ())],
                "first_success": _first_success(store, name, stored_at, using=using, proofs=proofs),
            }
        )
    return rows


def _set_by(actions: Sequence[Action], name: str, stored_at: int | None) -> str | None:
    """Say who stored it; None where the journal does not know, as for what was stored before there was one."""
    for action in actions:
        if action.verb == VERB and action.about == name and stored_at is not None:
            return action.who if abs(action.at - stored_at) <= _NEAR else None
    return None


def _first_success(
    store: Store, name: str, stored_at: int | None, *, using: Mapping[str, Sequence[Use]], proofs: Sequence[Proof]
) -> Row | None:
    if stored_at is None:
        return None
    found: list[Row] = [
        {"at": proof.proved_at, "kind": "delivery", "id": proof.delivery_id, "by": proof.touchpoint}
        for proof in proofs
        if proof.secret == name and proof.since >= stored_at and proof.proved_at is not None
    ]
    found += [
        {"at": event["received_at"], "kind": "event", "id": event["id"], "by": use.name}
        for use in using.get(name, ())
        if use.kind == "source"
        if (event := store.standings.first_event(use.name, secret=name, since=stored_at))
    ]
    return min(found, key=lambda each: int(each["at"]), default=None)
