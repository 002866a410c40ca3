"""Whether what was not sent had a reason that really was one: who stops too much breaks promises too."""

from tests.simulation.catalog import CAP, CAP_PERIOD, PROMISES
from tests.simulation.witness import SETTLING, SLACK, TOMBSTONE, Broken, Wish, Witness, last_time, opening

BY_OPERATOR = "an operator said so"


def check_suppressed(witness: Witness, event_id: str, rule: str, reason: str) -> None:
    """A decision `suppressed` of an event that was just accepted."""
    said, promise = witness.said[event_id], PROMISES[rule]
    contact = said.payload["email"]
    about = "order" if promise.about == "sku" else promise.about
    key = str(said.payload[about])
    if reason.startswith("not to be asked"):
        kind, is_so = "not to be asked", contact in witness.suppressed
    elif reason.startswith("cancelled before it came"):
        kind, is_so = "cancelled before it came", said.at < witness.cancelled.get((rule, key), 0) + TOMBSTONE
    elif reason.startswith("already asked about"):
        known = {
            each
            for (name, its), made in witness.by_key.items()
            if name == rule
            for each in made
            if its.split("/")[0] == key
        }
        kind, is_so = "asked before", any(witness.wishes[each].event_id != event_id for each in known)
    else:
        kind, is_so = "cap at accept", len(_asked(witness, contact, said.at)) >= CAP
    if not is_so:
        raise Broken(f"{event_id} {rule} was suppressed without reason: {reason}")
    witness.saw(f"suppressed: {kind}")


def check_end_reason(witness: Witness, wish: Wish, delivery_id: str, reason: str, at: int) -> None:
    """A delivery that was cancelled at `at` (ms)."""
    if reason == BY_OPERATOR:
        kind, is_so = "operator", delivery_id in witness.excused
    elif reason.startswith("cancelled by"):
        kind, is_so = "cancelled", (wish.rule, wish.key) in witness.cancelled
    elif "not to be asked" in reason:
        kind, is_so = "not to be asked", wish.contact in witness.ever_suppressed
    elif reason.startswith("expired"):
        kind, is_so = "expired", _has_expired(witness, wish, delivery_id, at)
    elif reason.startswith("replaced by evt_"):
        newer = witness.said.get(reason.removeprefix("replaced by "))
        kind, is_so = "replaced", newer is not None and newer.payload.get(wish.promise.about) == wish.key
    elif reason.startswith("replaced by replay"):
        kind, is_so = "replaced by replay", True
    elif "whose place it takes, was delivered" in reason:
        kind, is_so = (
            "replaced one was delivered",
            any(each.answer == "200" for each in witness.requests[reason.split()[2][:-1]]),
        )
    else:
        kind, is_so = "cap at claim", len(_asked(witness, wish.contact, at) - {delivery_id}) >= CAP
    if not is_so:
        raise Broken(f"{delivery_id} was cancelled without reason: {reason}")
    witness.saw(f"cancelled: {kind}")


def _has_expired(witness: Witness, wish: Wish, delivery_id: str, at: int) -> bool:
    if wish.promise.expires_days is None or delivery_id in witness.replays:
        return False
    return opening(wish, at) > last_time(wish) - SLACK


def _asked(witness: Witness, contact: str, at: int) -> set[str]:
    """Give the deliveries that may have reached the contact by post in the period before, as far as one knew then."""
    return {
        each.delivery
        for each in witness.by_contact[contact]
        if each.touchpoint == "post"
        and at - CAP_PERIOD - SLACK < each.claimed_at <= at + SLACK
        and (each.is_lost or each.answer in {"", "200", "unknown"} or (each.answered_at or at) + SETTLING >= at)
    }
