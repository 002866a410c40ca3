"""What the rest of the program may ask of the store: verbs of the domain, each one transaction, each synchronous.

Every verb raises StoreUnavailable when the store cannot be used now and StoreBroken when its file or disk failed.
"""

# ruff: noqa: D102 - verbs whose name and types say everything

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from bridge.core.configuration import Ambiguous
from bridge.core.drift import Attribute
from bridge.core.inquiry import Finished, Inquiry, Postponed
from bridge.core.model import Accepted, Cap, Entry, Event, Intake, Refused, State
from bridge.core.outcome import Settled
from bridge.outbox.books import Balance, Imbalance, Place, Pruned
from bridge.outbox.erasures import Erasures
from bridge.outbox.figures import Figures
from bridge.outbox.jobs import Replays
from bridge.outbox.previews import Previews
from bridge.outbox.registry import Registry
from bridge.outbox.safekeeping import Strongbox
from bridge.outbox.standings import Standings
from bridge.outbox.terms import Action, Circuit, Claimed, Filter, Paused, PauseScope, Row, Suppression


class Outbox(Protocol):
    """What intake and courier need."""

    def accept(self, intakes: Sequence[Intake]) -> list[Accepted]:
        """Store the requests' events, decide their proposals by the facts, make deliveries; one transaction."""

    def refuse(self, refusals: Sequence[Refused]) -> None:
        """Keep refused requests, dropping the oldest beyond the bound on their number."""

    def claim(self, *, now: int, lease_until: int, free: Mapping[str, int], caps: Mapping[str, Cap]) -> Claimed:
        """Move due deliveries to `sending`, at most `free[touchpoint]` of each; what is paused stays.

        Each is judged first: what is suppressed, cancelled, replaced, expired or over its contact's cap (`caps` by
        touchpoint, against what was really sent) becomes `cancelled`; outside the contact's hours it is due later.
        """

    def settle(self, results: Sequence[Settled], *, now: int) -> list[bool]:
        """Record attempts and carry out their rulings; False where the lease was lost (recorded, without effect)."""

    def recover(
        self, *, now: int, everything: bool, ambiguous: Mapping[str, Ambiguous], under_way: Collection[str] = ()
    ) -> int:
        """End the leases that ran out (all, at start): held or retried, as the touchpoint says; gives their number.

        Not of deliveries that are `under_way`: who sends them knows that they are, whatever the clock says.
        """

    def park(self, *, touchpoints: Sequence[str], now: int) -> int:
        """Hold what is pending for touchpoints that are not among these any more, and give back what they hold."""

    def next_due(self, *, now: int) -> int | None:
        """Give the earliest time after `now` at which something pending becomes due."""

    def note_circuit(self, touchpoint: str, circuit: Circuit | None) -> None:
        """Put on record that a touchpoint is failing, or with None that it is not any more."""

    def claim_lookups(self, *, now: int, lease_until: int, free: Mapping[str, int]) -> list[Inquiry]:
        """Move due lookups to `calling`, at most `free[source]` of each; not where the system refuses at `now`."""

    def finish_lookups(self, results: Sequence[Finished], *, now: int) -> list[bool]:
        """Store what was found and, as `accept` does, decide the events; go on with the replays that waited.

        False where the lease was lost: nothing happened. Answers end a refusal of their source.
        """

    def postpone_lookups(self, results: Sequence[Postponed], *, now: int) -> list[bool]:
        """Let lookups wait again, and put refusals of sources on record; False where the lease was lost."""

    def recover_lookups(self, *, now: int, everything: bool) -> int:
        """Make lookups whose lease ran out (all, at start) due again; gives their number."""

    def forgive_lookups(self, source: str, *, now: int) -> bool:
        """End a refusal; the time it lasted does not count towards giving up. False if there was none."""

    def next_lookup_due(self, *, sources: Sequence[str], now: int) -> int | None:
        """Give the earliest time after `now` at which a lookup of these sources may be made."""


