"""Which deliveries, events or refused requests are meant: the filters of the commands, in an address or a body."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec

from bridge.api.office import Office
from bridge.api.reading import Moment, moment
from bridge.core.model import State, Verdict
from bridge.outbox.terms import Filter

Word = Annotated[str, msgspec.Meta(max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=512)]
Ids = Annotated[tuple[Annotated[str, msgspec.Meta(max_length=40)], ...], msgspec.Meta(max_length=500)]
_LONGEST = 500  # characters of a description
_HASH = re.compile(r"[0-9a-f]{32}")  # what rows show of a contact; no address and no number looks like it


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter, each field as the commands have it; none means any. `id` may be of deliveries, events or requests.

    `contact` is an address or number, or its hash as rows show it, which may stand in addresses and logs. `unknown`
    selects what is held and may have reached its target.
    """

    id: Ids = ()
    source: Word | None = None
    topic: Word | None = None
    state: tuple[State, ...] = ()
    verdict: tuple[Verdict, ...] = ()
    touchpoint: Word | None = None
    mapping: Word | None = None
    contact: Text | None = None
    replay: Word | None = None
    since: Moment | None = None
    until: Moment | None = None
    unknown: bool = False


def to_filter(choice: Choice, office: Office) -> Filter:
    """Make the store's filter. Raises Declined (422) for a time that is none."""
    now = office.now()
    return Filter(
        source=choice.source,
        topic=choice.topic,
        states=choice.state,
        verdicts=choice.verdict,
        touchpoint=choice.touchpoint,
        mapping=choice.mapping,
        contact=None if choice.contact is None else contact_hash(choice.contact, office),
        since=moment(choice.since, now=now),
        until=moment(choice.until, now=now, name="until"),
        ids=choice.id,
        replay=choice.replay,
        fate_unknown=choice.unknown,
    )


def contact_hash(text: str, office: Office) -> bytes:
    """Give the keyed hash of an address or number; a hash, as rows show it, is taken as it is."""
    return bytes.fromhex(text) if _HASH.fullmatch(text) else office.mark(text)


def fixed(choice: Choice, office: Office) -> Choice:
    """Give the same choice with times that do not move on while somebody reads a question about it."""
    now = office.now()
    since, until = moment(choice.since, now=now), moment(choice.until, now=now, name="until")
    return msgspec.structs.replace(
        choice,
        since=None if since is None else str(since),
        until=None if until is None else str(until),
    )


def to_query(choice: msgspec.Struct, **others: object) -> str:
    """Write the fields that differ from their defaults, and the others that are not empty, as a query."""
    fields = {**given(choice), **others}.items()
    several = ((name, each) for name, value in fields for each in (value if isinstance(value, tuple) else (value,)))
    return urlencode(
        [(name, "true" if each is True else str(each)) for name, each in several if each not in (None, "", False)]
    )


def given(choice: msgspec.Struct) -> dict[str, Any]:
    """Give the fields that differ from their defaults, by the names under which they are sent."""
    plain: dict[str, Any] = {}
    for each in msgspec.structs.fields(choice):
        value = getattr(choice, each.name)
        if value != each.default:
            plain[each.encode_name] = value
    return plain


def described(choice: Choice) -> str:
    """Say what was chosen as the commands write it, without the address or number of anybody."""
    options = []
    for name, value in given(choice).items():
        if name == "id":
            options.extend(value)
        elif isinstance(value, bool):
            options.append(f"--{name}")
        elif name in {"since", "until"} and value.isdecimal():
            options.append(f"--{name} {datetime.fromtimestamp(int(value) / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}")
        else:
            shown = "***" if name == "contact" else " ".join(value) if isinstance(value, tuple) else value
            options.append(f"--{name} {shown}")
    return " ".join(options)[:_LONGEST]
