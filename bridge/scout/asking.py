"""One lookup from its event to its finding: which lookup takes the event, request after request, each answer judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.core.configuration import Lookup, Source
from bridge.core.errors import MappingFailed, Unreadable
from bridge.core.inquiry import Denied, Fetched, Finding, Found, Inquiry, Later, Lost, Reply
from bridge.core.language.context import Context
from bridge.core.lookup import again, choose, judge_reply, path_of
from bridge.core.reading import read_body
from bridge.core.retry import FLOOR
from bridge.intake import Rules, context_of
from bridge.scout.needs import Fetcher, Live

LARGEST_ANSWER = 1024 * 1024  # bytes


@dataclass(slots=True)
class Asking:
    """One attempt at one lookup. `reply` is the last one that came, None where nothing was to be asked."""

    inquiry: Inquiry
    source: Source
    secrets: Mapping[str, str] = field(repr=False)
    rules: Rules
    fetcher: Fetcher
    live: Callable[[], Live]
    clock: Callable[[], int]
    jitter: float
    secret_works: bool
    reply: Reply | None = field(default=None, repr=False)

    async def finding(self) -> Finding:
        """Ask what is to be asked. What the mapping file gets wrong is lost: a replay with a mended file finds it."""
        try:
            context = context_of(self.inquiry.event, self.source, rules=self.rules)
            lookup = choose(self.source.lookups, context)
            return Found({}) if lookup is None else await self._follow(lookup, context)
        except (MappingFailed, Unreadable) as error:
            return Lost(str(error))

    async def _follow(self, lookup: Lookup, context: Context) -> Finding:
        answers: dict[str, Any] = {}
        for request in lookup.requests:
            path = path_of(request, context)
            if path is None:
                continue
            self.reply = await self.fetcher.fetch(lookup, path, self.secrets)
            if ruling := self._ruling(lookup, self.reply):
                return ruling
            try:
                answers[request.name] = self._answer(self.reply)
            except Unreadable as error:
                return self._again(lookup, str(error))
            context.looked_up = answers
        return Found(answers)

    def _ruling(self, lookup: Lookup, reply: Reply) -> Finding | None:
        now = self.clock()
        ruling = judge_reply(
            reply, self.inquiry, lookup.retry, now=now, jitter=self.jitter, secret_works=self.secret_works
        )
        current = self.live().secrets
        if isinstance(ruling, Denied) and any(
            self.secrets.get(name) != current.get(name) for name in lookup.secret_names
        ):
            return Later(now + FLOOR, f"{ruling.reason}; its secret was exchanged meanwhile")
        if ruling is None and isinstance(reply, Fetched) and len(reply.body) > LARGEST_ANSWER:
            return Lost(f"the answer is larger than {LARGEST_ANSWER // 1024} KiB")
        return ruling

    def _answer(self, reply: Reply) -> Any:
        """Read an answer; none at all is null. Raises Unreadable, which may pass: a page that says "back soon"."""
        if not isinstance(reply, Fetched) or not reply.is_whole:
            raise Unreadable("the answer was cut short")
        if not reply.body.strip():
            return None
        try:
            return read_body(reply.body, "application/json", depth=self.rules.depth)
        except Unreadable as error:
            raise Unreadable(f"the answer cannot be used: {error}".replace("the body", "it")) from None

    def _again(self, lookup: Lookup, said: str) -> Finding:
        return again(self.inquiry, lookup.retry, said, now=self.clock(), jitter=self.jitter)
