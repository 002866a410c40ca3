"""Why over the API: the story of one text, ending in one sentence."""

from typing import Annotated

import msgspec

from bridge.api.operation import Call, Nothing, Operation
from bridge.api.verbs import why as verbs
from bridge.app.why import as_rows
from bridge.core.sentence import conclude
from bridge.core.story import LONGEST, timeline


class WhyWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address, a number, an order, a key or an id."""

    q: Annotated[str, msgspec.Meta(min_length=1, max_length=512, examples=["anna@example.com", "#1001"])]


class StoryEvent(msgspec.Struct, frozen=True):
    """An event of the story, and the deliveries that came of it."""

    event: str
    deliveries: list[str]


class StoryMoment(msgspec.Struct, frozen=True):
    """Something that happened at a time (ms) to an event, delivery or refused request."""

    at: int
    id: str
    text: str


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a text: the newest moments, oldest first, and one sentence on how it stands.

    `kind` is empty where nothing was found; `alike` are then other spellings of which there is a trace. `is_all` is
    false where older events were left out. `zone` is the person's, in which the sentence gives times.
    """

    kind: str
    zone: str
    is_all: bool
    events: list[StoryEvent]
    moments: list[StoryMoment]
    sentence: str
    alike: list[str]


async def _why(call: Call[WhyWanted, Nothing]) -> Story:
    findings = await verbs.why(call.office, call.query.q)
    return Story(
        kind=findings.kind,
        zone=findings.zone,
        is_all=findings.is_all,
        events=msgspec.convert(as_rows(findings), list[StoryEvent]),
        moments=[StoryMoment(each.at, each.id, each.text) for each in timeline(findings)[-LONGEST:]],
        sentence=conclude(findings),
        alike=await verbs.alike(call.office, call.query.q) if findings.is_empty else [],
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="why",
        summary="What became of an address, a number, an order, a key or an id, and why",
        run=_why,
        query=WhyWanted,
        answer=Story,
        method="GET",
        path="/why",
        role="viewer",
        tag="why",
    ),
)
