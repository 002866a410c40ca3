"""What the bridge knows of a system, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """A known system. Texts are JMESPath with the bridge's functions; None: the system has no such thing.

    `topic`, `id`, `tenant`, `time`, `contact`: what happened, the id that is stable over retries, whose,
    when (ISO 8601, or seconds or milliseconds since 1970), the customer's address or number. `refs` are pairs
    of a kind and a text. `each` are the nested paths that split a batch. `test` is true for test events.
    `topics` are the usual ones, not all there are; of these `unsubscribes` say that the contact wants no more mail.

    For people: `key_hint` says where an operator finds the secret, `retry_span` how long the system tries,
    `deadline` how soon it wants its answer, `lookup` what the payload lacks and where to ask for it, `quirks` what
    surprises, `unconfirmed` which of these facts no source confirmed.
    """

    name: str
    scheme: str
    topic: str
    key_hint: str
    retry_span: str
    id: str | None = None
    tenant: str | None = None
    time: str | None = None
    contact: str | None = None
    refs: tuple[tuple[str, str], ...] = ()
    each: tuple[str, ...] = ()
    test: str | None = None
    topics: tuple[str, ...] = ()
    unsubscribes: tuple[str, ...] = ()
    deadline: str = ""
    lookup: str = ""
    quirks: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


def about(header: str, start: str, text: str) -> str:
    """Give an expression that counts only for topics with this start: `id` is another thing in each."""
    return f"if(starts_with(default({header}, ''), '{start}'), {text}, `null`)"
