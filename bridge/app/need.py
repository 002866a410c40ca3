"""One thing that a person is needed for: a sentence, what is known of it, and what mends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote, urlencode

from bridge.outbox.figures import Count

Kind = Literal["room", "paused", "failing", "lookup", "held", "failed", "configuration", "dead", "waiting", "refused"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in the order in which they are shown


@dataclass(frozen=True, slots=True)
class Remedy:
    """What helps: a page to go to, or with `posts` a form to send there; both of the console."""

    label: str
    address: str
    posts: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """An issue. The sentence is `before`, `name` and `after`; `page` is where more is said of what is named.

    `number` is how many customers or events it is about, at least, unless `exact`. It began at `since` and came up last
    at `last` (ms), where that is known.
    """

    kind: Kind
    name: str
    after: str
    before: str = ""
    detail: str = ""
    page: str = ""
    number: int = 0
    exact: bool = True
    since: int | None = None
    last: int | None = None
    remedies: tuple[Remedy, ...] = ()

    @property
    def hurts_nobody(self) -> bool:
        """Whether it can wait: something is not set up yet, and nothing came for it."""
        return self.kind == "waiting" and not self.number

    @property
    def title(self) -> str:
        """The whole sentence."""
        return f"{self.before}{self.name}{self.after}"


def some(count: Count, one: str, many: str) -> str:
    """Say how many: `1 delivery`, `1,431 deliveries`, `at least 2,000 events`."""
    least = "" if count.exact else "at least "
    return f"{least}{count.number:,} {one if count.number == 1 and count.exact else many}"


def waits(count: Count) -> str:
    """Say how many deliveries wait for something, and that nothing is lost by it."""
    if not count.number and count.exact:
        return "Nothing waits for it."
    verbs = "waits and loses" if count.number == 1 and count.exact else "wait and lose"
    sentence = f"{some(count, 'delivery', 'deliveries')} {verbs} nothing."
    return capital(sentence)


def capital(text: str) -> str:
    """Begin the text with a capital letter."""
    return text[:1].upper() + text[1:]


def address(path: str, /, **fields: str) -> str:
    """Write the address of a page of the console, with a filter."""
    return path + (f"?{urlencode(fields)}" if fields else "")


def page_of(kind: str, name: str) -> str:
    """Give the place of a touchpoint, source or mapping (`source/name`): `/touchpoints/post-purchase`."""
    return f"/{kind}s/" + "/".join(quote(part, safe="") for part in name.split("/", 1))


Waiting = Mapping[tuple[str, str], Count]  # deliveries that wait, by scope and name of a pause
