"""The end of a story in one sentence: how it stands, when by the contact's clock, and what to do next. Pure."""

from bridge.core.findings import Course, Findings, Never, Row
from bridge.core.resolve import spoken_period
from bridge.core.schedule import Hours, spoken_hours, spoken_time
from bridge.core.story import hide_others, in_order

_SAID_ALONE = frozenset({"contact", "event", "delivery", "refused request"})
# What a decision says of an event that only concerns others: it does not answer why somebody was not asked.
_ASIDE = ("cancelling", "unmatched")
_TELLING = ("failed", "suppressed", "skipped", "cancelling", "unmatched")


def conclude(findings: Findings) -> str:
    """Say how it stands with what was asked for: about the newest event that was to ask somebody."""
    return hide_others(_conclusion(findings), findings.text)


def _conclusion(findings: Findings) -> str:
    course = newest(findings.courses)
    if course is not None:
        said = f"{_subject(findings, course)}: {_standing(findings, course)}"
        return f"{said} {_beside(findings, course)}".rstrip()
    if findings.refused is not None:
        return _of_refused(findings.refused, findings.zone)
    if findings.never is not None:
        return (
            f"{findings.text}: no event in {spoken_period(findings.kept)}; not to be asked"
            f" {_since(findings.never, findings.zone)}. To allow it again: `bridge suppress remove {findings.text}`."
        )
    return _nothing(findings)


def newest(courses: tuple[Course, ...]) -> Course | None:
    """Give the newest event that was to ask somebody, else the newest of all; None of none."""
    asking = (course for course in courses if course.deliveries or not all(map(_is_aside, course.decisions)))
    waiting = (course for course in courses if not course.decisions and not course.deliveries)
    found = [course for course in (next(asking, None), next(waiting, None)) if course is not None]
    return max(found, key=lambda course: course.id, default=courses[0] if courses else None)


def _is_aside(row: Row) -> bool:
    return row["verdict"] in _ASIDE or row["reason"].startswith(("cancel_on: ", "suppress_on: "))


def _subject(findings: Findings, course: Course) -> str:
    name = findings.text if findings.kind in _SAID_ALONE else f"{findings.kind.capitalize()} {findings.text}"
    if course.event is None:
        return f"{name} ({course.id}, which is not kept any more)"
    day = _day(course.event["received_at"], findings.zone)
    return f"{name} ({course.event['source']} {course.event['topic']}, {day})"


def _since(never: Never, zone: str) -> str:
    return f"since {_day(never.since, zone)}: {never.reason}"


def _day(at: int, zone: str) -> str:
    """Write the day of a time (ms) by the clock of the zone: 3 May 2026."""
    return " ".join(spoken_time(at, zone).split()[1:4])


def _beside(findings: Findings, course: Course) -> str:
    """Say what stands beside the sentence: a mapping of the same event that failed, a contact not asked any more."""
    parts = []
    made = {(row["mapping"], row["element"]) for row in course.deliveries}
    failed = {} if not made else {row["mapping"]: row for row in course.decisions if row["verdict"] == "failed"}
    for mapping, row in failed.items():
        if (mapping, row["element"]) not in made:
            parts.append(f"Mapping {mapping} failed on the same event: {row['reason']}.")
    last = course.deliveries[-1]["state"] if course.deliveries else ""
    if findings.never is not None and last in {"delivered", "dead", "sending"}:
        parts.append(f"Not to be asked {_since(findings.never, findings.zone)}.")
    return " ".join(parts)


def _standing(findings: Findings, course: Course) -> str:
    if course.deliveries:
        return _of_delivery(findings, course.deliveries[-1])
    if not course.decisions:
        return _of_lookup(course.lookup, findings.zone)
    last = in_order(course.decisions)
    replay = last[-1]["replay_id"]
    current = [row for row in last if row["replay_id"] == replay]
    chosen = min(current, key=lambda row: (_is_aside(row), _rank(row["verdict"])))
    return _of_decision(chosen, course)


def _rank(verdict: str) -> int:
    return _TELLING.index(verdict) if verdict in _TELLING else len(_TELLING)


# -- deliveries -------------------------------------------------------------------------------------------


def _of_delivery(findings: Findings, row: Row) -> str:
    state, since = row["state"], spoken_time(row["state_at"], findings.zone)
    if state == "pending":
        return _of_waiting(findings, row)
    if state == "delivered":
        answer = f" ({row['message']})" if row["message"] else ""
        return (
            f"delivered {since}, the target took it{answer}. Nothing to do here; if nothing reached the person, look"
            f" in Press'nXPress at touchpoint {row['touchpoint']}."
        )
    if state == "sending":
        return f"it is being sent since {since}. Look again in a minute."
    if state == "held":
        return _of_held(row, since)
    if state == "dead":
        return f"given up {since}: {row['reason']}. Mend the cause, then `bridge replay {row['id']}`."
    return _of_cancelled(row, findings.zone)


