"""How one delivery stands: its finding as a title, why it is so, and what a person can do about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.console.views.subject import plain
from bridge.console.wording import begun
from bridge.core.configuration import Touchpoint
from bridge.core.schedule import Hours, spoken_hours
from bridge.core.template import Secret, Template
from bridge.outbox.terms import Circuit, Paused, Row


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a waiting delivery from being sent, and where it is mended: an address and its name."""

    why: str
    link: str
    label: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The title of a delivery's page, the sentence below, and what it asks a person to decide (`` for nothing)."""

    title: str
    text: str
    decide: str = ""


def is_unknown(row: Row) -> bool:
    """Say whether a delivery is held and nobody knows if its target took it."""
    return bool(row["state"] == "held" and row["asked_at"] is not None)


def standing(row: Row, *, now: int, who: str, what: str, obstacle: Obstacle | None) -> Standing:
    """Say how a delivery stands. `who` is the person asked, `what` they are asked about."""
    state = row["state"]
    if state == "held":
        return _held(row, who, what)
    if state == "pending":
        return _pending(row, now, obstacle)
    if state == "sending":
        return Standing("It is being sent now", "Look again in a minute.")
    if state == "delivered":
        answer = f"The target took it and said: {row['message']}." if row["message"] else "The target took it."
        more = "If nothing reached the person, look them up in Press'nXPress at this touchpoint."
        return Standing("The target took it", f"{answer.replace('..', '.')} {more}")
    if state == "dead":
        return Standing("Given up", f"{_sentence(row['reason'])} Mend the cause, then replay it.")
    return Standing("Cancelled", _sentence(row["reason"] or "no reason given"))


def _held(row: Row, who: str, what: str) -> Standing:
    if is_unknown(row):
        person = who or "The person"
        return Standing(
            "Nobody knows whether this request was taken",
            f"{_sentence(row['reason'])} {person} may have been asked about {what} already."
            " Look them up in Press'nXPress, then choose.",
            "if Press'nXPress shows no request, send it again. If it does, cancel this delivery.",
        )
    return Standing(
        "Held until a person lets it go",
        _sentence(row["reason"] or "no reason given"),
        "send it, or cancel it. It waits as long as it takes.",
    )


def _pending(row: Row, now: int, obstacle: Obstacle | None) -> Standing:
    if obstacle is not None:
        return Standing("It waits for what it cannot mend itself", _sentence(obstacle.why))
    if row["attempts"] and row["reason"]:
        times = "1 attempt" if row["attempts"] == 1 else f"{row['attempts']} attempts"
        return Standing("It is tried again", f"After {times}: {_sentence(row['reason'])} Nothing to do yet.")
    if row["due_at"] > now:
        hours = hours_of(row)
        within = "" if hours is None or hours.is_always else f" It is sent within its hours: {spoken_hours(hours)}."
        return Standing("It waits for its time", f"Nothing to do.{within}")
    return Standing("It is due and next in line", "A running bridge sends it at once.")


def hours_of(row: Row) -> Hours | None:
    """Give the hours in which it may be sent, where it has any."""
    return None if row["hours"] is None else Hours(**{**row["hours"], "days": tuple(row["hours"]["days"])})


def obstacle_of(
    row: Row, *, pauses: Iterable[Paused], circuits: Iterable[Circuit], lacking: Sequence[str], now: int
) -> Obstacle | None:
    """Say what keeps a waiting delivery from being sent now; `lacking` are the secrets that its touchpoint lacks."""
    if row["state"] != "pending":
        return None
    name = row["touchpoint"]
    scopes = {
        ("all", ""): ("all sending", "/touchpoints"),
        ("source", row["source"]): (f"source {row['source']}", f"/sources/{row['source']}"),
        ("mapping", f"{row['source']}/{row['mapping']}"): (f"mapping {row['source']}/{row['mapping']}", "/mappings"),
        ("touchpoint", name): (f"touchpoint {name}", f"/touchpoints/{name}"),
    }
    for paused in pauses:
        if found := scopes.get((paused.scope, paused.name)):
            return Obstacle(f"{found[0]} is paused: {paused.reason}", found[1], f"See {found[0]}")
    if lacking:
        return Obstacle(f"touchpoint {name} waits for its secret {lacking[0]}", "/secrets", "Store the secret")
    for circuit in circuits:
        if circuit.touchpoint == name and circuit.until > now:
            why = f"touchpoint {name} is failing: {circuit.reason}"
            return Obstacle(why, f"/touchpoints/{name}", f"See touchpoint {name}")
    return None


def gives_up(row: Row, touchpoint: Touchpoint | None) -> int | None:
    """Give the time (ms) at which trying ends, for what is still tried; None where it is not known or over."""
    if touchpoint is None or row["state"] not in {"pending", "sending"}:
        return None
    end = int(row["age_from"] + touchpoint.retry.give_up_after)
    return end if row["expires_at"] is None else min(end, int(row["expires_at"]))


def target_of(touchpoint: Touchpoint) -> str:
    """Give method and address of a touchpoint's requests, without token and key."""
    if touchpoint.channel == "http":
        return f"{touchpoint.method} {masked_address(touchpoint.url)}"
    return f"POST {touchpoint.base_url.rstrip('/')}/channel/{touchpoint.channel}/•••/enqueue?apiKey=•••"


def masked_address(address: Template | None) -> str:
    """Give an address with dots for whatever came from a secret or an environment variable, and no query."""
    parts = address.parts if address else ()
    hidden = address.variables if address else ()
    shown = "".join("•••" if isinstance(part, Secret) or part in hidden else part for part in parts)
    return shown.partition("?")[0] + ("?•••" if "?" in shown else "")


def _sentence(text: str) -> str:
    """Make a sentence of a reason: what the commands say in backquotes is on the page's buttons."""
    said = begun(plain(text))
    return said if said.endswith((".", "!", "?")) else f"{said}."
