"""How touchpoints and sources are told of: their findings in a sentence, settings in words, what mends a state."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bridge.console.wording import count, several, span
from bridge.outbox.terms import Row

FILTER_FROM = 20  # rows from which on a list can be filtered by name
# By state: the class of its chip, whose colour and shape it has, and its words.
CHIPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "open": ("open", "open"),
        "failing": ("failed", "failing"),
        "paused": ("paused", "paused"),
        "waiting": ("warning", "waits for its secret"),
    }
)
_ANSWER_ROOM = 80  # characters of an answer in a list
_SECOND = 1_000
_MOST_NAMED = 3  # uses of a secret in a sentence


def headline(rows: Sequence[Row], one: str) -> str:
    """Say how many of `one` are in which state: `3 touchpoints open, 1 paused`."""
    if not rows:
        return f"No {one} yet"
    counts = Counter(row["state"] for row in rows)
    said = [(counts[state], words) for state, words in _COUNTED.items() if counts[state]]
    first, *others = said
    named = f"{several(first[0], one)} {_agreed(*first)}"
    return ", ".join([named, *(f"{count(number)} {_agreed(number, words)}" for number, words in others)])


_COUNTED = {
    "open": ("open", "open"),
    "failing": ("failing", "failing"),
    "paused": ("paused", "paused"),
    "waiting": ("waits for its secret", "wait for their secret"),
}


def _agreed(number: int, words: tuple[str, str]) -> str:
    return words[0] if number == 1 else words[1]


def title(row: Row, name: str) -> str:
    """Say how one stands: `invoice-paid is paused`."""
    said = {"open": "is open", "failing": "is failing", "paused": "is paused", "waiting": "waits for its secret"}
    return f"{name} {said[row['state']]}"


def chosen(rows: Iterable[Row], key: str, name: str) -> list[Row]:
    """Give those whose name holds the text."""
    return [row for row in rows if name.strip().lower() in str(row[key]).lower()]


def target_of(channel: str) -> str:
    """Name who answers."""
    return "the target" if channel == "http" else "Press'nXPress"


def answered(answer: Row | None) -> str:
    """Say what came of an attempt: `200 queued`, `not sent: connection refused`."""
    if answer is None:
        return ""
    if answer["outcome"] == "answered":
        return f"{answer['status']} {answer['message']}".strip()
    return f"{'not sent' if answer['outcome'] == 'not_sent' else 'no answer'}: {answer['message']}"


def shortly(text: str) -> str:
    """Cut what is too long for a row."""
    return text if len(text) <= _ANSWER_ROOM else text[: _ANSWER_ROOM - 1] + "…"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a target that paused its touchpoint said: a finding and the rest of it. `secret_helps`: another one may."""

    finding: str
    text: str
    at: int | None
    secret_helps: bool


def refusal(row: Row) -> Refusal | None:
    """Say what the target refused, where that is why the touchpoint is paused."""
    if row["state"] != "paused" or row["by"] != "target":
        return None
    who = target_of(row["channel"])
    who = who[0].upper() + who[1:]
    answer = next((each for each in row["answers"] if each["ruling"] == "pause"), None)
    if answer is None or answer["status"] is None:
        return Refusal(f"{who} refused a request", f"{sentence(row['reason'])}.", row["since"], secret_helps=True)
    status, said = answer["status"], f" “{answer['message']}”" if answer["message"] else ""
    text = f"It answered {status}{said}."
    if status in {401, 403}:
        return Refusal(f"{who} refused the token", text, row["since"], secret_helps=True)
    if status in {404, 410}:
        return Refusal(f"{who} knows no such touchpoint", text, row["since"], secret_helps=True)
    if 300 <= status < 400:
        why = f"{text} Redirects are never followed; correct the address in touchpoints.yaml, line {row['line']}."
        return Refusal(f"{who} sends elsewhere", why, row["since"], secret_helps=False)
    return Refusal(f"{who} answered {status}, which pauses it", text, row["since"], secret_helps=False)


def sentence(text: str) -> str:
    """Begin the text with a capital letter, and leave the stop at its end to whoever goes on."""
    return (text[:1].upper() + text[1:]).rstrip(".")


