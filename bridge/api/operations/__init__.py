"""Every operation of the API, by subject."""

from bridge.api.document import described
from bridge.api.operation import Operation
from bridge.api.operations import (
    books,
    deliveries,
    events,
    health,
    journal,
    mappings,
    now,
    pauses,
    people,
    refused,
    replays,
    secrets,
    sources,
    stream,
    suppression,
    touchpoints,
    versions,
    why,
)

OPERATIONS: tuple[Operation, ...] = described(
    (
        *events.OPERATIONS,
        *deliveries.OPERATIONS,
        *mappings.OPERATIONS,
        *pauses.OPERATIONS,
        *versions.OPERATIONS,
        *health.OPERATIONS,
        *now.OPERATIONS,
        *stream.OPERATIONS,
        *books.OPERATIONS,
        *journal.OPERATIONS,
        *people.OPERATIONS,
        *replays.OPERATIONS,
        *refused.OPERATIONS,
        *suppression.OPERATIONS,
        *why.OPERATIONS,
        *touchpoints.OPERATIONS,
        *sources.OPERATIONS,
        *secrets.OPERATIONS,
    )
)  # fmt: skip # a line for each subject
