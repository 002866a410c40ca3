"""Whether everything is well, in one sentence. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from bridge.app.need import Need
from bridge.app.needs_of_sending import refused_because
from bridge.app.standing import Standing
from bridge.outbox.books import Imbalance


def verdict(
    imbalances: Sequence[Imbalance],
    touchpoints: Mapping[str, Standing],
    needs: Sequence[Need],
    *,
    now: int,
    zone: tzinfo = UTC,
) -> str:
    """Say the finding: `Balanced; 3 touchpoints open, 1 paused: token refused since 09:12.` Times are in the zone."""
    if imbalances:
        return f"The books do not balance: {_number(len(imbalances), 'equation fails', 'equations fail')}."
    state = standing_sentence(touchpoints, now=now, zone=zone)
    urgent = [need for need in needs if not need.hurts_nobody]
    if not needs:
        return f"Nothing needs you. Balanced; {state}." if state else "Nothing needs you. Balanced."
    if state and any(standing.state != "open" for standing in touchpoints.values()):
        return f"Balanced; {state}."
    needed = _number(len(urgent), "issue needs you", "issues need you") if urgent else ""
    return f"{'; '.join(filter(None, ('Balanced', state, needed)))}."


def standing_sentence(touchpoints: Mapping[str, Standing], *, now: int, zone: tzinfo) -> str:
    """Say how many touchpoints are open and what is with the others; `` without touchpoints."""
    said = []
    for word in ("open", "failing", "waiting", "paused"):
        those = [standing for standing in touchpoints.values() if standing.state == word]
        if word == "open" and (those or touchpoints):
            said.append(_number(len(those), "touchpoint open", "touchpoints open") if those else "no touchpoint open")
        elif those:
            said.append(f"{len(those):,} {_told(word, those, now, zone)}")
    return ", ".join(said)


def _told(word: str, those: Sequence[Standing], now: int, zone: tzinfo) -> str:
    """Say what is with them: of several, since when the first one is so."""
    since = min((each.since for each in those if each.since is not None), default=None)
    ago = "" if since is None else f" since {_clock(since, now, zone)}"
    if word == "waiting":
        return "waiting for a secret"
    if len(those) > 1:
        return f"{word}{ago}"
    if word == "failing":
        return f"failing{ago}"
    return f"paused: {'by an operator' if those[0].by == 'operator' else refused_because(those[0].reason)}{ago}"


def _clock(time: int, now: int, zone: tzinfo) -> str:
    """Write the time of day, with the date unless it is today."""
    then, today = (datetime.fromtimestamp(each / 1000, zone) for each in (time, now))
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then.day} {then:%b, %H:%M}"


def _number(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
