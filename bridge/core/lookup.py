"""Looking up what an event does not say: which lookup takes it, what is asked, and what the answers mean. Pure."""

import re
from collections.abc import Container, Sequence
from typing import Any, Literal
from urllib.parse import quote

from bridge.core.configuration import Lookup, Request, RetryPolicy
from bridge.core.errors import MappingFailed
from bridge.core.inquiry import Denied, Fetched, Inquiry, Later, Lost, Reply
from bridge.core.language.arguments import is_true, kind
from bridge.core.language.context import STEPS, Context
from bridge.core.retry import next_try, read_retry_after

LONGEST_PATH = 2_000  # characters of path and query, as they are sent
_UNTOUCHED = "/?&=%:;,+@~!$'()*-._"  # what may stand in a path or a query as it is (RFC 3986)
_DOTS = re.compile(r"(\.|%2e){1,2}", re.IGNORECASE)

Meaning = Literal["found", "lost", "denied", "later"]
# What the system's status means; the first row that holds it decides.
MEANINGS: tuple[tuple[Container[int], Meaning], ...] = (
    (range(200, 300), "found"),
    ((401, 403), "denied"),  # the secret, not the event
    ((408, 425, 429), "later"),
    (range(400, 500), "lost"),  # what is asked for is not there any more, or was asked for wrongly
    (range(300, 400), "denied"),  # never followed: the secret would travel to another address
)  # and any other: later


def choose(lookups: Sequence[Lookup], context: Context) -> Lookup | None:
    """Give the first lookup that takes the event. Raises MappingFailed where a condition cannot be worked out."""
    for lookup in lookups:
        if lookup.takes(context.topic) and _wants(lookup, context):
            return lookup
    return None


def _wants(lookup: Lookup, context: Context) -> bool:
    if lookup.when is None:
        return True
    context.steps = STEPS
    try:
        return is_true(lookup.when.evaluate(context.payload, context))
    except MappingFailed as error:
        raise MappingFailed(f"lookup.when: {error}") from None


def path_of(request: Request, context: Context) -> str | None:
    """Work out path and query of a request, percent-encoded; None where there is nothing to ask for.

    Raises MappingFailed for what is no path: it must begin with one slash, and no part of it may be a way upwards.
    """
    context.steps = STEPS
    where = f"lookup.then.{request.name}" if request.name else "lookup.get"
    try:
        value = request.get.evaluate(context.payload, context)
    except MappingFailed as error:
        raise MappingFailed(f"{where}: {error}") from None
    if not is_true(value):
        return None
    if not isinstance(value, str):
        raise MappingFailed(f"{where} is {kind(value)}, not a text that begins with /")
    if why := _unfit(value):
        raise MappingFailed(f"{where} {why}")
    path = quote(value, safe=_UNTOUCHED)
    if len(path) > LONGEST_PATH:
        raise MappingFailed(f"{where} is longer than {LONGEST_PATH} characters")
    return path


def _unfit(path: str) -> str:
    if not path.startswith("/") or path.startswith("//"):
        return "does not begin with one /; the host stands in base_url"
    if not path.isprintable() or any(sign in path for sign in "\\#"):
        return "holds characters that a path cannot"
    if any(_DOTS.fullmatch(part) for part in path.partition("?")[0].split("/")):
        return "holds . or .. as a part, which leads elsewhere"
    return ""


def judge_reply(
    reply: Reply, inquiry: Inquiry, policy: RetryPolicy, *, now: int, jitter: float, secret_works: bool
) -> Later | Denied | Lost | None:
    """Rule on a reply that came at `now` (ms); None: it is an answer. Total over every status and header.

    `secret_works`: the system answered another question lately, so that a 403 is about what was asked for.
    """
    status = reply.status if isinstance(reply, Fetched) else 0
    meaning = next((meaning for statuses, meaning in MEANINGS if status in statuses), "later")
    said = _said(reply)
    if meaning == "found":
        return None
    if meaning == "denied" and not (status == 403 and secret_works):
        return Denied(f"the system refuses {'its address' if status < 400 else 'the secret'}: {said}")
    if meaning == "lost":
        return Lost(said)
    return again(inquiry, policy, said, retry_after=_retry_after(reply), now=now, jitter=jitter)


def again(
    inquiry: Inquiry, policy: RetryPolicy, said: str, *, now: int, jitter: float, retry_after: str | None = None
) -> Later | Lost:
    """Say when to ask again, or that patience has ended."""
    due_at = next_try(
        policy,
        attempts=inquiry.attempts,
        age_from=inquiry.age_from,
        retry_after=retry_after,
        now=now,
        jitter=jitter,
    )
    if due_at is None:
        return Lost(f"given up, as give_up_after of the lookup says; last: {said}")
    asked = min(read_retry_after(retry_after, now), policy.longest)
    return Later(due_at, said, now + asked if asked else 0)


def _retry_after(reply: Reply) -> str | None:
    return reply.retry_after if isinstance(reply, Fetched) else None


def _said(reply: Reply) -> str:
    if not isinstance(reply, Fetched):
        return reply.reason
    return f"it answered {reply.status}" + (f" ({reply.message})" if reply.message else "")


def rehearse(lookup: Lookup, context: Context, given: Sequence[Any]) -> tuple[dict[str, Any], list[str]]:
    """Go through a lookup with given answers, in the order of its requests: what was found, and the paths asked for.

    Ends where an answer is lacking. Raises MappingFailed where a real lookup would fail.
    """
    answers: dict[str, Any] = {}
    paths: list[str] = []
    for place, request in enumerate(lookup.requests):
        context.looked_up = answers
        path = path_of(request, context)
        if path is None:
            continue
        paths.append(path)
        if place >= len(given):
            break
        answers[request.name] = given[place]
    return answers, paths
