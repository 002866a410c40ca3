"""What stops sending: pauses, touchpoints that fail or lack a secret."""

import re
from collections.abc import Iterator

from bridge.app.alike import alike
from bridge.app.inforce import InForce, missing_secrets
from bridge.app.need import Need, Remedy, Waiting, address, capital, page_of, waits
from bridge.app.standing import Situation
from bridge.outbox.figures import Count
from bridge.outbox.terms import Circuit, Paused

_STATUS = re.compile(r"\b([1-5][0-9]{2})\b")
_NOTHING = Count(0, exact=True)


def needs_of_sending(now_is: Situation, in_force: InForce, waiting: Waiting) -> Iterator[Need]:
    """Give what stops sending; `waiting` says how many deliveries wait for a paused source or mapping."""
    for paused in now_is.pauses:
        yield _pause(paused, now_is, waiting)
    stopped = {paused.name for paused in now_is.pauses if paused.scope == "touchpoint"}
    for name, touchpoint in sorted(in_force.touchpoints.items()):
        pending = _pending(now_is, name)
        if name in stopped:
            continue
        if lacking := missing_secrets(touchpoint, in_force.secrets):
            yield _lacking(name, lacking, pending)
        elif circuit := now_is.circuits.get(name):
            yield _failing(circuit, pending)


def refused_because(reason: str) -> str:
    """Say in two words why a target's answer paused its touchpoint."""
    found = _STATUS.search(reason)
    status = int(found[1]) if found else 0
    if status in {401, 403}:
        return "token refused"
    if status in {404, 410}:
        return "not found"
    return "redirected" if 300 <= status < 400 else "answer not understood"


def _pause(paused: Paused, now_is: Situation, waiting: Waiting) -> Need:
    if paused.scope == "touchpoint":
        count = _pending(now_is, paused.name)
        return _refusing(paused, count) if paused.by == "target" else _stopped(paused, count)
    if paused.scope == "all":
        pending = sum(states.get("pending", 0) for states in now_is.totals.values())
        return _stopped(paused, Count(pending, exact=True))
    return _stopped(paused, waiting.get((paused.scope, paused.name), _NOTHING))


def _refusing(paused: Paused, count: Count) -> Need:
    """Tell of a touchpoint whose target refuses what is sent; reasons end with what was answered."""
    what = refused_because(paused.reason)
    said = {
        "token refused": " refused its token. ",
        "not found": " was not found at its address. ",
        "redirected": " answers with a redirect, which is never followed. ",
    }.get(what, " is paused by what it answered. ")
    page = page_of("touchpoint", paused.name)
    resume = Remedy("Resume", f"{page}/resume", posts=True)
    store = Remedy("Store a new token", page)
    return Need(
        "paused",
        paused.name,
        said + waits(count),
        detail=capital(alike(paused.reason.rpartition("; ")[2])),
        page=page,
        number=count.number,
        exact=count.exact,
        since=paused.since,
        remedies=(store, resume) if what in {"token refused", "not found"} else (resume,),
    )


def _stopped(paused: Paused, count: Count) -> Need:
    """Tell of what an operator paused."""
    name = paused.name or "All sending"
    home = page_of("source", name.partition("/")[0]) if paused.scope == "mapping" else page_of(paused.scope, name)
    place = "/resume-all" if paused.scope == "all" else f"{page_of(paused.scope, name)}/resume"
    return Need(
        "paused",
        name,
        f" is paused by an operator. {waits(count)}",
        before={"source": "The source ", "mapping": "The mapping "}.get(paused.scope, ""),
        detail=capital(paused.reason),
        page="/touchpoints" if paused.scope == "all" else home,
        number=count.number,
        exact=count.exact,
        since=paused.since,
        remedies=(Remedy("Resume", place, posts=True),),
    )


def _lacking(name: str, lacking: list[str], count: Count) -> Need:
    return Need(
        "paused" if count.number else "waiting",
        name,
        f" waits for its {'secret' if len(lacking) == 1 else 'secrets'}. {waits(count)}",
        detail=f"Not stored: {', '.join(lacking)}",
        page=page_of("touchpoint", name),
        number=count.number,
        remedies=(
            Remedy("Store the secret" if len(lacking) == 1 else "Store the secrets", page_of("touchpoint", name)),
        ),
    )


def _failing(circuit: Circuit, count: Count) -> Need:
    page = page_of("touchpoint", circuit.touchpoint)
    look = Remedy("Look at what waits", address("/deliveries", state="pending", touchpoint=circuit.touchpoint))
    return Need(
        "failing",
        circuit.touchpoint,
        f" is failing; it is tried again by itself. {waits(count)}",
        detail=capital(alike(circuit.reason)),
        page=page,
        number=count.number,
        since=circuit.since,
        remedies=(Remedy("Try now", f"{page}/try", posts=True), look) if count.number else (),
    )


def _pending(now_is: Situation, touchpoint: str) -> Count:
    return Count(now_is.totals.get(touchpoint, {}).get("pending", 0), exact=True)