class Ledger(Figures, Previews, Protocol):
    """What commands and the console read; reading changes nothing."""

    def events(self, wanted: Filter, *, limit: int) -> list[Row]: ...
    def event(self, event_id: str) -> Row | None: ...
    def entry(self, event_id: str) -> Entry | None:
        """Give the stored event again, without proposals, as `intake` made it."""

    def stored(self, wanted: Filter, *, limit: int) -> list[Event]:
        """Give a page of stored events as `intake` made them, newest first; not those whose payload is gone."""

    def decisions(self, event_id: str) -> list[Row]: ...
    def lookup(self, event_id: str) -> Row | None:
        """Give the event's lookup, with its `results` as long as the payload is kept; None if there never was one."""

    def lookup_queues(self) -> dict[str, Row]:
        """Give by source how many lookups are `waiting`, and `reason`, `since` and `until` of a refusal, else None."""

    def deliveries(self, wanted: Filter, *, limit: int) -> list[Row]: ...
    def delivery(self, delivery_id: str) -> Row | None: ...
    def attempts(self, delivery_id: str) -> list[Row]: ...
    def refused(self, wanted: Filter, *, limit: int) -> list[Row]: ...
    def refusal(self, refused_id: str) -> Refused | None: ...
    def find(self, mark: bytes, *, limit: int) -> list[Row]:
        """Give the events that carry the mark, newest first."""

    def known(self, marks: Sequence[bytes]) -> set[bytes]:
        """Say which of the keyed hashes, at most 1,000, an event carries or a delivery has as its contact."""

    def still_refused(self) -> int:
        """Count the refused requests that are kept and were not taken in since."""

    def counters(self) -> dict[str, int]:
        """Give the independent counters, by name."""

    def audit(self) -> list[Imbalance]:
        """Prove that the books balance: the equations over counters, and counters against rows."""

    def balance(self, *, source: str | None = None, since: int | None = None) -> Balance:
        """Draw up the books as of one moment and prove that they balance.

        Only of one source, or only what was received since the beginning of the day (UTC) of `since`, where given.
        """

    def pauses(self) -> list[Paused]: ...
    def circuits(self) -> list[Circuit]:
        """Give the touchpoints that are failing."""

    def suppression(self, contact: bytes) -> Suppression | None:
        """Say whether, since when and why a contact is never to be asked again."""

    def suppressions(self, *, limit: int, before: tuple[int, bytes] | None = None) -> list[Suppression]:
        """Give who is never asked again, the latest first; `before` is `since` and contact of the last one shown."""

    def actions(
        self,
        *,
        limit: int,
        before: int | None = None,
        who: str | None = None,
        verb: str | None = None,
        since: int | None = None,
    ) -> list[Action]:
        """Give who changed what, the latest first; `before` is the number of the last one of the page before.

        Only of this person or key, only this verb, only since a time in ms, where given.
        """

    def actors(self) -> tuple[list[str], list[str]]:
        """Give who ever changed something, and the verbs of what was ever done; each in order, at most 500."""

    def attributes(self, touchpoint: str | None = None) -> list[Attribute]:
        """Give what one touchpoint, or all, ever accepted, by touchpoint, name and type; also what is pruned by now."""

    def touchpoint_totals(self) -> dict[str, dict[State, int]]: ...


class Controls(Protocol):
    """What an operator may change."""

    def pause(self, paused: Paused) -> bool:
        """Stop sending; False if it was paused already."""

    def resume(self, scope: PauseScope, name: str, *, now: int) -> bool:
        """Go on; the time paused does not count towards giving up. False if it was not paused."""

    def hasten(self, touchpoint: str, *, now: int) -> bool:
        """Let one request try a failing touchpoint at once, the next if none is due; False if it is not failing."""

    def cancel(self, wanted: Filter, *, reason: str, now: int) -> int:
        """Cancel what is pending or held; gives how many."""

    def hold(self, wanted: Filter, *, reason: str, now: int) -> int:
        """Hold what is pending; gives how many."""

    def release(self, wanted: Filter, *, now: int) -> int:
        """Make what is held due now; the time held does not count towards giving up. Gives how many."""

    def let_wait_again(self, *, held_at: int, reason: str, now: int) -> int:
        """Take back the hold made at `held_at` for this reason: what it holds is due as before. Gives how many."""

    def suppress(self, suppression: Suppression) -> int | None:
        """Never ask the contact again, and cancel what waits; gives how many that were, None if it was so already."""

    def unsuppress(self, contact: bytes) -> bool:
        """Allow the contact to be asked again; False if it was not suppressed."""

    def note(self, action: Action) -> None:
        """Put on record who changed what."""

    def keep_hour(self, *, now: int) -> None:
        """Keep how the counters stand, once an hour, and let go of what is older than KEPT_HOURS."""

    def retried(self, refused_id: str, *, event_id: str, now: int) -> bool:
        """Note that a refused request was taken in after all, as this event; False where it is not kept any more."""

    def prune(
        self, *, now: int, payloads_before: int, history_before: int, limit: int, place: Place | None = None
    ) -> Pruned:
        """Let go of payloads and history from before those times: one chunk, which looks at about `limit` rows.

        The first chunk has no place, every other goes on where the one before it ended. What still waits is kept
        whole and passed over. Expired deduplication, once-keys and tombstones go too.
        """

    def prunable(self, *, now: int, payloads_before: int, history_before: int) -> dict[str, int]:
        """Count what `prune` would let go, by kind, without letting go of anything."""


class Store(Protocol):
    """An open store. One thread at a time may use it."""

    @property
    def outbox(self) -> Outbox: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def controls(self) -> Controls: ...
    @property
    def strongbox(self) -> Strongbox: ...
    @property
    def replays(self) -> Replays: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def standings(self) -> Standings: ...
    def together(self) -> AbstractContextManager[None]:
        """Make one transaction of the verbs called within: all of them are carried out, or none."""

    def changed(self) -> bool:
        """Say whether somebody else, such as a command beside a running bridge, wrote since the last call."""

    def close(self) -> None: ...
