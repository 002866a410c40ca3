"""What an event stops: requests about a key that wait, every request to who unsubscribed. Pure, and never raises."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from bridge.core.configuration import Canceller, Source, Unsubscribing
from bridge.core.contact import digest, normal_email, normal_phone
from bridge.core.errors import MappingFailed
from bridge.core.language.context import STEPS, Context
from bridge.core.language.expression import Expression
from bridge.core.mapping import key_text, number_text, refusal
from bridge.core.masking import masked
from bridge.core.model import Cancel, Failed, Proposal, Skipped, Unsubscribe

MOST_KEYS = 1_000  # that one event may cancel by one entry of `cancel_on`


def stopping(source: Source, context: Context, made: Sequence[Proposal], *, index_key: bytes) -> Iterator[Proposal]:
    """Say what the event in `context` cancels, and whom it unsubscribes.

    `made` is what the source's mappings say of it: cancellations of a mapping are numbered on after its elements.
    """
    if cancelling := [each for each in source.cancellers if each.takes(context.topic)]:
        yield from _cancellations(cancelling, source.name, context, made)
    taking = [each for each in source.unsubscribing if each.takes(context.topic)]
    for number, unsubscribing in enumerate(taking):
        yield Proposal("", number, _unsubscribes(unsubscribing, source, context, index_key))


def _cancellations(
    cancelling: Sequence[Canceller], listening: str, context: Context, made: Sequence[Proposal]
) -> Iterator[Proposal]:
    numbers = Counter(proposal.mapping for proposal in made)
    for canceller in cancelling:
        name = canceller.mapping if canceller.source == listening else f"{canceller.source}/{canceller.mapping}"
        for outcome in _cancels(canceller, context):
            yield Proposal(name, numbers[name], outcome)
            numbers[name] += 1


def entries(source: Source) -> tuple[Canceller | Unsubscribing, ...]:
    """Give the entries of `cancel_on`, of any source's mappings, and of `suppress_on` that take the source's events."""
    return (*source.cancellers, *source.unsubscribing)


def is_about_contact(mapping: str, reason: str) -> bool:
    """Say whether a failed or skipped decision is one of `suppress_on`: as of an unread event, its mapping is empty."""
    return not mapping and reason.startswith("suppress_on: ")


def uses_lookup(source: Source, topic: str) -> bool:
    """Say whether what such an event stops depends on what is looked up for it."""
    return any(
        expression is not None and "looked_up" in expression.functions
        for entry in entries(source)
        if entry.takes(topic)
        for expression in (entry.when, entry.key if isinstance(entry, Canceller) else entry.contact)
    )


def _evaluated(expression: Expression, context: Context) -> Any:
    context.steps = STEPS
    return expression.evaluate(context.payload, context)


def _cancels(canceller: Canceller, context: Context) -> list[Cancel | Skipped | Failed]:
    name = "when"
    try:
        if canceller.when is not None and (no := refusal(_evaluated(canceller.when, context))):
            return [Skipped(f"cancel_on: when is {no}")]
        name = "key"
        value = _evaluated(canceller.key, context)
    except MappingFailed as error:
        return [Failed(f"cancel_on: {name}: {error}")]
    keys = value if isinstance(value, list) else [value]
    if not keys:
        return [Skipped("cancel_on: the list of keys is empty")]
    if len(keys) > MOST_KEYS:
        return [Failed(f"cancel_on: key: the list has {len(keys)} keys; {MOST_KEYS} are allowed")]
    return list(dict.fromkeys(_cancel(canceller, key) for key in keys))


def _cancel(canceller: Canceller, value: Any) -> Cancel | Failed:
    if value is None or value == "":
        return Failed("cancel_on: key: it is null, so nothing says what is cancelled")
    try:
        return Cancel(canceller.source, canceller.mapping, key_text(value))
    except MappingFailed as error:
        return Failed(f"cancel_on: key: {error}")


def _unsubscribes(
    unsubscribing: Unsubscribing, source: Source, context: Context, index_key: bytes
) -> Unsubscribe | Skipped | Failed:
    name = "when"
    try:
        if unsubscribing.when is not None and (no := refusal(_evaluated(unsubscribing.when, context))):
            return Skipped(f"suppress_on: when is {no}")
        name = "contact"
        expression = unsubscribing.contact or source.reading.contact
        contact = _contact(None if expression is None else _evaluated(expression, context))
    except MappingFailed as error:
        return Failed(f"suppress_on: {name}: {error}")
    return Unsubscribe(digest(index_key, contact), masked("contact", contact))


def _contact(value: Any) -> str:
    """Give the address or number as those who are asked are written, so that it is found to be the same."""
    if value is None or value == "":
        raise MappingFailed("it is null, so nothing says who is not to be asked")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise MappingFailed("it is not a text")
    try:
        text = value if isinstance(value, str) else number_text(value)
        return normal_email(text) if "@" in text else normal_phone(text)
    except ValueError as error:
        raise MappingFailed(f"it {error}") from None