def _of_waiting(findings: Findings, row: Row) -> str:
    due = spoken_time(row["due_at"], findings.zone)
    if obstacle := findings.obstacles.get(row["id"]):
        return f"waits, due {due}, since {obstacle.why}. {obstacle.remedy}"
    if row["attempts"] and row["reason"]:
        return f"is tried again {due}; the last of {_attempts(row)} failed: {row['reason']}. Nothing to do yet."
    if row["due_at"] > findings.now:
        return f"waits, due {due}{_hours(row)}. Nothing to do; `bridge cancel {row['id']}` stops it."
    return f"is due since {due}. A running bridge sends it at once: `bridge ready` says whether one runs."


def _hours(row: Row) -> str:
    """Say within which hours it is sent, where those are not always."""
    hours = None if row["hours"] is None else Hours(**{**row["hours"], "days": tuple(row["hours"]["days"])})
    return "" if hours is None or hours.is_always else f" (its hours: {spoken_hours(hours)})"


def _attempts(row: Row) -> str:
    return "1 attempt" if row["attempts"] == 1 else f"{row['attempts']} attempts"


def _of_held(row: Row, since: str) -> str:
    may = "" if row["asked_at"] is None or "may have taken" in row["reason"] else ", and the target may have taken it"
    said = f"held since {since}{may}: {row['reason']}".removesuffix(": ")
    if "`bridge release" in row["reason"]:
        return f"{said}."
    return f"{said}. `bridge release {row['id']}` sends it, `bridge cancel {row['id']}` does not."


def _of_cancelled(row: Row, zone: str) -> str:
    due, at = spoken_time(row["wanted_at"], zone), spoken_time(row["state_at"], zone)
    reason = row["reason"] or "no reason given"
    said = f"cancelled {at} {reason.removeprefix('cancelled ')}"
    if not reason.startswith("cancelled "):
        said = f"cancelled {at}: {reason}"
    if reason.startswith("replaced by "):
        return f"due {due}; {said}. `bridge why {reason.removeprefix('replaced by ')}` tells of that one."
    return f"due {due}; {said}. Nothing to do."


# -- without a delivery -----------------------------------------------------------------------------------


def _of_lookup(row: Row | None, zone: str) -> str:
    if row is None:
        return "nothing was decided about it. Nothing to do."
    because = f": {row['reason']}" if row["reason"] else ""
    due = spoken_time(row["due_at"], zone)
    return f"waits for its lookup, which is made {due}{because}. `bridge sources` says how lookups stand."


def _of_decision(row: Row, course: Course) -> str:
    reason, by = row["reason"], f"mapping {row['mapping']}" if row["mapping"] else "the event"
    match row["verdict"]:
        case "failed" if row["mapping"]:
            return f"not asked, {by} failed: {reason}. Fix the mapping, then `bridge replay {course.id}`."
        case "failed":
            return f"not asked, the event failed: {reason}. Fix the mapping file, then `bridge replay {course.id}`."
        case "suppressed":
            return f"not asked by {by}: {reason}. {_after_suppressed(reason)}"
        case "skipped":
            return (
                f"not asked, {by} skipped it: {reason}. Nothing to do if that is meant; `bridge events show"
                f" {course.id}` shows what came."
            )
        case "unmatched":
            return f"not asked: {reason}. To ask after such events, add the topic to `on` of a mapping."
        case "cancelling":
            return f"asks nobody: {reason}. Nothing to do."
    return f"it was to be asked by {by}, but its delivery is not kept any more. Nothing to do."


def _after_suppressed(reason: str) -> str:
    if reason.startswith("not to be asked "):
        return "Nothing to do; `bridge suppress remove CONTACT` allows it for later events."
    if reason.startswith("already asked about ") and ", by evt_" in reason:
        return f"`bridge why {reason.rpartition(', by ')[2]}` tells of that request."
    return "Nothing to do."


def _of_refused(row: Row, zone: str) -> str:
    day = _day(row["received_at"], zone)
    said = f"{row['id']} ({row['source']}{' ' + row['topic'] if row['topic'] else ''}, {day}): "
    if row["event_id"]:
        return f"{said}refused at first, taken in after all. `bridge why {row['event_id']}` goes on."
    return f"{said}refused with {row['status']}: {row['reason']}. Mend that, then `bridge replay {row['id']}`."


def _nothing(findings: Findings) -> str:
    return (
        f"No trace of {findings.text} in {spoken_period(findings.kept)}, which is how long history is kept: no event,"
        " delivery, key or reference, and nobody on the list of those who are not to be asked. Check the spelling;"
        " requests that were refused are found by their id only: `bridge refused list`."
    )
