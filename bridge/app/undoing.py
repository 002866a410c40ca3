"""Taking back what a replay made: chunk after chunk, each so small that whoever wants to write next hardly waits."""

from bridge.app.clock import now
from bridge.app.replays import FIRST_PAGE, next_size
from bridge.outbox.protocol import Store

UNDONE = "the replay was undone"


class Undoing:
    """One walk over what a replay made and what still waits or is held; all of it becomes cancelled."""

    def __init__(self, replay_id: str, reason: str = UNDONE) -> None:
        self._replay_id = replay_id
        self._reason = reason
        self._size = FIRST_PAGE
        self._after = ""
        self.cancelled = 0

    def step(self, store: Store) -> bool:
        """Do one chunk; False when there was nothing left."""
        begun = now()
        ids = store.replays.take_back(
            self._replay_id, reason=self._reason, now=begun, limit=self._size, after=self._after
        )
        if not ids:
            return False
        self.cancelled, self._after = self.cancelled + len(ids), ids[-1]
        self._size = next_size(self._size, now() - begun)
        return True
