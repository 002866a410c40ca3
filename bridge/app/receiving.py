"""Receiving in one process: from a request that was read to its place in the store."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bridge.app.clock import new_id, now
from bridge.core.configuration import Source
from bridge.core.errors import StoreUnavailable
from bridge.core.model import Accepted, Inbound, Intake, Refused
from bridge.intake import Rules, take_in
from bridge.outbox.desk import Desk
from bridge.settings import Settings
from bridge.telemetry import log
from bridge.web.reception import LiveSource, Notes, Reception

_MOST_REFUSED = 1_000  # refused requests that may wait to be kept; under attack the rest is only counted


@dataclass(slots=True)
class Receiving:
    """What stands between the hooks and the desk; all that can change is asked for anew with each request.

    `shortage` says why nothing can be taken now, `woken` is told what an accepted request left to do: whether there is
    something to send, or to look up. `allow` says how many ms a source with a limit must wait, 0 for none.
    """

    desk: Desk
    settings: Settings
    sources: Callable[[], Mapping[str, LiveSource]]
    rules: Callable[[], Rules]
    shortage: Callable[[], str | None]
    woken: Callable[[bool, bool], None]
    allow: Callable[[Source, int], Awaitable[float]]
    notes: Notes
    _refused: list[Refused] = field(default_factory=list)

    def reception(self) -> Reception:
        """Give what the hooks need."""
        return Reception(
            live=self.sources,
            take_in=self._take_in,
            accept=self._accept,
            refuse=self._refuse,
            admit=self.shortage,
            crowded=self.desk.is_crowded,
            clock=now,
            new_id=new_id,
            notes=self.notes,
            public_url=self.settings.public_url,
            body_limit=self.settings.max_body,
            allow=self.allow,
        )

    def _take_in(self, inbound: Inbound, source: Source) -> Intake:
        return take_in(inbound, source, new_id=new_id, rules=self.rules())

    async def _accept(self, intake: Intake) -> Accepted:
        accepted = await self.desk.accept(intake)
        if accepted.planned or accepted.waiting:
            self.woken(bool(accepted.planned), bool(accepted.waiting))
        return accepted

    def _refuse(self, refused: Refused) -> None:
        if len(self._refused) < _MOST_REFUSED:
            self._refused.append(refused)

    async def keep_refused(self) -> None:
        """Keep the refused requests since the last time, or say how many could not be kept."""
        kept, self._refused = self._refused, []
        if kept:
            try:
                await self.desk.write(lambda store: store.outbox.refuse(kept))
            except StoreUnavailable as error:
                log("refused.not-kept", level="warning", count=len(kept), reason=str(error))