def waiting(row: Row) -> int:
    """Give how many deliveries wait or are being sent."""
    return int(row["pending"] + row["sending"])


def waits_said(row: Row) -> str:
    """Say how many wait, and that this is no loss."""
    number = waiting(row)
    if not number:
        return "No delivery waits."
    return f"{several(number, 'delivery waits', 'deliveries wait')} and none is lost."


def rate_said(row: Row) -> str:
    """Say how quickly it is sent to: `10 per second, 8 at once`."""
    at_once = f"{row['concurrency']} at once"
    return f"{per(row['rate'])}, {at_once}" if row["rate"] else f"as quickly as it answers, {at_once}"


def per(rate: Row) -> str:
    """Say a rate: `10 per second`, `100 per 5 min`."""
    period = "second" if rate["period"] == _SECOND else "minute" if rate["period"] == 60_000 else span(rate["period"])
    return f"{count(rate['count'])} per {period}"


def retry_said(retry: Row) -> str:
    """Say how it is tried again: `after 5 s, doubling up to 6 h, for 3 days`."""
    factor = retry["factor"]
    growing = "doubling" if factor == 2 else f"then {factor:g} times as long each time"
    return f"after {span(retry['first'])}, {growing} up to {span(retry['longest'])}, for {span(retry['give_up_after'])}"


def facts(row: Row) -> list[tuple[str, str]]:
    """Give the touchpoint's settings in words, but for its secrets."""
    cap = row["contact"]
    across = " over all touchpoints" if cap and cap["across"] == "all" else ""
    return [
        ("Sends to", row["sends_to"] or "an address that is kept secret"),
        ("Rate", rate_said(row)),
        ("Timeout", span(row["timeout"])),
        ("Tries again", retry_said(row["retry"])),
        ("Fate unknown", "hold for a person" if row["ambiguous"] == "hold" else "send again"),
        ("One person", f"at most {cap['at_most']} per {span(cap['per'])}{across}" if cap else "no limit"),
    ]


def follows(row: Row) -> str:
    """Say what happens to what waits once it goes on: how quickly, and about how long that takes."""
    number = waiting(row)
    if not number:
        return "Nothing waits."
    others = (
        "The one that waits goes out as it becomes due"
        if number == 1
        else f"The {count(number)} that wait go out as they become due"
    )
    if row["rate"] is None:
        return f"{others}, {row['concurrency']} at once."
    takes = row["due"] * row["rate"]["period"] // row["rate"]["count"]
    about = f" What is due now takes about {span(takes)}." if takes >= _SECOND else ""
    return f"{others}, at {per(row['rate'])}.{about}"


def summary(row: Row) -> str:
    """Say below the title what goes on."""
    if row["state"] == "open":
        return follows(row) if waiting(row) else "Nothing waits; what comes is sent as it becomes due."
    return "Nothing is lost: what is due waits, uses up no attempts, and goes out when it goes on."


def also_used(secret: Row, kind: str, name: str) -> str:
    """Name what else uses a secret: `nothing else`, `support-solved (touchpoint)`."""
    others = [used(use) for use in secret["used_by"] if (use["kind"], use["name"]) != (kind, name)]
    more = f" and {count(len(others) - _MOST_NAMED)} more" if len(others) > _MOST_NAMED else ""
    return ", ".join(others[:_MOST_NAMED]) + more or "nothing else"


def used(use: Row) -> str:
    """Name what uses a secret."""
    return f"lookups of {use['name']}" if use["kind"] == "lookup" else f"{use['kind']} {use['name']}"


def secrets_in_order(row: Row) -> list[Row]:
    """Give the touchpoint's secrets, the one first that its last refusal is most probably about."""
    answer = next((each for each in row["answers"] if each["ruling"] == "pause"), None)
    first = row["token_secrets"] if answer and answer["status"] in {404, 410} else row["key_secrets"]
    lacking = [each["name"] for each in row["secrets"] if each["stored_at"] is None]
    return sorted(row["secrets"], key=lambda each: (each["name"] not in lacking, each["name"] not in first))
